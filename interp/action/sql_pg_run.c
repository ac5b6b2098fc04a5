// A job on a PostgreSQL server, question by question.
//
// Commands run in a transaction: of their own, of a group, or (what cannot, and what is
// not meant to) each by itself. Nothing has happened until COMMIT is sent, so that every
// failure before it is a known one.

#include "action/sql_pg.h"
#include "base/arena.h"
#include "base/buf.h"

static void next_command(struct pg *p);

// ---- what the server gives

static struct str text_at(const struct pq_api *pq, const PGresult *r, int column)
{
    return (struct str){ pq->getvalue(r, 0, column), (size_t)pq->getlength(r, 0, column) };
}

static void begin_rows(struct pg *p, const struct pq_api *pq, const PGresult *r)
{
    size_t columns = (size_t)pq->nfields(r);
    struct str *names = NEW_ARRAY(p->rows_arena, struct str, columns + 1);

    for (size_t i = 0; i < columns; i++)
        names[i] = str_from(pq->fname(r, (int)i));
    sql_rows_begin(&p->rows, p->rows_arena, names, columns);
    p->has_rows = true;
}

static void take_row(struct pg *p, const struct pq_api *pq, const PGresult *r)
{
    struct value *values = NEW_ARRAY(p->rows_arena, struct value, p->rows.columns + 1);
    size_t bytes = 0;

    for (int i = 0; i < (int)p->rows.columns; i++) {
        if (pq->getisnull(r, 0, i))
            continue;
        struct str text = text_at(pq, r, i);
        bytes += text.n;
        values[i] = pg_value_of(pq->ftype(r, i), str_copy(p->rows_arena, text), p->rows_arena);
    }
    if (!sql_rows_add(&p->rows, values, bytes))
        link_enough(p->link, sql_rows_limit(&p->rows, p->arena));
}

// "INSERT 0 1" is INSERT, "SELECT 5" is SELECT; CREATE TABLE is itself.
static struct str command_of(struct str tag, struct arena *a)
{
    size_t n = 0;

    while (n < tag.n && (tag.s[n] < '0' || tag.s[n] > '9'))
        n++;
    return str_copy(a, str_trim(str_slice(tag, 0, n)));
}

static int64_t affected(const struct pq_api *pq, const PGresult *r)
{
    // The interface is not const, but does not change anything.
    const char *count = pq->cmdTuples((PGresult *)r);
    int64_t n = 0;

    for (const char *c = count; *c >= '0' && *c <= '9'; c++)
        n = n * 10 + *c - '0';
    return *count ? n : 0;
}

static void collect(struct pg *p, const struct pq_api *pq, const PGresult *r)
{
    bool is_row = pq->resultStatus(r) == PGRES_SINGLE_TUPLE;

    if (!p->has_rows)
        begin_rows(p, pq, r);
    if (is_row) {
        take_row(p, pq, r);
        return;
    }
    struct str tag = str_from(pq->cmdStatus((PGresult *)r));
    p->rows.command = command_of(tag, p->rows_arena);
    p->rows.affected = affected(pq, r);
}

void pg_take(struct pg *p, const PGresult *r)
{
    const char *why;
    const struct pq_api *pq = pq_api(&why);

    if (p->collecting) {
        collect(p, pq, r);
        return;
    }
    if (pq->ntuples(r) && !pq->getisnull(r, 0, 0))
        p->answer = str_copy(p->arena, text_at(pq, r, 0));
    struct str tag = str_from(pq->cmdStatus((PGresult *)r));
    if (tag.n)
        p->tag = str_copy(p->arena, tag);
}

// ---- failing

static struct str too_long(const struct pg *p)
{
    struct str limit = duration_text(p->job->arena, p->job->timeout_ms * 1000000);

    return str_format(p->job->arena, "it did not end within %.*s", STR_ARG(limit));
}

// The server stops a statement after statement_timeout, a little before we would.
static void notice_timeout(struct pg *p)
{
    int64_t took_ms = loop_now_ms(p->session->loop) - p->started_ms;
    bool stopped = str_is(link_error(p->link)->sqlstate, "57014");

    if (p->stop == PG_GO_ON && stopped && p->job->timeout_ms && took_ms + 50 >= p->job->timeout_ms)
        p->stop = PG_TIMED_OUT;
}

static void end_failed(struct pg *p)
{
    bool bare = p->job->ask == SQL_RUN_BARE && !p->job->read_only && p->sent;
    bool lost = !p->link || link_is_lost(p->link);

    if (lost)
        pg_hang_up(p);
    pg_end(p, bare && lost ? VERDICT_UNKNOWN : VERDICT_FAILED, p->message, p->help);
}

static void cleaned_up(struct pg *p, bool ok)
{
    if (!ok)
        pg_hang_up(p);
    end_failed(p);
}

