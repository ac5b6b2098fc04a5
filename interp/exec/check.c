// Checks: steps that change nothing, asked once or polled (language.md section 6).

#include "action/manual.h"
#include "base/arena.h"
#include "base/map.h"
#include "exec/inside.h"

enum {
    POLL_TIMEOUT_MS = 10 * 1000,
    EVERY_MS = 2000,
    UNSEEN_MS = 5000,  // a longer time in which nobody looked is not taken for good
};

struct checking {
    struct driver *d;
    struct arena *arena;
    const struct list *checks;
    struct space *space;
    struct task *task;
    struct view view;       // of the check that is asked now
    struct view around;     // as given
    struct str tag;
    bool shown;
    void (*then)(void *arg, const struct check_outcome *o);
    void (*see)(void *arg, struct str id, const struct check_outcome *o);  // or NULL
    void *arg;
    bool once;              // a look: one poll each, and nothing of it is kept

    size_t next;            // check
    struct value items;     // of its for_each
    size_t next_item;
    const struct step *now;
    struct str id;
    struct check_outcome worst;

    struct arena *poll_arena;
    struct act *act;
    struct task *aside;
    struct asked *asked;
    struct timer *timer;
    int64_t began_ms, due_ms, poll_ms, deadline_ms, every_ms, holds_ms, held_since_ms;
    int64_t streak, streak_needed, timeout_ms;
    bool resting, hurried, cancelled, done;
    struct value result;
};

static void next_check(struct checking *c);
static void poll(void *arg);

static void finish(struct checking *c)
{
    if (c->done)
        return;
    c->done = true;
    c->then(c->arg, &c->worst);
    pump(c->d);
}

static void finish_later(void *arg)
{
    finish(arg);
}

// The first that does not hold is what is told; unknown and cancelled are worse.
static void remember(struct checking *c, const struct check_outcome *o)
{
    bool worse = o->unknown || o->cancelled;

    if (o->ok || (!c->worst.ok && !worse))
        return;
    c->worst = *o;
    c->worst.id = c->id;
}

static void tell_try(struct checking *c, const struct check_outcome *o, int64_t next_ms)
{
    struct value_builder *b = event_data(c->d);

    if (!c->shown)
        return;
    value_put_s(b, "step", value_string(c->id));
    if (c->now && c->now->name)
        value_put_s(b, "name",
                    value_string(step_label(c->now, view_scope(&c->view), turn_arena(c->d))));
    value_put_s(b, "ok", value_bool(o->ok));
    if (o->message.n)
        value_put_s(b, "message", value_string(o->message));
    if (o->picture.n)
        value_put_s(b, "picture", value_string(o->picture));
    if (o->parts.kind == VALUE_LIST)
        value_put_s(b, "parts", o->parts);
    if (next_ms >= 0)
        value_put_s(b, "next_ms", value_int(next_ms));
    else
        value_put_s(b, "last", value_bool(true));
    if (next_ms >= 0 && !c->held_since_ms && c->deadline_ms > loop_now_ms(c->d->loop))
        value_put_s(b, "left_ms", value_int(c->deadline_ms - loop_now_ms(c->d->loop)));
    if (c->holds_ms && c->held_since_ms)
        value_put_s(b, "held_ms", value_int(loop_now_ms(c->d->loop) - c->held_since_ms));
    emit(c->d, EVENT_VERIFY_TRY, b);
}

// What comes behind `verify` may read what its checks found, as of steps.
static void keep_found(struct checking *c, const struct check_outcome *o)
{
    struct space *top = space_top(c->space);

    if (c->once || c->checks != &top->module->rb->verify || c->now->id.str.n == 0 ||
        c->now->more->for_each)
        return;
    struct value_builder *b = value_map_start(c->arena);
    struct value *found = NEW(c->arena, struct value);
    value_put_s(b, "state", value_text(o->ok ? "succeeded" : "failed"));
    for (size_t i = 0; o->result.kind == VALUE_MAP && i < value_size(o->result); i++)
        value_put(b, o->result.map->entries[i].key, o->result.map->entries[i].value);
    *found = value_copy(c->arena, value_finish(b));
    if (!top->checks)
        top->checks = map_new(c->arena);
    map_put(top->checks, c->now->id.str, found);
}

