// Which exit code wins (execution.md section 4).

#include "exec/core/code.h"
#include "exec/core/core.h"

struct tally {
    bool unknown, undo_unknown, undo_failed, declined, failed, excused, skipped_by_person;
};

// The run went on after it: by its own word, or by that of something around it.
static bool is_excused(const struct task *t)
{
    for (; t; t = t->in->owner)
        if (t->continued || t->state == STATE_RESCUED)
            return true;
    return false;
}

static struct tally count(const struct run *r)
{
    struct tally n = { 0 };

    for (size_t i = 0; i < run_task_count(r); i++) {
        const struct task *t = run_task_at(r, i);
        bool undo_body = t->phase == PHASE_UNDO || t->aside;
        bool bad = t->ended && (t->state == STATE_FAILED || t->state == STATE_CANCELLED);
        n.undo_unknown |= t->undo_state == UNDO_UNKNOWN;
        n.undo_failed |= t->undo_state == UNDO_FAILED;
        if (undo_body)
            continue;
        n.unknown |= t->ended && t->state == STATE_UNKNOWN;
        bool always = t->in->kind == SERIES_ALWAYS;
        bool excused = !always && is_excused(t);
        n.declined |= bad && t->declined && !excused;
        n.failed |= bad && (always || (!t->declined && !excused && t->in->kind != SERIES_RESCUE));
        n.excused |= (bad && excused) || t->state == STATE_RESCUED;
        n.skipped_by_person |= t->by_person;
    }
    return n;
}

static bool undone_completely(const struct run *r)
{
    return r->undo_phase_done && !r->undone_failed && !r->cannot_undo;
}

int run_code(const struct run *r)
{
    struct tally n = count(r);

    if ((n.unknown && !undone_completely(r)) || n.undo_unknown || r->over_live)
        return CODE_UNKNOWN;
    if (n.undo_failed || r->undone_failed || r->cannot_undo)
        return CODE_UNDO_INCOMPLETE;
    if (r->interrupted)
        return r->interrupted;
    if (undone_completely(r))
        return CODE_UNDONE;
    if (n.declined || r->declined_before)
        return CODE_DECLINED;
    if (n.failed || r->always_failed)
        return CODE_FAILED;
    if (r->unverified || ((n.excused || n.skipped_by_person) && !r->verified))
        return CODE_UNVERIFIED;
    return CODE_OK;
}
