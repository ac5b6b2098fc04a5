// Which tasks an undo takes back, and in which order (execution.md section 5).

#include <stdlib.h>

#include "base/arena.h"
#include "exec/core/core.h"

// The outermost around [t] by which alone it is taken back: a group or use that says its own undo
// or, if [transactions], one in a transaction, which is taken back by the group or not at all.
static const struct task *outermost(const struct task *t, bool transactions)
{
    const struct task *by = NULL;

    for (const struct task *at = t; at->in->owner; at = at->in->owner) {
        const struct task *owner = at->in->owner;
        bool counts = step_speaks_for_itself(owner->step) ||
                      (transactions && owner->step->more->transaction);
        if (owner->kind != TASK_EACH && at->in->kind != SERIES_RESCUE && counts)
            by = owner;
    }
    return by;
}

const struct task *run_taken_back_by(const struct task *t)
{
    return outermost(t, true);
}

const struct step *undone_by_outer(const struct task *t)
{
    const struct task *by = outermost(t, false);

    return by ? by->step : NULL;
}

enum undo_cover task_cover(const struct program *p, const struct task *t)
{
    return step_cover_inside(p, t->step, undone_by_outer(t));
}

static bool is_in_always_or_undo(const struct task *t)
{
    for (; t->in->owner; t = t->in->owner)
        if (t->in->kind == SERIES_ALWAYS || t->in->kind == SERIES_UNDO)
            return true;
    return false;
}

static bool covered_from_outside(const struct task *t)
{
    return is_in_always_or_undo(t) || run_taken_back_by(t);
}

static bool rolled_back(const struct task *t)
{
    return t->step->more->transaction && t->state != STATE_SUCCEEDED && t->state != STATE_UNKNOWN &&
           t->state != STATE_RESCUED;
}

static bool is_undone_by_itself(const struct task *t)
{
    if (!t->intent || t->undoes || t->undo_state == UNDO_DONE)
        return false;
    if (t->phase != PHASE_PREPARE && t->phase != PHASE_STEPS)
        return false;
    if (t->kind == TASK_GATE || t->kind == TASK_EACH || rolled_back(t))
        return false;
    if ((t->kind == TASK_GROUP && !t->step->more->transaction) || t->kind == TASK_USE)
        return step_speaks_for_itself(t->step) && !covered_from_outside(t);
    return !covered_from_outside(t);
}

static int latest_first(const void *x, const void *y)
{
    const struct task *a = *(struct task *const *)x, *b = *(struct task *const *)y;

    return (a->start_order < b->start_order) - (a->start_order > b->start_order);
}

static bool is_or_holds(const struct task *outer, const struct task *t)
{
    while (t && t != outer)
        t = t->in->owner;
    return t;
}

// No effect, or one that may stay: an undo of everything passes them over without a word.
static bool leaves_nothing(const struct run *r, const struct task *t)
{
    enum undo_cover c = step_cover(r->program, t->step);

    return c == COVER_NOTHING || c == COVER_NONE || c == COVER_INSIDE;
}

struct undo_left run_undo_left(const struct run *r, const struct task *outer)
{
    struct undo_left left = { 0 };

    for (size_t i = 0; i < run_task_count(r); i++) {
        const struct task *t = run_task_at(r, i);
        if (!is_or_holds(outer, t))
            continue;
        left.started |= t->intent;
        left.undone |= t->undo_state == UNDO_DONE;
        left.open |= is_undone_by_itself(t);
        left.to_do |= is_undone_by_itself(t) && !leaves_nothing(r, t);
    }
    return left;
}

void undo_list_make(struct run *r)
{
    struct str step = r->facts.undo_step;
    const struct task *outer = step.n ? run_find(r, step) : NULL;

    r->undo_list = NEW_ARRAY(r->arena, struct task *, r->tasks.count);
    r->undo_count = r->undo_next = 0;
    r->undo_is_part = false;
    for (size_t i = 0; i < run_task_count(r); i++) {
        struct task *t = run_task_at(r, i);
        if (!is_undone_by_itself(t))
            continue;
        if (!step.n || (outer && is_or_holds(outer, t)))
            r->undo_list[r->undo_count++] = t;
        else
            r->undo_is_part |= t->undo_state != UNDO_DONE;
    }
    qsort(r->undo_list, r->undo_count, sizeof *r->undo_list, latest_first);
}

struct task *const *run_undo_list(const struct run *r, size_t *count)
{
    *count = r->undo_count;
    return r->undo_list;
}
