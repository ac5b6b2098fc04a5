// From what a step says to the statements that are run.

#include <stdint.h>

#include "action/params.h"
#include "action/sql/script.h"
#include "action/sql/sql.h"
#include "action/sql/text.h"
#include "action/sql/transaction_session.h"
#include "base/arena.h"

enum { SCRIPT_MOST = 64 * 1024 * 1024 };

struct making {
    struct attempt *at;
    const struct sql_params *p;
    struct sql_work *w;
    enum sql_dialect dialect;
    struct expr_error *err;
};

static bool refuse(struct making *m, const struct template *t, struct str message)
{
    *m->err = (struct expr_error){ .message = message,
                                   .span = text_span(&t->text, 0, t->text.str.n) };
    return false;
}

const struct resolved_connection *sql_connection(struct attempt *at, struct str *why)
{
    const struct sql_params *p = at->params;

    if (at->transaction)
        return transaction_connection(at->transaction);
    return connection_find(at->connections, p->connection.str, SQL_SCHEMES, at->arena, why);
}

// ---- a statement

// :name in SQL for PostgreSQL, which only knows $1.
static struct str numbered(struct str text, const struct sql_command *c, struct arena *a)
{
    struct sql_scan s = { text, SQL_POSTGRES, 0 };
    struct buf *b = buf_in(a);
    struct sql_token t, colon = { 0 };
    size_t from = 0;

    while (sql_next_code(&s, &t)) {
        bool behind = sql_is_mark(&s, &colon, ':') && colon.end == t.start &&
                      (colon.start == 0 || text.s[colon.start - 1] != ':');
        for (size_t i = 0; behind && t.kind == SQL_WORD && i < c->count; i++)
            if (str_equal(c->names[i], str_slice(text, t.start, t.end))) {
                buf_add(b, str_slice(text, from, colon.start));
                buf_format(b, " $%zu ", i + 1);
                from = t.end;
                break;
            }
        colon = t;
    }
    buf_add(b, str_slice(text, from, text.n));
    return buf_str(b);
}

static void take_list(struct sql_command *c, struct value v, struct arena *a)
{
    struct value *values = NEW_ARRAY(a, struct value, value_size(v) + 1);

    c->values = values;
    c->count = value_size(v);
    for (size_t i = 0; i < c->count; i++)
        values[i] = value_item(v, i);
}

static bool take_map(struct making *m, struct sql_command *c, struct value v)
{
    struct arena *a = m->at->arena;
    struct value *values = NEW_ARRAY(a, struct value, v.map->count + 1);
    struct str *names = NEW_ARRAY(a, struct str, v.map->count + 1);

    c->values = values;
    c->names = names;
    c->count = v.map->count;
    for (size_t i = 0; i < c->count; i++) {
        values[i] = v.map->entries[i].value;
        if (!value_to_text(v.map->entries[i].key, a, &names[i]))
            return refuse(m, m->p->query, STR("the names of `params` are text"));
    }
    if (m->dialect == SQL_POSTGRES)
        c->text = numbered(c->text, c, a);
    return true;
}

static bool take_params(struct making *m, struct sql_command *c)
{
    struct value v;

    if (!m->p->params)
        return true;
    if (!form_fill(m->p->params, m->at->scope, m->at->arena, &v, m->err))
        return false;
    if (v.kind == VALUE_MAP)
        return take_map(m, c, v);
    if (v.kind != VALUE_LIST)
        return refuse(m, m->p->query, STR("`params` is neither a list nor a map"));
    take_list(c, v, m->at->arena);
    return true;
}

static bool judge_statement(struct making *m, const struct sql_shape *shape)
{
    struct arena *a = m->at->arena;

    if (shape->statements == 0)
        return refuse(m, m->p->query, STR("there is no statement"));
    if (shape->statements > 1)
        return refuse(m, m->p->query,
                      STR("only one statement can stand here; put several into a `script`"));
    if (shape->copy_in || shape->copy_out)
        return refuse(m, m->p->query, STR("COPY to or from the client belongs into a `script`"));
    if (m->at->transaction && shape->alone)
        return refuse(m, m->p->query,
                      str_format(a, "%.*s cannot run inside a transaction", STR_ARG(shape->blame)));
    return true;
}

static bool make_query(struct making *m)
{
    struct sql_command *c = NEW(m->at->arena, struct sql_command);
    struct sql_shape shape = sql_text_shape(m->p->query, m->dialect, m->at->arena);
    struct sql_job *job = &m->w->job;

    if (!judge_statement(m, &shape) ||
        !sql_text_fill(m->p->query, m->dialect, m->at->scope, m->at->arena, c, m->err) ||
        !take_params(m, c))
        return false;
    job->commands = c;
    job->count = 1;
    job->creates = shape.creates;
    job->ask = SQL_RUN;
    // What reads is held to that by its transaction.
    bool wants_none = m->p->transaction == NO && !m->at->read_only;
    if (shape.alone || wants_none || (shape.unsettled && m->dialect == SQL_SQLITE))
        job->ask = SQL_RUN_BARE;
    return true;
}

// ---- a script

static bool judge_script(struct making *m, const struct sql_statement *s, bool inside)
{
    struct arena *a = m->at->arena;
    struct str path = m->w->job.script;
    struct sql_shape shape = sql_shape_of(s->text, m->dialect);

    if (s->psql.n)
        return refuse(m, m->p->script,
                      str_format(a, "%.*s:%u: `%.*s` is a command of psql, and no SQL",
                                 STR_ARG(path), s->line, STR_ARG(s->psql)));
    if (shape.copy_out)
        return refuse(m, m->p->script,
                      str_format(a, "%.*s:%u: COPY to the client is not possible here",
                                 STR_ARG(path), s->line));
    if (!inside || !(shape.controls || shape.alone))
        return true;
    refuse(m, m->p->script,
           str_format(a, "%.*s:%u: %.*s cannot run inside a transaction", STR_ARG(path), s->line,
                      STR_ARG(shape.blame)));
    if (!m->at->transaction)
        m->err->help = STR("say `transaction: false`: then each statement stands for itself");
    return false;
}

