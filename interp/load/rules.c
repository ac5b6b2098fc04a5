// Keys of a step that do not go together, or not with where the step stands.

#include "load/rules.h"

#include "base/arena.h"

// Where a key of a step is written; the step itself when it is not.
static struct span key_span(const struct step *s, const char *key)
{
    const struct node *value = s->node ? node_get(s->node, key) : NULL;

    if (value && value->key)
        return value->key->span;
    return s->id.span.source ? s->id.span : s->span;
}

static struct span value_span(const struct step *s, const char *key)
{
    const struct node *value = s->node ? node_get(s->node, key) : NULL;

    return value ? value->span : key_span(s, key);
}

static struct diag *conflict(struct checking *c, struct span where, struct str message)
{
    return diag_error(c->ds, DIAG_CONFLICTING_FIELDS, where, "%.*s", STR_ARG(message));
}

static bool is_action(const struct step *s, const char *name)
{
    return s->kind == STEP_ACTION && str_is(step_action_name(s), name);
}

// What a message calls what the step does.
static struct str doing(const struct checking *c, const struct step *s)
{
    if (s->kind == STEP_USE)
        return str_format(c->arena, "`use: %.*s`", STR_ARG(s->more->use->str));
    if (s->kind == STEP_ACTION)
        return str_format(c->arena, "this `%.*s`", STR_ARG(step_action_name(s)));
    return s->kind == STEP_GROUP ? STR("this group") : STR("this");
}

static struct span doing_span(const struct step *s)
{
    if (s->kind == STEP_USE)
        return s->more->use->span;
    if (s->kind == STEP_ACTION)
        return s->action_node->key->span;
    return key_span(s, "steps");
}

// ---- effects ----

// What SQL, HTTP, git and files do is known; the author may call it worse, never better.
static void check_lowered(struct checking *c, const struct step *s)
{
    bool known = s->kind == STEP_USE || is_action(s, "http") || is_action(s, "sql") ||
                 is_action(s, "git") || is_action(s, "file");
    enum effects own = step_default_effects(c->program, s);

    if (s->more->effects && known && (enum effects)s->more->effects < own)
        conflict(c, value_span(s, "effects"),
                 str_format(c->arena, "%.*s has the effects `%s`, which cannot be lowered",
                            STR_ARG(doing(c, s)), effects_word((int)own)));
}

// What is written the reader has judged.
static void check_is_read(struct checking *c, const struct spot *spot)
{
    const struct step *s = spot->step;

    if (!spot_is_check(spot) || s->more->effects || step_effects(c->program, s) == EFFECTS_READ)
        return;
    struct diag *d = conflict(
        c, doing_span(s),
        str_format(c->arena, "a check changes nothing, and %.*s does", STR_ARG(doing(c, s))));
    if (s->kind == STEP_USE)
        diag_help(c->ds, d, "use a runbook of type `check`, or one whose steps are all `read`");
}

// In a runbook of type `check`, too.
static void check_changes_nothing(struct checking *c, const struct spot *spot)
{
    const struct step *s = spot->step;

    if (!runbook_has_type(c->module->rb, RUNBOOK_CHECK) || spot_is_check(spot) ||
        (s->kind != STEP_ACTION && s->kind != STEP_USE) || spot->area == AREA_HOOK ||
        step_effects(c->program, s) == EFFECTS_READ)
        return;
    struct diag *d = conflict(c, s->more->effects ? value_span(s, "effects") : doing_span(s),
                              str_format(c->arena,
                                         "%.*s changes something, and the type is `check`",
                                         STR_ARG(doing(c, s))));
    diag_help(c->ds, d, "give the runbook another type, or say `effects: read` where that is true");
}

// ---- retry ----

static const struct step *not_idempotent(const struct program *p, const struct list *list)
{
    const struct step *steps = list->items;

    for (size_t i = 0; i < list->count; i++)
        if (!step_is_idempotent(p, &steps[i]))
            return &steps[i];
    return NULL;
}

static const struct step *not_repeatable(const struct program *p, const struct step *s)
{
    const struct module *m = s->kind == STEP_USE ? program_use(p, s) : NULL;
    const struct step *found = not_idempotent(p, m ? &m->rb->prepare : &s->more->steps);

    return found || !m ? found : not_idempotent(p, &m->rb->steps);
}

// A group is repeated as a whole, also what had succeeded in it.
static void check_retry_of_group(struct checking *c, const struct step *s)
{
    if (!s->more->retry || (s->kind != STEP_GROUP && s->kind != STEP_USE) || s->more->transaction)
        return;
    const struct step *bad = not_repeatable(c->program, s);
    if (!bad)
        return;
    struct diag *d = conflict(c, key_span(s, "retry"),
                              str_format(c->arena,
                                         "`retry` runs `%.*s` again, which is not `idempotent`",
                                         STR_ARG(bad->id.str)));
    diag_help(c->ds, d, "retry the steps that may be repeated, or say `idempotent: true` there");
    if (bad->id.span.source)
        diag_note(c->ds, d, bad->id.span, "it stands here");
}

// ---- for_each ----

