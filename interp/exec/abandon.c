// abort: a run ends for good and frees its locks, so nothing of it may go on. A step that still
// runs under its keeper after a crash is stopped first; what then is in doubt is said.

#include "base/arena.h"
#include "exec/session.h"

enum {
    LOOK_EVERY_MS = 100,
    PATIENCE_MS = 60 * 1000,  // behind the grace of most steps
};

static bool may_live(const struct task *t)
{
    return t->dangling && t->kind == TASK_ACTION && t->step->action->needs_process &&
           !t->elsewhere && t->file.n;
}

static void wake(void *arg)
{
    *(bool *)arg = true;
}

static void rest(struct driver *d)
{
    bool woken = false;
    struct timer *timer = loop_timer(d->loop, d->arena, loop_now_ms(d->loop) + LOOK_EVERY_MS, wake,
                                     &woken);

    while (!woken && !d->signals && loop_turn(d->loop))
        ;
    timer_stop(timer);
}

static long long first_pid(const struct child_result *r)
{
    return r->left_count ? (long long)r->left[0].pid : 0;
}

static bool stop_one(struct driver *d, const struct task *t)
{
    int64_t until = loop_now_ms(d->loop) + PATIENCE_MS;
    bool told = false;

    while (!d->signals) {
        struct arena *a = arena_new(NULL);
        struct child_result r;
        bool lives = child_adopt(d->folder, t->file, a, &r) == ADOPT_RUNNING;
        long long pid = first_pid(&r);
        arena_free(a);
        if (!lives)
            return true;
        if (!told)
            say(d, "%.*s is still running (pid %lld); it is stopped", STR_ARG(t->address), pid);
        told = true;
        if (loop_now_ms(d->loop) >= until) {
            diag_error(
                d->diags, DIAG_PREFLIGHT, (struct span){ 0 },
                "run %.*s is not aborted: `%.*s` still runs (pid %lld) and cannot be stopped",
                STR_ARG(d->id), STR_ARG(t->address), pid);
            return false;
        }
        child_stop(d->folder, t->file);
        rest(d);
    }
    return false;
}

int abandon_stop(struct driver *d)
{
    bool stopped = true;

    run_hold(d->run, true);
    for (size_t i = 0; i < run_task_count(d->run) && stopped; i++)
        if (may_live(run_task_at(d->run, i)))
            stopped = stop_one(d, run_task_at(d->run, i));
    run_hold(d->run, false);
    d->over = d->suspended = false;
    return stopped ? 0 : d->signals ? d->signal_code : CODE_UNKNOWN;
}

// What became of one whose result nobody takes up any more.
static struct str doubt_of(struct driver *d, const struct task *t)
{
    struct child_result r;

    if (t->elsewhere)
        return STR("it was started on another machine, and may still run there");
    if (!may_live(t) || child_adopt(d->folder, t->file, d->arena, &r) != ADOPT_KNOWN)
        return STR("it is not known whether it took effect");
    if (r.end == CHILD_EXITED)
        return str_format(d->arena, "it has ended since, with exit status %d", r.status);
    return STR("it was stopped, and may be half done");
}

void abandon_tell(struct driver *d)
{
    for (size_t i = 0; i < run_task_count(d->run); i++) {
        const struct task *t = run_task_at(d->run, i);
        if (t->state == STATE_UNKNOWN || t->dangling)
            say(d, "in doubt: %.*s was started, and %.*s", STR_ARG(t->address),
                STR_ARG(doubt_of(d, t)));
    }
}
