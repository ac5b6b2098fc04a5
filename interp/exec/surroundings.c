// Where a step stands: the frame of its runbook, its environment, its folder.

#include <stdlib.h>

#include "action/params.h"
#include "base/arena.h"
#include "base/map.h"
#include "exec/core/masked.h"
#include "exec/walk.h"

// ---- frames of used runbooks

static struct str join_errors(struct diags *ds, struct arena *a)
{
    struct buf b = BUF_EMPTY;

    for (const struct diag *d = ds->first; d; d = d->next)
        if (d->severity == SEVERITY_ERROR)
            buf_format(&b, "%s%.*s", b.n ? "; " : "", STR_ARG(d->message));
    return buf_take(&b, a);
}

static const struct given *given_from(struct value with, struct arena *a)
{
    size_t n = value_size(with);
    struct given *given = NEW_ARRAY(a, struct given, n + 1);

    for (size_t i = 0; i < n; i++)
        given[i] = (struct given){ .name = with.map->entries[i].key.s, .has_value = true,
                                   .value = with.map->entries[i].value };
    return given;
}

struct reading {
    bool inputs_too, reads;
};

static void see_reading(const struct expr *e, void *ctx)
{
    struct reading *r = ctx;

    r->reads = r->reads || reads_step(e, r->inputs_too);
}

// What a callee is given of a step is no less a secret there, though nobody marked it.
static bool gives_secret(struct driver *d, const struct step *use, struct value with,
                         const struct frame *caller)
{
    bool found = false;

    LIST_EACH(const struct form_entry, e, use->more->with)
    {
        struct reading r = { .inputs_too = caller->inputs_read };
        struct value v;
        form_each(e->form, see_reading, &r);
        if (r.reads && value_get(with, value_string(e->entry.key.str), &v))
            masked_value(v, d->mask, d->arena, &found);
    }
    return found;
}

bool use_frame(struct driver *d, struct task *use, struct value with, struct value now,
               struct str *why)
{
    struct frame *caller = frame_of(use->space), *f;
    struct diags ds = { .arena = d->arena };

    if (use->inner->frame)
        return true;
    f = NEW(d->arena, struct frame);
    *f = (struct frame){ .module = use->inner->module, .parent = caller, .run = caller->run,
                         .mask = d->mask,
                         .trigger = caller->trigger, .drill = caller->drill,
                         .lookout = caller->lookout,
                         .inputs_read = gives_secret(d, use->step, with, caller) };
    if (!frame_inputs(f, given_from(with, d->arena), value_size(with), caller->dir, now, d->arena,
                      &ds) ||
        !frame_secrets(f, d->mask, now, d->arena, &ds) || !frame_vars(f, now, d->arena, &ds) ||
        !frame_places(f, d->project, now, d->arena, &ds)) {
        *why = join_errors(&ds, d->arena);
        return false;
    }
    use->inner->frame = f;
    return true;
}

void use_frame_broken(struct driver *d, struct task *use, struct str why)
{
    struct frame *f = NEW(d->arena, struct frame);

    *f = *frame_of(use->space);
    f->module = use->inner->module;
    f->inputs = f->vars = f->secrets = VALUE_NONE;
    f->broken = why;
    use->inner->frame = f;
}

// ---- what is around a step

// Whoever stands around [t], or around [s] in it (a check, a look before it), from the inside:
// of one runbook, a list and its instances once.
static struct task *around(struct task *t, const struct step *s)
{
    return !t || s != t->step ? t : t->in->owner;
}

static struct task *holds(struct task *at, const struct space *top)
{
    while (at && (at->kind == TASK_EACH || space_top(at->space) != top))
        at = at->in->owner;
    return at;
}

// What [at] says is said of its own item, whatever a list in it calls `item`.
static struct view view_around(const struct scope *inside, struct task *at)
{
    struct view v = *(const struct view *)inside->ctx;

    v.task = at;
    v.space = at->space;
    v.item_name = STR("");
    v.before = &at->more->before;
    v.before_lost = names_lost(at, "before");
    return v;
}

// ---- the environment of a step

static bool reads_before(const struct template *t)
{
    size_t count;

    for (size_t i = 0; i < t->count; i++) {
        const struct expr_ref *refs = t->parts[i].expr ? expr_refs(t->parts[i].expr, &count) : NULL;
        for (size_t k = 0; refs && k < count; k++)
            if (str_is(refs[k].path[0], "before"))
                return true;
    }
    return false;
}

static bool put_variable(struct mask *mask, struct map *all, const struct words_entry *e,
                         const struct scope *s, struct arena *a, struct expr_error *err)
{
    struct str text, *line;
    bool secret;

    if (!template_eval_text(e->words, s, a, &text, &secret, err))
        return false;
    if (str_find(text, '\0') != SIZE_MAX) {
        err->message = str_format(a, "the variable %.*s holds a NUL byte",
                                  STR_ARG(e->entry.key.str));
        return false;
    }
    if (secret)  // also what was only computed from one
        mask_add(mask, text);
    line = NEW(a, struct str);
    *line = str_format(a, "%.*s=%.*s", STR_ARG(e->entry.key.str), STR_ARG(text));
    map_put(all, e->entry.key.str, line);
    return true;
}

