// Tasks that hold others: groups, transactions and used runbooks (each.c: lists).

#include <string.h>

#include "action/sql/transaction.h"
#include "base/arena.h"
#include "base/map.h"
#include "exec/lasting.h"
#include "exec/walk.h"

static void cancel_inside(struct walk *w, const char *why)
{
    struct driver *d = w->d;

    for (size_t i = 0; i < run_task_count(d->run); i++) {
        struct task *t = run_task_at(d->run, i);
        for (struct task *at = t->in->owner; at && t->walk; at = at->in->owner)
            if (at == w->task && !t->ended) {
                walk_cancel(t->walk, false, why);
                break;
            }
    }
}

static void timed_out(void *arg)
{
    struct walk *w = arg;

    w->timer = NULL;
    w->timed_out = true;
    run_fail_group(w->d->run, w->task);
    cancel_inside(w, "the time of the group around it was up");
    pump(w->d);
}

static void start_timer(struct walk *w)
{
    struct expr_error err = { 0 };
    int64_t ns = 0;

    if (!step_timeout(w, 0, &ns, &err) || ns <= 0)
        return;
    w->timer = loop_timer(w->d->loop, w->arena, loop_now_ms(w->d->loop) + ns / 1000000, timed_out,
                          w);
}

static void start_children(struct walk *w, struct value with)
{
    if (!emit_intent(w, with))
        return;
    start_timer(w);
    pump(w->d);
}

static void callee_refused(struct walk *w, const char *what, const struct answer *a)
{
    w->declined = true;
    w->message = str_format(w->arena, "%s: %s", what,
                            a->kind == ANSWER_NONE ? "nobody answered" : "declined by a person");
    walk_failed(w);
}

// A callee's own checklist and confirm come before its steps, under the caller's name.
struct callee {
    struct walk *w;
    struct value with;
    size_t next_item;
};

static void ask_callee(struct callee *c);

static void item_answered(void *arg, const struct answer *a)
{
    struct callee *c = arg;

    c->w->asked = NULL;
    if (c->w->withdrawn)
        return;
    walk_waited(c->w);
    if (a->kind == ANSWER_YES)
        ask_callee(c);
    else
        callee_refused(c->w, "its checklist was not attested", a);
}

static void item_checked(void *arg, const struct check_outcome *o)
{
    struct callee *c = arg;

    c->w->checking = NULL;
    if (c->w->withdrawn)
        return;
    if (o->ok) {
        ask_callee(c);
        return;
    }
    c->w->message = str_format(c->w->arena, "its checklist does not hold: %.*s",
                               STR_ARG(o->message));
    walk_failed(c->w);
}

static void ask_item(struct callee *c, const struct runbook *rb)
{
    struct walk *w = c->w;
    const struct check_item *items = rb->checklist.items, *item = &items[c->next_item++];
    struct view v = view_of_space(w->d, w->task->inner);
    struct expr_error err = { 0 };
    bool secret;

    if (item->check) {
        struct list *one = NEW(w->arena, struct list);
        *one = (struct list){ (void *)item->check, 1 };
        w->checking = check_all(
            w->d, w->arena, one, w->task->inner, w->task, &v,
            str_format(w->arena, "%.*s.checklist_%zu.", STR_ARG(w->task->address), c->next_item),
            true, item_checked, c);
        return;
    }
    w->question = question_about(w, QUESTION_CHECKLIST);
    w->question->id = str_format(w->arena, "%.*s.checklist_%zu", STR_ARG(w->task->address),
                                 c->next_item);
    if (!template_eval_text(item->item, view_scope(&v), w->arena, &w->question->message, &secret,
                            &err)) {
        fail_expr(w, "checklist", &err);
        return;
    }
    w->asked = ask(w->d, w->question, w->task, item_answered, c);
}

static void callee_confirmed(void *arg, const struct answer *a)
{
    struct callee *c = arg;
    struct walk *w = c->w;
    bool right = w->question->danger != DANGER_SEVERE || str_equal(w->question->phrase, a->text);

    w->asked = NULL;
    if (w->withdrawn)
        return;
    walk_waited(w);
    if (a->kind == ANSWER_YES && right)
        start_children(w, c->with);
    else
        callee_refused(w, "not confirmed", a);
}