// Ends the job as failed, with what p->message says; takes back what is open first.
static void fail(struct pg *p)
{
    bool lost = !p->link || link_is_lost(p->link);

    if (p->stop == PG_TIMED_OUT)
        p->message = too_long(p);
    if (lost || p->job->ask == SQL_RUN_INSIDE || link_is_idle(p->link)) {
        end_failed(p);
        return;
    }
    pg_ask(p, STR("ROLLBACK"), false, cleaned_up);
}

static void fail_with_error(struct pg *p)
{
    notice_timeout(p);
    p->message = pg_error_words(p);
    p->help = pg_error_help(p);
    fail(p);
}

// Stopped between two questions.
static void fail_stopped(struct pg *p)
{
    p->message = STR("it was cancelled");
    p->help = STR("");
    fail(p);
}

void pg_abandon(struct pg *p)
{
    pg_hang_up(p);
    if (p->committing && p->xid.n)
        pg_settle(p);
    else
        fail_stopped(p);
}

// ---- COMMIT

static void committed(struct pg *p, bool ok)
{
    if (ok && str_is(p->tag, "ROLLBACK")) {
        p->message = STR("the server has rolled back: a statement of the transaction had failed");
        fail(p);
    } else if (ok) {
        pg_succeed(p);
    } else if (!link_is_lost(p->link)) {
        fail_with_error(p);
    } else if (p->xid.n) {
        pg_settle(p);
    } else {
        pg_hang_up(p);
        pg_succeed(p);  // nothing was written, so nothing can be lost
    }
}

static void commit(struct pg *p)
{
    p->sent = p->committing = true;
    pg_ask(p, STR("COMMIT"), false, committed);
}

static void noted(struct sql_job *job)
{
    struct pg *p = (struct pg *)job->session;

    p->noting = false;
    if (p->stop == PG_GO_ON)
        commit(p);
    else
        fail_stopped(p);
}

static void have_xid(struct pg *p, bool ok)
{
    struct value_builder *note = value_map_start(p->job->arena);

    if (!ok) {
        fail_with_error(p);
        return;
    }
    if (p->stop != PG_GO_ON) {
        fail_stopped(p);
        return;
    }
    p->xid = str_copy(p->job->arena, p->answer);
    if (p->xid.n == 0) {
        commit(p);
        return;
    }
    value_put_s(note, "xid", value_string(p->xid));
    value_put_s(note, "server", value_string(str_copy(p->job->arena, p->identity)));
    p->noting = true;
    p->job->notes = value_finish(note);
    p->job->note(p->job, p->job->notes, noted);
}

static int64_t time_left(const struct pg *p)
{
    int64_t left = p->started_ms + p->job->timeout_ms - loop_now_ms(p->session->loop);

    if (p->job->timeout_ms == 0)
        return 0;  // none
    return left < 1 ? 1 : left > INT32_MAX ? INT32_MAX : left;
}

static void ask_xid(struct pg *p)
{
    const char *function = link_version(p->link) >= 130000 ? "pg_current_xact_id_if_assigned()"
                                                           : "txid_current_if_assigned()";

    pg_ask(p,
           str_format(p->arena, "SET LOCAL statement_timeout = %lld; SELECT %s::text",
                      (long long)time_left(p), function),
           true, have_xid);
}

// ---- the commands

static void tidied(struct pg *p, bool ok)
{
    if (!ok)
        fail_with_error(p);
    else
        pg_succeed(p);
}

// What was run bare leaves no transaction and no timeout of ours behind.
static void tidy(struct pg *p)
{
    if (link_is_idle(p->link)) {
        pg_ask(p, STR("RESET statement_timeout; RESET lock_timeout"), true, tidied);
        return;
    }
    p->message = STR("a transaction was begun and not ended; it is rolled back");
    fail(p);
}

static void commands_done(struct pg *p)
{
    if (p->job->ask == SQL_RUN_BARE)
        tidy(p);
    else if (p->job->ask == SQL_RUN_INSIDE)
        pg_succeed(p);
    else if (p->job->read_only)
        commit(p);
    else
        ask_xid(p);
}

static void command_done(struct pg *p, bool ok)
{
    p->collecting = false;
    if (!ok) {
        fail_with_error(p);
        return;
    }
    p->at++;
    next_command(p);
}

static void command_answered(void *arg, bool ok)
{
    command_done(arg, ok);
}

static void next_command(struct pg *p)
{
    const struct sql_command *c = &p->job->commands[p->at];
    struct link_question q;

    if (p->stop != PG_GO_ON) {
        fail_stopped(p);
        return;
    }
    if (p->at == p->job->count) {
        commands_done(p);
        return;
    }
    // Of a script only the last result is kept.
    if (p->rows_arena)
        arena_free(p->rows_arena);
    p->rows_arena = arena_new(p->job->arena);
    p->has_rows = false;
    p->collecting = p->sent = true;
    q = (struct link_question){ .text = c->text,
                                .parameters = p->parameters[p->at],
                                .count = c->count,
                                .data = c->data,
                                .has_data = c->has_data };
    link_ask(p->link, &q, command_answered);
}

