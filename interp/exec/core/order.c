// What is to be done next, and in which order: what is over, what rested, what is ready,
// then the next phase.

#include "exec/core/run.h"

#include "exec/core/code.h"
#include "exec/core/core.h"

static struct order order(enum order_kind kind, struct task *t)
{
    return (struct order){ .kind = kind, .task = t };
}

// What stands in a group that was skipped is as good as skipped; in one that failed, also where
// that was rescued, nobody came to it.
static bool is_bad(const struct task *n)
{
    const struct task *group = n->ended ? NULL : task_around_that_ended(n);

    if (group)
        n = group;
    return n->ended &&
           (!state_is_good(n->state) || n->by_person || (group && n->state == STATE_RESCUED));
}

static struct task *blocker(const struct task *t)
{
    for (size_t i = 0; i < t->need_count; i++)
        if (t->need_blocks[i] && is_bad(t->needs[i]))
            return t->needs[i];
    return NULL;
}

// The next task that nothing holds back.
static struct task *take_ready(struct run *r)
{
    struct task *t;

    while ((t = queue_pop(&r->ready))) {
        if (!t->queued)
            continue;
        if (!run_may_start(r, t)) {
            t->queued = false;
            series_check_over(r, t->in);
        } else if (t->in->limit && t->in->active >= t->in->limit) {
            t->in->held[t->in->held_first + t->in->held_count++] = t;
        } else {
            task_begin(r, t);
            return t;
        }
    }
    return NULL;
}

// What rests is no running step: where nothing may start any more its rest is over.
static int64_t rests_until(const struct run *r, const struct task *t)
{
    return run_may_start(r, t) ? t->due_ms : 0;
}

// ---- room for what the others wait for

static bool waits_inside(const struct task *t);

static bool all_wait(const struct series *s)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct task *t = s->tasks[i];
        if (t->begun && !t->ended && !waits_inside(t))
            return false;
    }
    return true;
}

// It has begun, and nothing runs in it; all that could has been taken by now.
static bool waits_inside(const struct task *t)
{
    const struct series *const all[] = { t->prepare, t->steps, t->rescue, t->always };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i] && all[i]->open)
            return all_wait(all[i]);
    return false;
}

// Groups may take all the room of `parallel: N` and wait for a step beside them that finds none.
// That step gets room beyond it: else nothing would ever go on.
static struct task *make_room(struct run *r)
{
    for (size_t i = 0; i < r->open.count; i++) {
        struct series *s = r->open.items[r->open.first + i];
        if (!s->held_count || !s->owner || s->owner->kind != TASK_GROUP || !all_wait(s))
            continue;
        struct task *t = series_pop_held(s);
        if (!run_may_start(r, t))
            continue;
        task_begin(r, t);
        return t;
    }
    return NULL;
}

static struct task *earliest(const struct run *r)
{
    struct task *best = NULL;

    for (size_t i = 0; i < r->resting.count; i++) {
        struct task *t = r->resting.items[r->resting.first + i];
        if (!best || rests_until(r, t) < rests_until(r, best))
            best = t;
    }
    return best;
}

static void drop_rested(struct run *r)
{
    for (size_t i = r->resting.count; i-- > 0;) {
        struct task *t = r->resting.items[r->resting.first + i];
        if (!t->resting)
            queue_remove(&r->resting, t);
    }
}

static bool take_finished(struct run *r, struct order *o)
{
    struct series *s = queue_pop(&r->finished);

    if (!s)
        return false;
    if (s->kind == SERIES_ASIDE)
        *o = order(ORDER_ASIDE, s->tasks[0]);
    else
        *o = order(s->kind == SERIES_UNDO ? ORDER_UNDO_END : ORDER_FINISH, s->owner);
    return true;
}

bool run_more_to_undo(const struct run *r)
{
    return r->undo_next < r->undo_count;
}

void run_hold_undo(struct run *r)
{
    r->undo_held = true;
}

void run_stop_undo(struct run *r)
{
    r->undo_next = r->undo_count;
}

void run_over_live(struct run *r)
{
    r->over_live = true;
}

void run_hold(struct run *r, bool held)
{
    r->held = held;
}

void run_release_undo(struct run *r)
{
    r->undo_held = false;
}

struct task *run_add_aside(struct run *r, const struct step *s, struct space *space,
                           struct str address)
{
    struct task *t = task_make_aside(r, s, space, address);

    series_link(r, t->in);
    series_open(r, t->in);
    return t;
}

