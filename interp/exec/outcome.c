// What an attempt came to: judged, verified, tried again, rescued, or the end.

#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "exec/lasting.h"
#include "exec/walk.h"

static const struct scope *scope_of(struct walk *w)
{
    return view_scope(&w->view);
}

static const struct runbook *runbook_of(const struct walk *w)
{
    return space_top(w->task->space)->module->rb;
}

// ---- times

bool step_timeout(struct walk *w, int64_t fallback_ms, int64_t *ns, struct expr_error *err)
{
    const struct defaults *d = runbook_of(w)->defaults;
    bool leaf = w->task->kind == TASK_ACTION && fallback_ms > 0;
    const struct amount *m = &w->task->step->timeout;

    if (!m->written && leaf && d && d->timeout.written)
        m = &d->timeout;
    return amount_get(m, scope_of(w), w->arena, fallback_ms * 1000000, ns, err);
}

static const struct retry *retry_of(const struct walk *w)
{
    const struct defaults *d = runbook_of(w)->defaults;

    if (w->task->auto_undo)
        return NULL;
    if (w->task->step->retry)
        return w->task->step->retry;
    return w->task->kind == TASK_ACTION && d ? d->retry : NULL;
}

// delay * backoff^(n-1), at most max_delay, longer by up to the fraction jitter.
static bool rest_ms(struct walk *w, const struct retry *r, int64_t attempt, int64_t *out,
                    struct expr_error *err)
{
    const struct scope *s = scope_of(w);
    int64_t delay, most;
    double backoff, jitter;

    if (!amount_get(&r->delay, s, w->arena, 1000000000, &delay, err) ||
        !amount_get(&r->max_delay, s, w->arena, INT64_MAX, &most, err) ||
        !amount_number(&r->backoff, s, w->arena, 1, &backoff, err) ||
        !amount_number(&r->jitter, s, w->arena, 0, &jitter, err))
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

// ---- the end

// A result that cannot be kept whole is still a result: it is told short, and the store,
// which is full, says so with the next commit.
static void put_results(struct walk *w, struct value_builder *b, bool has_result)
{
    struct lasting l = lasting_in(w->d, w->arena, b, w->task->aside);

    if (has_result && w->result.kind == VALUE_MAP)
        lasting_put(&l, "result", w->result);
    if (w->outputs.kind == VALUE_MAP)
        lasting_put(&l, "outputs", w->outputs);
    lasting_end(&l);
    if (w->view.result == &w->result && value_size(w->view.result_lost))
        value_put_s(b, "lost", lost_names(w->arena, "result", w->view.result_lost));
}

static const char *cover_word(enum undo_cover c)
{
    static const char *const words[] = {
        [COVER_NOTHING] = "nothing", [COVER_UNDO] = "undo",
        [COVER_INSIDE] = "inside", [COVER_NONE] = "none",
        [COVER_IRREVERSIBLE] = "irreversible", [COVER_MISSING] = "missing",
    };
    return words[c];
}

static void put_text(struct value_builder *b, const char *key, struct str text)
{
    if (text.n)
        value_put_s(b, key, value_string(text));
}

static struct str leaves_of(struct walk *w)
{
    struct expr_error err = { 0 };
    struct str text = STR("");
    bool secret;

