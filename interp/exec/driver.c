// One turn of a run: orders are carried out until there is nothing to do but wait.

#include "base/arena.h"
#include "exec/session.h"

static void pump_now(void *arg);

void pump(struct driver *d)
{
    if (d->pump_scheduled || d->ended)
        return;
    d->pump_scheduled = true;
    loop_later(d->loop, pump_now, d);
}

static void slept(void *arg)
{
    struct driver *d = arg;

    d->sleep = NULL;
    pump(d);
}

static void sleep_until(struct driver *d, int64_t at_ms)
{
    if (d->sleep && d->sleep_ms <= at_ms)
        return;
    if (d->sleep)
        timer_stop(d->sleep);
    d->sleep_ms = at_ms;
    d->sleep = loop_timer(d->loop, d->arena, at_ms, slept, d);
}

static bool has_open_series(const struct task *t)
{
    return (t->prepare && t->prepare->open) || (t->steps && t->steps->open) ||
           (t->rescue && t->rescue->open) || (t->always && t->always->open);
}

// Every task that has begun waits for an answer, or for one in it that does.
static bool waits_for_people_only(const struct driver *d)
{
    if (!d->options->detach || d->asker->has_terminal || d->acts || d->commits.under_way ||
        d->commits.scheduled || d->commits.put_off || !questions_all_wait(d))
        return false;
    for (size_t i = 0; i < run_task_count(d->run); i++) {
        const struct task *t = run_task_at(d->run, i);
        if (t->walk && !t->ended && !t->walk->asked && !has_open_series(t))
            return false;
    }
    return true;
}

static void wait_for_something(struct driver *d)
{
    if (d->store_failed && !d->acts)
        d->over = true;
    else if (waits_for_people_only(d))
        d->suspended = true;
}

// False when there is nothing more to carry out in this turn.
static bool carry(struct driver *d, struct order o)
{
    switch (o.kind) {
    case ORDER_SETTLE: walk_settle(d, o.task); return true;
    case ORDER_BEGIN: walk_begin(d, o.task); return true;
    case ORDER_BLOCK: walk_block(d, o.task); return true;
    case ORDER_RETRY: walk_retry(d, o.task); return true;
    case ORDER_FINISH: walk_finish(d, o.task); return true;
    case ORDER_PHASE: carry_phase(d, o.phase); return true;
    case ORDER_PHASE_END: carry_phase_end(d, o.phase); return true;
    case ORDER_UNDO: carry_undo(d, o.task); return true;
    case ORDER_UNDO_END: carry_undo_end(d, o.task); return true;
    case ORDER_ASIDE: aside_over(d, o.task); return true;
    case ORDER_SLEEP: sleep_until(d, o.at_ms); return false;
    case ORDER_WAIT: wait_for_something(d); return false;
    case ORDER_SUSPEND: d->suspended = true; return false;
    case ORDER_OVER: d->over = true; return false;
    }
    return false;
}

void walk_bury(struct walk *w)
{
    w->next_dead = w->d->dead;
    w->d->dead = w;
}

static void free_dead(struct driver *d)
{
    for (struct walk *w = d->dead, *next; w; w = next) {
        next = w->next_dead;
        arena_free(w->arena);
    }
    d->dead = NULL;
}

static void carry_all(struct driver *d)
{
    d->pump_scheduled = false;
    free_dead(d);
    while (!d->over && !d->suspended && carry(d, run_order(d->run, loop_now_ms(d->loop))))
        if (d->options->dry_run)  // which is carried out in one turn
            free_dead(d);
    intend_ahead(d);
}

static void pump_now(void *arg)
{
    struct driver *d = arg;

    if (d->pump_scheduled)
        carry_all(d);
}

void pump_ahead(struct driver *d)
{
    pump_now(d);
}

// Before the first phase only what stands aside is carried out; the run is held.
void run_order_aside(struct driver *d)
{
    carry_all(d);
}

void drive(struct driver *d)
{
    pump(d);
    while (!d->over && !d->suspended)
        if (!loop_turn(d->loop)) {
            say(d, "nothing is left to wait for, and the run is not over: a bug of ours");
            d->refused = CODE_INTERNAL;
            d->over = true;
        }
}

// Hooks go on when the run is over or suspended, and nothing else does.
static void carry_asides(struct driver *d)
{
    struct order o;

    if (!d->hooks.running)
        return;
    run_hold(d->run, true);
    do
        o = run_order(d->run, loop_now_ms(d->loop));
    while (o.kind != ORDER_WAIT && o.kind != ORDER_SUSPEND && o.kind != ORDER_OVER &&
           ((d->calling && o.task && !o.task->aside) || carry(d, o)));
}

// What has been emitted is on disk, and nothing of it under way.
void drain(struct driver *d)
{
    // Also when the store has failed: a commit then fails at once, and who waits is let go.
    while (d->commits.under_way || d->commits.scheduled || d->commits.put_off ||
           (d->hooks.running && !d->store_failed))
        if (loop_turn(d->loop))
            carry_asides(d);
        else
            break;
}
