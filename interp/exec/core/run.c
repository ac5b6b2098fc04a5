#include "exec/core/run.h"

#include "base/arena.h"
#include "base/map.h"
#include "exec/core/code.h"
#include "exec/core/core.h"

// ---- making

struct run *run_new(struct arena *a, const struct program *p, const struct run_facts *facts)
{
    struct run *r = NEW(a, struct run);
    const struct runbook *rb = p->root->rb;

    *r = (struct run){ .arena = a, .program = p, .facts = *facts, .by_address = map_new(a) };
    r->root = NEW(a, struct space);
    *r->root = (struct space){ .by_id = map_new(a), .module = p->root };
    r->prepare = series_new(r, SERIES_PREPARE, NULL, &rb->prepare, r->root, STR(""), PHASE_PREPARE);
    r->steps = series_new(r, SERIES_STEPS, NULL, &rb->steps, r->root, STR(""), PHASE_STEPS);
    r->always = series_new(r, SERIES_ALWAYS, NULL, &rb->always, r->root, STR(""), PHASE_ALWAYS);
    series_link(r, r->prepare);
    series_link(r, r->steps);
    series_link(r, r->always);
    return r;
}

// ---- what may start

void task_make_ready(struct run *r, struct task *t)
{
    if (t->begun || t->queued || t->ended || t->unmet || !t->in->open)
        return;
    t->queued = true;
    queue_push(r, &r->ready, t);
}

void series_open(struct run *r, struct series *s)
{
    s->open = true;
    queue_push(r, &r->open, s);
    for (size_t i = 0; i < s->count; i++)
        task_make_ready(r, s->tasks[i]);
    series_check_over(r, s);
}

static bool is_closed(const struct run *r, const struct series *s)
{
    return s->count == 0 || !run_may_start(r, s->tasks[0]);
}

void series_check_over(struct run *r, struct series *s)
{
    if (!s->open || s->active || (s->left && !is_closed(r, s)))
        return;
    s->open = false;
    queue_remove(&r->open, s);
    struct task *owner = s->owner;
    if (s->kind == SERIES_ASIDE)
        queue_push(r, &r->finished, s);
    else if (!owner)
        r->phase_over = true;
    else if (s->kind == SERIES_PREPARE && !s->left && !series_failed(s) && owner->steps)
        series_open(r, owner->steps);
    else
        queue_push(r, &r->finished, s);
}

// After something closed series from outside: those in which nothing runs are over.
void run_check_all_over(struct run *r)
{
    for (size_t i = r->open.count; i-- > 0;)
        if (i < r->open.count)
            series_check_over(r, r->open.items[r->open.first + i]);
}

void task_begin(struct run *r, struct task *t)
{
    if (t->begun)
        return;
    t->begun = true;
    t->queued = false;
    t->in->active++;
    r->active += !t->aside;
}

struct task *series_pop_held(struct series *s)
{
    struct task *t = s->held[s->held_first++];

    s->held_count--;
    s->offered -= s->offered > 0;
    if (s->held_count == 0)
        s->held_first = 0;
    return t;
}

static void release_held(struct run *r, struct series *s)
{
    while (s->held_count && (!s->limit || s->active < s->limit)) {
        queue_push(r, &r->ready, series_pop_held(s));
        if (s->limit)
            break;
    }
}

// ---- who waits for whom

// What holds [t] and has ended: [t] does not end by itself any more, if it has not. The undo of a
// step begins only then.
const struct task *task_around_that_ended(const struct task *t)
{
    for (; t->in->owner && t->in->kind != SERIES_UNDO; t = t->in->owner)
        if (t->in->owner->ended)
            return t->in->owner;
    return NULL;
}

bool task_is_over(const struct task *t)
{
    return t->ended || task_around_that_ended(t);
}

static void let_follow(struct run *r, struct task *t)
{
    for (size_t i = 0; i < t->follower_count; i++) {
        struct task *f = t->followers[i];
        if (--f->unmet == 0)
            task_make_ready(r, f);
    }
}

static void let_wait(struct run *r, struct task *t)
{
    (void)r;
    for (size_t i = 0; i < t->follower_count; i++)
        t->followers[i]->unmet++;
}

// For what was not run in [t]; it is over with [t], and begins to count again with it.
static void inside(struct run *r, struct task *t, void (*what)(struct run *r, struct task *t))
{
    struct series *const all[] = { t->prepare, t->steps, t->rescue, t->always };

    for (size_t k = 0; k < sizeof all / sizeof all[0]; k++)
        for (size_t i = 0; all[k] && i < all[k]->count; i++) {
            struct task *child = all[k]->tasks[i];
            if (child->ended)
                continue;
            what(r, child);
            inside(r, child, what);
        }
}