static void bare_noted(struct sql_job *job)
{
    struct pg *p = (struct pg *)job->session;

    p->noting = false;
    next_command(p);
}

// ---- the beginning

static void ready(struct pg *p, bool ok);

static void begun(struct pg *p, bool ok)
{
    if (!ok && link_is_lost(p->link) && !p->fresh && p->job->ask != SQL_RUN_INSIDE) {
        // A connection that was kept has died meanwhile; nothing was asked of it yet.
        pg_hang_up(p);
        pg_connect(p, ready);
        return;
    }
    if (!ok) {
        fail_with_error(p);
        return;
    }
    if (p->job->ask == SQL_BEGIN) {
        pg_succeed(p);
        return;
    }
    if (p->job->ask != SQL_RUN_BARE || p->job->read_only) {
        next_command(p);
        return;
    }
    // Nothing will tell what became of it.
    struct value_builder *note = value_map_start(p->job->arena);
    value_put_s(note, "bare", value_bool(true));
    p->noting = true;
    p->job->note(p->job, value_finish(note), bare_noted);
}

// A lock that is not to be had is told as such before the statement's own time is over.
static void add_limits(struct pg *p, struct buf *b, const char *scope)
{
    long long ms = time_left(p);

    buf_format(b, "SET %sstatement_timeout = %lld; SET %slock_timeout = %lld", scope, ms, scope,
               ms - ms / 10);
}

static void begin(struct pg *p)
{
    struct buf *b = buf_in(p->arena);
    bool bare = p->job->ask == SQL_RUN_BARE;

    if (!bare && p->job->ask != SQL_RUN_INSIDE) {
        buf_add_s(b, "BEGIN");
        if (p->job->isolation.n)
            buf_format(b, " ISOLATION LEVEL %.*s", STR_ARG(p->job->isolation));
        buf_add_s(b, p->job->read_only ? " READ ONLY; " : "; ");
    }
    add_limits(p, b, bare ? "" : "LOCAL ");
    pg_ask(p, buf_str(b), true, begun);
}

static void ready(struct pg *p, bool ok)
{
    if (ok && p->stop == PG_GO_ON)
        begin(p);
    else if (ok)
        fail_stopped(p);
    else
        fail_with_error(p);
}

// ---- by what is asked

static void rolled_back(struct pg *p, bool ok)
{
    if (!ok)
        pg_hang_up(p);  // then the server does it
    pg_succeed(p);
}

static void succeed_now(void *arg)
{
    pg_succeed(arg);
}

static void fail_now(void *arg)
{
    fail(arg);
}

static void unknown_now(void *arg)
{
    pg_end(arg, VERDICT_UNKNOWN, STR("the interpreter ended while the statement ran"), STR(""));
}

static void nothing_now(void *arg)
{
    pg_end(arg, VERDICT_FAILED,
           STR("the interpreter ended before COMMIT; the server has rolled back"), STR(""));
}

static bool is_number(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.s[i] < '0' || s.s[i] > '9')
            return false;
    return s.n > 0;
}

// After a crash, from the notes: without any, COMMIT was not sent.
static void settle(struct pg *p)
{
    struct value xid, bare;

    if (value_field(p->job->notes, "xid", p->arena, &xid) && xid.kind == VALUE_STRING &&
        is_number(xid.s)) {
        p->sent = true;
        p->xid = str_copy(p->job->arena, xid.s);
        pg_settle(p);
        return;
    }
    p->sent = value_field(p->job->notes, "bare", p->arena, &bare);
    pg_set_timer(p, 0, p->sent ? unknown_now : nothing_now);
}

void pg_run(struct pg *p)
{
    bool lost = !p->link || link_is_lost(p->link);

    if (p->job->ask == SQL_SETTLE) {
        settle(p);
    } else if (lost && p->job->ask == SQL_ROLLBACK) {
        pg_set_timer(p, 0, succeed_now);
    } else if (lost && (p->job->ask == SQL_RUN_INSIDE || p->job->ask == SQL_COMMIT)) {
        p->message = STR("the connection of the transaction was lost; the server rolls back");
        pg_set_timer(p, 0, fail_now);
    } else if (lost) {
        pg_hang_up(p);
        pg_connect(p, ready);
    } else if (p->job->ask == SQL_ROLLBACK) {
        pg_ask(p, STR("ROLLBACK"), false, rolled_back);
    } else if (p->job->ask == SQL_COMMIT) {
        ask_xid(p);
    } else {
        begin(p);
    }
}