    if (w->task->step->leaves)
        template_eval_text(w->task->step->leaves, scope_of(w), w->arena, &text, &secret, &err);
    return text;
}

static void put_left(struct walk *w, struct value_builder *b)
{
    struct value_builder *list = value_list_start(w->arena);
    size_t n = 0;

    for (size_t i = 0; i < w->outcome.left_count; i++) {
        const struct left_process *p = &w->outcome.left[i];
        struct value_builder *one = value_map_start(w->arena);
        if (!p->alive)
            continue;
        value_put_s(one, "pid", value_int(p->pid));
        value_put_s(one, "command", value_string(p->command));
        value_add(list, value_finish(one));
        n++;
    }
    struct value all = value_finish(list);
    if (n)
        value_put_s(b, "left", all);
}

static void put_undo(struct walk *w, struct value_builder *b)
{
    const struct task *t = w->task;

    if (t->phase == PHASE_UNDO || t->aside)
        return;
    value_put_s(b, "undo", value_text(cover_word(step_cover(w->d->program, t->step))));
    struct expr_error err = { 0 };
    struct str text;
    bool secret;
    if (t->step->irreversible &&
        template_eval_text(t->step->irreversible, scope_of(w), w->arena, &text, &secret, &err))
        value_put_s(b, "irreversible", value_string(text));
}

static void stop_everything(struct walk *w)
{
    if (w->timer)
        timer_stop(w->timer);
    if (w->asked)
        ask_withdraw(w->asked);
    w->timer = NULL;
    w->asked = NULL;
    w->withdrawn = true;
}

void walk_end(struct walk *w, enum state state, const char *then, bool own)
{
    struct driver *d = w->d;
    struct task *t = w->task;
    bool bad = state == STATE_FAILED || state == STATE_CANCELLED || state == STATE_UNKNOWN;

    if (w->withdrawn)
        return;
    stop_everything(w);  // which tells of a question that is open
    struct value_builder *b = event_data(d);
    value_put_s(b, "step", value_string(t->address));
    value_put_s(b, "name", value_string(step_label(t->step, scope_of(w), w->arena)));
    value_put_s(b, "attempt", value_int(t->attempts));
    value_put_s(b, "state", value_text(state_word(state)));
    value_put_s(b, "took_ms", value_int(loop_now_ms(d->loop) - w->began_ms));
    put_results(w, b, state != STATE_SKIPPED && state != STATE_SATISFIED);
    put_text(b, "message", w->message);
    put_text(b, "help", bad ? w->help : STR(""));
    put_text(b, "picture", bad ? w->picture : STR(""));
    if (bad && w->parts.kind == VALUE_LIST)
        value_put_s(b, "parts", w->parts);
    if (bad)
        put_text(b, "command", w->command);
    if (t->intent && !t->undoes)
        put_text(b, "leaves", leaves_of(w));
    put_text(b, "by", w->by);
    put_text(b, "reason", w->reason);
    if (then)
        value_put_s(b, "then", value_text(then));
    if (own)
        value_put_s(b, "own", value_bool(true));
    if (then && str_is(str_from(then), "continue"))
        value_put_s(b, "continued", value_bool(true));
    if (w->declined)
        value_put_s(b, "declined", value_bool(true));
    put_left(w, b);
    put_undo(w, b);
    emit(d, EVENT_STEP_END, b);
    act_settle(w->act);
    walk_bury(w);
    if (bad)
        walk_give_back_asked(d);
    pump(d);
}

// ---- good

static bool fill_outputs(struct walk *w, struct expr_error *err)
{
    const struct step *s = w->task->step;
    struct value_builder *b = value_map_start(w->arena);

    if (s->outputs.count == 0 || w->task->auto_undo)
        return true;
    for (size_t i = 0; w->outputs.kind == VALUE_MAP && i < value_size(w->outputs); i++)
        value_put(b, w->outputs.map->entries[i].key, w->outputs.map->entries[i].value);
    LIST_EACH(const struct output, o, s->outputs) {
        struct value v;
        if (!form_fill(o->value, scope_of(w), w->arena, &v, err))
            return false;
        if (o->secret) {
            v = value_secret(v);
            mask_value(w->d->mask, v, w->arena);
        }
        value_put(b, value_string(o->entry.key.str), v);
    }
    w->outputs = value_finish(b);
    return true;
}

void walk_succeeded(struct walk *w)
{
    struct expr_error err = { 0 };

    if (!fill_outputs(w, &err)) {
        fail_expr(w, "outputs", &err);
        return;
    }
    if (w->task->kind != TASK_ACTION && w->task->kind != TASK_GATE) {
        if (!container_commit(w))
            container_work_over(w, STATE_SUCCEEDED);
        return;
    }
    walk_end(w, task_transaction(w->task) ? STATE_PROVISIONAL : STATE_SUCCEEDED, NULL, false);
}

static void verified(void *arg, const struct check_outcome *o)
{
    struct walk *w = arg;

    w->checking = NULL;
    if (w->withdrawn)
        return;
    if (o->ok) {
        walk_succeeded(w);
        return;
    }
    w->message = str_format(w->arena, "`verify` does not hold: %.*s: %.*s", STR_ARG(o->id),
                            STR_ARG(o->message));
    w->picture = str_copy(w->arena, o->picture);
    w->parts = value_copy(w->arena, o->parts);
    w->cancelled |= o->cancelled;
    walk_failed(w);
}

void walk_verify(struct walk *w)
{
    const struct step *s = w->task->step;

    if (s->verify.count == 0 || w->task->auto_undo) {
        walk_succeeded(w);
        return;
    }
    struct str tag = str_format(w->arena, "%.*s.verify.", STR_ARG(w->task->address));
    w->checking = check_all(w->d, w->arena, &s->verify, w->task->space, w->task, &w->view, tag,
                            !w->task->aside, verified, w);
}

// ---- bad

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
    if (w->declined || w->cancelled || w->known_failed || run_interrupted(w->d->run))
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
    if (!amount_get(&r->attempts, scope_of(w), w->arena, 1, &attempts, &err)) {
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

static void tell_attempt(struct walk *w, bool final, int64_t rest)
{
    struct value_builder *b = event_data(w->d);

    value_put_s(b, "step", value_string(w->task->address));
    value_put_s(b, "attempt", value_int(w->task->attempts));
    put_text(b, "message", w->message);
    put_text(b, "picture", w->picture);
    if (final) {  // its rescue may read what came of it
        value_put_s(b, "final", value_bool(true));
        put_results(w, b, true);
    } else {
        value_put_s(b, "next_ms", value_int(rest));
        value_put_s(b, "due_ms", value_int(loop_now_ms(w->d->loop) + rest));
    }
    emit(w->d, EVENT_STEP_ATTEMPT, b);
    act_settle(w->act);
}

static void try_again(struct walk *w, int64_t rest)
{
    tell_attempt(w, false, rest);
    w->result = VALUE_NONE;
    walk_sees_undone(w);
    w->message = w->help = w->picture = STR("");
    w->parts = VALUE_NONE;
    w->outcome = (struct outcome){ 0 };
    w->is_unknown = w->known_failed = w->timed_out = false;
    pump(w->d);
}

static enum state bad_state(const struct walk *w)
{
    if (w->is_unknown)
        return STATE_UNKNOWN;
    return w->declined || w->cancelled ? STATE_CANCELLED : STATE_FAILED;
}

static void end_badly(struct walk *w, const char *then, bool own)
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
        if (w->task->intent)
            try_again(w, 0);
        else
            walk_ask_again(w);
        break;
    case ANSWER_SKIP:
        w->by = str_copy(w->arena, a->by);
        w->reason = str_copy(w->arena, a->text);
        walk_end(w, STATE_SKIPPED, NULL, false);
        break;
    case ANSWER_UNDO:
        end_badly(w, "undo", false);
        break;
    default:
        end_badly(w, "stop", false);
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

    return d->asker->has_terminal && !d->options->no_input && !w->task->aside &&
           !w->task->undoes && d->signals == 0;
}

// A child that was stopped because the time of its group was up: the group decides.
static bool in_failing_group(const struct walk *w)
{
    for (const struct task *at = w->task->in->owner; at; at = at->in->owner)
        if (at->failing && !run_interrupted(w->d->run) && !w->is_unknown)
            return true;
    return false;
}

static void decide(struct walk *w)
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
        end_badly(w, policy_word(p == POLICY_ASK ? POLICY_STOP : p), own);
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
    bool rescues = t->rescue && !t->rescuing && !t->always_begun && !w->declined &&
                   !w->cancelled && !w->is_unknown && !run_is_stopping(w->d->run) &&
                   !t->auto_undo;
    if (rescues) {
        tell_attempt(w, true, 0);
        pump(w->d);
        return;
    }
    decide(w);
}

