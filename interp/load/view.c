#include "load/view.h"

#include "base/arena.h"

// ---- roots ----

static const struct root_row {
    const char *name;
    unsigned root;
    const char *why;  // why it is not there
} rows[] = {
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

static const struct root_row *row_of(struct str name)
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

static bool is_visible(const struct view *v, struct str name)
{
    const struct root_row *row = row_of(name);

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
    const struct root_row *row = row_of(name);
    if (!row || !is_visible(v, name))
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

static struct check_scope scope_of(const struct view *v)
{
    return (
        struct check_scope){ .type = type_of_root, .ctx = (void *)v, .roots = visible_roots(v) };
}

// ---- what is read ----

static bool is_secret_output(const struct checking *c, const struct expr_ref *ref)
{
    const struct vertex *v = ref->count > 2 && str_is(ref->path[0], "steps")
                                 ? graph_find(c->module->graph, ref->path[1])
                                 : NULL;
    struct str name = ref->count > 3 && str_is(ref->path[2], "outputs") ? ref->path[3]
                      : ref->count > 2                                  ? ref->path[2]
                                                                        : STR("");
    if (!v)
        return false;
    const struct module *m = v->step->kind == STEP_USE ? program_use(c->program, v->step) : NULL;
    const struct list *lists[] = { &v->step->outputs, m ? &m->rb->outputs : NULL };
    for (size_t i = 0; i < 2 && lists[i]; i++) {
        const struct output *outputs = lists[i]->items;
        for (size_t j = 0; j < lists[i]->count; j++)
            if (outputs[j].secret && str_equal(outputs[j].entry.key.str, name))
                return true;
    }
    return false;
}

static bool is_tainted(const struct checking *c, const struct expr_ref *ref)
{
    if (ref->count < 2 || map_count(c->types->tainted) == 0)
        return false;
    struct str key = str_format(c->arena, "%.*s.%.*s", STR_ARG(ref->path[0]),
                                STR_ARG(ref->path[1]));
    return map_get(c->types->tainted, key) != NULL;
}

static bool reads_secret(const struct checking *c, const struct expr_ref *ref)
{
    return str_is(ref->path[0], "secrets") || is_tainted(c, ref) || is_secret_output(c, ref);
}

static bool refuse_secret(const struct view *v, const struct expr_ref *ref)
{
    bool itself = str_is(ref->path[0], "secrets");
    struct diag *d = diag_error(
        v->c->ds, DIAG_EXPR_NOT_ALLOWED_HERE, ref->span,
        itself ? "a secret cannot stand in %s" : "what holds a secret cannot stand in %s", v->what);

    diag_help(v->c->ds, d, "hand it over in `env`, `stdin`, a header, a body or a parameter");
    return false;
}

static struct span root_span(const struct expr_ref *ref)
{
    struct span s = ref->span;

    s.end = s.start + (uint32_t)ref->path[0].n;
    return s;
}

static bool refuse_root(const struct view *v, const struct expr_ref *ref)
{
    const struct root_row *row = row_of(ref->path[0]);
    struct diag *d = diag_error(v->c->ds, DIAG_EXPR_NOT_ALLOWED_HERE, root_span(ref),
                                "`%s` cannot be read in %s", row->name, v->what);

    if (row->root == ROOT_ITEM && v->items)
        diag_help(v->c->ds, d, "here it is called `%.*s`", STR_ARG(v->items->name));
    else
        diag_help(v->c->ds, d, "%s", row->why);
    return false;
}

static bool is_run_end(const struct expr_ref *ref)
{
    static const char *const fields[] = { "result", "failed", "undone", "took", NULL };

    if (ref->count < 2 || !str_is(ref->path[0], "run"))
        return false;
    for (const char *const *f = fields; *f; f++)
        if (str_is(ref->path[1], *f))
            return true;
    return false;
}

static bool check_ref(const struct view *v, const struct expr_ref *ref)
{
    struct vertex *t;

    if (!is_visible(v, ref->path[0])) {
        if (str_is(ref->path[0], "secrets") && !v->secret)
            return refuse_secret(v, ref);
        return row_of(ref->path[0]) ? refuse_root(v, ref) : true;
    }
    if (!v->secret && reads_secret(v->c, ref))
        return refuse_secret(v, ref);
    if (is_run_end(ref) && !(v->roots & ROOT_RUN_END)) {
        struct diag *d = diag_error(v->c->ds, DIAG_EXPR_NOT_ALLOWED_HERE, ref->last,
                                    "`run.%.*s` is not known before the end",
                                    STR_ARG(ref->path[1]));
        diag_help(v->c->ds, d, "it is there in `always`, hooks, `report` and `rescue`");
        return false;
    }
    if (v->judged || v->c->types->any_step)
        return true;
    return reading_check(v->c->module->graph, &v->reading, ref, &t, v->c->ds);
}

static bool check_refs(const struct view *v)
{
    bool ok = true;
    size_t count;

    for (size_t i = 0; i < v->expr_count; i++) {
        const struct expr_ref *refs = expr_refs(v->exprs[i], &count);
        for (size_t j = 0; j < count; j++)
            ok &= check_ref(v, &refs[j]);
    }
    return ok;
}

// ---- collecting ----

struct exprs {
    struct arena *arena;
    const struct expr **items;
    size_t count, room;
};

static void collect(const struct expr *e, void *ctx)
{
    struct exprs *x = ctx;

    if (x->count == x->room) {
        const struct expr **items = NEW_ARRAY(x->arena, const struct expr *, x->room * 2 + 4);
        for (size_t i = 0; i < x->count; i++)
            items[i] = x->items[i];
        x->items = items;
        x->room = x->room * 2 + 4;
    }
    x->items[x->count++] = e;
}

static struct exprs exprs_of(struct arena *a, const struct site *site)
{
    struct exprs x = { .arena = a };

    site_each_expr(site, collect, &x);
    return x;
}

static bool look(const struct view *from, const struct site *site, struct view *v,
                 struct check_scope *scope)
{
    struct exprs x = exprs_of(from->c->arena, site);

    *v = *from;
    v->exprs = x.items;
    v->expr_count = x.count;
    if (!check_refs(v))
        return false;
    *scope = scope_of(v);
    return true;
}

// ---- the checks ----

const struct expr_type *view_words(const struct view *from, const struct template *t)
{
    struct site site = { .kind = SITE_WORDS, .words = t };
    struct check_scope scope;
    struct view v;

    if (!t || template_is_literal(t))
        return expr_string;
    return look(from, &site, &v, &scope) ? template_check(t, &scope, v.c->arena, v.c->ds) : NULL;
}

static void no_text(const struct view *v, struct span where, const struct expr_type *type)
{
    struct diag *d = diag_error(v->c->ds, DIAG_INTERPOLATE_OBJECT, where,
                                "this is %.*s, which cannot stand as text",
                                STR_ARG(expr_type_text(type, v->c->arena)));

    bool optional = str_starts(expr_type_text(type, v->c->arena), "optional");
    diag_help(v->c->ds, d, optional ? "say what to write when there is no value: .orValue('')"
                                    : "say what is to be shown of it, or toJson(...)");
}

const struct expr_type *view_text(const struct view *from, const struct template *t)
{
    const struct expr_type *type = view_words(from, t);

    if (!type || expr_type_has_text(type))
        return type;
    const struct expr *whole = template_whole(t);
    no_text(from, whole ? expr_text(whole)->span : t->text.span, type);
    return NULL;
}

static bool plain_key(const struct view *v, const struct text *key)
{
    size_t at = str_search(key->str, STR("${{"));

    if (at == SIZE_MAX)
        return true;
    diag_error(v->c->ds, DIAG_EXPR_NOT_ALLOWED_HERE, text_span(key, at, key->str.n),
               "a key is read as it stands; an expression cannot stand here");
    return false;
}

static bool plain_keys(const struct view *v, const struct form *f)
{
    bool ok = true;

    for (size_t i = 0; i < f->count; i++)
        ok &= (f->kind != FORM_MAP || plain_key(v, &f->keys[i])) && plain_keys(v, &f->items[i]);
    return ok;
}

bool view_keys(const struct view *v, const struct node *n)
{
    bool ok = true;

    for (const struct node *child = n->first; child; child = child->next)
        ok &= (n->kind != NODE_MAP || plain_key(v, &child->key->text)) && view_keys(v, child);
    return ok;
}

const struct expr_type *view_form(const struct view *from, const struct form *f)
{
    struct site site = { .kind = SITE_FORM, .form = f };
    struct check_scope scope;
    struct view v;

    if (!f)
        return expr_dyn;
    if (!plain_keys(from, f))
        return NULL;
    return look(from, &site, &v, &scope) ? form_check(f, &scope, v.c->arena, v.c->ds) : NULL;
}

const struct expr_type *view_expr(const struct view *from, const struct expr *e)
{
    struct site site = { .kind = SITE_CONDITION, .cond = e };
    struct check_scope scope;
    struct view v;

    if (!e)
        return expr_dyn;
    return look(from, &site, &v, &scope) ? expr_check(e, &scope, v.c->arena, v.c->ds) : NULL;
}

bool view_condition(const struct view *from, const struct expr *e)
{
    struct site site = { .kind = SITE_CONDITION, .cond = e };
    struct check_scope scope;
    struct view v;

    if (!e)
        return true;
    return look(from, &site, &v, &scope) && expr_check_condition(e, &scope, v.c->arena, v.c->ds);
}

bool view_parts(const struct view *v, const struct template *t)
{
    bool ok = true;

    for (size_t i = 0; i < t->count; i++)
        if (t->parts[i].expr)
            ok &= view_expr(v, t->parts[i].expr) != NULL;
    return ok;
}

static bool is_word(const struct view *v, const struct expr_type *type)
{
    return expr_type_has_text(type) || str_starts(expr_type_text(type, v->c->arena), "list");
}

bool view_script(const struct view *v, const struct template *t)
{
    bool ok = true;

    for (size_t i = 0; i < t->count; i++) {
        const struct expr *e = t->parts[i].expr;
        const struct expr_type *type = e ? view_expr(v, e) : expr_string;
        if (type && !is_word(v, type))
            no_text(v, expr_text(e)->span, type);
        ok &= type != NULL && is_word(v, type);
    }
    return ok;
}

// ---- secrets ----

static bool any_secret(const struct checking *c, const struct site *site)
{
    struct exprs x = exprs_of(c->arena, site);
    size_t count;

    for (size_t i = 0; i < x.count; i++) {
        const struct expr_ref *refs = expr_refs(x.items[i], &count);
        for (size_t j = 0; j < count; j++)
            if (reads_secret(c, &refs[j]))
                return true;
    }
    return false;
}

bool form_is_secret(const struct checking *c, const struct form *f)
{
    return f && any_secret(c, &(struct site){ .kind = SITE_FORM, .form = f });
}

bool words_are_secret(const struct checking *c, const struct template *t)
{
    return t && any_secret(c, &(struct site){ .kind = SITE_WORDS, .words = t });
}
