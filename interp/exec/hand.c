// Steps that are handed to the keeper ahead, which starts them when there is room (loop/child.h):
// so their place is not empty until the end of the one before was told here, and their start was
// asked for.
//
// Only such whose intent is durable, and only behind steps of which the exit status alone says
// whether they went well. What the keeper started is a step that runs, like any other, whatever was
// decided here meanwhile. The moment something keeps new steps from starting, what is held is taken
// back; the keeper says whether that was in time.

#include "base/arena.h"
#include "exec/walk.h"

// Nothing may be left to judge, to read or to wait for behind a good exit.
int64_t room_of(const struct task *t)
{
    const struct step *s = t->step;
    bool plain = t->kind == TASK_ACTION && !t->undoes && !t->aside && s->action->hold &&
                 !action_needs_terminal(s) && s->more->expect.count == 0 &&
                 s->more->verify.count == 0 && s->more->outputs.count == 0;

    return plain && t->in->limit > 1 ? (int64_t)(uintptr_t)t->in : 0;
}

bool any_handed(const struct driver *d)
{
    for (const struct walk *w = d->ahead; w; w = w->next_ahead)
        if (w->act->held)
            return true;
    return false;
}

// ---- started, or not

static bool group_timed_out(const struct walk *w)
{
    for (const struct task *at = w->task->in->owner; at; at = at->in->owner)
        if (at->walk && at->walk->timed_out)
            return true;
    return false;
}

// What stopped all that ran, before it was known here that this does.
static void stop_as_others(struct walk *w)
{
    struct driver *d = w->d;

    if (d->signals > 1)
        walk_cancel(w, d->signals > 2, "stopped by a signal");
    else if (run_interrupted(d->run) == CODE_TIMEOUT)
        walk_cancel(w, false, "the time of the run was up");
    else if (group_timed_out(w))
        walk_cancel(w, false, "the time of the group around it was up");
    else if (w->cancelled)
        act_cancel(w->act, false);
    else if (d->signals)
        say(d, "%.*s is let finish; a second signal would stop it half done",
            STR_ARG(w->act->shown));
}

static void began(struct walk *w)
{
    if (!w->intended_begun) {
        run_began(w->d->run, w->task);
        intended_start(w);
        emit_intent(w, VALUE_NONE);
    }
    stop_as_others(w);
}

static void made_room(void *arg, bool started)
{
    struct walk *w = arg;

    w->dropping = false;
    if (w->task->ahead == w || w->intended_begun)
        w->task->handed = false;
    if (started)
        began(w);
    else if (w->intended_begun)  // it was its turn before the answer came
        walk_act(w);
    pump(w->d);
}

bool handed_begin(struct walk *w)
{
    if (!w->act->held)
        return false;
    w->task->handed = false;
    if (!w->dropping)
        act_go(w->act);
    return true;
}

// ---- handed over, taken back

static bool may_hand(const struct driver *d, const struct walk *w)
{
    return w->task->ahead == w && !w->intent_pending && !w->act->held && w->act->at.room &&
           run_may_hand(d->run, w->task);
}

void hand_ahead(struct driver *d)
{
    bool may = d->ahead && may_intend(d) && journal_is_near(d->journal);

    for (struct walk *w = d->ahead; may && w; w = w->next_ahead)
        if (may_hand(d, w))
            w->task->handed = act_hold(w->act, made_room, walk_acted, w);
}

// One whose task begins anew, with all around it, is nobody's any more.
static void forget_stale(struct driver *d)
{
    for (struct walk **link = &d->ahead, *w; (w = *link);) {
        if (w->task->ahead == w || w->act->held || w->intent_pending) {
            link = &w->next_ahead;
        } else {
            *link = w->next_ahead;
            walk_bury(w);
        }
    }
}

void take_back_ahead(struct driver *d)
{
    bool none = d->ahead && !may_intend(d);

    for (struct walk *w = d->ahead; w; w = w->next_ahead) {
        bool stays = !none && w->task->ahead == w && run_may_start(d->run, w->task);
        if (w->act->held && !w->dropping && !stays) {
            w->dropping = true;
            act_drop(w->act);
        }
    }
    forget_stale(d);
}
