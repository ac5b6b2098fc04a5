// A run that goes on: what is kept of a journal that was applied to it, what is tried again,
// and what is in doubt (execution.md sections 2 and 4).

#include "exec/core/core.h"

static void clear_queues(struct run *r)
{
    r->ready.count = r->finished.count = r->open.count = r->resting.count = r->settle.count = 0;
    r->active = r->parked = r->settling = 0;
}

static bool is_container(const struct task *t)
{
    return t->kind == TASK_GROUP || t->kind == TASK_USE || t->kind == TASK_EACH;
}

static bool series_in_doubt(const struct run *r, const struct series *s);

static bool doubt_inside(const struct run *r, const struct task *t)
{
    return series_in_doubt(r, t->prepare) || series_in_doubt(r, t->steps) ||
           series_in_doubt(r, t->rescue) || series_in_doubt(r, t->always);
}

static bool again_after_resume(const struct run *r, const struct task *t)
{
    if (t->state == STATE_UNKNOWN && is_container(t) && !t->step->more->transaction)
        return !doubt_inside(r, t);  // all that was unknown in it has been said
    if (t->state == STATE_UNKNOWN)
        return step_is_idempotent(r->program, t->step) || t->step->more->done_if;
    if (t->continued)
        return false;
    return t->state == STATE_FAILED || t->state == STATE_CANCELLED || t->state == STATE_BLOCKED;
}

// What may have taken effect, and nobody knows: never repeated because something around
// it begins anew.
static bool in_doubt(const struct run *r, const struct task *t)
{
    bool waits = t->resting || t->rescuing || task_transaction(t);

    if (t->dangling || (t->intended && !t->ended) ||
        (t->kind == TASK_ACTION && !t->ended && t->state == STATE_RUNNING && !waits))
        return true;
    if (t->kind == TASK_ACTION && t->ended && t->state == STATE_UNKNOWN &&
        !again_after_resume(r, t))
        return true;
    return doubt_inside(r, t);
}

static bool series_in_doubt(const struct run *r, const struct series *s)
{
    for (size_t i = 0; s && i < s->count; i++)
        if (in_doubt(r, s->tasks[i]))
            return true;
    return false;
}

// `always` and rescue begin anew.
static void reset_known(struct run *r, struct series *s)
{
    for (size_t i = 0; s && i < s->count; i++)
        if (!in_doubt(r, s->tasks[i]))
            task_reset(r, s->tasks[i]);
}

// What is done in it stays done, and what is in doubt stays in doubt.
static void reopen(struct run *r, struct task *t)
{
    task_unend(r, t);
    t->state = STATE_PENDING;
    reset_known(r, t->rescue);
    reset_known(r, t->always);
}

// What was cancelled is tried again and may go by what it noted: the end of a `wait` stands.
static void try_again(struct run *r, struct task *t)
{
    struct value notes = t->state == STATE_CANCELLED ? t->more->notes : VALUE_NONE;

    task_reset(r, t);
    if (notes.kind != VALUE_NULL)
        task_more(r->arena, t)->notes = notes;
}

// Its rescue goes on with what failed as it is, also with what failed in it.
static bool is_being_rescued(const struct task *t)
{
    for (; t->in->owner; t = t->in->owner)
        if (t->in->owner->rescue_left &&
            (t->in->kind == SERIES_STEPS || t->in->kind == SERIES_PREPARE))
            return true;
    return false;
}

static void keep_going(struct run *r, struct task *t, bool undoing)
{
    int64_t attempts = t->attempts;
    bool container = is_container(t);

    bool rested = t->resting, rescued = t->rescuing;
    t->rescue_left |= rescued && !t->ended;
    t->begun = t->queued = t->resting = t->failing = t->rescuing = t->always_begun = false;
    t->stopped_inside = false;
    t->in->open = false;
    t->in->active = 0;
    t->in->held_count = t->in->held_first = t->in->offered = 0;
    t->in->last_ms = -1;
    bool running = !t->ended && t->state == STATE_RUNNING;
    if (running && t->kind == TASK_ACTION && !task_transaction(t) && !rested && !rescued) {
        t->dangling = true;
    } else if (t->intended && !t->ended) {
        t->dangling = true;
    } else if (running && !rescued && t->step->more->transaction && t->kind == TASK_GROUP) {
        t->dangling = true;
    } else if (t->ended && (!undoing || t->phase == PHASE_UNDO) && again_after_resume(r, t) &&
               !is_being_rescued(t)) {
        if (container || series_in_doubt(r, t->rescue)) {
            reopen(r, t);
        } else {
            try_again(r, t);
        }
    } else if (!t->ended) {
        t->state = STATE_PENDING;
        if (container)
            reset_known(r, t->always);
    }
    t->attempts = attempts;
    if (t->kind == TASK_EACH && t->steps && !t->ended)
        t->steps->open = false;
}

static void dangle(struct run *r, struct task *t)
{
    task_begin(r, t);
    r->settling++;
    queue_push(r, &r->settle, t);
}

// The bodies of an undo that were done stay done; keep_going() sees to the others.
static void undo_again(struct task *t)
{
    if (t->undo_state == UNDO_FAILED)
        t->undo_state = UNDO_NOT;
}

