// The engine for SQLite: sessions, and jobs as the loop sees them.

#include <unistd.h>

#include "action/params.h"
#include "action/sql/lite.h"
#include "base/arena.h"

static void free_arena(void *arg)
{
    arena_free(arg);
}

// ---- the end of a job

static void end(struct lite *l, const struct outcome *o)
{
    struct sql_job *job = l->job;

    if (l->timing)
        arena_free(l->timing);
    l->timing = NULL;
    if (l->mark.n && !l->marked)
        l->old_mark = str_copy(l->session->arena, l->mark);
    job->outcome = *o;
    l->job = NULL;
    job->done(job);
}

static void end_failed(struct lite *l)
{
    struct outcome o = { .verdict = VERDICT_FAILED, .message = l->message, .help = l->help };

    o.not_started = !l->sent;
    if (l->stop == LITE_TIMED_OUT) {
        struct str limit = duration_text(l->arena, l->job->timeout_ms * 1000000);
        o.message = str_format(l->arena, "it did not end within %.*s", STR_ARG(limit));
        o.timed_out = true;
    } else if (l->stop == LITE_CANCELLED) {
        o.verdict = VERDICT_CANCELLED;
        o.message = STR("it was cancelled");
    }
    end(l, &o);
}

static void end_doubtful(struct lite *l)
{
    struct outcome o = { .verdict = VERDICT_UNKNOWN, .message = l->message };

    o.help = str_format(l->arena, "it came while COMMIT was written; look into %.*s",
                        STR_ARG(l->path));
    end(l, &o);
}

static void succeed(struct lite *l)
{
    int64_t took_ms = loop_now_ms(l->session->loop) - l->started_ms;
    struct outcome o = { .verdict = VERDICT_DONE, .rule = true };

    if (l->job->ask <= SQL_RUN_INSIDE)
        o.result = sql_rows_result(&l->rows, l->arena, took_ms);
    end(l, &o);
}

// ---- up to COMMIT, and it

static void committed(void *arg)
{
    struct lite *l = arg;

    l->working = false;
    bool sure = l->found != LITE_NOTHING && !l->wal;
    if (l->doubtful && !sure)
        end_doubtful(l);
    else if (l->failed && !(l->doubtful && l->found == LITE_COMMITTED))
        end_failed(l);
    else
        succeed(l);
}

static void noted(struct sql_job *job)
{
    struct lite *l = (struct lite *)job->session;

    l->working = true;
    loop_work(l->session->loop, lite_commit, committed, l);
}

static void note(struct lite *l, const char *key, struct value value,
                 void (*then)(struct sql_job *job))
{
    struct value_builder *b = value_map_start(l->job->arena);

    value_put_s(b, key, value);
    value_put_s(b, "wal", value_bool(l->wal));
    l->job->note(l->job, value_finish(b), then);
}

static void worked(void *arg)
{
    struct lite *l = arg;
    const struct sql_job *job = l->job;
    bool commits = job->ask == SQL_COMMIT || (job->ask == SQL_RUN && !job->read_only);

    l->working = false;
    if (l->failed)
        end_failed(l);
    else if (commits)
        note(l, "commit", value_string(l->mark), noted);
    else
        succeed(l);
}

static void work(struct sql_job *job)
{
    struct lite *l = (struct lite *)job->session;

    l->working = true;
    loop_work(l->session->loop, lite_work, worked, l);
}

// ---- stopping

static void stop(struct lite *l, enum lite_stop why)
{
    if (l->stop == LITE_GO_ON)
        l->stop = why;
    if (l->working && l->db)
        l->sq->interrupt(l->db);
}

static void out_of_time(void *arg)
{
    stop(arg, LITE_TIMED_OUT);
}

static void cancel(struct sql_session *s, bool at_once)
{
    struct lite *l = (struct lite *)s;

    (void)at_once;
    if (l->job)
        stop(l, LITE_CANCELLED);
}

// ---- after a crash

static void settled(void *arg)
{
    struct lite *l = arg;
    struct outcome o = { .verdict = VERDICT_UNKNOWN };
    struct value wal;
    bool split = value_field(l->job->notes, "wal", l->arena, &wal) && wal.kind == VALUE_BOOL &&
                 wal.b;

    if (l->found == LITE_COMMITTED) {
        o = (struct outcome){ .verdict = VERDICT_DONE, .rule = true };
    } else if (l->found == LITE_NOT_COMMITTED && !split) {
        o.verdict = VERDICT_FAILED;
        o.message = STR("the interpreter ended before the transaction was committed");
    } else {
        o.message = STR("the interpreter ended while the transaction was being committed");
        o.help = str_format(l->arena, "look into %.*s", STR_ARG(l->path));
    }
    end(l, &o);
}

