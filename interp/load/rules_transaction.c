// Transaction groups: until COMMIT nothing in them is done.

#include "base/arena.h"
#include "load/rules.h"

static const struct connection *connection_named(const struct list *list, struct str name)
{
    const struct connection *c = list->items;

    for (size_t i = 0; i < list->count; i++)
        if (str_equal(c[i].entry.key.str, name))
            return &c[i];
    return NULL;
}

static size_t add_names(struct checking *c, const struct list *list, const char **words, size_t n)
{
    const struct connection *items = list->items;

    for (size_t i = 0; i < list->count; i++)
        words[n++] = str_copy(c->arena, items[i].entry.key.str).s;
    return n;
}

static void unknown(struct checking *c, const struct text *name)
{
    const struct list *own = &c->module->rb->connections;
    const struct list *project = &c->program->project->connections;
    const char **words = NEW_ARRAY(c->arena, const char *, own->count + project->count + 1);

    add_names(c, project, words, add_names(c, own, words, 0));
    struct diag *d = diag_error(c->ds, DIAG_UNKNOWN_NAME, name->span,
                                "connection `%.*s` does not exist", STR_ARG(name->str));
    const char *near = diag_nearest(name->str, words);
    if (near)
        diag_help(c->ds, d, "did you mean `%s`?", near);
}

static void check_group(struct checking *c, const struct step *s)
{
    const struct text *name = &s->transaction;
    const struct connection *k = connection_named(&c->module->rb->connections, name->str);

    if (!k)
        k = connection_named(&c->program->project->connections, name->str);
    if (!k)
        unknown(c, name);
    else if (k->url && str_starts(k->url->text.str, "http"))
        diag_error(c->ds, DIAG_CONFLICTING_FIELDS, name->span, "connection `%.*s` is no database",
                   STR_ARG(name->str));
    if (s->parallel.written && (s->parallel.template || s->parallel.n != 1))
        diag_error(c->ds, DIAG_CONFLICTING_FIELDS, s->parallel.text.span,
                   "the steps of a transaction run in order");
}

// ---- what stands in one ----

static bool action_is_allowed(const struct step *s)
{
    static const char *const actions_allowed[] = { "sql", "manual", "prompt", NULL };

    if (s->kind == STEP_GATE)
        return true;
    for (const char *const *a = actions_allowed; *a && s->kind == STEP_ACTION; a++)
        if (str_is(s->action_name.str, *a))
            return true;
    return false;
}

static void check_key(struct checking *c, const struct step *s, const char *key, bool wrong)
{
    const struct node *n = wrong ? node_get(s->node, key) : NULL;

    if (!n)
        return;
    struct diag *d = diag_error(c->ds, DIAG_CONFLICTING_FIELDS, n->key ? n->key->span : n->span,
                                "`%s` stands on the transaction, not on a step in it", key);
    diag_help(c->ds, d, "the steps in it are done or not done together");
}

static void check_connection(struct checking *c, const struct step *s, const struct text *name)
{
    const struct node *n = s->kind == STEP_ACTION && s->action_node->kind == NODE_MAP
                               ? node_get(s->action_node, "connection")
                               : NULL;

    if (n && n->kind == NODE_SCALAR && !str_equal(n->text.str, name->str))
        diag_error(c->ds, DIAG_CONFLICTING_FIELDS, n->span,
                   "this transaction is one of `%.*s`, not of `%.*s`", STR_ARG(name->str),
                   STR_ARG(n->text.str));
}

static struct span span_of(const struct step *s)
{
    if (s->kind == STEP_ACTION)
        return s->action_name.span;
    return s->kind == STEP_USE ? s->use.span : s->id.span;
}

static void check_child(struct checking *c, const struct step *s, const struct text *name)
{
    if (!action_is_allowed(s)) {
        struct diag *d = diag_error(
            c->ds, DIAG_CONFLICTING_FIELDS, span_of(s),
            "this cannot stand in a transaction: it could not be rolled back");
        diag_help(c->ds, d, "a transaction holds `sql`, gates, `manual` and `prompt`");
        return;
    }
    check_connection(c, s, name);
    check_key(c, s, "retry", s->retry != NULL);
    check_key(c, s, "rescue", s->rescue.count > 0);
    check_key(c, s, "undo", s->undo.kind != UNDO_UNWRITTEN);
    check_key(c, s, "on_failure", s->on_failure == FAILURE_CONTINUE);
    check_key(c, s, "for_each", s->for_each && s->for_each->parallel.written);
}

void check_transaction(struct checking *c, const struct spot *spot)
{
    const struct spot *around = spot->why == BELOW_STEPS ? spot->around : NULL;

    if (spot->step->transaction.str.n)
        check_group(c, spot->step);
    if (around && around->step->transaction.str.n)
        check_child(c, spot->step, &around->step->transaction);
}