static bool read_script(struct making *m, struct str *out)
{
    struct diags ds = { .arena = m->at->arena };
    struct str path;

    if (!words_open(m->p->script, m->at, &path, m->err))
        return false;
    m->w->job.script = path;
    if (!file_read(m->at->arena, path_below(m->at->arena, m->at->dir, path), SCRIPT_MOST, out, &ds))
        return refuse(m, m->p->script, ds.first->message);
    if (str_find(*out, '\0') == SIZE_MAX)
        return true;
    return refuse(m, m->p->script, str_format(m->at->arena, "%.*s holds a NUL", STR_ARG(path)));
}

static bool make_script(struct making *m)
{
    struct sql_job *job = &m->w->job;
    struct buf *list = buf_in(m->at->arena);
    bool inside = m->at->transaction || m->p->transaction != NO;
    struct sql_statement s;
    struct str text;

    if (!read_script(m, &text))
        return false;
    struct sql_script script = sql_script_of(text, m->dialect);
    while (sql_script_next(&script, &s)) {
        struct sql_command c = { .text = str_copy(m->at->arena, s.text),
                                 .line = s.line,
                                 .data = s.data,
                                 .has_data = s.has_data };
        if (!judge_script(m, &s, inside))
            return false;
        job->creates |= list->n == 0 && sql_shape_of(s.text, m->dialect).creates;
        buf_add(list, (struct str){ (const char *)&c, sizeof c });
    }
    job->count = list->n / sizeof(struct sql_command);
    if (job->count == 0)
        return refuse(m, m->p->script,
                      str_format(m->at->arena, "%.*s holds no statement", STR_ARG(job->script)));
    // From malloc, and so aligned.
    job->commands = (const struct sql_command *)(void *)list->s;
    job->ask = inside ? SQL_RUN : SQL_RUN_BARE;
    return true;
}

// ---- both

static bool take_limits(struct making *m)
{
    struct sql_job *job = &m->w->job;
    int64_t ns;

    if (!amount_get(m->p->timeout, m->at->scope, m->at->arena, 0, &ns, m->err))
        return false;
    int64_t own_ms = ns / 1000000, step_ms = m->at->timeout_ms;
    job->timeout_ms = own_ms && (!step_ms || own_ms < step_ms) ? own_ms : step_ms;
    job->read_only = m->at->read_only;
    job->isolation = str_from(sql_isolation_word(m->p));
    return true;
}

static bool check_connection(struct making *m, const struct template *t)
{
    const struct resolved_connection *c = m->w->connection;

    if ((c->headers && c->headers->s) || c->bearer.n || c->proxy.n)
        return refuse(m, t,
                      str_format(m->at->arena,
                                 "connection `%.*s` is a database: headers, bearer and "
                                 "proxy mean nothing to it",
                                 STR_ARG(c->name)));
    bool more = c->user.n || c->password.n || c->ca.n || c->cert.n || c->key.n || !c->tls_verify;
    if (m->dialect == SQL_SQLITE && (more || c->timeout_ms))
        return refuse(m, t,
                      str_format(m->at->arena,
                                 "connection `%.*s` is a file: `auth`, `tls` and `timeout` mean "
                                 "nothing to it",
                                 STR_ARG(c->name)));
    if (m->p->isolation && m->dialect == SQL_SQLITE)
        return refuse(m, t, STR("`isolation` means nothing to SQLite, which is serializable"));
    return true;
}

bool sql_resolve(struct attempt *at, struct expr_error *err)
{
    struct sql_work *w = at->job = NEW(at->arena, struct sql_work);
    struct making m = { .at = at, .p = at->params, .w = w, .err = err };
    const struct template *t = m.p->query ? m.p->query : m.p->script;
    struct str why;

    w->at = at;
    w->connection = sql_connection(at, &why);
    if (!w->connection)
        return refuse(&m, t, why);
    m.dialect = sql_engine_of(w->connection->url)->dialect;
    if (!check_connection(&m, t) || !take_limits(&m) ||
        !(m.p->query ? make_query(&m) : make_script(&m)))
        return false;
    if (at->transaction)
        w->job.ask = SQL_RUN_INSIDE;
    return true;
}

// The statement, and under it its values, as they will be sent.
void sql_describe(const struct attempt *at, struct buf *out)
{
    const struct sql_work *w = at->job;
    const struct sql_job *job = &w->job;

    buf_format(out, "-- on %.*s", STR_ARG(w->connection->name));
    if (job->script.n) {
        buf_format(out, ", %zu statements of %.*s\n", job->count, STR_ARG(job->script));
        return;
    }
    buf_format(out, "\n%.*s\n", STR_ARG(str_trim(job->commands->text)));
    for (size_t i = 0; i < job->commands->count; i++) {
        struct value v = job->commands->values[i];
        struct str shown = v.secret ? STR("***") : value_show(v, at->arena, 200);
        if (job->commands->names)
            buf_format(out, "-- :%.*s = %.*s\n", STR_ARG(job->commands->names[i]), STR_ARG(shown));
        else
            buf_format(out, "-- %zu = %.*s\n", i + 1, STR_ARG(shown));
    }
}