// Outermost first, so that the nearest wins. What is looked at before a step, or whether it is
// done, cannot know its `before` yet.
static bool put_around(struct mask *mask, struct map *all, struct task *at, const struct space *top,
                       const struct scope *inside, struct arena *a, struct expr_error *err)
{
    struct view v;

    if (!(at = holds(at, top)))
        return true;
    if (!put_around(mask, all, at->in->owner, top, inside, a, err))
        return false;
    v = view_around(inside, at);
    LIST_EACH(const struct words_entry, e, at->step->more->env)
    if ((at->more->before.kind == VALUE_MAP || !reads_before(e->words)) &&
        !put_variable(mask, all, e, view_scope(&v), a, err))
        return false;
    return true;
}

static const struct str *lines_of(const struct map *all, struct arena *a)
{
    struct str *lines = NEW_ARRAY(a, struct str, map_count(all) + 1);

    for (size_t i = 0; i < map_count(all); i++)
        lines[i] = *(struct str *)map_value(all, i);
    return lines;
}

static bool is_said_around(struct task *at, const struct space *top)
{
    for (at = holds(at, top); at; at = holds(at->in->owner, top))
        if (at->step->more->env.count)
            return true;
    return false;
}

static const struct str *environment_of(struct mask *mask, struct task *t, const struct step *s,
                                        struct space *space, const struct scope *scope,
                                        struct arena *a, struct expr_error *err)
{
    const struct frame *f = frame_of(space);
    const struct space *top = space_top(space);
    struct map *all = map_new(a);

    if (!is_said_around(around(t, s), top) && s->more->env.count == 0)
        return f->environ;
    for (const struct str *e = f->environ; e->s; e++) {
        size_t eq = str_find(*e, '=');
        map_put(all, str_slice(*e, 0, eq == SIZE_MAX ? e->n : eq), (void *)e);
    }
    if (!put_around(mask, all, around(t, s), top, scope, a, err))
        return NULL;
    LIST_EACH(const struct words_entry, e, s->more->env)
    if (!put_variable(mask, all, e, scope, a, err))
        return NULL;
    return lines_of(all, a);
}

// ---- the folder, the user, the grace: of the nearest that says

// What comes behind a NUL would be left out, and it be another folder or user.
static bool plain_text(const struct template *t, const struct scope *s, struct arena *a,
                       struct str *out, struct expr_error *err)
{
    bool secret;

    if (!template_eval_text(t, s, a, out, &secret, err))
        return false;
    if (str_find(*out, '\0') == SIZE_MAX)
        return true;
    err->message = STR("the value holds a NUL byte, which cannot be passed on");
    return false;
}

static bool nearest_text(const struct template *own, size_t at_offset, struct task *at,
                         const struct space *top, const struct scope *scope, struct arena *a,
                         struct str *out, struct expr_error *err)
{
    struct view v;

    if (own)
        return plain_text(own, scope, a, out, err);
    for (at = holds(at, top); at; at = holds(at->in->owner, top)) {
        own = *(const struct template *const *)((const char *)at->step->more + at_offset);
        v = view_around(scope, at);
        if (own)
            return plain_text(own, view_scope(&v), a, out, err);
    }
    return true;
}

static bool nearest_grace(struct task *t, const struct step *s, struct space *space,
                          const struct scope *scope, struct arena *a, int64_t *ns,
                          struct expr_error *err)
{
    const struct space *top = space_top(space);
    const struct defaults *d = top->module->rb->defaults;
    const struct amount *own = s->more->kill_grace;
    struct task *at = holds(around(t, s), top);
    struct view v;

    while (!own && at) {
        v = view_around(scope, at);
        own = at->step->more->kill_grace;
        scope = own ? view_scope(&v) : scope;
        at = holds(at->in->owner, top);
    }
    return amount_get(own || !d ? own : d->kill_grace, scope, a, 10000000000, ns, err);
}

#define NEAREST(key, out) \
    nearest_text(s->more->key, offsetof(struct step_more, key), outer, top, scope, a, (out), err)

bool step_environment(struct driver *d, struct task *t, const struct step *s, struct space *space,
                      const struct scope *scope, struct arena *a, struct attempt *at,
                      struct expr_error *err)
{
    const struct space *top = space_top(space);
    struct task *outer = around(t, s);
    struct str dir = STR("");
    int64_t ns;

    if (frame_of(space)->broken.n) {
        err->message = frame_of(space)->broken;
        return false;
    }
    at->env = environment_of(d->mask, t, s, space, scope, a, err);
    at->dir = frame_of(space)->dir;
    if (!at->env || !NEAREST(dir, &dir) || !NEAREST(as, &at->as))
        return false;
    if (dir.n)
        at->dir = path_below(a, at->dir, dir);
    if (!nearest_grace(t, s, space, scope, a, &ns, err))
        return false;
    at->grace_ms = ns / 1000000;
    return true;
}
