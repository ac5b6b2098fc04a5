// What can be told about SQL before anything runs.

#include "action/connection.h"
#include "action/sql/sql.h"
#include "action/sql/text.h"
#include "base/arena.h"

static struct span key_span(const struct sql_params *p, const char *key)
{
    const struct node *n = p->node->kind == NODE_MAP ? node_get(p->node, key) : NULL;

    return n && n->key ? n->key->span : p->node->span;
}

static bool conflict(const struct sql_params *p, const char *key, const char *words,
                     const struct bind *b)
{
    diag_error(b->diags, DIAG_CONFLICTING_FIELDS, key_span(p, key), "`%s` %s", key, words);
    return false;
}

static bool has_expressions(const struct template *t)
{
    return t && !template_is_literal(t);
}

static bool check_fields(const struct sql_params *p, const struct bind *b)
{
    if (p->query && p->script)
        return conflict(p, "script", "stands instead of `query`", b);
    if (!p->query && !p->script) {
        struct diag *d = diag_error(b->diags, DIAG_MISSING_FIELD, p->node->span,
                                    "`sql` needs a `query` or a `script`");
        diag_help(b->diags, d, "sql: {query: SELECT 1}");
        return false;
    }
    if (p->params && p->script)
        return conflict(p, "params", "belongs to `query`; a script takes no values", b);
    if (p->params && has_expressions(p->query))
        return conflict(p, "params", "and `${{ }}` in the SQL cannot stand together", b);
    return true;
}

// What is said of a transaction is said of the group's.
static bool check_inside(const struct sql_params *p, const struct bind *b)
{
    bool ok = true;

    if (!b->transaction.n)
        return true;
    if (p->isolation)
        ok = conflict(p, "isolation", "is that of the transaction around, which has begun", b);
    if (p->transaction == NO)
        ok = conflict(p, "transaction", "cannot be `false` inside one", b);
    return ok;
}

static bool check_params(const struct sql_params *p, const struct bind *b)
{
    if (!p->params || p->params->kind != FORM_CONSTANT)
        return true;
    diag_error(b->diags, DIAG_WRONG_TYPE, p->params->text.span,
               "`params` is a list of values, or a map of names and values");
    return false;
}

// How the engine reads quotes; PostgreSQL's way while the URL is not known. It is looked at
// again when it is.
static enum sql_dialect dialect_of(const struct sql_params *p, const struct bind *b)
{
    const struct connection *only = NULL, *c = connection_declared(p->connection.str, b);

    LIST_EACH(const struct connection, each, b->rb->connections)
    if (each->url && connection_is(each->url->text.str, SQL_SCHEMES))
        only = only ? NULL : each;
    c = c ? c : only;
    return c && c->url && connection_is(c->url->text.str, sql_sqlite.schemes) ? SQL_SQLITE
                                                                              : SQL_POSTGRES;
}

static bool check_control(const struct sql_params *p, enum sql_dialect dialect,
                          const struct bind *b)
{
    struct sql_shape shape = sql_text_shape(p->query, dialect, b->arena);

    struct span span = text_span(&p->query->text, 0, p->query->text.str.n);

    if (shape.alone && b->transaction.n) {
        diag_error(b->diags, DIAG_CONFLICTING_FIELDS, span,
                   "%.*s cannot run inside a transaction", STR_ARG(shape.blame));
        return false;
    }
    if (!shape.controls)
        return true;
    struct diag *d = diag_error(b->diags, DIAG_CONFLICTING_FIELDS, span,
                                "%.*s cannot stand in a step: each has a transaction of its own",
                                STR_ARG(shape.blame));
    diag_help(b->diags, d, "put the steps into a group with `transaction: CONNECTION`");
    return false;
}

// While the engine is not known, only what both would read so.
static bool check_single(const struct sql_params *p, enum sql_dialect dialect, const struct bind *b)
{
    struct sql_shape shape = sql_text_shape(p->query, dialect, b->arena);
    struct sql_shape lite = sql_text_shape(p->query, SQL_SQLITE, b->arena);

    if (shape.statements < 2 || lite.statements < 2)
        return true;
    struct diag *d = diag_error(
        b->diags, DIAG_CONFLICTING_FIELDS, text_span(&p->query->text, 0, p->query->text.str.n),
        "these are %zu statements, and only one can stand here", shape.statements);
    diag_help(b->diags, d, "put them into a file: `sql: {script: FILE}`, or make steps of them");
    return false;
}

bool sql_check(const struct step *s, const struct bind *b)
{
    const struct sql_params *p = s->params;
    enum sql_dialect dialect = dialect_of(p, b);
    bool ok = check_fields(p, b);

    ok &= check_params(p, b);
    ok &= check_inside(p, b);
    ok &= connection_check(&p->connection, SQL_SCHEMES, "database", b);
    if (!p->connection.str.n)
        ok &= connection_check_only(p->node->span, SQL_SCHEMES, "database",
                                    "connections: {db: \"postgresql:///app\"}", b);
    if (!p->query)
        return ok;
    return sql_text_check(p->query, dialect, b->arena, b->diags) && check_control(p, dialect, b) &&
           check_single(p, dialect, b) && ok;
}