// A signal ends an undo too; the time of the run does not count in it.
static bool may_undo(const struct run *r)
{
    return !r->interrupted || r->interrupted == CODE_TIMEOUT;
}

static struct order undo_order(struct run *r)
{
    if (r->undo_held)
        return order(ORDER_WAIT, NULL);
    if (r->undo_next < r->undo_count && may_undo(r) && !r->halted)
        return order(ORDER_UNDO, r->undo_list[r->undo_next++]);
    r->phase_over = true;
    return (struct order){ .kind = ORDER_PHASE_END, .phase = PHASE_UNDO };
}

static bool has_content(const struct run *r, enum phase p)
{
    const struct runbook *rb = r->root->module->rb;

    switch (p) {
    case PHASE_CHECKLIST: return rb->checklist.count && !r->checklist_done;
    case PHASE_CONFIRM: return rb->confirm && !r->confirm_done;
    case PHASE_PREPARE: return r->prepare->count;
    case PHASE_STEPS: return r->steps->count;
    case PHASE_VERIFY: return rb->verify.count;
    case PHASE_UNDO: return true;
    case PHASE_UNDONE:
        return rb->undone.count && !r->undone_failed && !r->cannot_undo && !r->undo_is_part;
    case PHASE_ALWAYS: return r->always->count && r->session_starts;
    }
    return false;
}

// The phase behind [p]; false: the run is over. (language.md section 2, Order.)
static bool phase_behind(const struct run *r, bool any, enum phase p, enum phase *next)
{
    bool undo = r->undo_wanted || r->began_undo || r->facts.undo_only;

    if (!any)
        *next = r->facts.undo_only || (r->began_undo && !r->step_unknown) ? PHASE_UNDO
                                                                          : PHASE_CHECKLIST;
    else if (p == PHASE_ALWAYS || (r->declined_before && p != PHASE_UNDO))
        return false;
    else if (r->halted)
        return false;
    else if (p <= PHASE_STEPS && (r->stopping || r->interrupted))
        *next = undo && may_undo(r) && !r->step_unknown ? PHASE_UNDO : PHASE_ALWAYS;
    else if (p < PHASE_VERIFY)
        *next = (enum phase)(p + 1);
    else if (p == PHASE_VERIFY)
        *next = undo && may_undo(r) ? PHASE_UNDO : PHASE_ALWAYS;
    else if (p == PHASE_UNDO)
        *next = may_undo(r) ? PHASE_UNDONE : PHASE_ALWAYS;
    else
        *next = PHASE_ALWAYS;
    return true;
}

static struct order phase_order(struct run *r)
{
    enum phase p = r->phase;
    bool any = r->any_phase;

    while (phase_behind(r, any, p, &p)) {
        any = true;
        if (has_content(r, p)) {
            r->phase_ordered = true;
            return (struct order){ .kind = ORDER_PHASE, .phase = p };
        }
    }
    return (struct order){ .kind = ORDER_OVER };
}

struct order run_order(struct run *r, int64_t now_ms)
{
    struct order o;
    struct task *t = queue_pop(&r->settle);

    if (t)
        return order(ORDER_SETTLE, t);
    if (r->settling)
        return order(ORDER_WAIT, NULL);
    if (take_finished(r, &o))
        return o;
    drop_rested(r);
    t = earliest(r);
    if (t && rests_until(r, t) <= now_ms) {
        t->resting = false;
        return order(ORDER_RETRY, t);
    }
    struct task *ready = take_ready(r);
    if (!ready && !t && r->active > r->parked)
        ready = make_room(r);
    if (ready) {
        ready->blocked_by = blocker(ready);
        return order(ready->blocked_by ? ORDER_BLOCK : ORDER_BEGIN, ready);
    }
    if (take_finished(r, &o))
        return o;
    if (r->active && r->active == r->parked)
        return order(ORDER_SUSPEND, NULL);
    if (t)
        return (struct order){ .kind = ORDER_SLEEP, .at_ms = t->due_ms };
    if (r->active || (r->phase_ordered && !r->phase_begun))
        return order(ORDER_WAIT, NULL);
    if (r->phase_begun && r->phase == PHASE_UNDO && !r->phase_over)
        return undo_order(r);
    if (r->phase_begun && r->phase_over) {
        r->phase_over = false;
        return (struct order){ .kind = ORDER_PHASE_END, .phase = r->phase };
    }
    if (r->phase_begun || r->held)
        return order(ORDER_WAIT, NULL);
    return phase_order(r);
}