// ---- what an action came to

void walk_outcome(struct walk *w, const struct outcome *o)
{
    struct judged j;

    w->outcome = *o;
    w->result = value_copy(w->arena, o->result);
    if (w->result.kind == VALUE_NULL && w->task->undoes)
        walk_sees_undone(w);
    else
        walk_sees_own(w);
    w->is_unknown = o->verdict == VERDICT_UNKNOWN;
    w->cancelled |= o->verdict == VERDICT_CANCELLED;
    j = judge(w->d, w->task->auto_undo ? &(struct step){ 0 } : w->task->step, o, scope_of(w),
              w->arena);
    if (j.ok) {
        walk_verify(w);
        return;
    }
    w->message = str_copy(w->arena, j.message);
    w->help = str_copy(w->arena, j.help);
    w->picture = j.picture;
    w->parts = j.parts;
    // It was adopted, and its rule reads what is not known any more: nobody knows if it failed.
    w->is_unknown |= j.unread && o->withheld;
    walk_failed(w);
}

void walk_acted(void *arg, const struct outcome *o)
{
    struct walk *w = arg;

    if (!w->withdrawn)
        walk_outcome(w, o);
}

// A gate that only expects: nothing is done, something must be true.
void gate_judge(struct walk *w)
{
    struct judged j = judge(w->d, w->task->step, NULL, scope_of(w), w->arena);

    if (j.ok) {
        walk_verify(w);
        return;
    }
    w->message = j.message;
    w->help = j.help;
    w->picture = j.picture;
    w->parts = j.parts;
    w->known_failed = w->task->step->retry == NULL;
    walk_failed(w);
}

// ---- stopped from outside

// It has failed already; only what that means for the run was open.
static void stop_deciding(struct walk *w)
{
    ask_withdraw(w->asked);
    w->asked = NULL;
    w->deciding = false;
    end_badly(w, "stop", false);
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

// A rest, a wait, a poll and an open question are not a running step: a first signal
// ends them at once.
void walk_interrupt(struct walk *w)
{
    if (w->withdrawn || w->task->ended)
        return;
    if (w->deciding) {
        stop_deciding(w);
    } else if (w->task->resting || w->asked) {
        w->cancelled = true;
        w->message = STR("stopped while it waited");
        if (w->asked && w->task->kind == TASK_ACTION && !w->task->intent)
            w->declined = false;
        decide(w);
    } else if (is_waiting(w)) {
        w->cancelled = true;
        act_cancel(w->act, true);
    } else if (w->checking) {
        w->cancelled = true;
        check_cancel(w->checking);
    }
}
