// A step is stopped from outside: a signal, the time of its group or of the run.

#include "exec/walk.h"

// It has failed already; only what that means for the run was open.
static void stop_deciding(struct walk *w)
{
    ask_withdraw(w->asked);
    w->asked = NULL;
    w->deciding = false;
    walk_end_badly(w, "stop", false);
}

void walk_cancel(struct walk *w, bool at_once, const char *why)
{
    if (w->withdrawn)
        return;
    if (w->deciding) {
        stop_deciding(w);
        return;
    }
    if (!w->cancelled)
        w->message = str_copy(w->arena, str_from(why));
    w->cancelled = true;
    if (w->act && w->act->running)
        act_cancel(w->act, at_once);
    else if (w->reading)
        act_cancel(w->reading, at_once);
    else if (w->checking)
        check_cancel(w->checking);
    else
        walk_interrupt(w);
}

static bool is_waiting(const struct walk *w)
{
    return w->act && w->act->running && str_is(str_from(w->act->at.action->name), "wait");
}

void walk_end_waits(struct driver *d)
{
    for (size_t i = 0; !run_interrupted(d->run) && i < run_task_count(d->run); i++) {
        const struct task *t = run_task_at(d->run, i);
        if (t->walk && !t->ended && is_waiting(t->walk) && !run_may_start(d->run, t))
            walk_interrupt(t->walk);
    }
}

// A rest, a wait, a poll and an open question are not a running step: a first signal
// ends them at once. But the look that says whether an action took effect belongs to it:
// without an answer the step would be done once more.
void walk_interrupt(struct walk *w)
{
    if (w->withdrawn || w->task->ended)
        return;
    if (w->deciding) {
        stop_deciding(w);
    } else if (w->task->resting || w->asked) {
        w->cancelled = true;
        w->is_unknown = false;  // an attempt that may be repeated does no harm
        w->message = STR("stopped while it waited");
        if (w->asked && w->task->kind == TASK_ACTION && !w->task->intent)
            w->declined = false;
        walk_decide(w);
    } else if (w->intent_pending) {
        w->cancelled = true;  // the disk may take long, and then it would begin
    } else if (is_waiting(w)) {
        w->cancelled = true;
        act_cancel(w->act, true);
    } else if (w->checking && w->verifying) {
        check_hurry(w->checking);
    } else if (w->checking) {
        w->cancelled = true;
        check_cancel(w->checking);
    }
}
