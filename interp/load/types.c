#include "load/types.h"

#include "base/arena.h"
#include "load/input.h"

static const char *c_string(struct arena *a, struct str s)
{
    return str_copy(a, s).s;
}

const struct expr_type *const *type_cell(struct arena *a, const struct expr_type *type)
{
    const struct expr_type **cell = NEW(a, const struct expr_type *);

    *cell = type ? type : expr_dyn;
    return cell;
}

static const struct expr_type *object(struct arena *a, const char *name,
                                      const struct expr_field *fields)
{
    return expr_object(a, name, fields, DIAG_UNKNOWN_NAME);
}

static const struct expr_type *input_types(struct arena *a, const struct runbook *rb)
{
    const struct input *inputs = rb->inputs.items;
    struct expr_field *fields = NEW_ARRAY(a, struct expr_field, rb->inputs.count + 1);

    for (size_t i = 0; i < rb->inputs.count; i++)
        fields[i] = (struct expr_field){ .name = c_string(a, inputs[i].entry.key.str),
                                         .type = type_cell(a, input_expr_type(&inputs[i], a)) };
    return object(a, "inputs", fields);
}

static const struct expr_type *secret_types(struct arena *a, const struct runbook *rb)
{
    const struct secret *secrets = rb->secrets.items;
    struct expr_field *fields = NEW_ARRAY(a, struct expr_field, rb->secrets.count + 1);

    for (size_t i = 0; i < rb->secrets.count; i++)
        fields[i] = (struct expr_field){ .name = c_string(a, secrets[i].entry.key.str),
                                         .type = &expr_string };
    return object(a, "secrets", fields);
}

struct row {
    const char *name;
    const struct expr_type *const *type;
};

static const struct expr_type *from_rows(struct arena *a, const char *name, const struct row *rows)
{
    size_t n = 0;

    while (rows[n].name)
        n++;
    struct expr_field *fields = NEW_ARRAY(a, struct expr_field, n + 1);
    for (size_t i = 0; i < n; i++)
        fields[i] = (struct expr_field){ .name = rows[i].name, .type = rows[i].type };
    return object(a, name, fields);
}

static const struct row run_rows[] = {
    { "id", &expr_string },     { "runbook", &expr_string },
    { "mode", &expr_string },   { "user", &expr_string },
    { "host", &expr_string },   { "started", &expr_timestamp },
    { "phase", &expr_string },  { "dir", &expr_string },
    { "drill", &expr_bool },    { "result", &expr_string },
    { "failed", &expr_dyn },    { "undone", &expr_dyn },
    { "took", &expr_duration }, { 0 },
};
static const struct row trigger_rows[] = {
    { "name", &expr_string }, { "level", &expr_string }, { "value", &expr_dyn },
    { "subject", &expr_dyn }, { "state", &expr_string }, { 0 },
};
static const struct row contact_rows[] = {
    { "role", &expr_string },
    { "name", &expr_string },
    { "phone", &expr_string },
    { "email", &expr_string },
    { "link", &expr_string },
    { "after", &expr_duration },
    { 0 },
};

struct module_types *types_new(struct arena *a, const struct runbook *rb)
{
    struct module_types *t = NEW(a, struct module_types);

    t->inputs = input_types(a, rb);
    t->secrets = secret_types(a, rb);
    t->env = expr_map_of(a, expr_string, expr_string);
    t->run = from_rows(a, "run", run_rows);
    t->trigger = from_rows(a, "trigger", trigger_rows);
    t->contact = from_rows(a, "contact", contact_rows);
    t->var_fields = NEW_ARRAY(a, struct expr_field, rb->vars.count + 1);
    t->vars = object(a, "vars", t->var_fields);
    t->steps = map_new(a);
    t->tainted = map_new(a);
    t->outputs = NEW_ARRAY(a, struct expr_field, 1);
    return t;
}

// The hooks of a project run in any runbook: what is declared there is not known here.
void types_any(struct module_types *t)
{
    t->inputs = t->secrets = t->vars = expr_dyn;
    t->any_step = true;
}

void types_add_var(struct module_types *t, struct arena *a, struct str name,
                   const struct expr_type *type)
{
    t->var_fields[t->var_count++] = (struct expr_field){ .name = c_string(a, name),
                                                         .type = type_cell(a, type) };
}

void types_set_outputs(struct module_types *t, struct arena *a, const struct runbook *rb,
                       const struct expr_type *const *types)
{
    const struct output *outputs = rb->outputs.items;

    t->outputs = NEW_ARRAY(a, struct expr_field, rb->outputs.count + 1);
    for (size_t i = 0; i < rb->outputs.count; i++)
        t->outputs[i] = (struct expr_field){ .name = c_string(a, outputs[i].entry.key.str),
                                             .type = type_cell(a, types[i]) };
}

// ---- steps ----

static const struct expr_field no_fields[] = { { 0 } };

static const struct expr_field *result_fields(const struct program *p, const struct step *s)
{
    const struct module *m;

    if (s->kind == STEP_ACTION)
        return s->action && s->action->results ? s->action->results : NULL;
    if (s->kind != STEP_USE || !(m = program_use(p, s)) || !m->types)
        return NULL;
    return m->types->outputs;
}

