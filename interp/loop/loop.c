#include "loop/loop.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "loop/engine.h"

static void free_loop(void *arg)
{
    struct loop *l = arg;

    free(l->timers.heap);
    free(l->later);
}

struct loop *loop_on(struct arena *a, const struct engine *engine)
{
    struct loop *l = NEW(a, struct loop);

    l->engine = engine;
    arena_defer(a, free_loop, l);
    return l;
}

int64_t loop_now_ms(const struct loop *l)
{
    return l->now_ms;
}

static void stop_timer(void *arg)
{
    timer_stop(arg);
}

struct timer *loop_timer(struct loop *l, struct arena *a, int64_t due_ms, void (*fn)(void *arg),
                         void *arg)
{
    struct timer *t = NEW(a, struct timer);

    *t = (struct timer){ .due_ms = due_ms, .fn = fn, .arg = arg };
    timers_put(&l->timers, t);
    arena_defer(a, stop_timer, t);
    return t;
}

void timer_stop(struct timer *t)
{
    timers_remove(t);
}

static void stop_watch(void *arg)
{
    watch_stop(arg);
}

struct watch *loop_watch(struct loop *l, struct arena *a, int fd, int events,
                         void (*fn)(void *arg, int events), void *arg)
{
    struct watch *w = NEW(a, struct watch);

    *w = (struct watch){ .loop = l, .fd = fd, .fn = fn, .arg = arg };
    w->watching = l->engine->watch(l->self, w);
    arena_defer(a, stop_watch, w);
    watch_change(w, events);
    return w;
}

void watch_change(struct watch *w, int events)
{
    if (!w->watching || w->events == events)
        return;
    w->loop->waiting -= w->events && !w->idle;
    w->loop->waiting += events && !w->idle;
    w->events = events;
    w->loop->engine->change(w->watching, events);
}

void watch_idle(struct watch *w, bool idle)
{
    if (w->watching && w->events && w->idle != idle)
        w->loop->waiting = idle ? w->loop->waiting - 1 : w->loop->waiting + 1;
    w->idle = idle;
}

void watch_stop(struct watch *w)
{
    if (!w->watching)
        return;
    watch_change(w, 0);
    w->loop->engine->unwatch(w->watching);
    w->watching = NULL;
}

static void stop_trap(void *arg)
{
    trap_stop(arg);
}

struct trap *loop_trap(struct loop *l, struct arena *a, int signo, void (*fn)(void *arg, int signo),
                       void *arg)
{
    struct trap *t = NEW(a, struct trap);

    *t = (struct trap){ .loop = l, .signo = signo, .fn = fn, .arg = arg };
    t->trapping = l->engine->trap(l->self, t);
    arena_defer(a, stop_trap, t);
    return t;
}

void trap_stop(struct trap *t)
{
    if (!t->trapping)
        return;
    t->loop->engine->untrap(t->trapping);
    t->trapping = NULL;
}

void loop_work(struct loop *l, void (*work)(void *arg), void (*done)(void *arg), void *arg)
{
    l->engine->work(l->self, false, work, done, arg);
}

void loop_work_apart(struct loop *l, void (*work)(void *arg), void (*done)(void *arg), void *arg)
{
    l->engine->work(l->self, true, work, done, arg);
}

void loop_later(struct loop *l, void (*fn)(void *arg), void *arg)
{
    if (l->later_count == l->later_room) {
        l->later_room = l->later_room ? l->later_room * 2 : 16;
        l->later = realloc(l->later, l->later_room * sizeof *l->later);
        if (!l->later) {
            fputs("runbook: out of memory\n", stderr);
            abort();
        }
    }
    l->later[l->later_count++] = (struct call){ fn, arg };
}

void loop_wake(struct loop *l)
{
    l->engine->wake(l->self);
}

void loop_on_wake(struct loop *l, void (*fn)(void *arg), void *arg)
{
    l->on_wake = fn;
    l->wake_arg = arg;
}

static int64_t next_due(const struct loop *l)
{
    const struct timer *first = timers_first(&l->timers);

    if (l->later_count)
        return INT64_MIN;
    return first ? first->due_ms : INT64_MAX;
}

// Only those that were set before: one that sets itself again for at once must not keep
// descriptors waiting.
static void fire_timers(struct loop *l)
{
    uint64_t end = l->timers.set;
    struct timer *t;

    while ((t = timers_first(&l->timers)) && t->due_ms <= l->now_ms && t->order < end) {
        timers_remove(t);
        t->fn(t->arg);
    }
}

static void call_later(struct loop *l)
{
    struct call *calls = l->later;
    size_t count = l->later_count;

    l->later = NULL;
    l->later_count = l->later_room = 0;
    for (size_t i = 0; i < count; i++)
        calls[i].fn(calls[i].arg);
    free(calls);
}

bool loop_poll(struct loop *l)
{
    l->engine->wait(l->self, INT64_MIN);
    fire_timers(l);
    call_later(l);
    return l->waiting || l->timers.count || l->later_count;
}

bool loop_turn(struct loop *l)
{
    if (!l->waiting && !l->timers.count && !l->later_count)
        return false;
    l->engine->wait(l->self, next_due(l));
    fire_timers(l);
    call_later(l);
    return true;
}
