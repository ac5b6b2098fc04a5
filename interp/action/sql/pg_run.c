// A job on a PostgreSQL server, question by question.
//
// Commands run in a transaction: of their own, of a group, or (what cannot, and what is
// not meant to) each by itself. Nothing has happened until COMMIT is sent, so that every
// failure before it is a known one.

#include "action/sql/pg.h"
#include "base/arena.h"
#include "base/buf.h"

static void next_command(struct pg *p);

static void tidied(struct pg *p, bool ok)
{
    if (!ok)
        pg_fail_with_error(p);
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
    pg_fail(p);
}

static void commands_done(struct pg *p)
{
    if (p->job->ask == SQL_RUN_BARE)
        tidy(p);
    else if (p->job->ask == SQL_RUN_INSIDE)
        pg_succeed(p);
    else if (p->job->read_only)
        pg_commit(p);
    else
        pg_prepare_commit(p);
}

static void command_done(struct pg *p, bool ok)
{
    p->collecting = false;
    if (!ok) {
        pg_fail_with_error(p);
        return;
    }
    p->at++;
    next_command(p);
}

static void command_answered(void *arg, bool ok)
{
    command_done(arg, ok);
}

static struct link_question question_of(const struct pg *p)
{
    const struct sql_command *c = &p->job->commands[p->at];

    return (struct link_question){ .text = c->text,
                                   .parameters = p->parameters[p->at],
                                   .count = c->count,
                                   .data = c->data,
                                   .has_data = c->has_data };
}

// Of a script only the last result is kept.
static void begin_collecting(struct pg *p)
{
    if (p->rows_arena)
        arena_free(p->rows_arena);
    p->rows_arena = arena_new(p->job->arena);
    p->has_rows = p->begun = false;
    p->collecting = p->sent = true;
    p->answer = p->tag = STR("");
    p->rows_of = 0;
}

static void next_command(struct pg *p)
{
    struct link_question q;

    if (p->stop != PG_GO_ON) {
        pg_fail_stopped(p);
        return;
    }
    if (p->at == p->job->count) {
        commands_done(p);
        return;
    }
    begin_collecting(p);
    q = question_of(p);
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
        pg_fail_with_error(p);
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
    long long ms = pg_time_left(p);

    buf_format(b, "SET %sstatement_timeout = %lld; SET %slock_timeout = %lld", scope, ms, scope,
               ms - ms / 10);
}

static void add_begin(struct pg *p, struct buf *b)
{
    buf_add_s(b, "BEGIN");
    if (p->job->isolation.n)
        buf_format(b, " ISOLATION LEVEL %.*s", STR_ARG(p->job->isolation));
    buf_add_s(b, p->job->read_only ? " READ ONLY" : "");
}

static void begin_first(struct pg *p)
{
    struct buf *b = buf_in(p->arena);
    bool bare = p->job->ask == SQL_RUN_BARE;

    if (!bare && p->job->ask != SQL_RUN_INSIDE) {
        add_begin(p, b);
        buf_add_s(b, "; ");
    }
    add_limits(p, b, bare ? "" : "LOCAL ");
    pg_ask(p, buf_str(b), true, begun);
}

// ---- one statement, and in a transaction of its own all that is around it, in one go

static void done_at_once(struct pg *p, bool ok)
{
    bool inside = p->job->ask == SQL_RUN_INSIDE;

    p->collecting = false;
    if (!ok && link_is_lost(p->link) && !p->fresh && !p->begun && !inside) {
        // A connection that was kept had died; it took nothing of this.
        p->sent = false;
        pg_hang_up(p);
        pg_connect(p, ready);
    } else if (!ok) {
        pg_fail_with_error(p);
    } else if (p->job->read_only || inside) {
        pg_succeed(p);
    } else {
        pg_have_xid(p, true);
    }
}

static void answered_at_once(void *arg, bool ok)
{
    done_at_once(arg, ok);
}

static struct str text_of(struct buf *b, struct arena *a)
{
    return str_copy(a, buf_str(b));
}

// What reads is committed in the same breath; what writes is not before its id is noted.
static void run_at_once(struct pg *p)
{
    enum { BEGIN, STATEMENT_LIMIT, LOCK_LIMIT, COMMAND, END, COUNT };
    bool inside = p->job->ask == SQL_RUN_INSIDE;
    size_t from = inside ? STATEMENT_LIMIT : BEGIN, to = inside ? END : COUNT;
    struct link_question q[COUNT] = { 0 };
    struct buf *b = buf_in(p->arena);
    long long ms = pg_time_left(p);

    add_begin(p, b);
    q[BEGIN].text = text_of(b, p->arena);
    q[STATEMENT_LIMIT].text = str_format(p->arena, "SET LOCAL statement_timeout = %lld", ms);
    q[LOCK_LIMIT].text = str_format(p->arena, "SET LOCAL lock_timeout = %lld", ms - ms / 10);
    q[COMMAND] = question_of(p);
    q[END].text = p->job->read_only ? STR("COMMIT") : str_from(pg_xid_question(p));
    begin_collecting(p);
    p->rows_of = COMMAND - from;
    link_ask_all(p->link, q + from, to - from, answered_at_once);
}

static void begin(struct pg *p)
{
    bool transaction = p->job->ask == SQL_RUN || p->job->ask == SQL_RUN_INSIDE;

    if (transaction && p->job->count == 1 && !p->job->commands->has_data)
        run_at_once(p);
    else
        begin_first(p);
}

static void ready(struct pg *p, bool ok)
{
    if (ok && p->stop == PG_GO_ON)
        begin(p);
    else if (ok)
        pg_fail_stopped(p);
    else
        pg_fail_with_error(p);
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
    pg_fail(arg);
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
        pg_prepare_commit(p);
    } else {
        begin(p);
    }
}