static void ask_callee(struct callee *c)
{
    struct walk *w = c->w;
    const struct runbook *rb = w->task->inner->module->rb;
    struct view v = view_of_space(w->d, w->task->inner);
    struct expr_error err = { 0 };

    if (w->d->options->dry_run || w->task->intent) {
        start_children(w, c->with);
    } else if (c->next_item < rb->checklist.count) {
        ask_item(c, rb);
    } else if (rb->confirm) {
        w->question = question_about(w, QUESTION_CONFIRM);
        w->question->id = str_format(w->arena, "%.*s.run", STR_ARG(w->task->address));
        if (!question_confirm(w->question, rb->confirm, view_scope(&v), w->arena, &err)) {
            fail_expr(w, "confirm", &err);
            return;
        }
        w->asked = ask(w->d, w->question, w->task, callee_confirmed, c);
    } else {
        start_children(w, c->with);
    }
}

static void use_begin(struct walk *w)
{
    struct callee *c = NEW(w->arena, struct callee);
    struct expr_error err = { 0 };
    struct str why;

    *c = (struct callee){ .w = w };
    c->with = w->task->given;
    const struct module *m = program_use(w->d->program, w->task->step);
    if (c->with.kind != VALUE_MAP &&
        !frame_with(w->task->step, m, scope_of(w), w->arena, &c->with, &err)) {
        if (w->d->options->dry_run)
            dry_unresolved(w, &err);
        else
            fail_expr(w, "with", &err);
        return;
    }
    run_make_callee(w->d->run, w->task);
    if (!use_frame(w->d, w->task, c->with, w->now, &why)) {
        w->message = why;
        w->known_failed = true;
        walk_failed(w);
        return;
    }
    ask_callee(c);
}

static void transaction_began(struct attempt *at, const struct outcome *o)
{
    struct act *x = at->owner;
    struct walk *w = x->arg;

    if (w->withdrawn)
        return;
    if (o->verdict == VERDICT_DONE) {
        start_children(w, VALUE_NONE);
        return;
    }
    w->message = str_copy(w->arena, o->message);
    w->help = str_copy(w->arena, o->help);
    walk_failed(w);
}

static void transaction_begins(struct walk *w)
{
    struct task *t = w->task;
    struct expr_error err = { 0 };
    struct act *x = act_new(w->d, w->arena, t, t->space, t->step, t->address, t->attempts + 1);
    int64_t ns = 0;

    x->arg = w;
    w->act = x;
    if (!step_timeout(w, 0, &ns, &err)) {
        fail_expr(w, "timeout", &err);
        return;
    }
    x->at.timeout_ms = ns / 1000000;
    x->at.scope = scope_of(w);
    transaction_begin(&x->at, t->step->transaction.str, STR(""), transaction_began);
}

void container_begin(struct walk *w)
{
    if (w->task->kind == TASK_USE)
        use_begin(w);
    else if (w->task->step->transaction.str.n && !w->d->options->dry_run)
        transaction_begins(w);
    else
        start_children(w, VALUE_NONE);
}

// ---- ending

// Children of a transaction take the state that the transaction came to.
static void settle_children(struct walk *w, enum state state)
{
    struct driver *d = w->d;

    for (size_t i = 0; i < run_task_count(d->run); i++) {
        struct task *t = run_task_at(d->run, i);
        bool inside = false;
        for (struct task *at = t->in->owner; at; at = at->in->owner)
            inside |= at == w->task;
        if (!inside || !t->ended || t->state != STATE_PROVISIONAL)
            continue;
        struct value_builder *b = event_data(d);
        value_put_s(b, "step", value_string(t->address));
        value_put_s(b, "attempt", value_int(t->attempts));
        value_put_s(b, "state", value_text(state_word(state)));
        value_put_s(b, "took_ms", value_int(t->took_ms));
        struct lasting l = lasting_in(d, w->arena, b, t->aside);
        if (t->result.kind == VALUE_MAP)
            lasting_put(&l, "result", t->result);
        if (t->outputs.kind == VALUE_MAP)
            lasting_put(&l, "outputs", t->outputs);
        lasting_end(&l);
        if (state == STATE_CANCELLED)
            value_put_s(b, "message", value_text("rolled back"));
        emit(d, EVENT_STEP_END, b);
    }
}

// The transaction was committed before a crash, as the server says.
void container_committed(struct walk *w)
{
    settle_children(w, STATE_SUCCEEDED);
    container_work_over(w, STATE_SUCCEEDED);
}

