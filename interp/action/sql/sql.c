#include "action/sql/sql.h"

#include "action/params.h"
#include "action/sql/text.h"
#include "action/sql/transaction_session.h"
#include "base/arena.h"

static const char *const isolations[] = { "read committed", "repeatable read", "serializable",
                                          NULL };
static const struct type type_isolation = {
    .kind = TYPE_CHOICE,
    .name = "isolation",
    .size = sizeof(int),
    .choices = isolations,
};

static const struct field fields[] = {
    { "query", &type_words, AT(struct sql_params, query),
      .doc = "One statement. A `${{ }}` becomes a bind parameter, `${{ ident(x) }}` a quoted "
             "name." },
    { "script", &type_words, AT(struct sql_params, script),
      .doc = "A file of statements, which run in one transaction." },
    { "connection", &type_text, AT(struct sql_params, connection),
      .doc = "The database. May be left out when only one is declared." },
    { "params", &type_value, AT(struct sql_params, params),
      .doc = "Values of `$1` (SQLite also `?`), or of `:name` when it is a map." },
    { "timeout", &type_amount_time, AT(struct sql_params, timeout), .fallback = "the step's",
      .doc = "How long a statement may take; the server is told." },
    { "isolation", &type_isolation, AT(struct sql_params, isolation),
      .fallback = "the server's own", .doc = "The isolation of the transaction (PostgreSQL)." },
    { "transaction", &type_bool, AT(struct sql_params, transaction), .fallback = "true",
      .doc = "With `false` each statement stands for itself." },
    { 0 },
};
static const struct type whole = {
    .kind = TYPE_OBJECT,
    .name = "sql",
    .size = sizeof(struct sql_params),
    .fields = fields,
};
static const struct type *const forms[] = { &type_words, &whole, NULL };

static bool read(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    struct sql_params *p = to;

    p->node = n;
    return short_read(type, n, &p->query, p, r);
}

static const struct type params = {
    .kind = TYPE_OWN,
    .name = "sql",
    .size = sizeof(struct sql_params),
    .read = read,
    .forms = forms,
};

const char *sql_isolation_word(const struct sql_params *p)
{
    return p->isolation ? isolations[p->isolation - 1] : "";
}

static enum effects effects(const void *params_)
{
    const struct sql_params *p = params_;
    struct arena *a;
    bool reads;

    if (!p->query)
        return EFFECTS_WRITE;
    a = arena_new(NULL);
    reads = sql_text_shape(p->query, SQL_POSTGRES, a).reads;
    arena_free(a);
    return reads ? EFFECTS_READ : EFFECTS_WRITE;
}

// ---- what the engine says

static void notice(struct sql_job *job, struct str text)
{
    struct sql_work *w = job->owner;

    w->at->output(w->at, STREAM_STDERR, text);
}

static void noted(struct attempt *at)
{
    struct sql_work *w = at->job;

    w->noted(&w->job);
}

static void note(struct sql_job *job, struct value value, void (*then)(struct sql_job *job))
{
    struct sql_work *w = job->owner;

    w->noted = then;
    w->at->note(w->at, value, noted);
}

static void done(struct sql_job *job)
{
    struct sql_work *w = job->owner;

    if (!w->at->transaction)
        sql_give_back(w->session);
    w->over = true;
    w->at->done(w->at, &job->outcome);
}

// ---- running

static void run(struct attempt *at)
{
    struct sql_work *w = at->job;

    w->job.owner = w;
    w->job.arena = at->arena;
    w->job.name = at->name;
    w->job.notice = notice;
    w->job.note = note;
    w->job.done = done;
    w->session = at->transaction ? transaction_session(at->transaction)
                                 : sql_take(at->session, w->connection, at->dir);
    w->session->engine->start(w->session, &w->job);
}

static void cancel(struct attempt *at, bool at_once)
{
    struct sql_work *w = at->job;

    if (w->session && !w->over)
        w->session->engine->cancel(w->session, at_once);
}

static void settle(struct attempt *at, struct value notes)
{
    struct sql_work *w = at->job = NEW(at->arena, struct sql_work);
    struct outcome o = { .verdict = VERDICT_UNKNOWN };

    w->at = at;
    w->job.ask = SQL_SETTLE;
    w->job.notes = notes;
    w->connection = sql_connection(at, &o.message);
    if (w->connection)
        run(at);
    else
        at->done(at, &o);
}

static const struct expr_field results[] = {
    { "rows", &expr_dyn, "The rows, each a map of its columns." },
    { "row", &expr_dyn, "The first row; absent without one." },
    { "value", &expr_dyn, "The first column of the first row; absent without one." },
    { "count", &expr_int, "How many rows there are, or were changed." },
    { "columns", &expr_dyn, "The names of the columns." },
    { "command", &expr_string, "What was done: `SELECT`, `INSERT`, `CREATE TABLE`." },
    { "took", &expr_duration, "How long it took." },
    { 0 },
};

const struct action action_sql = {
    .name = "sql",
    .doc = "Runs a statement or a script on PostgreSQL or SQLite, in a transaction.",
    .example = "- name: Users are there\n  sql: SELECT count(*) FROM users\n"
               "  expect: result.value > 0\n",
    .params = &params,
    .results = results,
    .timeout_ms = 15 * 60 * 1000,
    .takes = TAKES_DIR,
    .check = sql_check,
    .effects = effects,
    .resolve = sql_resolve,
    .describe = sql_describe,
    .start = run,
    .cancel = cancel,
    .settle = settle,
};
