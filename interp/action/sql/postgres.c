// The engine for PostgreSQL: sessions, and jobs from start to end.

#include "action/sql/pg.h"
#include "base/arena.h"

enum {
    GRACE_MS = 250,         // the server's own timeout comes first
    HANG_UP_MS = 5 * 1000,  // after the server was asked to stop
};

// ---- asking

static void answered(void *arg, bool ok)
{
    struct pg *p = arg;

    p->next(p, ok);
}

void pg_ask(struct pg *p, struct str text, bool simple, pg_step *next)
{
    struct link_question q = { .text = text, .simple = simple };

    p->next = next;
    p->collecting = false;
    p->answer = p->tag = STR("");
    link_ask(p->link, &q, answered);
}

void pg_hang_up(struct pg *p)
{
    link_close(p->link);
    p->link = NULL;
    p->connecting = false;
}

void pg_set_timer(struct pg *p, int64_t ms, void (*fn)(void *arg))
{
    struct loop *l = p->session->loop;

    if (p->timing)
        arena_free(p->timing);
    p->timing = arena_new(p->arena);
    loop_timer(l, p->timing, loop_now_ms(l) + ms, fn, p);
}

// ---- connecting

static void identified(struct pg *p, bool ok)
{
    p->connecting = false;
    p->fresh = true;
    // Who may not ask who the server is does without.
    p->identity = ok ? str_copy(p->session->arena, p->answer) : STR("");
    p->connected(p, !link_is_lost(p->link));
}

static void set_up(struct pg *p, bool ok)
{
    static const char question[] =
        "SELECT system_identifier || '/' || CASE WHEN pg_is_in_recovery() THEN '' "
        "ELSE substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END FROM pg_control_system()";

    if (ok) {
        pg_ask(p, STR(question), false, identified);
        return;
    }
    p->connecting = false;
    p->connected(p, false);
}

static void opened(void *arg, bool ok)
{
    static const char settings[] = "SET standard_conforming_strings = on; SET DateStyle = ISO; "
                                   "SET bytea_output = hex";
    struct pg *p = arg;

    if (ok) {
        pg_ask(p, STR(settings), true, set_up);
        return;
    }
    p->connecting = false;
    p->connected(p, false);
}

static void take_result(void *arg, size_t question, const PGresult *r)
{
    pg_take(arg, question, r);
}

static void take_notice(void *arg, struct str text)
{
    struct pg *p = arg;

    if (p->job)
        p->job->notice(p->job, text);
}

void pg_connect(struct pg *p, pg_step *next)
{
    struct link_events events = { take_result, take_notice, p };
    int64_t limit = p->base.connection.timeout_ms ? p->base.connection.timeout_ms : SQL_CONNECT_MS;

    p->connecting = true;
    p->connected = next;
    p->link = link_open(p->session->loop, &p->base.connection, limit, &events, opened);
}

// ---- the end of a job

static void end(struct pg *p, const struct outcome *o)
{
    struct sql_job *job = p->job;

    job->outcome = *o;
    p->job = NULL;
    arena_free(p->arena);
    job->done(job);
}

void pg_end(struct pg *p, enum verdict verdict, struct str message, struct str help)
{
    struct outcome o = { .verdict = verdict, .message = message, .help = help };

    o.timed_out = p->stop == PG_TIMED_OUT;
    o.not_started = verdict == VERDICT_FAILED && !p->sent;
    if (p->stop == PG_CANCELLED && verdict == VERDICT_FAILED)
        o.verdict = VERDICT_CANCELLED;
    end(p, &o);
}

void pg_succeed(struct pg *p)
{
    int64_t took_ms = loop_now_ms(p->session->loop) - p->started_ms;
    struct outcome o = { .verdict = VERDICT_DONE, .rule = true };

    if (p->job->ask <= SQL_RUN_INSIDE)
        o.result = sql_rows_result(&p->rows, p->job->arena, took_ms);
    end(p, &o);
}

// ---- stopping

static void hang_up(void *arg)
{
    pg_abandon(arg);
}

static void stop(struct pg *p, enum pg_stop why, int64_t patience_ms)
{
    if (p->stop == PG_GO_ON)
        p->stop = why;
    if (p->noting || p->settling)
        return;  // noted() sees it; settling has its own limit
    if (!p->connecting && p->link && !link_is_lost(p->link)) {
        link_cancel(p->link);
        pg_set_timer(p, patience_ms, hang_up);
        return;
    }
    // Not from here: the caller does not expect the end before it returns.
    pg_set_timer(p, 0, hang_up);
}

static void out_of_time(void *arg)
{
    stop(arg, PG_TIMED_OUT, HANG_UP_MS);
}

static void cancel(struct sql_session *s, bool at_once)
{
    struct pg *p = (struct pg *)s;

    if (p->job)
        stop(p, PG_CANCELLED, at_once ? GRACE_MS : HANG_UP_MS);
}

// ---- the start of a job

static void fail_now(void *arg)
{
    struct pg *p = arg;

    pg_end(p, VERDICT_FAILED, p->message, STR(""));
}

static bool take_parameters(struct pg *p, const struct sql_command *c,
                            const struct pg_parameter **out)
{
    struct pg_parameter *list = NEW_ARRAY(p->arena, struct pg_parameter, c->count + 1);
    struct str why;

    *out = list;
    for (size_t i = 0; i < c->count; i++)
        if (!pg_parameter_of(c->values[i], p->arena, &list[i], &why)) {
            p->message = str_copy(p->job->arena, why);
            return false;
        }
    return true;
}

static bool take_job(struct pg *p, struct sql_job *job)
{
    p->parameters = NEW_ARRAY(p->arena, const struct pg_parameter *, job->count + 1);
    for (size_t i = 0; i < job->count; i++)
        if (!take_parameters(p, &job->commands[i], &p->parameters[i]))
            return false;
    return true;
}

static void start(struct sql_session *s, struct sql_job *job)
{
    struct pg *p = (struct pg *)s, old = *p;

    *p = (struct pg){
        .base = old.base, .session = old.session, .link = old.link, .identity = old.identity
    };
    p->job = job;
    job->session = s;
    p->arena = arena_new(p->session->arena);
    p->started_ms = loop_now_ms(p->session->loop);
    if (!take_job(p, job)) {
        pg_set_timer(p, 0, fail_now);
        return;
    }
    if (job->timeout_ms)
        pg_set_timer(p, job->timeout_ms + GRACE_MS, out_of_time);
    pg_run(p);
}

static void close_session(void *arg)
{
    pg_hang_up(arg);
}

static struct sql_session *open_session(struct session *s, const struct resolved_connection *c,
                                        struct str dir)
{
    struct pg *p = NEW(s->arena, struct pg);

    (void)c, (void)dir;
    p->base.engine = &sql_postgres;
    p->session = s;
    arena_defer(s->arena, close_session, p);
    return &p->base;
}

const struct sql_engine sql_postgres = {
    .schemes = "postgresql:,postgres:",
    .dialect = SQL_POSTGRES,
    .open = open_session,
    .start = start,
    .cancel = cancel,
};
