// Tasks that hold others, from their first child to their end: groups, transactions
// (transaction.c), used runbooks (callee.c), lists (each.c).

#include <string.h>

#include "base/arena.h"
#include "exec/walk.h"

static const char out_of_time[] = "the time of the group around it was up";

// ---- begun

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
    cancel_inside(w, out_of_time);
    pump(w->d);
}

static void start_timer(struct walk *w)
{
    struct expr_error err = { 0 };
    int64_t ns = 0, due_ms = w->task->more->due_ms;

    if (!step_timeout(w, 0, &ns, &err) || ns <= 0)
        return;
    if (due_ms)
        task_more(w->d->arena, w->task)->due_ms = 0;  // another attempt has a time of its own
    else
        due_ms = loop_now_ms(w->d->loop) + ns / 1000000;
    if (due_ms <= loop_now_ms(w->d->loop))
        timed_out(w);
    else
        w->timer = loop_timer(w->d->loop, w->arena, due_ms, timed_out, w);
}

// What a dry run cannot know yet is no failure of it.
static bool is_known(struct walk *w, const char *key, bool ok, const struct expr_error *err)
{
    if (ok || (w->d->options->dry_run && err->missing))
        return true;
    fail_expr(w, key, err);
    return false;
}

// Before anything of it is begun: how long it may take, and how many at a time where that is
// computed.
static bool read_limits(struct walk *w)
{
    const struct amount *parallel = w->task->step->more->parallel;
    struct expr_error err = { 0 };
    int64_t ns = 0;

    w->limit = 0;
    if (!is_known(w, "timeout", step_timeout(w, 0, &ns, &err), &err))
        return false;
    if (w->task->kind != TASK_GROUP || !parallel || amount_is_literal(parallel))
        return true;
    return is_known(w, "parallel",
                    amount_get(parallel, scope_of(w), w->arena, 0, &w->limit, &err), &err);
}

void container_children(struct walk *w, struct value with)
{
    if (!emit_intent(w, with))
        return;
    start_timer(w);
    pump(w->d);
}

void container_begin(struct walk *w)
{
    if (!read_limits(w))
        return;
    dry_beside(w, w->task->step->more->parallel);
    if (w->task->kind == TASK_USE)
        callee_begin(w);
    else if (w->task->step->more->transaction && !w->d->options->dry_run)
        container_transaction(w);
    else
        container_children(w, VALUE_NONE);
}

// ---- waited for

// The group around [t] whose time covers it; *at goes on to the next. Not that of a group whose
// `rescue`, `always` or undo it is in.
static struct task *next_around(const struct task **at)
{
    while ((*at)->in->owner && (*at)->in->kind != SERIES_UNDO) {
        const struct series *in = (*at)->in;
        *at = in->owner;
        if ((in->kind == SERIES_STEPS || in->kind == SERIES_PREPARE) &&
            in->owner->kind != TASK_EACH)
            return in->owner;
    }
    return NULL;
}

void containers_wait(struct driver *d, const struct task *t)
{
    for (struct task *group; (group = next_around(&t));) {
        struct view v = view_of(d, group);
        struct expr_error err = { 0 };
        int64_t ns = 0;
        if (!group->more->due_ms &&
            amount_get(group->step->more->timeout, view_scope(&v), d->arena, 0, &ns, &err) &&
            ns > 0)
            task_more(d->arena, group)->due_ms = loop_now_ms(d->loop) + ns / 1000000;
    }
}

void containers_hold_time(struct walk *w)
{
    const struct task *t = w->task;

    for (struct task *group; (group = next_around(&t));)
        if (group->more->due_ms && group->more->due_ms <= loop_now_ms(w->d->loop)) {
            run_fail_group(w->d->run, group);
            walk_cancel(w, false, out_of_time);
        }
}

// ---- over

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
    if (t->always && !t->always_begun && t->child_began) {
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
    w->message = t->message;
    if (t->kind == TASK_ACTION || t->kind == TASK_GATE)
        walk_end(w, STATE_RESCUED, NULL, false);
    else
        container_work_over(w, STATE_RESCUED);
}

// What stands aside has an address that nothing else has; people know it without that part.
struct str told_address(const struct task *t, struct arena *a)
{
    size_t from = str_search(t->address, STR(ASIDE_MARK)), to;

    if (!t->aside || from == SIZE_MAX)
        return t->address;
    for (to = from + strlen(ASIDE_MARK); to < t->address.n && t->address.s[to] != '.';)
        to++;
    return str_format(a, "%.*s%.*s", (int)from, t->address.s, (int)(t->address.n - to),
                      t->address.s + to);
}

// What failed, before what was only stopped because of it.
static const struct task *first_bad(const struct series *s)
{
    const struct task *stopped = NULL;

    for (size_t i = 0; s && i < s->count; i++) {
        const struct task *t = s->tasks[i];
        if ((t->state == STATE_FAILED || t->state == STATE_UNKNOWN) && !t->own_continue)
            return t;
        if (t->state == STATE_CANCELLED && !t->own_continue && !stopped)
            stopped = t;
    }
    return stopped;
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
