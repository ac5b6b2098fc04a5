// Frames of used runbooks before they are reached: what is known is there, the rest is not.

#include "base/arena.h"
#include "exec/frame_parts.h"
#include "graph/spot.h"

// What `with` gives, as far as it depends on no step.
static size_t known_with(const struct step *use, const struct module *m, const struct scope *s,
                         struct arena *a, struct given *given)
{
    const struct form_entry *with = use->more->with.items;
    size_t n = 0;

    for (size_t i = 0; i < use->more->with.count; i++) {
        struct expr_error unheard = { 0 };
        struct given *g = &given[n];
        *g = (struct given){ .name = with[i].entry.key.str, .has_value = true };
        n += frame_with_one(&with[i], m, s, a, &g->value, &unheard);
    }
    return n;
}

struct frame *frame_ahead(const struct frame *caller, const struct program *p,
                          const struct step *use, struct value now, struct arena *a)
{
    struct frame *f = NEW(a, struct frame);
    struct given *given = NEW_ARRAY(a, struct given, use->more->with.count);
    struct scope s = frame_scope(caller, now, a);
    struct diags unheard = { .arena = a };
    size_t count = known_with(use, program_use(p, use), &s, a, given);

    *f = (struct frame){ .module = program_use(p, use),
                         .parent = caller,
                         .run = caller->run,
                         .trigger = caller->trigger,
                         .drill = caller->drill };
    frame_inputs(f, given, count, caller->dir, now, a, &unheard);
    frame_vars(f, now, a, &unheard);
    frame_places(f, p->project, now, a, &unheard);
    return f;
}

struct ahead {
    const struct program *program;
    struct value now;
    struct arena *arena;
    void (*see)(const struct frame *f, struct str path, void *ctx);
    void *ctx;
    const struct frame *frame;
    struct str path;
};

static void see_frame(struct ahead *h, const struct frame *f, struct str path);

static void see_step(const struct spot *spot, void *ctx)
{
    struct ahead *h = ctx;
    struct str id = spot->step->id.str;

    if (spot->step->kind != STEP_USE || spot->area == AREA_TRIGGER || spot->area == AREA_HOOK ||
        !program_use(h->program, spot->step))
        return;
    struct frame *f = frame_ahead(h->frame, h->program, spot->step, h->now, h->arena);
    see_frame(h, f,
              h->path.n ? str_format(h->arena, "%.*s.%.*s", STR_ARG(h->path), STR_ARG(id)) : id);
}

static void see_frame(struct ahead *h, const struct frame *f, struct str path)
{
    struct ahead inner = *h;

    inner.frame = f;
    inner.path = path;
    h->see(f, path, h->ctx);
    runbook_each_spot(f->module->rb, see_step, &inner);
}

void frame_each_ahead(const struct frame *root, const struct program *p, struct value now,
                      struct arena *a,
                      void (*see)(const struct frame *f, struct str path, void *ctx), void *ctx)
{
    struct ahead h = { .program = p, .now = now, .arena = a, .see = see, .ctx = ctx };

    see_frame(&h, root, STR(""));
}