static void stop_if_unknown(struct run *r)
{
    for (size_t i = 0; i < run_task_count(r); i++)
        if (run_task_at(r, i)->state == STATE_UNKNOWN && run_task_at(r, i)->ended)
            r->stopping = true;
}

// An undo that was asked for, and has not begun because it is not known what became of a step: that
// a person has to say first.
static bool undo_waits_for_a_person(const struct run *r)
{
    if (!r->began_undo || r->facts.undo_only || r->undo_starts)
        return false;
    for (size_t i = 0; i < run_task_count(r); i++) {
        const struct task *t = run_task_at(r, i);
        bool of_the_work = t->phase == PHASE_PREPARE || t->phase == PHASE_STEPS;
        if (of_the_work && t->state == STATE_UNKNOWN && t->ended && !again_after_resume(r, t))
            return true;
    }
    return false;
}

// In a used runbook that is done: what was prepared for it is not needed any more.
static bool is_past(const struct task *t)
{
    const struct task *at = t->in->owner;

    while (at && !(at->ended && at->kind == TASK_USE))
        at = at->in->owner;
    return at;
}

// What was done beside it in a group stays done.
static void reopen_around(struct run *r, struct task *t)
{
    for (struct task *at = t->in->owner; at && at->ended; at = at->in->owner)
        reopen(r, at);
}

static bool is_again(const struct task *t)
{
    if (t->step->more->on_resume == ON_RESUME_AGAIN)
        return true;
    for (size_t i = 0; t->steps && i < t->steps->count; i++)
        if (!t->steps->tasks[i]->ended && is_again(t->steps->tasks[i]))
            return true;
    return false;
}

static bool follows(const struct task *before, const struct task *t)
{
    for (size_t i = 0; i < before->follower_count; i++)
        if (before->followers[i] == t)
            return true;
    return false;
}

// What runs again runs first, and in its order: also where what stands between is done.
static void again_comes_first(struct run *r)
{
    struct task *last = NULL;

    for (size_t i = 0; i < r->prepare->count; i++) {
        struct task *t = r->prepare->tasks[i];
        if (t->ended)
            continue;
        if (last && !follows(last, t))
            task_waits_for(r, t, last);
        if (is_again(t))
            last = t;
    }
}

static void go_on(struct run *r)
{
    bool undoing = r->began_undo || r->facts.undo_only;

    for (size_t i = 0; i < run_task_count(r); i++) {
        struct task *t = run_task_at(r, i);
        keep_going(r, t, undoing);
        undo_again(t);
        if (!undoing && t->ended && t->step->more->on_resume == ON_RESUME_AGAIN &&
            t->phase == PHASE_PREPARE && state_is_good(t->state) && !is_past(t)) {
            task_reset(r, t);
            reopen_around(r, t);
        }
    }
    if (!undoing)
        again_comes_first(r);
    reset_known(r, r->always);
    r->stopping = r->step_unknown = undo_waits_for_a_person(r);
    if (!undoing)
        stop_if_unknown(r);
}

// A person said what became of [t], before the first order of a session. This event is all
// from which a replay learns that it is tried again.
void go_on_marked(struct run *r, struct task *t)
{
    t->continued = false;
    if (!t->ended)
        task_end(r, t);
    go_on(r);
}

void run_resume_here(struct run *r, const struct run_facts *facts)
{
    r->facts = *facts;
    clear_queues(r);
    r->phase_begun = r->phase_ordered = r->phase_over = r->any_phase = false;
    r->undo_wanted = r->halted = r->closed = r->unverified = r->verified = false;
    r->undone_failed = r->cannot_undo = r->always_failed = r->declined_before = false;
    r->step_unknown = r->over_live = false;
    r->interrupted = 0;
    r->session_starts = 0;
    go_on(r);
    for (size_t i = 0; i < run_task_count(r); i++)
        run_task_at(r, i)->from_journal |= run_task_at(r, i)->ended;
    for (size_t i = 0; i < run_task_count(r); i++)
        if (run_task_at(r, i)->dangling)
            dangle(r, run_task_at(r, i));
}

// ---- what became of those in doubt

// The driver knows what became of a task that dangled; it goes on as if it had just
// ended here.
void run_settled(struct run *r, struct task *t)
{
    t->dangling = false;
    r->settling--;
}

// It begins again. An attempt that was [never] started is not counted: the next one has its
// number. What was only intended ahead was not counted yet.
void run_not_started(struct run *r, struct task *t, bool never)
{
    if (never && !t->intended && t->attempts > 0)
        t->attempts--;
    run_settled(r, t);
    series_reset(r, t->steps);
    t->begun = t->intended = false;
    t->in->active--;
    r->active--;
    t->state = STATE_PENDING;
    // What it stands in may go on already: `always` of a transaction that is known to be committed.
    task_make_ready(r, t);
    series_check_over(r, t->in);
}

// In a replay the events that follow say what became of it.
void run_settle_nothing(struct run *r)
{
    r->settle.count = 0;
    r->settling = 0;
    for (size_t i = 0; i < run_task_count(r); i++) {
        struct task *t = run_task_at(r, i);
        if (!t->dangling || t->ended)
            continue;
        t->begun = false;
        t->in->active = 0;
        r->active -= !t->aside;
    }
}

void run_abandon(struct run *r)
{
    r->began_undo = r->undo_wanted = r->facts.undo_only = false;
    run_settle_nothing(r);
    run_want_stop(r);
}
