// Which names a place sees, and what they hold.

#include "base/arena.h"
#include "load/view_inside.h"

// ---- roots ----

static const struct root_row rows[] = {
    { "inputs", ROOT_INPUTS, "inputs are not known yet here" },
    { "vars", ROOT_VARS, "vars are not worked out yet here" },
    { "env", ROOT_ENV, "the environment is not known yet here" },
    { "secrets", ROOT_SECRETS, "a secret cannot stand here" },
    { "steps", ROOT_STEPS, "no step has run when this is read" },
    { "run", ROOT_RUN, "the run has not begun when this is read" },
    { "trigger", ROOT_TRIGGER, "the run has not begun when this is read" },
    { "result", ROOT_RESULT,
      "it is there in `expect`, `outputs`, `retry.if`, `verify` and `undo` of a step that has "
      "one" },
    { "before", ROOT_BEFORE,
      "it is there in the action, `expect` and `undo` of a step that has it" },
    { "item", ROOT_ITEM, "it is there only inside a `for_each`" },
    { "index", ROOT_ITEM, "it is there only inside a `for_each`" },
    { "contact", ROOT_CONTACT, "it is there only in `hooks.waiting`" },
    { "value", ROOT_VALUE, "it is there only in a trigger" },
    { "now", ROOT_NOW, "it is not there" },
};
enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

const struct root_row *root_named(struct str name)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (str_is(name, rows[i].name))
            return &rows[i];
    return NULL;
}

static const struct view_item *item_named(const struct view *v, struct str name)
{
    const struct view_item *i = v->items;

    while (i && !str_equal(i->name, name))
        i = i->outer;
    return i;
}

bool root_is_visible(const struct view *v, struct str name)
{
    const struct root_row *row = root_named(name);

    if (item_named(v, name))
        return true;
    if (row && row->root == ROOT_ITEM)
        return v->items && str_is(name, "index");
    return row && v->roots & row->root;
}

// ---- types ----

// What comes later or is unknown has been told; it goes with everything.
static const struct expr_type *step_named(const struct view *v, struct str id)
{
    struct checked_step *k = map_get(v->c->types->steps, id);

    if (!k)
        return expr_dyn;
    if (!k->type)
        k->type = step_type_of(v->c->program, k->step, k->outputs, v->c->arena);
    return k->type;
}

static size_t ref_total(const struct view *v)
{
    size_t total = 0, count;

    for (size_t i = 0; i < v->expr_count; i++) {
        expr_refs(v->exprs[i], &count);
        total += count;
    }
    return total;
}

// `steps` with those that are read here. The graph and the reading tell what is unknown.
static const struct expr_type *steps_type(const struct view *v, struct arena *a)
{
    struct expr_field *fields = NEW_ARRAY(a, struct expr_field, ref_total(v) + 1);
    size_t n = 0, count;

    for (size_t i = 0; i < v->expr_count; i++) {
        const struct expr_ref *refs = expr_refs(v->exprs[i], &count);
        for (size_t j = 0; j < count; j++)
            if (refs[j].count > 1 && str_is(refs[j].path[0], "steps"))
                fields[n++] = (struct expr_field){ .name = str_copy(a, refs[j].path[1]).s,
                                                   .type = type_cell(
                                                       a, step_named(v, refs[j].path[1])) };
    }
    return n ? expr_object(a, "steps", fields, DIAG_UNKNOWN_STEP) : expr_dyn;
}

static const struct expr_type *type_of_root(const struct check_scope *s, struct str name,
                                            struct arena *a, struct str *why)
{
    const struct view *v = s->ctx;
    const struct module_types *t = v->c->types;

    (void)why;
    if (item_named(v, name))
        return item_named(v, name)->type;
    const struct root_row *row = root_named(name);
    if (!row || !root_is_visible(v, name))
        return NULL;
    switch (row->root) {
    case ROOT_INPUTS:
        return t->inputs;
    case ROOT_VARS:
        return t->vars;
    case ROOT_ENV:
        return t->env;
    case ROOT_SECRETS:
        return t->secrets;
    case ROOT_STEPS:
        return steps_type(v, a);
    case ROOT_RUN:
        return t->run;
    case ROOT_TRIGGER:
        return t->trigger;
    case ROOT_CONTACT:
        return t->contact;
    case ROOT_NOW:
        return expr_timestamp;
    case ROOT_RESULT:
        return v->result ? v->result : expr_dyn;
    case ROOT_BEFORE:
        return v->before ? v->before : expr_dyn;
    case ROOT_ITEM:
        return expr_int;  // index
    default:
        return expr_dyn;
    }
}

static const char *const *name_roots(const struct view *v)
{
    size_t n = 0, items = 0;

    for (const struct view_item *i = v->items; i; i = i->outer)
        items++;
    const char **names = NEW_ARRAY(v->c->arena, const char *, ROW_COUNT + items + 1);
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (v->roots & rows[i].root || (rows[i].root == ROOT_ITEM && v->items))
            names[n++] = rows[i].name;
    for (const struct view_item *i = v->items; i; i = i->outer)
        if (!str_is(i->name, "item"))
            names[n++] = str_copy(v->c->arena, i->name).s;
    return names;
}

// For "did you mean". Most places of a file see the same names, so the last are kept.
static const char *const *visible_roots(const struct view *v)
{
    struct checking *c = v->c;

    if (!c->names || c->names_roots != v->roots || c->names_items != v->items) {
        c->names = name_roots(v);
        c->names_roots = v->roots;
        c->names_items = v->items;
    }
    return c->names;
}

struct check_scope names_scope(const struct view *v)
{
    return (
        struct check_scope){ .type = type_of_root, .ctx = (void *)v, .roots = visible_roots(v) };
}
