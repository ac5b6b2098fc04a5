// A step has failed: tried again, rescued, or what its on_failure says (execution.md section 4).

#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "exec/walk.h"

// ---- tried again

static const struct retry *retry_of(const struct walk *w)
{
    const struct defaults *d = walk_defaults(w);

    if (w->task->auto_undo)
        return NULL;
    if (w->task->step->more->retry)
        return w->task->step->more->retry;
    // A person who said that it failed is asked again only where the step itself says so.
    bool by_itself = w->task->kind == TASK_ACTION && !w->task->step->action->asks;
    return by_itself && d ? d->retry : NULL;
}

// delay * backoff^(n-1), at most max_delay, longer by up to the fraction jitter.
static bool rest_ms(struct walk *w, const struct retry *r, int64_t attempt, int64_t *out,
                    struct expr_error *err)
{
    const struct scope *s = scope_of(w);
    int64_t delay, most;
    double backoff, jitter;

    if (!amount_get(r->delay, s, w->arena, 1000000000, &delay, err) ||
        !amount_get(r->max_delay, s, w->arena, INT64_MAX, &most, err) ||
        !amount_number(r->backoff, s, w->arena, 1, &backoff, err) ||
        !amount_number(r->jitter, s, w->arena, 0, &jitter, err))
        return false;
    double ns = (double)delay * pow(backoff, (double)(attempt - 1));
    if (ns > (double)most)
        ns = (double)most;
    ns *= 1 + jitter * (double)(random() % 1000) / 1000;
    if (ns > 1e18)
        ns = 1e18;
    *out = (int64_t)(ns / 1000000);
    return true;
}

static bool was_killed(const struct walk *w)
{
    struct value signal = VALUE_NONE;

    if (w->result.kind == VALUE_MAP)
        value_field(w->result, "signal", w->arena, &signal);
    return w->outcome.timed_out || (signal.kind == VALUE_STRING && signal.s.n > 0);
}

// Repeats what is known to have failed; what may have taken effect only if the step says
// that this does no harm.
static bool may_repeat(const struct walk *w)
{
    if (w->declined || w->cancelled || w->known_failed || w->task->stopped_inside ||
        run_interrupted(w->d->run))
        return false;
    if (w->is_unknown || (was_killed(w) && !w->outcome.not_started))
        return step_is_idempotent(w->d->program, w->task->step);
    return true;
}

static bool wants_retry(struct walk *w, int64_t *rest)
{
    const struct retry *r = retry_of(w);
    struct expr_error err = { 0 };
    int64_t attempts;
    bool again = true;

    if (!r || !may_repeat(w))
        return false;
    if (!amount_get(r->attempts, scope_of(w), w->arena, 1, &attempts, &err)) {
        w->message = str_format(w->arena, "`retry.attempts` cannot be evaluated: %.*s",
                                STR_ARG(err.message));
        return false;
    }
    if (w->task->attempts >= attempts)
        return false;
    if (r->cond && !expr_test(r->cond, scope_of(w), w->arena, &again, &err)) {
        w->message = str_format(w->arena, "`retry.if` cannot be evaluated: %.*s",
                                STR_ARG(err.message));
        return false;
    }
    return again && rest_ms(w, r, w->task->attempts, rest, &err);
}

static struct value_builder *about_attempt(struct walk *w)
{
    struct value_builder *b = event_data(w->d);

    value_put_s(b, "step", value_string(w->task->address));
    value_put_s(b, "attempt", value_int(w->task->attempts));
    put_some(b, "message", w->message);
    put_some(b, "picture", w->picture);
    return b;
}

static void tell_attempt(struct walk *w, int64_t rest)
{
    struct value_builder *b = about_attempt(w);

    value_put_s(b, "next_ms", value_int(rest));
    value_put_s(b, "due_ms", value_int(loop_now_ms(w->d->loop) + rest));
    emit(w->d, EVENT_STEP_ATTEMPT, b);
    act_settle(w->act);
}

// Its rescue may read what came of it.
static void begin_rescue(struct walk *w)
{
    struct value_builder *b = about_attempt(w);

    if (put_results(w, b, true)) {
        emit(w->d, EVENT_STEP_RESCUE, b);
        act_settle(w->act);
    }
    pump(w->d);
}

void walk_rescue_again(struct walk *w)
{
    w->message = w->task->message;
    w->result = w->task->result;
    w->view.result = &w->result;
    w->view.result_lost = names_lost(w->task, "result");
    begin_rescue(w);
}

static void try_again(struct walk *w, int64_t rest)
{
    tell_attempt(w, rest);
    pump(w->d);
}

