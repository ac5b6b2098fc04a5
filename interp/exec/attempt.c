// The intent of an attempt, and its action once that is durable.

#include "base/arena.h"
#include "exec/lasting.h"
#include "exec/walk.h"

// ---- the intent

void walk_act(struct walk *w)
{
    if (w->withdrawn)
        return;
    if (w->cancelled) {
        struct outcome o = { .verdict = VERDICT_CANCELLED,
                             .not_started = true,
                             .message = STR("stopped before it began") };
        walk_outcome(w, &o);
        return;
    }
    act_start(w->act, walk_acted, w);
}

static void intent_is_durable(void *arg)
{
    struct walk *w = arg;

    w->intent_pending = false;
    walk_act(w);
}

// What was there before, and what a callee was given: a resume needs all of it.
static bool put_given(struct walk *w, struct value_builder *b, struct value with)
{
    struct lasting l = lasting_in(w->d, w->arena, b, w->task->aside);
    bool whole = true;
    bool own = has_own_before(w->task);

    if (w->before.kind == VALUE_MAP && own)
        whole = lasting_put(&l, "before", w->before);
    if (with.kind == VALUE_MAP)
        whole &= lasting_put(&l, "with", with);
    lasting_end(&l);
    if (w->view.before_lost.kind == VALUE_LIST && own)
        value_put_s(b, "lost", lost_names(w->arena, "before", w->view.before_lost));
    if (!whole)
        store_has_failed(w->d, STR("what a step needs again after a crash cannot be kept"));
    return whole;
}

void put_inside(const struct task *t, struct value_builder *b)
{
    const struct task *around = t->aside ? NULL : t->in->owner;
    size_t n = around ? around->address.n : 0;
    bool told = around && t->address.n > n &&
                str_equal(str_slice(t->address, 0, n), around->address) &&
                (t->address.s[n] == '.' || t->address.s[n] == '[' || t->address.s[n] == '~');

    if (around && !told)
        value_put_s(b, "inside", value_string(around->address));
}

bool emit_intent(struct walk *w, struct value with)
{
    struct task *t = w->task;
    struct value_builder *b = event_data(w->d);
    struct arena *a = w->arena;

    value_put_s(b, "step", value_string(t->address));
    value_put_s(b, "name", value_string(step_label(t->step, scope_of(w), a)));
    value_put_s(b, "attempt", value_int(t->attempts + 1));
    put_inside(t, b);
    value_put_s(b, "effects", value_text(effects_word(step_effects(w->d->program, t->step))));
    if (t->kind == TASK_ACTION) {
        w->act->at.number = t->attempts + 1;
        if (w->intended)
            w->act->at.name = t->file;
        else if (!t->aside)  // what stands aside has no event of its own, and a name from the start
            w->act->at.name = str_format(a, "a%lld", (long long)next_seq(w->d));
        value_put_s(b, "action", value_text(w->act->at.action->name));
        value_put_s(b, "command", value_string(w->command));
        value_put_s(b, "file", value_string(w->act->at.name));
        if (action_needs_terminal(t->step))
            value_put_s(b, "tty", value_bool(true));
        if (w->act->at.job)  // not when it could not be resolved again after a crash
            program_put(w->d, &w->act->at, b);
    } else {
        value_put_s(b, "group", value_bool(true));
        if (w->limit > 0)
            value_put_s(b, "parallel", value_int(w->limit));
    }
    if (!put_given(w, b, with))
        return false;
    w->attempt_ms = loop_now_ms(w->d->loop);
    w->intended = false;  // the next attempt has an intent of its own
    emit(w->d, EVENT_STEP_START, b);
    return true;
}

void walk_attempt(struct walk *w)
{
    if (!emit_intent(w, VALUE_NONE))
        return;
    w->intent_pending = true;
    when_durable(w->d, intent_is_durable, w);
}

// ---- may it still begin?

static bool resolve_again(struct walk *w)
{
    struct expr_error err = { 0 };

    if (w->task->kind != TASK_ACTION || w->task->step->more->before.count == 0 ||
        w->task->auto_undo || w->d->options->dry_run)
        return true;
    if (!walk_make_act(w, &err)) {
        fail_expr(w, "action", &err);
        return false;
    }
    w->command = act_describe(w->act);
    return true;
}

static void give_back(struct walk *w)
{
    struct driver *d = w->d;

    if (w->asked)
        ask_withdraw(w->asked);
    w->asked = NULL;
    w->withdrawn = true;
    run_give_back(d->run, w->task);
    walk_bury(w);
    pump(d);
}

// Backwards: the question that is on the screen is the first.
void walk_give_back_asked(struct driver *d)
{
    for (size_t i = run_task_count(d->run); i-- > 0;) {
        const struct task *t = run_task_at(d->run, i);
        if (t->walk && !t->ended && t->walk->asked && !t->walk->deciding &&
            !run_may_start(d->run, t))
            give_back(t->walk);
    }
}

void walk_intend(struct walk *w)
{
    if (!run_may_start(w->d->run, w->task)) {
        give_back(w);  // the run was stopped while it was asked about, or read
        return;
    }
    if (!resolve_again(w))
        return;
    switch (w->task->kind) {
    case TASK_GATE:
        gate_judge(w);
        break;
    case TASK_GROUP:
    case TASK_USE:
    case TASK_EACH:
        container_begin(w);
        break;
    case TASK_ACTION:
        if (w->act->at.action->asks) {
            work_ask(w);
            break;
        }
        walk_attempt(w);
        break;
    }
}