static void check_over(struct checking *c, const struct check_outcome *o)
{
    keep_found(c, o);
    tell_try(c, o, -1);
    if (c->see)
        c->see(c->arg, c->id, o);
    remember(c, o);
    next_check(c);
}

static void stopped(struct checking *c)
{
    remember(c,
             &(struct check_outcome){ .cancelled = true, .message = STR("the check was stopped") });
    finish(c);
}

static void poll_again(struct checking *c, const struct check_outcome *o)
{
    int64_t now = loop_now_ms(c->d->loop), due = c->poll_ms + c->every_ms;

    if (c->held_since_ms && c->held_since_ms + c->holds_ms < due)
        due = c->held_since_ms + c->holds_ms;
    if (!c->held_since_ms && now < c->deadline_ms && due > c->deadline_ms)
        due = c->deadline_ms;
    if (due < now)
        due = now;
    tell_try(c, o, due - now);
    if (c->hurried) {
        stopped(c);
        return;
    }
    c->resting = true;
    c->due_ms = due;
    c->timer = loop_timer(c->d->loop, c->arena, due, poll, c);
}

// The machine slept, or we were stopped: what was between this look and the one before it,
// nobody saw.
static bool looked_away(const struct checking *c, int64_t now)
{
    bool slept = c->now->kind != STEP_USE && now - c->poll_ms > c->timeout_ms + UNSEEN_MS;

    return slept || c->poll_ms - c->due_ms > UNSEEN_MS;
}

// One poll has an answer.
static void polled(struct checking *c, const struct check_outcome *o, bool at_once)
{
    int64_t now = loop_now_ms(c->d->loop);

    c->act = NULL;
    if (c->cancelled) {
        stopped(c);
        return;
    }
    if (!o->ok) {
        c->streak = 0;
        c->held_since_ms = 0;
        if (at_once || o->unknown || now >= c->deadline_ms)
            check_over(c, o);
        else
            poll_again(c, o);
        return;
    }
    if (looked_away(c, now))
        c->held_since_ms = 0;
    if (++c->streak >= c->streak_needed && !c->held_since_ms)
        c->held_since_ms = now;
    if (c->held_since_ms && now - c->held_since_ms >= c->holds_ms)
        check_over(c, o);
    else if (c->streak < c->streak_needed && now >= c->deadline_ms && c->deadline_ms > c->began_ms)
        check_over(
            c, &(struct check_outcome){ .message = STR("it did not hold often enough in a row") });
    else
        poll_again(c, o);
}

static void judged_poll(struct checking *c, const struct outcome *o)
{
    c->result = o ? o->result : VALUE_NONE;
    // One that only has an `expect` sees the result of the step that it hangs on.
    c->view.result = o ? &c->result : c->around.result;
    struct judged j = judge(c->d, c->now, o, view_scope(&c->view), c->arena);
    struct check_outcome out = { .ok = j.ok, .message = j.message, .picture = j.picture,
                                 .parts = j.parts };
    out.result = c->result;
    if (o && o->verdict == VERDICT_CANCELLED)
        out.cancelled = c->cancelled = true;
    polled(c, &out, j.type_error);
}

static void act_over(void *arg, const struct outcome *o)
{
    struct checking *c = arg;
    struct outcome kept = *o;

    kept.result = value_copy(c->arena, o->result);
    kept.message = str_copy(c->arena, o->message);
    judged_poll(c, &kept);
}

static void use_over(void *arg, struct task *t)
{
    struct checking *c = arg;
    struct outcome o = { .verdict = VERDICT_DONE, .rule = state_is_good(t->state),
                         .result = t->more->outputs, .message = t->message };

    if (!o.message.n)
        o.message = str_format(c->arena, "`%.*s` does not hold", STR_ARG(c->now->more->use->str));
    c->aside = NULL;
    judged_poll(c, &o);
}

static void person_said(void *arg, const struct answer *a)
{
    struct checking *c = arg;
    bool yes = a->kind == ANSWER_YES || a->kind == ANSWER_NA;
    struct check_outcome o = { .ok = yes, .unanswered = !yes && a->kind != ANSWER_FAILED,
                               .message = str_copy(c->arena, a->text) };

    c->asked = NULL;
    if (!yes && !o.message.n)
        o.message = o.unanswered ? STR("nobody answered")
                                 : STR("a person says that it does not hold");
    check_over(c, &o);
}