static void committed(struct attempt *at, const struct outcome *o)
{
    struct act *x = at->owner;
    struct walk *w = x->arg;

    if (o->verdict == VERDICT_DONE) {
        settle_children(w, STATE_SUCCEEDED);
        container_work_over(w, STATE_SUCCEEDED);
        return;
    }
    w->is_unknown = o->verdict == VERDICT_UNKNOWN;
    settle_children(w, w->is_unknown ? STATE_UNKNOWN : STATE_CANCELLED);
    w->message = str_copy(w->arena, o->message);
    w->help = str_copy(w->arena, o->help);
    at->transaction = NULL;
    walk_failed(w);
}

bool container_commit(struct walk *w)
{
    if (!w->task->step->transaction.str.n || w->d->options->dry_run || !w->act)
        return false;
    transaction_commit(&w->act->at, committed);
    return true;
}

static void rolled_back(struct attempt *at, const struct outcome *o)
{
    struct act *x = at->owner;
    struct walk *w = x->arg;

    (void)o;
    at->transaction = NULL;
    settle_children(w, STATE_CANCELLED);
    walk_failed(w);
}

// The work of a container went wrong: a transaction is rolled back before anything else.
static void container_failed(struct walk *w)
{
    if (w->act && w->act->at.transaction) {
        transaction_rollback(&w->act->at, rolled_back);
        return;
    }
    walk_failed(w);
}

static void last_word(struct walk *w, enum state state)
{
    bool own = false;
    bool bad = state == STATE_FAILED || state == STATE_CANCELLED || state == STATE_UNKNOWN;
    const char *then = NULL;

    if (bad) {
        enum policy p = run_policy(w->d->run, w->task, &own);
        if (run_is_stopping(w->d->run) && p != POLICY_CONTINUE && p != POLICY_GROUP)
            p = POLICY_STOP;
        then = w->then ? w->then : policy_word(p == POLICY_ASK ? POLICY_STOP : p);
    }
    walk_end(w, state, then, own);
}

// The work is over, well or not; `always` comes before the last word.
void container_work_over(struct walk *w, enum state state)
{
    struct task *t = w->task;

    if (w->timer)
        timer_stop(w->timer);
    w->timer = NULL;
    w->final_state = state;
    if (t->always && !t->always_begun && t->intent) {
        struct value_builder *b = event_data(w->d);
        value_put_s(b, "step", value_string(t->address));
        value_put_s(b, "failed", value_bool(state != STATE_SUCCEEDED && state != STATE_RESCUED));
        if (w->message.n)
            value_put_s(b, "message", value_string(w->message));
        emit(w->d, EVENT_STEP_ALWAYS, b);
        pump(w->d);
        return;
    }
    last_word(w, state);
}

static void after_always(struct walk *w)
{
    struct task *t = w->task;
    enum state state = w->final_state   ? w->final_state
                       : t->work_failed ? STATE_FAILED
                                        : STATE_SUCCEEDED;

    if ((state == STATE_SUCCEEDED || state == STATE_RESCUED) && series_failed(t->always)) {
        state = STATE_FAILED;
        w->message = STR("a step of its `always` failed");
    }
    last_word(w, state);
}

static void after_rescue(struct walk *w)
{
    struct task *t = w->task;
    bool ok = t->rescue->left == 0 && !series_failed(t->rescue);

    if (!ok) {
        w->message = str_format(w->arena, "%.*s; its rescue failed too", STR_ARG(t->message));
        walk_failed(w);
        return;
    }
    w->message = str_format(w->arena, "rescued: %.*s", STR_ARG(t->message));
    if (t->kind == TASK_ACTION || t->kind == TASK_GATE)
        walk_end(w, STATE_RESCUED, NULL, false);
    else
        container_work_over(w, STATE_RESCUED);
}

static void callee_verified(void *arg, const struct check_outcome *o)
{
    struct walk *w = arg;

    w->checking = NULL;
    if (w->withdrawn)
        return;
    if (o->ok) {
        walk_verify(w);
        return;
    }
    w->message = str_format(w->arena, "its `verify` does not hold: %.*s: %.*s", STR_ARG(o->id),
                            STR_ARG(o->message));
    w->picture = str_copy(w->arena, o->picture);
    w->parts = value_copy(w->arena, o->parts);
    w->cancelled |= o->cancelled;
    container_failed(w);
}

