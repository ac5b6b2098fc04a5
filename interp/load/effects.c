#include "base/arena.h"
#include "load/check.h"

static enum effects worse(enum effects a, enum effects b)
{
    return a > b ? a : b;
}

static enum effects list_effects(const struct program *p, const struct list *list)
{
    const struct step *steps = list->items;
    enum effects worst = EFFECTS_READ;

    for (size_t i = 0; i < list->count; i++)
        worst = worse(worse(worst, step_effects(p, &steps[i])),
                      list_effects(p, &steps[i].more->rescue));
    return worst;
}

enum effects module_effects(const struct program *p, const struct module *m)
{
    enum effects worst = EFFECTS_READ;

    if (!m->bound)  // it cannot run, and nobody knows
        return worst;
    worst = list_effects(p, &m->rb->prepare);
    worst = worse(worst, list_effects(p, &m->rb->steps));
    return worse(worst, list_effects(p, &m->rb->always));
}

static bool is_vouched(const struct program *p, const struct step *s)
{
    return map_get(p->vouched, (struct str){ (const char *)&s, sizeof s }) != NULL;
}

// Only what runs somebody's program can be vouched for: what SQL and HTTP do is known.
static enum effects action_effects(const struct program *p, const struct step *s)
{
    if (!s->action)
        return EFFECTS_READ;
    enum effects own = s->action->effects ? s->action->effects(s->params) : EFFECTS_WRITE;
    bool program = str_is(step_action_name(s), "shell") || str_is(step_action_name(s), "exec");
    return program && is_vouched(p, s) ? EFFECTS_READ : own;
}

enum effects step_default_effects(const struct program *p, const struct step *s)
{
    const struct module *m;

    switch (s->kind) {
    case STEP_GATE:
        return EFFECTS_READ;
    case STEP_GROUP:
        return worse(list_effects(p, &s->more->steps), list_effects(p, &s->more->always));
    case STEP_USE:
        m = program_use(p, s);
        return m ? module_effects(p, m) : EFFECTS_READ;
    case STEP_ACTION:
        break;
    }
    return action_effects(p, s);
}

enum effects step_effects(const struct program *p, const struct step *s)
{
    return s->more->effects ? (enum effects)s->more->effects : step_default_effects(p, s);
}

static bool list_is_idempotent(const struct program *p, const struct list *list)
{
    const struct step *steps = list->items;

    for (size_t i = 0; i < list->count; i++)
        if (!step_is_idempotent(p, &steps[i]))
            return false;
    return true;
}

bool step_is_idempotent(const struct program *p, const struct step *s)
{
    const struct module *m;

    if (s->more->idempotent)
        return s->more->idempotent == YES;
    if (s->kind == STEP_GROUP)
        return list_is_idempotent(p, &s->more->steps) && list_is_idempotent(p, &s->more->always);
    if (s->kind == STEP_USE && (m = program_use(p, s)))
        return list_is_idempotent(p, &m->rb->prepare) && list_is_idempotent(p, &m->rb->steps) &&
               list_is_idempotent(p, &m->rb->always);
    return step_effects(p, s) == EFFECTS_READ;
}

// ---- how it is taken back ----

static enum undo_cover list_cover(const struct program *p, const struct list *list)
{
    const struct step *steps = list->items;
    enum undo_cover worst = COVER_NOTHING;

    for (size_t i = 0; i < list->count; i++) {
        enum undo_cover c = step_cover(p, &steps[i]);
        worst = c > worst ? c : worst;
    }
    return worst;
}

static enum undo_cover inside_cover(const struct program *p, const struct step *s)
{
    const struct module *m = s->kind == STEP_USE ? program_use(p, s) : NULL;
    enum undo_cover first = m ? list_cover(p, &m->rb->prepare) : COVER_NOTHING;
    enum undo_cover then = list_cover(p, m ? &m->rb->steps : &s->more->steps);
    enum undo_cover worst = first > then ? first : then;

    return worst == COVER_UNDO ? COVER_INSIDE : worst;
}

enum undo_cover step_cover(const struct program *p, const struct step *s)
{
    if (s->more->irreversible)
        return COVER_IRREVERSIBLE;
    if (s->more->undo.kind != UNDO_UNWRITTEN)
        return s->more->undo.kind == UNDO_NONE ? COVER_NONE : COVER_UNDO;
    if (step_effects(p, s) == EFFECTS_READ)
        return COVER_NOTHING;
    return s->kind == STEP_GROUP || s->kind == STEP_USE ? inside_cover(p, s) : COVER_MISSING;
}

bool step_speaks_for_itself(const struct step *s)
{
    return s->more->undo.kind != UNDO_UNWRITTEN || s->more->irreversible;
}

bool step_is_undone_inside(const struct step *s)
{
    return (s->kind == STEP_GROUP || s->kind == STEP_USE) && !step_speaks_for_itself(s);
}

enum undo_cover step_cover_inside(const struct program *p, const struct step *s,
                                  const struct step *outer)
{
    enum undo_cover own = step_cover(p, s);

    return !outer || own == COVER_NOTHING || own == COVER_IRREVERSIBLE ? own : COVER_OUTSIDE;
}