static void ask_person(struct checking *c, struct act *x)
{
    struct question *q = NEW(c->arena, struct question);

    *q = (struct question){ .kind = QUESTION_MANUAL, .id = c->id, .title = c->id,
                            .message = act_describe(x), .asked_ms = loop_now_ms(c->d->loop) };
    if (x->at.action == &action_manual) {
        const struct manual_job *job = x->at.job;
        q->message = job->instructions;
        q->items = job->items;
        q->item_count = job->item_count;
        q->evidence_wanted = job->evidence != EVIDENCE_NONE;
        q->evidence_is_file = job->evidence == EVIDENCE_FILE;
    }
    c->asked = ask(c->d, q, c->task, person_said, c);
}

static void could_not(struct checking *c, const struct expr_error *err)
{
    struct check_outcome o = { .message = str_copy(c->arena, err->message) };

    polled(c, &o, !err->missing);
}

static void poll_action(struct checking *c)
{
    struct expr_error err = { 0 };
    struct act *x = act_new(c->d, c->poll_arena, NULL, c->space, c->now, c->id, 1);

    x->shown = c->id;
    x->at.timeout_ms = c->timeout_ms;
    x->at.grace_ms = 2000;
    x->at.read_only = true;
    if (!step_environment(c->d, c->task, c->now, c->space, view_scope(&c->view), c->poll_arena,
                          &x->at, &err) ||
        !act_resolve(x, view_scope(&c->view), &err)) {
        could_not(c, &err);
        return;
    }
    if (x->at.action->asks && c->once) {
        check_over(c, &(struct check_outcome){ .unanswered = true,
                                               .message = STR("a person is asked at the end") });
        return;
    }
    if (x->at.action->asks) {
        ask_person(c, x);
        return;
    }
    c->act = x;
    act_start(x, act_over, c);
}

// An address of its own: what is told about the check bears the check's.
static struct str aside_address(struct checking *c)
{
    return str_format(c->d->arena, "%.*s" ASIDE_MARK "%lld", STR_ARG(c->id),
                      (long long)++c->d->names);
}

static void poll(void *arg)
{
    struct checking *c = arg;

    c->timer = NULL;
    c->resting = false;
    c->poll_ms = loop_now_ms(c->d->loop);
    c->view.scope.now = now_value();
    arena_free(c->poll_arena);
    c->poll_arena = arena_new(c->arena);
    if (c->now->kind == STEP_USE)
        c->aside = aside_run(c->d, c->now, c->space, aside_address(c), &c->view, use_over, c);
    else if (c->now->kind == STEP_GATE)
        judged_poll(c, NULL);
    else
        poll_action(c);
}

static bool amount_ms(struct checking *c, const struct amount *m, int64_t fallback_ms, int64_t *out)
{
    struct expr_error err = { 0 };

    if (!amount_get(m, view_scope(&c->view), c->arena, fallback_ms * 1000000, out, &err)) {
        remember(c, &(struct check_outcome){ .message = err.message });
        return false;
    }
    *out /= 1000000;
    return true;
}

static bool read_times(struct checking *c)
{
    struct expr_error err = { 0 };
    int64_t within = 0, timeout;

    if (!amount_ms(c, c->now->more->within, 0, &within) ||
        !amount_ms(c, c->now->more->every, EVERY_MS, &c->every_ms) ||
        !amount_ms(c, c->now->more->holds_for, 0, &c->holds_ms))
        return false;
    timeout = within && within < POLL_TIMEOUT_MS ? within : POLL_TIMEOUT_MS;
    if (!amount_ms(c, c->now->more->timeout, timeout, &c->timeout_ms))
        return false;
    if (!amount_get(c->now->more->streak, view_scope(&c->view), c->arena, 1, &c->streak_needed,
                    &err))
        return false;
    if (c->once) {
        within = c->holds_ms = 0;
        c->streak_needed = 1;
    }
    c->began_ms = c->due_ms = loop_now_ms(c->d->loop);
    c->deadline_ms = c->began_ms + within;
    c->streak = c->held_since_ms = 0;
    return true;
}

