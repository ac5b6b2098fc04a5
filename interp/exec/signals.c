// Signals and the run's own timeout (execution.md section 4).
//
// First signal: nothing new starts, what runs is let finish. Second: TERM, its grace,
// KILL. Third: KILL at once. Rests, waits, polls and questions are not running steps: a
// first signal ends them.

#include <signal.h>

#include "base/arena.h"
#include "exec/walk.h"

static void each_walk(struct driver *d, void (*fn)(struct walk *w, int how), int how)
{
    size_t n = run_task_count(d->run);

    for (size_t i = 0; i < n; i++) {
        struct task *t = run_task_at(d->run, i);
        if (t->walk && !t->ended)
            fn(t->walk, how);
    }
}

static void interrupt_one(struct walk *w, int how)
{
    (void)how;
    walk_interrupt(w);
}

static bool is_leaf(const struct walk *w)
{
    return w->task->kind == TASK_ACTION || w->task->kind == TASK_GATE;
}

static void cancel_one(struct walk *w, int how)
{
    if (is_leaf(w) || w->checking || w->asked)
        walk_cancel(w, how > 2, "stopped by a signal");
}

static void stop_time(struct walk *w, int how)
{
    (void)how;
    if (is_leaf(w) || w->checking || w->asked)
        walk_cancel(w, false, "the time of the run was up");
}

static void tell_running(struct driver *d)
{
    size_t n = 0;

    for (const struct act *x = d->acts; x; x = x->next) {
        say(d, "%.*s is let finish; a second signal would stop it half done", STR_ARG(x->shown));
        n++;
    }
    if (n == 0)
        say(d, "stopping");
}

static void withdraw_questions(struct driver *d)
{
    while (d->questions)
        if (!ask_give_up(d))
            break;
}

static void on_signal(void *arg, int signo)
{
    struct driver *d = arg;

    d->signals++;
    d->signal_code = 128 + signo;
    if (d->signals == 1) {
        if (run_phase(d->run) == PHASE_ALWAYS && run_any_started(d->run))
            run_halt_steps(d->run);
        run_interrupt(d->run, 128 + signo);
        tell_running(d);
        each_walk(d, interrupt_one, 1);
        withdraw_questions(d);
        if (d->phase_check)
            check_cancel(d->phase_check);
    } else {
        each_walk(d, cancel_one, d->signals);
        for (struct act *x = d->acts; x; x = x->next)
            act_cancel(x, d->signals > 2);
    }
    pump(d);
}

static void time_is_up(void *arg)
{
    struct driver *d = arg;
    int policy = d->options->on_failure ? d->options->on_failure
                                        : run_root(d->run)->module->rb->on_failure;

    d->deadline = NULL;
    if (run_phase(d->run) >= PHASE_UNDO)
        return;
    say(d, "the time of the run is up");
    run_interrupt(d->run, CODE_TIMEOUT);
    if (policy == FAILURE_UNDO)
        run_want_undo(d->run);
    each_walk(d, stop_time, 0);
    withdraw_questions(d);
    if (d->phase_check)
        check_cancel(d->phase_check);
    pump(d);
}

static void lose(struct walk *w, int how)
{
    (void)how;
    if (is_leaf(w) || w->checking || w->asked)
        walk_cancel(w, false, "the run was lost to another machine");
}

// The journal failed, perhaps while nothing was written. Where another machine may go on with
// the run, nothing of it may go on here.
static void journal_failed(void *arg)
{
    struct driver *d = arg;

    store_has_failed(d, journal_failure(d->journal));
    if (!journal_must_stop(d->journal))
        return;
    each_walk(d, lose, 0);
    for (struct act *x = d->acts; x; x = x->next)
        act_cancel(x, false);
    pump(d);
}

void signals_watch(struct driver *d)
{
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
    struct view v = view_of_space(d, run_root(d->run));
    struct expr_error err = { 0 };
    int64_t ns = 0;

    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        loop_trap(d->loop, d->arena, signals[i], on_signal, d);
    if (d->journal)
        journal_on_failure(d->journal, journal_failed, d);
    if (amount_get(&run_root(d->run)->module->rb->timeout, view_scope(&v), d->arena, 0, &ns, &err) &&
        ns > 0)
        d->deadline = loop_timer(d->loop, d->arena, loop_now_ms(d->loop) + ns / 1000000, time_is_up,
                                 d);
}