void task_unend(struct run *r, struct task *t)
{
    t->ended = false;
    t->in->left++;
    if (task_around_that_ended(t))
        return;
    let_wait(r, t);
    inside(r, t, let_wait);
}

void task_end(struct run *r, struct task *t)
{
    struct series *s = t->in;

    task_begin(r, t);
    t->ended = true;
    t->resting = false;
    t->walk = t->ahead = NULL;
    t->intended = false;
    s->last_ms = t->took_ms;
    s->active--;
    s->left--;
    r->active -= !t->aside;
    if (!task_around_that_ended(t)) {
        let_follow(r, t);
        inside(r, t, let_follow);
    }
    release_held(r, s);
    series_check_over(r, s);
}

// ---- what happens to the driver

void run_want_stop(struct run *r)
{
    if (r->stopping)
        return;
    r->stopping = true;
    run_check_all_over(r);
}

void run_want_undo(struct run *r)
{
    r->undo_wanted = true;
    run_want_stop(r);
}

// A signal outranks the time of the run, and ends the undo that this began.
void run_interrupt(struct run *r, int code)
{
    if (!r->interrupted || r->interrupted == CODE_TIMEOUT)
        r->interrupted = code;
    run_want_stop(r);
}

void run_halt_steps(struct run *r)
{
    r->halted = r->stopping = true;
    run_check_all_over(r);
}

void run_halt(struct run *r)
{
    r->closed = true;
    run_halt_steps(r);
}

void run_park(struct run *r, struct task *t, bool parked)
{
    (void)t;
    r->parked += parked ? 1 : -(size_t)1;
}

// It stays pending, as if it had never been its turn.
void run_give_back(struct run *r, struct task *t)
{
    t->begun = false;
    t->walk = NULL;
    t->in->active--;
    r->active -= !t->aside;
    series_check_over(r, t->in);
}

void run_declined_before(struct run *r)
{
    r->declined_before = true;
    run_want_stop(r);
}

void run_unverified(struct run *r)
{
    r->unverified = true;
}

void run_fail_group(struct run *r, struct task *t)
{
    t->failing = true;
    run_check_all_over(r);
}

void run_make_callee(struct run *r, struct task *use)
{
    task_make_callee(r, use);
}

void run_cannot_undo(struct run *r)
{
    r->cannot_undo = true;
}

// ---- asking

bool run_is_stopping(const struct run *r)
{
    return r->stopping;
}

void run_owe_always(struct run *r)
{
    r->session_starts++;
}

bool run_always_is_whole(const struct run *r)
{
    for (size_t i = 0; i < r->always->count; i++)
        if (!r->always->tasks[i]->ended || r->always->tasks[i]->state == STATE_CANCELLED)
            return false;
    return true;
}

bool run_always_failed(const struct run *r)
{
    for (size_t i = 0; i < r->always->count; i++)
        if (r->always->tasks[i]->state == STATE_FAILED && !r->always->tasks[i]->own_continue)
            return true;
    return false;
}

int run_interrupted(const struct run *r)
{
    return r->interrupted;
}

bool run_any_started(const struct run *r)
{
    return r->session_starts > 0;
}

bool run_changed_anything(const struct run *r)
{
    return r->starts > 0;
}

struct task *run_task(const struct run *r, struct str address)
{
    return map_get(r->by_address, address);
}

struct task *run_find(const struct run *r, struct str word)
{
    struct task *found = run_task(r, word);
    size_t count = found ? 1 : 0;

    for (size_t i = 0; !count && i < run_task_count(r); i++) {
        struct task *t = run_task_at(r, i);
        if (t->is_instance || t->undoes || !str_equal(t->step->id.str, word) ||
            space_top(t->space)->caller)
            continue;
        if (found)
            return NULL;
        found = t;
    }
    return found;
}

struct space *run_root(const struct run *r)
{
    return r->root;
}

size_t run_task_count(const struct run *r)
{
    return r->tasks.count;
}

struct task *run_task_at(const struct run *r, size_t i)
{
    return r->tasks.items[r->tasks.first + i];
}

enum phase run_phase(const struct run *r)
{
    return r->phase;
}

bool run_began_undo(const struct run *r)
{
    return r->began_undo;
}

size_t run_undo_starts(const struct run *r)
{
    return r->undo_starts;
}

bool run_verified(const struct run *r)
{
    return r->verified;
}