static bool key_of(const struct value *v, struct value *key)
{
    *key = *v;
    return v->kind == VALUE_STRING || v->kind == VALUE_INT;
}

static void check_same_item(struct checking *c, const struct form *list)
{
    struct map *seen = map_new(c->arena);

    for (size_t i = 0; i < list->count; i++) {
        const struct form *item = &list->items[i];
        struct value key;
        struct str text;
        if (item->kind != FORM_CONSTANT || !key_of(&item->constant, &key) ||
            !value_to_text(key, c->arena, &text))
            continue;
        const struct form *first = map_get(seen, text);
        if (!first) {
            map_put(seen, text, (void *)item);
            continue;
        }
        struct diag *d = diag_error(c->ds, DIAG_DUPLICATE_ID, item->text.span,
                                    "two items have the key `%.*s`", STR_ARG(text));
        diag_help(c->ds, d, "give each its own with `key`, or leave one out");
        diag_note(c->ds, d, first->text.span, "the first is here");
    }
}

static void check_for_each(struct checking *c, const struct spot *spot)
{
    const struct step *s = spot->step;
    const struct for_each *f = s->more->for_each;
    static const char *const taken[] = { "inputs", "vars", "secrets", "env", "steps", "result",
                                         "before", "run",  "trigger", "now", "index", NULL };

    if (!f || !f->in)
        return;
    if (f->in->kind == FORM_LIST && !f->key)
        check_same_item(c, f->in);
    if (f->parallel && spot_is_check(spot))
        conflict(c, f->parallel->text.span, STR("checks are asked one after the other"));
    for (const char *const *t = taken; *t; t++)
        if (str_is(f->as.str, *t))
            diag_error(c->ds, DIAG_BAD_ID, f->as.span, "`%s` is the name of something else", *t);
}

// In an instance, a step of the rescue has the address `s[x].a`, and so has step `a` of what the
// instance uses; each event would be of both.
static void check_addresses(struct checking *c, const struct step *use, const struct list *steps)
{
    const struct graph *used = program_use(c->program, use)->graph;

    LIST_EACH(const struct step, s, *steps)
    {
        const struct vertex *other = s->id.str.n ? graph_find(used, s->id.str) : NULL;
        if (other) {
            struct diag *d = diag_error(c->ds, DIAG_DUPLICATE_ID, key_span(s, "id"),
                                        "`%.*s[...].%.*s` is also a step of `use: %.*s`",
                                        STR_ARG(use->id.str), STR_ARG(s->id.str),
                                        STR_ARG(use->more->use->str));
            diag_help(c->ds, d, "give it another `id`");
            diag_note(c->ds, d, other->step->id.span, "it is here");
        }
        check_addresses(c, use, &s->more->steps);
        check_addresses(c, use, &s->more->rescue);
        check_addresses(c, use, &s->more->always);
    }
}

// ---- undo and hooks ----

// Which verbs of git can be taken back, the action itself knows.
static void check_undo_auto(struct checking *c, const struct step *s)
{
    if (s->more->undo.kind != UNDO_AUTO || is_action(s, "git") || is_action(s, "file"))
        return;
    struct diag *d = conflict(c,
                              s->more->undo.node ? s->more->undo.node->span : key_span(s, "undo"),
                              STR("`undo: auto` is there for `git` and `file` only"));
    diag_help(c->ds, d, "write the step that takes it back");
}

// An undo is not undone, and what it holds runs one after the other: the undo itself may not have
// these keys (its field table), nor may what is in it.
static void check_in_undo(struct checking *c, const struct spot *spot)
{
    const struct step *s = spot->step;
    const struct {
        const char *key;
        bool has;
    } keys[] = {
        { "needs", s->has_needs },
        { "undo", s->more->undo.kind != UNDO_UNWRITTEN && s->more->undo.kind != UNDO_NONE },
        { "irreversible", s->more->irreversible },
    };

    if (spot->why == BELOW_UNDO || !spot_is_in(spot, BELOW_UNDO))
        return;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (keys[i].has)
            conflict(c, key_span(s, keys[i].key),
                     str_format(c->arena, "a step of an undo may not have `%s`", keys[i].key));
}

static void check_hook(struct checking *c, const struct spot *spot)
{
    const struct step *s = spot->step;
    const struct module *m = s->kind == STEP_USE ? program_use(c->program, s) : NULL;

    if (spot->area == AREA_HOOK && m && !runbook_has_type(m->rb, RUNBOOK_ACTION))
        conflict(c, s->more->use->span, STR("a hook may only use a runbook of type `action`"));
}

// ---- all of them ----

void check_step_rules(struct checking *c, const struct spot *spot)
{
    const struct step *s = spot->step;

    if (s->kind == STEP_USE)
        check_with(c, s);
    if (s->kind == STEP_USE && s->more->for_each)
        check_addresses(c, s, &s->more->rescue);
    check_for_each(c, spot);
    check_undo_auto(c, s);
    check_in_undo(c, spot);
    check_hook(c, spot);
    check_transaction(c, s);
    if (!c->module->bound)
        return;
    check_lowered(c, s);
    check_is_read(c, spot);
    check_changes_nothing(c, spot);
    check_retry_of_group(c, s);
}