static void begin_check(struct checking *c)
{
    struct expr_error err = { 0 };
    bool wanted = true;

    if (c->now->cond && !expr_test(c->now->cond, view_scope(&c->view), c->arena, &wanted, &err)) {
        check_over(c, &(struct check_outcome){ .message = err.message });
        return;
    }
    if (!wanted) {
        next_check(c);
        return;
    }
    if (!read_times(c)) {
        next_check(c);
        return;
    }
    c->timer = loop_timer(c->d->loop, c->arena, c->began_ms, poll, c);
}

static void next_item(struct checking *c)
{
    const struct for_each *each = c->now->more->for_each;
    struct str key = STR("");

    c->view = c->around;
    c->view.item_name = each->as.str.n ? each->as.str : STR("item");
    c->view.item = value_item(c->items, c->next_item);
    c->view.index = value_int((int64_t)c->next_item);
    if (!value_to_text(c->view.item, c->arena, &key))
        key = str_format(c->arena, "%zu", c->next_item);
    c->next_item++;
    c->id = str_format(c->arena, "%.*s%.*s[%.*s]", STR_ARG(c->tag), STR_ARG(c->now->id.str),
                       STR_ARG(key));
    begin_check(c);
}

static bool make_items(struct checking *c)
{
    struct expr_error err = { 0 };

    c->next_item = 0;
    if (!form_fill(c->now->more->for_each->in, view_scope(&c->view), c->arena, &c->items, &err) ||
        c->items.kind != VALUE_LIST) {
        if (!err.message.n)
            err.message = STR("`for_each` needs a list");
        remember(c, &(struct check_outcome){ .message = err.message });
        c->items = VALUE_NONE;
        return false;
    }
    return value_size(c->items) > 0;
}

static void next_check(struct checking *c)
{
    if (c->now && c->now->more->for_each && c->items.kind == VALUE_LIST &&
        c->next_item < value_size(c->items)) {
        next_item(c);
        return;
    }
    const struct step *all = c->checks->items;
    c->items = VALUE_NONE;
    if (c->next == c->checks->count || c->worst.cancelled) {
        loop_later(c->d->loop, finish_later, c);
        return;
    }
    c->now = &all[c->next++];
    c->view = c->around;
    c->id = c->now->id.str.n
                ? str_format(c->arena, "%.*s%.*s", STR_ARG(c->tag), STR_ARG(c->now->id.str))
                : str_format(c->arena, "%.*scheck_%zu", STR_ARG(c->tag), c->next);
    if (!c->now->more->for_each)
        begin_check(c);
    else if (make_items(c))
        next_item(c);
    else
        next_check(c);
}

struct checking *check_look(struct driver *d, struct arena *a, const struct list *checks,
                            struct space *space, const struct view *view,
                            void (*see)(void *arg, struct str id, const struct check_outcome *o),
                            void (*then)(void *arg, const struct check_outcome *o), void *arg)
{
    struct checking *c = NEW(a, struct checking);

    *c = (struct checking){ .d = d, .arena = a, .checks = checks, .space = space, .view = *view,
                            .around = *view, .once = true, .see = see, .then = then, .arg = arg,
                            .worst = { .ok = true } };
    next_check(c);
    return c;
}

struct checking *check_all(struct driver *d, struct arena *a, const struct list *checks,
                           struct space *space, struct task *task, const struct view *view,
                           struct str tag, bool shown,
                           void (*then)(void *arg, const struct check_outcome *o), void *arg)
{
    struct checking *c = NEW(a, struct checking);

    *c = (struct checking){ .d = d, .arena = a, .checks = checks, .space = space, .task = task,
                            .view = *view, .around = *view, .tag = tag, .shown = shown,
                            .then = then, .arg = arg, .worst = { .ok = true } };
    next_check(c);
    return c;
}

void check_cancel(struct checking *c)
{
    if (c->done || c->cancelled)
        return;
    c->cancelled = true;
    c->worst = (struct check_outcome){ .cancelled = true, .id = c->id,
                                       .message = STR("the check was stopped") };
    if (c->timer)
        timer_stop(c->timer);
    if (c->act)
        act_cancel(c->act, false);
    else if (!c->aside) {
        if (c->asked)
            ask_withdraw(c->asked);
        loop_later(c->d->loop, finish_later, c);
    }
}

void check_hurry(struct checking *c)
{
    if (c->resting || c->asked)
        check_cancel(c);
    else
        c->hurried = true;
}
