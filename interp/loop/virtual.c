// The loop of tests: time passes only when nothing is left to do, and then at once to
// where something is. It has no descriptors and no signals; work is done by the loop itself.

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "loop/engine.h"

struct virtual
{
    struct loop *loop;
    struct arena *arena;
    atomic_bool woken;
};

static void wait_until(void *self, int64_t until_ms)
{
    struct virtual *v = self;

    if (atomic_exchange(&v->woken, false)) {
        if (v->loop->on_wake)
            v->loop->on_wake(v->loop->wake_arg);
    } else if (until_ms > v->loop->now_ms && until_ms != INT64_MAX) {
        v->loop->now_ms = until_ms;
    }
}

struct job {
    struct loop *loop;
    void (*work)(void *arg);
    void (*done)(void *arg);
    void *arg;
};

static void do_job(void *arg)
{
    struct job *j = arg;

    j->loop->waiting--;
    j->work(j->arg);
    j->done(j->arg);
}

static void work(void *self, bool apart, void (*fn)(void *arg), void (*done)(void *arg), void *arg)
{
    struct virtual *v = self;
    struct job *j = NEW(v->arena, struct job);

    (void)apart;
    *j = (struct job){ v->loop, fn, done, arg };
    v->loop->waiting++;
    loop_later(v->loop, do_job, j);
}

static void *no_watch(void *self, struct watch *w)
{
    (void)self, (void)w;
    assert(!"a virtual loop has no descriptors");
    abort();
}

static void *no_trap(void *self, struct trap *t)
{
    (void)self;
    return t;  // no signal ever comes
}

static void forget(void *trapping)
{
    (void)trapping;
}

static void wake(void *self)
{
    struct virtual *v = self;

    atomic_store(&v->woken, true);
}

static const struct engine engine = {
    .wait = wait_until,
    .watch = no_watch,
    .trap = no_trap,
    .untrap = forget,
    .work = work,
    .wake = wake,
};

struct loop *loop_new_virtual(struct arena *a, int64_t start_ms)
{
    struct virtual *v = NEW(a, struct virtual);

    v->arena = a;
    v->loop = loop_on(a, &engine);
    v->loop->self = v;
    v->loop->now_ms = start_ms;
    return v->loop;
}