static bool callee_outputs(struct walk *w, struct expr_error *err)
{
    const struct runbook *rb = w->task->inner->module->rb;
    struct view v = view_of_space(w->d, w->task->inner);
    struct value_builder *b = value_map_start(w->arena);

    LIST_EACH(const struct output, o, rb->outputs)
    {
        struct value one;
        if (!form_fill(o->value, view_scope(&v), w->arena, &one, err))
            return false;
        if (o->secret) {
            one = value_secret(one);
            mask_value(w->d->mask, one, w->arena);
        }
        value_put(b, value_string(o->entry.key.str), one);
    }
    w->outputs = value_finish(b);
    w->result = w->outputs;
    walk_sees_own(w);
    return true;
}

// What stands aside has an address that nothing else has; people know it without that part.
static struct str told_address(const struct task *t, struct arena *a)
{
    size_t from = str_search(t->address, STR(ASIDE_MARK)), to;

    if (!t->aside || from == SIZE_MAX)
        return t->address;
    for (to = from + strlen(ASIDE_MARK); to < t->address.n && t->address.s[to] != '.';)
        to++;
    return str_format(a, "%.*s%.*s", (int)from, t->address.s, (int)(t->address.n - to),
                      t->address.s + to);
}

static void callee_over(struct walk *w)
{
    const struct runbook *rb = w->task->inner->module->rb;
    struct expr_error err = { 0 };
    struct view v = view_of_space(w->d, w->task->inner);

    if (!callee_outputs(w, &err)) {
        fail_expr(w, "outputs", &err);
        return;
    }
    if (rb->verify.count == 0 || w->d->options->dry_run) {
        walk_verify(w);
        return;
    }
    struct str tag = str_format(w->arena, "%.*s.", STR_ARG(told_address(w->task, w->arena)));
    w->checking = check_all(w->d, w->arena, &rb->verify, w->task->inner, w->task, &v, tag,
                            !w->task->aside, callee_verified, w);
}

static const struct task *first_bad(const struct series *s)
{
    for (size_t i = 0; s && i < s->count; i++) {
        const struct task *t = s->tasks[i];
        bool bad = t->state == STATE_FAILED || t->state == STATE_CANCELLED ||
                   t->state == STATE_UNKNOWN;
        if (bad && !t->own_continue)
            return t;
    }
    return NULL;
}

static void why_it_failed(struct walk *w)
{
    const struct task *bad = first_bad(w->task->prepare);

    if (!bad)
        bad = first_bad(w->task->steps);
    if (w->timed_out)
        w->message = STR("its time was up");
    else if (bad)
        w->message = str_format(w->arena, "`%.*s` %s%s%.*s", STR_ARG(told_address(bad, w->arena)),
                                state_word(bad->state), bad->aside && bad->message.n ? ": " : "",
                                STR_ARG(bad->aside ? bad->message : STR("")));
    else
        w->message = STR("it was stopped before it was done");
    w->is_unknown = bad && bad->state == STATE_UNKNOWN;
    w->cancelled |= !bad && !w->timed_out;
    w->declined = bad && bad->declined;
    if (bad && bad->state == STATE_CANCELLED && !bad->declined && !w->timed_out)
        w->cancelled = true;
}

static void children_over(struct walk *w)
{
    struct task *t = w->task;
    bool complete = (!t->prepare || t->prepare->left == 0) && (!t->steps || t->steps->left == 0);
    bool good = complete && !w->timed_out && !series_failed(t->prepare) && !series_failed(t->steps);

    if (w->timer)
        timer_stop(w->timer);
    w->timer = NULL;
    if (!good) {
        why_it_failed(w);
        container_failed(w);
    } else if (t->kind == TASK_USE) {
        callee_over(w);
    } else if (w->d->options->dry_run) {
        walk_succeeded(w);
    } else {
        walk_verify(w);
    }
}

void walk_finish(struct driver *d, struct task *t)
{
    struct walk *w = walk_new(d, t);

    if (t->ended)
        return;
    if (t->always_begun)
        after_always(w);
    else if (t->rescuing)
        after_rescue(w);
    else if (t->kind == TASK_EACH)
        each_over(w);
    else
        children_over(w);
}
