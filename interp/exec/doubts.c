// At resume: outcomes that were not known when the session before ended are asked about once more,
// where there is somebody to ask. A server that could not be reached then knows what became of
// the transaction, a remote whether the push arrived. What is found out counts as what a person
// would have marked; what the step would have returned is not known.

#include "action/sql/transaction.h"
#include "base/arena.h"
#include "exec/session.h"

struct doubt {
    struct task *task;
    struct act *act;
    enum verdict verdict;
    struct str message;
    bool over;
};

static bool can_be_asked(const struct task *t)
{
    bool in_steps = (t->phase == PHASE_PREPARE || t->phase == PHASE_STEPS) && !t->undoes &&
                    !t->aside;

    if (!in_steps || t->state != STATE_UNKNOWN || t->more->notes.kind != VALUE_MAP)
        return false;
    if (t->kind == TASK_GROUP)
        return t->step->more->transaction != NULL;
    return t->kind == TASK_ACTION && t->step->action->settle;
}

static void answered(void *arg, const struct outcome *o)
{
    struct doubt *q = arg;

    q->verdict = o->verdict;
    q->message = str_copy(q->act->d->arena, o->message);
    q->over = true;
}

static void group_answered(struct attempt *at, const struct outcome *o)
{
    struct act *x = at->owner;

    answered(x->arg, o);
}

static void start_asking(struct driver *d, struct doubt *q)
{
    struct walk *w = walk_new(d, q->task);
    struct act *x = q->act = settle_act(w);

    x->then = answered;
    x->arg = q;
    if (q->task->kind == TASK_GROUP) {
        transaction_settle(&x->at, q->task->step->more->transaction->str, q->task->more->notes,
                           group_answered);
        return;
    }
    x->running = true;
    x->next = d->acts;
    d->acts = x;
    x->at.action->settle(&x->at, q->task->more->notes);
}

// [with]: what was said of the transaction around it; or NULL.
static void tell_one(struct driver *d, const struct task *t, const struct task *with,
                     const char *state, struct str by, struct str message)
{
    struct value_builder *b = event_data(d);

    value_put_s(b, "step", value_string(t->address));
    value_put_s(b, "attempt", value_int(t->attempts));
    value_put_s(b, "state", value_text(state));
    value_put_s(b, "marked", value_bool(true));
    if (with)
        value_put_s(b, "marked_with", value_string(with->address));
    if (by.n)
        value_put_s(b, "by", value_string(by));
    value_put_s(b, "message", value_string(message));
    emit(d, EVENT_STEP_END, b);
}

static bool is_inside(const struct task *t, const struct task *group)
{
    for (const struct task *at = t->in->owner; at; at = at->in->owner)
        if (at == group)
            return true;
    return false;
}

// What is in a transaction comes to what it comes to.
void doubt_settled(struct driver *d, struct task *t, bool done, struct str by, struct str message)
{
    for (size_t i = 0; t->kind == TASK_GROUP && i < run_task_count(d->run); i++) {
        const struct task *one = run_task_at(d->run, i);
        if (one->state == STATE_UNKNOWN && is_inside(one, t))
            tell_one(d, one, t, done ? "succeeded" : "cancelled", by, message);
    }
    tell_one(d, t, NULL, done ? "succeeded" : "failed", by, message);
}

static void tell(struct driver *d, const struct doubt *q)
{
    bool done = q->verdict == VERDICT_DONE;
    struct str asked = done ? STR("asked again: it took effect")
                            : STR("asked again: it did not take effect");

    doubt_settled(d, q->task, done, STR(""), q->message.n ? q->message : asked);
}

// Nothing of the run is carried out meanwhile.
void doubts_ask(struct driver *d)
{
    size_t n = run_task_count(d->run);

    run_hold(d->run, true);
    for (size_t i = 0; i < n && !d->signals; i++) {
        struct doubt q = { .task = run_task_at(d->run, i), .verdict = VERDICT_UNKNOWN };
        if (!can_be_asked(q.task))
            continue;
        say(d, "%.*s: asking again what became of it", STR_ARG(q.task->address));
        start_asking(d, &q);
        while (!q.over && loop_turn(d->loop))
            ;
        q.task->walk = NULL;
        if (q.verdict != VERDICT_UNKNOWN)
            tell(d, &q);
    }
    run_hold(d->run, false);
    d->over = d->suspended = false;
}
