// What a failure means for the rest: the nearest that is written wins
// (language.md section 4, execution.md section 4).

#include "exec/core/core.h"

const char *policy_word(enum policy p)
{
    static const char *const words[] = { "continue", "stop", "undo", "ask", "group" };
    return words[p];
}

static enum policy policy_of(int on_failure)
{
    switch (on_failure) {
    case FAILURE_CONTINUE: return POLICY_CONTINUE;
    case FAILURE_UNDO: return POLICY_UNDO;
    case FAILURE_STOP: return POLICY_STOP;
    default: return POLICY_ASK;
    }
}

// A group that has something to do about a child's failure takes it upon itself. The list of a
// `for_each` has not: what its step says about failures is said to each of its instances.
static bool takes(const struct task *group, const struct task *child)
{
    const struct step *s = group->step;

    if (group->kind == TASK_EACH)
        return false;
    if (child->in == group->rescue || child->in == group->undo)
        return true;
    return group->rescue || s->more->retry || s->more->transaction;
}

static enum policy nearest(const struct run *r, const struct task *t, struct task **group)
{
    *group = NULL;
    for (const struct task *at = t;;) {
        struct task *owner = at->in->owner;
        if (at->step->more->on_failure && !at->undoes)
            return policy_of(at->step->more->on_failure);
        if (at->in->kind == SERIES_ALWAYS || at->in->kind == SERIES_ASIDE)
            return POLICY_CONTINUE;
        if (!owner)
            break;
        bool goes_on = owner->step->more->on_failure == FAILURE_CONTINUE &&
                       at->in->kind != SERIES_RESCUE && at->in->kind != SERIES_UNDO &&
                       !owner->step->more->transaction;
        if (goes_on)
            return POLICY_CONTINUE;
        if (takes(owner, at)) {
            *group = owner;
            return POLICY_GROUP;
        }
        at = owner;
    }
    int written = r->facts.on_failure ? r->facts.on_failure
                                      : r->root->module->rb->on_failure;
    return policy_of(written);
}

enum policy run_policy(const struct run *r, const struct task *t, bool *own)
{
    struct task *group;
    enum policy p = t->stopped_inside ? POLICY_STOP : nearest(r, t, &group);

    *own = p == POLICY_CONTINUE && t->step->more->on_failure == FAILURE_CONTINUE;
    return p;
}

struct task *policy_group(const struct task *t)
{
    for (const struct task *at = t; at->in->owner; at = at->in->owner)
        if (takes(at->in->owner, at))
            return at->in->owner;
    return NULL;
}

struct task *task_transaction(const struct task *t)
{
    for (const struct task *at = t; at->in->owner; at = at->in->owner) {
        struct task *owner = at->in->owner;
        if (at->in->kind == SERIES_STEPS && owner->kind == TASK_GROUP &&
            owner->step->more->transaction)
            return owner;
    }
    return NULL;
}

static bool has_succeeded(const struct series *s)
{
    for (size_t i = 0; s && i < s->count; i++) {
        const struct task *t = s->tasks[i];
        if (t->kind == TASK_ACTION ? t->ended && t->state == STATE_SUCCEEDED
                                   : has_succeeded(t->steps))
            return true;
    }
    return false;
}

bool task_is_committed(const struct task *t)
{
    return has_succeeded(t->steps);
}

bool task_can_be_marked(const struct task *t)
{
    bool holds_others = t->kind == TASK_EACH || t->kind == TASK_USE ||
                        (t->kind == TASK_GROUP && !t->step->more->transaction);

    return !holds_others && !task_transaction(t);
}

bool series_failed(const struct series *s)
{
    for (size_t i = 0; s && i < s->count; i++) {
        const struct task *t = s->tasks[i];
        bool bad = t->state == STATE_FAILED || t->state == STATE_CANCELLED ||
                   t->state == STATE_UNKNOWN;
        if (bad && !t->own_continue)
            return true;
    }
    return false;
}

// What a stop, a failing group, a rescue that failed or a halt keeps from starting. `always`
// and undo are not kept from starting by what went wrong outside of them.
bool run_may_start(const struct run *r, const struct task *t)
{
    if (r->closed)
        return false;
    for (const struct task *at = t;; at = at->in->owner) {
        const struct series *in = at->in;
        if (r->halted && in->owner)
            continue;
        if (r->halted)
            return in->kind == SERIES_ASIDE;
        if (in->kind == SERIES_ALWAYS || in->kind == SERIES_UNDO || in->kind == SERIES_ASIDE)
            return true;
        if (!in->owner)
            return !r->stopping;
        bool gave_up = in->kind == SERIES_RESCUE ? series_failed(in) : in->owner->failing;
        if (gave_up)
            return false;
    }
}
