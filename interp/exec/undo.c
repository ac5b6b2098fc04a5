// Which tasks an undo takes back, and in which order (execution.md section 5).

#include <stdlib.h>

#include "base/arena.h"
#include "exec/core.h"

static bool speaks_for_itself(const struct task *t)
{
    return t->step->undo.kind != UNDO_UNWRITTEN || t->step->irreversible;
}

// A group or use that says `undo` is undone by that alone; what is in a transaction is
// taken back by the group, or not at all.
static bool covered_from_outside(const struct task *t)
{
    for (const struct task *at = t; at->in->owner; at = at->in->owner) {
        const struct task *owner = at->in->owner;
        bool each = owner->kind == TASK_EACH;
        if (at->in->kind == SERIES_ALWAYS || at->in->kind == SERIES_UNDO)
            return true;
        if (!each && owner != t && at->in->kind != SERIES_RESCUE &&
            (speaks_for_itself(owner) || owner->step->transaction))
            return true;
    }
    return false;
}

static bool rolled_back(const struct task *t)
{
    return t->step->transaction && t->state != STATE_SUCCEEDED && t->state != STATE_UNKNOWN &&
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
    if ((t->kind == TASK_GROUP && !t->step->transaction) || t->kind == TASK_USE)
        return speaks_for_itself(t) && !covered_from_outside(t);
    return !covered_from_outside(t);
}

static int latest_first(const void *x, const void *y)
{
    const struct task *a = *(struct task *const *)x, *b = *(struct task *const *)y;

    return (a->start_order < b->start_order) - (a->start_order > b->start_order);
}

void undo_list_make(struct run *r)
{
    r->undo_list = NEW_ARRAY(r->arena, struct task *, r->tasks.count);
    r->undo_count = r->undo_next = 0;
    r->undo_is_part = false;
    for (size_t i = 0; i < run_task_count(r); i++) {
        struct task *t = run_task_at(r, i);
        bool wanted = !r->facts.undo_step.n || str_equal(r->facts.undo_step, t->address);
        if (!is_undone_by_itself(t))
            continue;
        if (wanted)
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
