#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "cli/taking.h"
#include "loop/loop.h"
#include "store/row.h"
#include "value/when.h"

enum {
    LOOK_EVERY_MS = 1000,
    REST_TIMES = 10,             // longer than a look took, at least: many runs may wait
    AGAIN_AFTER_MS = 60 * 1000,  // one that could not be gone on with
    ASKED_AFTER_MS = 5 * 1000,   // one that came to its next question
    AT_ONCE = 64,                // jobs, at most
    AMONG = 8,                   // the oldest, of which the first that is free is taken
};

void taking_say(struct taking *t, const char *format, ...)
{
    struct buf b = BUF_EMPTY;
    va_list args;

    if (flag_given(t->v, "q"))
        return;
    va_start(args, format);
    buf_vformat(&b, format, args);
    va_end(args);
    struct arena *a = arena_new(NULL);
    fprintf(stderr, "%.*s %.*s\n", STR_ARG(clock_text(clock_wall_ns(), a)), STR_ARG(buf_str(&b)));
    arena_free(a);
    buf_free(&b);
}

// ---- which can be gone on with

// The oldest first, as they were seen.
struct ready {
    const struct run_row *rows[AMONG];
    struct seen_run runs[AMONG];
    struct str why[AMONG];
    size_t count;
    bool calls;  // none of them can be gone on with, and their contacts are to be told
};

static void add_ready(struct ready *r, const struct run_row *row, struct str why)
{
    if (!why.n || r->count == AMONG)
        return;
    r->rows[r->count] = row;
    r->runs[r->count] = (struct seen_run){ row->id, row->ended };
    r->why[r->count++] = why;
}

static bool is_running_here(const struct taking *t, struct str run)
{
    for (const struct job *j = t->jobs; j; j = j->next)
        if (str_equal(j->run, run))
            return true;
    return false;
}

// When it was taken last.
struct taken {
    int64_t until_ms;  // not before that again; boot time
    struct str seen;   // when its last session had ended by then
    bool refused;      // nothing changes that but another session of it
};

static bool was_just_tried(const struct taking *t, const struct run_row *row)
{
    const struct taken *last = map_get(t->tried, row->id);

    if (!last)
        return false;
    return t->once || loop_now_ms(t->loop) < last->until_ms ||
           (last->refused && str_equal(last->seen, row->ended));
}

static bool can_be_read(struct taking *t, enum store_error e, const struct diags *ds)
{
    t->code = store_code(e);
    if (e && !t->unreadable)
        taking_say(t, "the store cannot be read: %.*s; it is asked again and again",
                   STR_ARG(ds->last->message));
    if (!e && t->unreadable)
        taking_say(t, "the store can be read again");
    for (const struct diag *d = ds->first; d && !e; d = d->next)
        taking_say(t, "%.*s", STR_ARG(d->message));
    t->unreadable = e != STORE_OK;
    return !t->unreadable;
}

// A server that hangs while people are told must not hold up what can go on, so that comes first.
static void find_ready(struct taking *t, struct arena *a, struct ready *r)
{
    const struct run_row *rows;
    struct diags ds = { .arena = a };
    struct ready to_call = { .calls = true };
    size_t count = 0;

    *r = (struct ready){ 0 };
    if (!can_be_read(t, store_runs_open(t->store, a, &rows, &count, &ds), &ds))
        return;
    for (size_t i = count; i > 0 && r->count < AMONG; i--) {
        const struct run_row *row = &rows[i - 1];
        if (is_running_here(t, row->id) || was_just_tried(t, row) ||
            !row_suits(row, t->labels, t->label_count))
            continue;
        bool calls;
        struct str why = taking_why(t, row, a, &calls);
        add_ready(calls ? &to_call : r, row, why);
    }
    if (!r->count)
        *r = to_call;
}

// ---- taking and ending

static void look(void *arg);

static void look_soon(struct taking *t, int64_t ms)
{
    if (t->timer)
        timer_stop(t->timer);
    t->timer = loop_timer(t->loop, t->v->arena, loop_now_ms(t->loop) + ms, look, t);
}

static struct taken *remember(struct taking *t, struct str run, int64_t again_after_ms)
{
    struct taken *last = map_get(t->tried, run);

    if (!last) {
        last = NEW(t->v->arena, struct taken);
        *last = (struct taken){ 0 };
        map_put(t->tried, str_copy(t->v->arena, run), last);
    }
    last->until_ms = loop_now_ms(t->loop) + again_after_ms;
    return last;
}

// It is left alone until a person has gone on with it: to ask again changes nothing.
static void was_refused(struct taking *t, struct str run)
{
    remember(t, run, 0)->refused = true;
    taking_say(t, "run %.*s did not go on: %s (exit code %d); it is left to a person", STR_ARG(run),
               code_word(CODE_USAGE), CODE_USAGE);
}

// Its journal has no end: after AGAIN_AFTER_MS it is found crashed.
static void say_killed(struct taking *t, struct str run, int signo)
{
    taking_say(t,
               "run %.*s: its process was killed (signal %d), the run has not ended; %s takes it "
               "up again%s, or at once `runbook resume %.*s%.*s`",
               STR_ARG(run), signo, t->once ? "another worker" : "this worker",
               t->once ? "" : " in a minute", STR_ARG(run), STR_ARG(reaching_flags(t->v)));
}