static size_t count_of(const struct expr_field *f)
{
    size_t n = 0;

    while (f && f[n].name)
        n++;
    return n;
}

static const char *label(const struct step *s, struct arena *a)
{
    if (s->kind == STEP_USE)
        return str_format(a, "`%.*s`", STR_ARG(s->more->use->str)).s;
    if (s->kind == STEP_ACTION)
        return str_format(a, "`%.*s`", STR_ARG(step_action_name(s))).s;
    return s->kind == STEP_GROUP ? "a group" : "a gate";
}

const struct expr_type *result_type(const struct program *p, const struct step *s, struct arena *a)
{
    const struct expr_field *fields = result_fields(p, s);

    if (!fields)
        return s->kind == STEP_ACTION || s->kind == STEP_USE ? expr_dyn : NULL;
    return expr_object(a, str_format(a, "the result of %s", label(s, a)).s, fields,
                       DIAG_UNKNOWN_OUTPUT);
}

static const struct expr_type *outputs_type(const struct step *s,
                                            const struct expr_type *const *types,
                                            const struct expr_field *used, struct arena *a)
{
    const struct output *outputs = s->more->outputs.items;
    size_t n = count_of(used);
    struct expr_field *fields = NEW_ARRAY(a, struct expr_field, n + s->more->outputs.count + 1);

    for (size_t i = 0; i < n; i++)
        fields[i] = used[i];
    for (size_t i = 0; i < s->more->outputs.count; i++)
        fields[n + i] = (struct expr_field){ .name = c_string(a, outputs[i].entry.key.str),
                                             .type = type_cell(a, types ? types[i] : NULL) };
    return expr_object(a, str_format(a, "`outputs` of `%.*s`", STR_ARG(s->id.str)).s, fields,
                       DIAG_UNKNOWN_OUTPUT);
}

const struct expr_type *before_type(const struct step *s, struct arena *a)
{
    if (s->more->before.count == 0)
        return NULL;
    const struct before *before = s->more->before.items;
    struct expr_field *fields = NEW_ARRAY(a, struct expr_field, s->more->before.count + 1);

    for (size_t i = 0; i < s->more->before.count; i++)
        fields[i] = (struct expr_field){ .name = c_string(a, before[i].entry.key.str),
                                         .type = &expr_dyn };
    return expr_object(a, "before", fields, DIAG_UNKNOWN_OUTPUT);
}

struct fields {
    struct expr_field *items;
    size_t count;
};

// The first of a name counts: an action's own `took` is that of the step.
static void add(struct fields *f, const char *name, const struct expr_type *const *type)
{
    for (size_t i = 0; i < f->count; i++)
        if (str_is(str_from(name), f->items[i].name))
            return;
    f->items[f->count++] = (struct expr_field){ .name = name, .type = type };
}

static void add_all(struct fields *f, const struct expr_field *more)
{
    for (; more && more->name; more++)
        add(f, more->name, more->type);
}

static void add_common(struct fields *f, const struct step *s, const struct expr_type *outputs,
                       struct arena *a)
{
    add(f, "state", &expr_string);
    add(f, "undo_state", &expr_string);
    if (s->more->outputs.count || s->kind == STEP_USE)
        add(f, "outputs", type_cell(a, outputs));
    if (s->more->before.count)
        add(f, "before", type_cell(a, before_type(s, a)));
    add(f, "attempts", &expr_int);
    add(f, "started", &expr_timestamp);
    add(f, "took", &expr_duration);
}

enum { COMMON = 12 };

static const struct expr_type *items_type(const struct step *s, const struct expr_field *result,
                                          const struct expr_type *outputs, struct arena *a)
{
    struct fields f = { NEW_ARRAY(a, struct expr_field, count_of(result) + COMMON), 0 };

    add(&f, "key", &expr_dyn);
    add(&f, "item", &expr_dyn);
    add_common(&f, s, outputs, a);
    add_all(&f, result);
    const char *name = str_format(a, "an item of `%.*s`", STR_ARG(s->id.str)).s;
    return expr_list_of(a, expr_object(a, name, f.items, DIAG_UNKNOWN_OUTPUT));
}

// What it uses or does is unknown, and that has been said.
static bool is_broken(const struct step *s)
{
    if (s->kind == STEP_GATE)
        return !s->more->confirm && !s->more->approve && s->more->expect.count == 0;
    return s->kind == STEP_USE || (s->kind == STEP_ACTION && !s->action);
}

const struct expr_type *step_type_of(const struct program *p, const struct step *s,
                                     const struct expr_type *const *outputs, struct arena *a)
{
    const struct expr_field *result = result_fields(p, s);

    if (!result && is_broken(s))
        return expr_dyn;
    const struct expr_type *out = outputs_type(s, outputs, s->kind == STEP_USE ? result : no_fields,
                                               a);
    struct fields f = { NEW_ARRAY(a, struct expr_field, count_of(result) + COMMON), 0 };
    const char *name = str_format(a, "step `%.*s` (%s)", STR_ARG(s->id.str), label(s, a)).s;

    if (s->more->for_each)
        add(&f, "items", type_cell(a, items_type(s, result, out, a)));
    add_common(&f, s, out, a);
    if (!s->more->for_each)
        add_all(&f, result);
    return expr_object(a, name, f.items, DIAG_UNKNOWN_OUTPUT);
}
