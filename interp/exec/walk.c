// One task on its way, as far as its questions: if, for_each, done_if, the action resolved.

#include "exec/walk.h"

#include "base/arena.h"
#include "exec/lasting.h"
#include "exec/rows.h"
#include "load/spoken.h"

// ---- small things

static void see_before(struct walk *w, const struct task *t)
{
    w->before = t->more->before;
    w->view.before_lost = names_lost(t, "before");
}

struct walk *walk_new(struct driver *d, struct task *t)
{
    struct walk *w = t->walk;

    if (w)
        return w;
    struct arena *a = arena_new(d->arena);
    w = NEW(a, struct walk);
    *w = (struct walk){ .d = d,
                        .task = t,
                        .arena = a,
                        .view = view_of(d, t),
                        .began_ms = loop_now_ms(d->loop),
                        .now = now_value() };
    w->view.before = &w->before;
    w->view.scope.now = w->now;
    const struct task *back = task_taken_back(t);
    see_before(w, back && !has_own_before(t) ? back : t);
    walk_sees_undone(w);
    t->walk = w;
    return w;
}

void walk_sees_undone(struct walk *w)
{
    const struct task *t = task_taken_back(w->task);

    w->view.result = t ? &t->result : NULL;
    w->view.result_lost = t ? names_lost(t, "result") : VALUE_NONE;
}

void walk_sees_own(struct walk *w)
{
    w->view.result = &w->result;
    w->view.result_lost = w->outcome.withheld ? masked_fields(w->arena, w->result) : VALUE_NONE;
}

const struct defaults *walk_defaults(const struct walk *w)
{
    return space_top(w->task->space)->module->rb->defaults;
}

bool step_timeout(struct walk *w, int64_t fallback_ms, int64_t *ns, struct expr_error *err)
{
    const struct defaults *d = walk_defaults(w);
    bool leaf = w->task->kind == TASK_ACTION && fallback_ms > 0;
    const struct amount *m = w->task->step->more->timeout;

    if (!m && leaf && d)
        m = d->timeout;
    return amount_get(m, scope_of(w), w->arena, fallback_ms * 1000000, ns, err);
}

struct str step_label(const struct step *s, const struct scope *scope, struct arena *a)
{
    struct expr_error err = { 0 };
    struct str text = STR("");
    bool secret = false;

    if (s->name && template_eval_text(s->name, scope, a, &text, &secret, &err))
        return text;
    return s->id.str;  // what it is called cannot be known here: `item`, outside of the list
}

// What cannot be resolved is shown as it is written: a person may have to do it by hand.
static struct str as_written(struct walk *w)
{
    return mask_text(w->d->mask, spoken(w->task->step, NULL, w->arena), w->arena, NULL);
}

void fail_expr(struct walk *w, const char *key, const struct expr_error *err)
{
    if (!w->command.n)
        w->command = as_written(w);
    w->message = str_format(w->arena, "`%s` cannot be evaluated: %.*s", key, STR_ARG(err->message));
    w->help = str_copy(w->arena, err->help);
    w->known_failed = true;
    walk_failed(w);
}

// ---- if, for_each

// Once for the whole list when it does not look at the item, else for each instance.
bool walk_asks_if(const struct task *t)
{
    const struct expr *cond = t->step->cond;

    if (!cond || t->auto_undo || (t->intent && t->kind != TASK_ACTION))
        return false;
    if (!t->step->more->for_each)
        return true;
    return rows_are_read(t->step->more->for_each, cond) ? t->is_instance : t->kind == TASK_EACH;
}

static void check_done_if(struct walk *w);

static void check_if(struct walk *w)
{
    struct expr_error err = { 0 };
    bool wanted = true;

    if (walk_asks_if(w->task) &&
        !expr_test(w->task->step->cond, scope_of(w), w->arena, &wanted, &err)) {
        if (w->d->options->dry_run && err.missing)
            wanted = true;
        else {
            fail_expr(w, "if", &err);
            return;
        }
    }
    if (!wanted)
        walk_end(w, STATE_SKIPPED, NULL, false);
    else if (w->task->kind == TASK_EACH)
        each_begin(w);
    else
        check_done_if(w);
}

// ---- done_if

static void resolve_action(struct walk *w);

static void done_if_is(struct walk *w, bool done)
{
    if (done)
        walk_end(w, STATE_SATISFIED, NULL, false);
    else
        resolve_action(w);
}

static void done_if_checked(void *arg, const struct check_outcome *o)
{
    struct walk *w = arg;

    w->checking = NULL;
    if (w->withdrawn)
        return;
    if (o->cancelled) {
        w->message = STR("stopped while `done_if` was asked");
        walk_end(w, STATE_CANCELLED, NULL, false);
    } else if (o->unknown) {
        w->message = str_format(w->arena, "`done_if` has no answer: %.*s", STR_ARG(o->message));
        w->known_failed = true;
        walk_failed(w);
    } else if (o->unanswered) {  // which is not a no: it may have been done
        w->message = STR("nobody answered `done_if`");
        w->declined = true;
        walk_failed(w);
    } else {
        done_if_is(w, o->ok);
    }
}

