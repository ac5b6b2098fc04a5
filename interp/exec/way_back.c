// Which steps cannot be taken back, known before the first of them starts: event run.start has
// them, so that the terminal says it before the run and the report after it.

#include "base/arena.h"
#include "exec/session.h"

enum { MOST_TOLD = 100 };  // an event is one line of 64 KiB

struct looking {
    struct driver *d;
    struct value_builder *list;
    size_t told, all;
};

static const char *cover_of(struct driver *d, const struct step *s, const struct step *outer)
{
    if (step_is_undone_inside(s))
        return NULL;  // what is in it is told
    switch (step_cover_inside(d->program, s, outer)) {
    case COVER_IRREVERSIBLE: return "irreversible";
    case COVER_MISSING: return "missing";
    case COVER_NONE: return step_effects(d->program, s) == EFFECTS_READ ? NULL : "none";
    default: return NULL;
    }
}

static void look_at(struct looking *k, const struct list *steps, const struct step *outer,
                    struct str prefix);

// The undo of a group or `use` counts instead of those inside, but for its `rescue`.
static void look_inside(struct looking *k, const struct step *s, const struct step *outer,
                        struct str id, struct str prefix)
{
    const struct step *by = outer || !step_speaks_for_itself(s) ? outer : s;
    const struct module *m = s->kind == STEP_USE ? program_use(k->d->program, s) : NULL;

    if (m) {
        struct str inside = str_format(turn_arena(k->d), "%.*s.", STR_ARG(id));
        look_at(k, &m->rb->prepare, by, inside);
        look_at(k, &m->rb->steps, by, inside);
    }
    look_at(k, &s->more->steps, by, prefix);
    look_at(k, &s->more->rescue, outer, prefix);
}

static void look_at(struct looking *k, const struct list *steps, const struct step *outer,
                    struct str prefix)
{
    LIST_EACH(const struct step, s, *steps)
    {
        struct str id = s->id.str;
        if (prefix.n)
            id = str_format(turn_arena(k->d), "%.*s%.*s", STR_ARG(prefix), STR_ARG(id));
        const char *cover = cover_of(k->d, s, outer);
        k->all += cover != NULL;
        if (cover && k->told < MOST_TOLD) {
            struct value_builder *one = value_map_start(turn_arena(k->d));
            value_put_s(one, "step", value_string(id));
            value_put_s(one, "cover", value_text(cover));
            if (s->more->irreversible)
                value_put_s(one, "why", value_string(runbook_words(k->d, s->more->irreversible)));
            value_add(k->list, value_finish(one));
            k->told++;
        }
        look_inside(k, s, outer, id, prefix);
    }
}

void put_no_way_back(struct driver *d, struct value_builder *b)
{
    struct looking k = { .d = d, .list = value_list_start(turn_arena(d)) };
    const struct runbook *rb = d->program->root->rb;

    look_at(&k, &rb->prepare, NULL, STR(""));
    look_at(&k, &rb->steps, NULL, STR(""));
    if (!k.all)
        return;
    value_put_s(b, "no_way_back", value_finish(k.list));
    if (k.all > k.told)
        value_put_s(b, "no_way_back_more", value_int((int64_t)(k.all - k.told)));
}
