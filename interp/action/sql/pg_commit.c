// How a job on a PostgreSQL server ends: by COMMIT, or by taking back what is open.

#include "action/sql/pg.h"
#include "base/arena.h"

// ---- failing

// With the server's word for it, where it was the server that stopped the statement.
static struct str too_long(const struct pg *p)
{
    struct arena *a = p->job->arena;
    struct str limit = duration_text(a, p->job->timeout_ms * 1000000);
    struct str state = p->link ? link_error(p->link)->sqlstate : STR("");

    return str_format(
        a, state.n ? "it did not end within %.*s (SQLSTATE %.*s)" : "it did not end within %.*s",
        STR_ARG(limit), STR_ARG(state));
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
void pg_fail(struct pg *p)
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

void pg_fail_with_error(struct pg *p)
{
    notice_timeout(p);
    p->message = pg_error_words(p);
    p->help = pg_error_help(p);
    pg_fail(p);
}

// Stopped between two questions.
void pg_fail_stopped(struct pg *p)
{
    p->message = STR("it was cancelled");
    p->help = STR("");
    pg_fail(p);
}

void pg_abandon(struct pg *p)
{
    pg_hang_up(p);
    if (p->committing && p->xid.n)
        pg_settle(p);
    else
        pg_fail_stopped(p);
}

// ---- COMMIT

static void committed(struct pg *p, bool ok)
{
    if (ok && str_is(p->tag, "ROLLBACK")) {
        p->message = STR("the server has rolled back: a statement of the transaction had failed");
        pg_fail(p);
    } else if (ok) {
        pg_succeed(p);
    } else if (!link_is_lost(p->link)) {
        pg_fail_with_error(p);
    } else if (p->xid.n) {
        pg_settle(p);
    } else {
        pg_hang_up(p);
        pg_succeed(p);  // nothing was written, so nothing can be lost
    }
}

void pg_commit(struct pg *p)
{
    p->sent = p->committing = true;
    pg_ask(p, STR("COMMIT"), false, committed);
}

static void noted(struct sql_job *job)
{
    struct pg *p = (struct pg *)job->session;

    p->noting = false;
    if (p->stop == PG_GO_ON)
        pg_commit(p);
    else
        pg_fail_stopped(p);
}

void pg_have_xid(struct pg *p, bool ok)
{
    struct value_builder *note = value_map_start(p->job->arena);

    if (!ok) {
        pg_fail_with_error(p);
        return;
    }
    if (p->stop != PG_GO_ON) {
        pg_fail_stopped(p);
        return;
    }
    p->xid = str_copy(p->job->arena, p->answer);
    if (p->xid.n == 0) {
        pg_commit(p);
        return;
    }
    value_put_s(note, "xid", value_string(p->xid));
    value_put_s(note, "server", value_string(str_copy(p->job->arena, p->identity)));
    p->noting = true;
    p->job->notes = value_finish(note);
    p->job->note(p->job, p->job->notes, noted);
}

int64_t pg_time_left(const struct pg *p)
{
    int64_t left = p->started_ms + p->job->timeout_ms - loop_now_ms(p->session->loop);

    if (p->job->timeout_ms == 0)
        return 0;  // none
    return left < 1 ? 1 : left > INT32_MAX ? INT32_MAX : left;
}

const char *pg_xid_question(const struct pg *p)
{
    return link_version(p->link) >= 130000 ? "SELECT pg_current_xact_id_if_assigned()::text"
                                           : "SELECT txid_current_if_assigned()::text";
}

void pg_prepare_commit(struct pg *p)
{
    pg_ask(p,
           str_format(p->arena, "SET LOCAL statement_timeout = %lld; %s",
                      (long long)pg_time_left(p), pg_xid_question(p)),
           true, pg_have_xid);
}