static void check_done_if(struct walk *w)
{
    const struct done_if *q = w->task->step->more->done_if;
    struct expr_error err = { 0 };
    bool done = false;

    if (!q || w->task->auto_undo || (w->d->options->dry_run && !w->d->options->probe && q->check)) {
        resolve_action(w);
    } else if (q->cond) {
        if (expr_test(q->cond, scope_of(w), w->arena, &done, &err))
            done_if_is(w, done);
        else
            fail_expr(w, "done_if", &err);
    } else {
        struct list *one = NEW(w->arena, struct list);
        *one = (struct list){ (void *)q->check, 1 };
        struct str tag = str_format(w->arena, "%.*s.done_if.", STR_ARG(w->task->address));
        w->checking = check_all(w->d, w->arena, one, w->task->space, w->task, &w->view, tag, false,
                                done_if_checked, w);
    }
}

// ---- the action, resolved

bool walk_make_act(struct walk *w, struct expr_error *err)
{
    struct task *t = w->task;
    struct act *x = act_new(w->d, w->arena, t, t->space, t->step, t->address, t->attempts + 1);
    struct task *group = task_transaction(t);
    int64_t ns;

    if (group && group->walk && group->walk->act)
        x->at.transaction = group->walk->act->at.transaction;
    if (!step_environment(w->d, t, t->step, t->space, scope_of(w), w->arena, &x->at, err) ||
        !step_timeout(w, x->at.action->timeout_ms, &ns, err))
        return false;
    x->at.timeout_ms = ns / 1000000;
    x->at.noted = t->more->notes;
    x->quiet = t->aside;
    w->act = x;
    return act_resolve(x, scope_of(w), err);
}

// What reads `before` is shown as it is written: it is read only after the confirm.
static bool reads_before(struct walk *w)
{
    if (w->task->step->more->before.count == 0 || w->before.kind == VALUE_MAP || w->task->auto_undo)
        return false;
    w->command = as_written(w);
    return true;
}

static void resolve_action(struct walk *w)
{
    struct expr_error err = { 0 };

    if (w->task->kind == TASK_GATE && w->d->options->dry_run) {
        dry_gate(w);
        return;
    }
    if (w->task->kind != TASK_ACTION) {
        by_hand_ask(w);
        return;
    }
    if (!walk_make_act(w, &err)) {
        if (reads_before(w))
            by_hand_ask(w);
        else if (w->d->options->dry_run)
            dry_unresolved(w, &err);
        else
            fail_expr(w, w->task->step->action_node ? "action" : "step", &err);
        return;
    }
    w->command = act_describe(w->act);
    if (w->d->options->dry_run && !dry_runs(w))
        dry_skip(w);
    else
        by_hand_ask(w);
}

// ---- doors

void walk_begin(struct driver *d, struct task *t)
{
    if (intended_begin(d, t))
        return;
    struct walk *w = walk_new(d, t);
    if (t->rescue_left)
        walk_rescue_again(w);
    else if (!skip_by_flag(w))
        check_if(w);
}

// The action is resolved anew for each attempt, with the moment in which the step was
// reached: what was confirmed stays what is done.
void walk_retry(struct driver *d, struct task *t)
{
    struct walk *w = walk_new(d, t);
    struct expr_error err = { 0 };

    if (!w->insisted && !run_may_start(d->run, t)) {
        walk_not_again(w);
        return;
    }
    walk_forget_attempt(w);
    if (retry_is_held(w))
        return;
    if (t->kind != TASK_ACTION) {
        container_begin(w);
        return;
    }
    if (!walk_make_act(w, &err)) {
        fail_expr(w, "action", &err);
        return;
    }
    w->command = act_describe(w->act);
    if (w->act->at.action->asks)
        work_ask(w);
    else
        walk_attempt(w);
}

static const char *what_came_of(const struct task *t)
{
    if (!t->ended)
        return "was not run";
    switch (t->state) {
    case STATE_FAILED: return "failed";
    case STATE_CANCELLED: return "was cancelled";
    case STATE_BLOCKED: return "was blocked";
    case STATE_UNKNOWN: return "ended nobody knows how";
    default: return t->by_person ? "a person skipped" : "did not succeed";
    }
}

void walk_block(struct driver *d, struct task *t)
{
    struct walk *w = walk_new(d, t);

    if (skip_by_flag(w))  // whatever it needs
        return;
    w->message = str_format(w->arena, "needs `%.*s`, which %s", STR_ARG(t->blocked_by->address),
                            what_came_of(t->blocked_by));
    walk_end(w, STATE_BLOCKED, NULL, false);
}
