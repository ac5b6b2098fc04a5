// Signals and the run's own timeout (execution.md section 4).
//
// First signal: nothing new starts, what runs is let finish. Second: TERM, its grace,
// KILL. Third: KILL at once. Rests, waits, polls and questions are not running steps: a
// first signal ends them. QUIT is a first and a second in one.

#include <signal.h>

#include "base/arena.h"
#include "exec/half_done.h"
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

// The number of a hook's try is nobody's business.
static struct str name_of(const struct act *x)
{
    size_t n = x->shown.n;

    while (n && str_starts(x->shown, "hooks.") && x->shown.s[n - 1] != '-')
        n--;
    return n > 1 && n < x->shown.n ? str_slice(x->shown, 0, n - 1) : x->shown;
}

// In the order of their starts: the last one is the first of the list. A wait and a poll are
// ended by now.
static size_t tell_let_finish(struct driver *d, const struct act *x)
{
    size_t n = x ? tell_let_finish(d, x->next) : 0;

    if (!x || x->cancelled)
        return n;
    struct str left = half_done_words(x);
    say_at_once(d, "%.*s is let finish; a second signal would stop it half done%s%.*s",
                STR_ARG(name_of(x)), left.n ? ": " : "", STR_ARG(left));
    return n + 1;
}

static void tell_stopped(struct driver *d, const struct act *x)
{
    if (!x)
        return;
    tell_stopped(d, x->next);
    say_at_once(d, "%.*s is stopped; a further signal would kill it at once", STR_ARG(name_of(x)));
}

static void withdraw_questions(struct driver *d)
{
    while (d->questions)
        if (!ask_give_up(d))
            break;
}

// What runs goes on.
static void start_nothing_new(struct driver *d)
{
    if (run_phase(d->run) == PHASE_ALWAYS && run_any_started(d->run))
        run_halt_steps(d->run);
    run_interrupt(d->run, d->signal_code);
    each_walk(d, interrupt_one, 1);
    withdraw_questions(d);
    if (d->phases.check)
        check_cancel(d->phases.check);
}

static void stop_what_runs(struct driver *d)
{
    each_walk(d, cancel_one, d->signals);
    for (struct act *x = d->acts; x; x = x->next)
        act_cancel(x, d->signals > 2);
}

static void on_signal(void *arg, int signo)
{
    struct driver *d = arg;
    bool first = d->signals == 0;

    d->signals += first && signo == SIGQUIT ? 2 : 1;
    d->signal_code = 128 + signo;
    if (first)
        start_nothing_new(d);
    if (d->signals == 1 && !tell_let_finish(d, d->acts))
        say_at_once(d, d->commits.under_way ? "stopping, when the disk has answered" : "stopping");
    if (d->signals == 2)
        tell_stopped(d, d->acts);
    if (d->signals > 1)
        stop_what_runs(d);
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
    if (d->phases.check)
        check_cancel(d->phases.check);
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

// `nohup` asked that the end of the terminal be nothing to us.
static bool is_unwanted(int signo)
{
    struct sigaction now;

    return signo == SIGHUP && sigaction(signo, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

void signals_trap(struct driver *d, void (*fn)(void *arg, int signo), struct trap *traps[SIGNALS])
{
    static const int signals[SIGNALS] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

    for (size_t i = 0; i < SIGNALS; i++) {
        struct trap *t = NULL;
        if (!is_unwanted(signals[i]))
            t = loop_trap(d->loop, d->arena, signals[i], fn, d);
        if (traps)
            traps[i] = t;
    }
}

void signals_release(struct trap *traps[SIGNALS])
{
    for (size_t i = 0; i < SIGNALS; i++)
        if (traps[i])
            trap_stop(traps[i]);
}

void signals_refuse(void *arg, int signo)
{
    struct driver *d = arg;

    d->refused = 128 + signo;
}

void signals_watch(struct driver *d)
{
    int64_t limit_ms = d->frame->timeout_ns / 1000000;

    signals_trap(d, on_signal, NULL);
    if (d->journal)
        journal_on_failure(d->journal, journal_failed, d);
    if (limit_ms && !d->calling)
        d->deadline = loop_timer(d->loop, d->arena, loop_now_ms(d->loop) + limit_ms, time_is_up, d);
}