static void ended(struct taking *t, struct str run, int code, int signo)
{
    if (code == CODE_SUSPENDED)
        remember(t, run, ASKED_AFTER_MS);
    if (signo)
        say_killed(t, run, signo);
    else if (code == CODE_USAGE)
        was_refused(t, run);
    else if (code == CODE_LOCKED)
        taking_say(t, "run %.*s: somebody else has it", STR_ARG(run));
    else
        taking_say(t, "run %.*s ended: %s (exit code %d)", STR_ARG(run), code_word(code), code);
    look_soon(t, 0);
}

// It waits as before. 7: somebody else has told them, or the project has other contacts by now.
static void called(struct taking *t, struct str run, int code, int signo)
{
    (void)signo;
    if (code == CODE_SUSPENDED)
        remember(t, run, 0);
    else if (code == CODE_LOCKED)
        remember(t, run, ASKED_AFTER_MS);
    else
        taking_say(t, "run %.*s: nobody was told: %s (exit code %d)", STR_ARG(run), code_word(code),
                   code);
    look_soon(t, 0);
}

static void start_it(struct taking *t, const struct run_row *row, struct str why, bool calls,
                     struct claim *c)
{
    struct taken *now = remember(t, row->id, AGAIN_AFTER_MS);

    now->refused = false;
    if (!str_equal(now->seen, row->ended))
        now->seen = str_copy(t->v->arena, row->ended);
    taking_say(t, "run %.*s of %.*s %s: %.*s", STR_ARG(row->id), STR_ARG(row->runbook),
               calls ? "waits" : "goes on", STR_ARG(why));
    if (job_start(t, row, calls, c, calls ? called : ended))
        return;
    taking_say(t, "run %.*s: its process cannot be started: %s", STR_ARG(row->id), strerror(errno));
    store_claim_drop(t->store, c);
}

// One of those that are ready, unless others have claimed all of them. False when there is nothing
// to look for any more.
static bool take_one(struct taking *t, struct arena *a)
{
    struct diags ds = { .arena = a };
    struct ready r;
    struct claim c;

    find_ready(t, a, &r);
    if (!r.count)
        return false;
    enum store_error e = store_claim(t->store, r.runs, r.count, a, &c, &ds);
    if (e && e != STORE_NO_SUCH_RUN)
        return can_be_read(t, e, &ds);
    for (size_t i = 0; i < r.count; i++)
        if (e)
            remember(t, r.rows[i]->id, LOOK_EVERY_MS);
        else if (str_equal(r.rows[i]->id, c.run))
            start_it(t, r.rows[i], r.why[i], r.calls, &c);
    return true;
}

static int64_t longer(int64_t x, int64_t y)
{
    return x > y ? x : y;
}

static void look(void *arg)
{
    struct taking *t = arg;
    int64_t began = clock_boot_ms();
    bool more = true;

    t->timer = NULL;
    while (more && !t->signals && t->job_count < t->most) {
        struct arena *a = arena_new(NULL);
        more = take_one(t, a);
        arena_free(a);
    }
    if ((t->signals || t->once) && !t->job_count)
        t->over = true;
    else
        look_soon(t, longer(LOOK_EVERY_MS, REST_TIMES * (clock_boot_ms() - began)));
}

// The first time nothing more is taken; the second time what runs is asked to stop, which lets
// its step finish; then the step is stopped.
static void stop(void *arg, int signo)
{
    struct taking *t = arg;

    (void)signo;
    if (t->signals++)
        jobs_stop(t);
    if (t->signals == 1)
        taking_say(t,
                   t->job_count ? "takes no more runs; waits for %zu. A second signal stops "
                                  "them after their step"
                                : "takes no more runs",
                   t->job_count);
    look_soon(t, 0);
}

// ---- the command

static int take_labels(struct taking *t)
{
    t->labels = flag_texts(t->v, "label", &t->label_count);
    for (size_t i = 0; i < t->label_count; i++)
        if (str_find(t->labels[i], '=') == SIZE_MAX)
            return usage_error(t->v, "--label team=db", "`--label %.*s` has to be KEY=VALUE",
                               STR_ARG(t->labels[i]));
    return CODE_OK;
}

static int take_jobs(struct taking *t)
{
    struct str said = flag_text(t->v, "jobs");
    char *end = NULL;
    long n = flag_given(t->v, "jobs") ? strtol(str_copy(t->v->arena, said).s, &end, 10) : 1;

    if (n < 1 || n > AT_ONCE || (end && *end))
        return usage_error(t->v, "a number from 1 to 64", "`--jobs` does not take `%.*s`",
                           STR_ARG(said));
    t->most = (size_t)n;
    return CODE_OK;
}

static void name_it(struct taking *t)
{
    char host[256] = "";

    gethostname(host, sizeof host - 1);
    t->host = str_copy(t->v->arena, str_from(host));
    t->name = str_format(t->v->arena, "%s/%d", host, (int)getpid());
}

int command_worker(struct invocation *v)
{
    static const int stops[] = { SIGTERM, SIGINT, SIGHUP };
    struct taking t = { .v = v, .once = flag_given(v, "once"), .tried = map_new(v->arena),
                        .left = map_new(v->arena) };
    int code;

    if ((code = take_labels(&t)) || (code = take_jobs(&t)))
        return code;
    t.loop = loop_new(v->arena);
    code = open_store(v, t.loop, true, &t.store);
    if (code != CODE_OK)
        return code;
    name_it(&t);
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++)
        loop_trap(t.loop, v->arena, stops[i], stop, &t);
    taking_say(&t, "worker %.*s takes runs that have their answer", STR_ARG(t.name));
    look_soon(&t, 0);
    while (!t.over && loop_turn(t.loop))
        ;
    return t.once ? t.code : CODE_OK;
}