static void fail_now(void *arg)
{
    end_failed(arg);
}

static void unknown_now(void *arg)
{
    struct lite *l = arg;
    struct outcome o = { .verdict = VERDICT_UNKNOWN,
                         .message = STR("the interpreter ended while the statement ran") };

    end(l, &o);
}

static void soon(struct lite *l, void (*fn)(void *arg))
{
    struct loop *loop = l->session->loop;

    l->timing = l->timing ? l->timing : arena_new(l->session->arena);
    loop_timer(loop, l->timing, loop_now_ms(loop), fn, l);
}

static void settle(struct lite *l)
{
    struct value mark, bare;

    if (value_field(l->job->notes, "commit", l->arena, &mark) && mark.kind == VALUE_STRING) {
        l->sent = true;
        l->mark = str_copy(l->arena, mark.s);
        loop_work(l->session->loop, lite_settle, settled, l);
        return;
    }
    l->sent = value_field(l->job->notes, "bare", l->arena, &bare);
    l->message = STR("the interpreter ended before the transaction was committed");
    soon(l, l->sent ? unknown_now : fail_now);
}

// ---- the start of a job

static struct str mark_path(const struct lite *l, struct arena *a)
{
    if (l->session->folder.n == 0 || l->job->name.n == 0)
        return STR("");
    return str_format(a, "%.*s/%.*s.mark", STR_ARG(l->session->folder), STR_ARG(l->job->name));
}

// A mark is read until the result of its attempt is in the journal; by the next job of the
// session it is.
static void forget_mark(struct lite *l)
{
    if (l->old_mark.n)
        unlink(l->old_mark.s);
    l->old_mark = STR("");
}

static void start(struct sql_session *s, struct sql_job *job)
{
    struct lite *l = (struct lite *)s, old = *l;
    const char *why;

    forget_mark(l);
    *l = (struct lite){ .base = old.base,
                        .session = old.session,
                        .path = old.path,
                        .db = old.db,
                        .device = old.device,
                        .file = old.file,
                        .marked = old.marked,
                        .job = job };
    job->session = s;
    // The thread's own; what it finds is kept as long as the attempt.
    l->arena = arena_new(NULL);
    arena_defer(job->arena, free_arena, l->arena);
    l->started_ms = loop_now_ms(l->session->loop);
    l->mark = mark_path(l, l->arena);
    l->sq = sqlite_api(&why);
    if (!l->sq) {
        l->message = str_copy(l->arena, str_from(why));
        soon(l, fail_now);
        return;
    }
    if (job->timeout_ms) {
        l->timing = arena_new(l->session->arena);
        loop_timer(l->session->loop, l->timing, l->started_ms + job->timeout_ms, out_of_time, l);
    }
    if (job->ask == SQL_SETTLE)
        settle(l);
    else if (job->ask == SQL_RUN_BARE && !job->read_only)
        note(l, "bare", value_bool(true), work);
    else
        work(job);
}

static void close_session(void *arg)
{
    struct lite *l = arg;

    forget_mark(l);
    if (l->db && !l->working)
        l->sq->close_v2(l->db);
    l->db = NULL;
}

// sqlite:PATH; with two slashes more the path is a URL's, and absolute.
static struct str path_of(struct str url, struct str dir, struct arena *a)
{
    struct str path = str_slice(url, sizeof "sqlite:" - 1, url.n);

    if (str_starts(path, "///"))
        path = str_slice(path, 2, path.n);
    if (!str_is(path, ":memory:"))
        path = path_below(a, dir, path);
    return str_copy(a, path);
}

static struct sql_session *open_session(struct session *s, const struct resolved_connection *c,
                                        struct str dir)
{
    struct lite *l = NEW(s->arena, struct lite);

    l->base.engine = &sql_sqlite;
    l->session = s;
    l->path = path_of(c->url, dir, s->arena);
    arena_defer(s->arena, close_session, l);
    return &l->base;
}

const struct sql_engine sql_sqlite = {
    .schemes = "sqlite:",
    .dialect = SQL_SQLITE,
    .open = open_session,
    .start = start,
    .cancel = cancel,
};
