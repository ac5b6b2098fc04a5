// Whether what an expression reads may be read where it stands: names, steps, secrets.

#include "base/arena.h"
#include "load/view_inside.h"

// ---- the expressions of a place ----

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

struct exprs exprs_of(struct arena *a, const struct site *site)
{
    struct exprs x = { .arena = a };

    site_each_expr(site, collect, &x);
    return x;
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
    const struct list *lists[] = { &v->step->more->outputs, m ? &m->rb->outputs : NULL };
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
    const struct root_row *row = root_named(ref->path[0]);
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

    if (!root_is_visible(v, ref->path[0])) {
        if (str_is(ref->path[0], "secrets") && !v->secret)
            return refuse_secret(v, ref);
        return root_named(ref->path[0]) ? refuse_root(v, ref) : true;
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

bool view_may_read(const struct view *v)
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

// ---- secrets ----

bool view_without_secret(const struct view *v, const struct expr *e)
{
    size_t count;
    const struct expr_ref *refs = expr_refs(e, &count);
    bool ok = true;

    for (size_t i = 0; i < count; i++)
        ok &= !reads_secret(v->c, &refs[i]) || refuse_secret(v, &refs[i]);
    return ok;
}

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