void walk_forget_attempt(struct walk *w)
{
    w->result = VALUE_NONE;
    walk_sees_undone(w);
    w->message = w->help = w->picture = STR("");
    w->parts = VALUE_NONE;
    w->outcome = (struct outcome){ 0 };
    w->is_unknown = w->known_failed = w->timed_out = false;
}

void walk_not_again(struct walk *w)
{
    if (!w->message.n)
        w->message = w->task->message;
    walk_decide(w);
}

// ---- given up

static enum state bad_state(const struct walk *w)
{
    if (w->is_unknown)
        return STATE_UNKNOWN;
    return w->declined || w->cancelled ? STATE_CANCELLED : STATE_FAILED;
}

void walk_end_badly(struct walk *w, const char *then, bool own)
{
    if (w->task->kind == TASK_ACTION || w->task->kind == TASK_GATE)
        walk_end(w, bad_state(w), then, own);
    else {
        w->then = then;
        container_work_over(w, bad_state(w));
    }
}

static void failure_answered(void *arg, const struct answer *a)
{
    struct walk *w = arg;

    w->asked = NULL;
    w->deciding = false;
    if (w->withdrawn)
        return;
    walk_waited(w);
    switch (a->kind) {
    case ANSWER_RETRY:
        w->declined = w->known_failed = w->cancelled = false;
        w->insisted = true;
        if (w->task->intent)
            try_again(w, 0);
        else
            walk_ask_again(w);
        break;
    case ANSWER_SKIP:
        walk_skipped(w, a);
        break;
    case ANSWER_UNDO:
        walk_end_badly(w, "undo", false);
        break;
    default:
        walk_end_badly(w, "stop", false);
    }
}

static void ask_what_now(struct walk *w)
{
    struct question *q = question_about(w, QUESTION_FAILURE);
    bool leaf = w->task->kind == TASK_ACTION || w->task->kind == TASK_GATE;

    w->question = q;
    q->message = w->message;
    q->declined = w->declined && !w->task->intent;
    q->may_retry = q->declined ? leaf : !w->is_unknown && w->task->intent;
    q->may_skip = true;
    q->may_undo = run_changed_anything(w->d->run);
    w->deciding = true;
    w->asked = ask(w->d, q, w->task, failure_answered, w);
}

static bool can_ask(const struct walk *w)
{
    const struct driver *d = w->d;

    return somebody_is_here(d) && !w->task->aside && !w->task->undoes &&
           d->signals == 0;
}

// A child that was stopped because the time of its group was up: the group decides.
static bool in_failing_group(const struct walk *w)
{
    for (const struct task *at = w->task->in->owner; at; at = at->in->owner)
        if (at->failing && !run_interrupted(w->d->run) && !w->is_unknown)
            return true;
    return false;
}

void walk_decide(struct walk *w)
{
    bool own;
    enum policy p = run_policy(w->d->run, w->task, &own);

    if (w->is_unknown || w->cancelled)
        p = in_failing_group(w) ? POLICY_GROUP : POLICY_STOP;
    if (run_is_stopping(w->d->run) && (p == POLICY_ASK || p == POLICY_UNDO) &&
        w->task->kind != TASK_ACTION && w->task->kind != TASK_GATE)
        p = POLICY_STOP;
    if (w->declined && !run_changed_anything(w->d->run))
        p = POLICY_STOP;  // nothing was changed, and nothing will be
    if (p == POLICY_ASK && can_ask(w))
        ask_what_now(w);
    else
        walk_end_badly(w, policy_word(p == POLICY_ASK ? POLICY_STOP : p), own);
}

static void left_is_killed(struct attempt *at, const struct left_process *left, size_t count)
{
    struct act *x = at->owner;
    struct walk *w = x->arg;

    remember_left(x->d, x->shown, &(struct outcome){ .left = left, .left_count = count });
    walk_failed(w);
    pump(x->d);
}

// What its process left running was let alone because that had succeeded; the step has not.
static bool kills_left(struct walk *w)
{
    if (!w->act || w->outcome.verdict != VERDICT_DONE || !w->outcome.left_count)
        return false;
    w->outcome.left_count = 0;
    forget_left(w->d, w->act->shown);
    return attempt_kill_left(&w->act->at, left_is_killed);
}

void walk_failed(struct walk *w)
{
    struct task *t = w->task;
    int64_t rest;

    if (t->ended || w->withdrawn || kills_left(w))
        return;
    if (!t->always_begun && wants_retry(w, &rest)) {
        try_again(w, rest);
        return;
    }
    bool rescues = t->rescue && !t->rescuing && !t->always_begun && !w->declined && !w->cancelled &&
                   !w->is_unknown && !run_is_stopping(w->d->run) && !t->auto_undo;
    if (rescues) {
        begin_rescue(w);
        return;
    }
    walk_decide(w);
}
