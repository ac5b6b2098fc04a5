// One check: asked once, or polled until it holds, and goes on holding.

#include "action/manual.h"
#include "base/arena.h"
#include "exec/check_inside.h"

enum {
    POLL_TIMEOUT_MS = 10 * 1000,
    EVERY_MS = 2000,
    GRACE_MS = 2000,
    LOST_LOOK_MS = 50,
    LOST_TIMES = 3,
    UNSEEN_MS = 5000,  // a longer time in which nobody looked is not taken for good
};

static void poll(void *arg);

void poll_tell(struct checking *c, const struct check_outcome *o, int64_t next_ms)
{
    struct value_builder *b = event_data(c->d);

    if (!c->shown)
        return;
    value_put_s(b, "step", value_string(c->id));
    if (c->now && c->now->name)
        value_put_s(b, "name",
                    value_string(step_label(c->now, view_scope(&c->view), turn_arena(c->d))));
    else if (c->around.check_name.n)
        value_put_s(b, "name", value_string(c->around.check_name));
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

static void poll_again(struct checking *c, const struct check_outcome *o)
{
    int64_t now = loop_now_ms(c->d->loop), due = c->poll_ms + c->every_ms;

    if (c->held_since_ms && c->held_since_ms + c->holds_ms < due)
        due = c->held_since_ms + c->holds_ms;
    if (!c->held_since_ms && now < c->deadline_ms && due > c->deadline_ms)
        due = c->deadline_ms;
    if (due < now)
        due = now;
    poll_tell(c, o, due - now);
    if (c->hurried) {
        check_stopped(c);
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
        check_stopped(c);
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

static struct check_outcome judged_poll(struct checking *c, const struct outcome *o, bool *at_once)
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
    *at_once = j.type_error;
    return out;
}

static void judge_poll(struct checking *c, const struct outcome *o)
{
    bool at_once;
    struct check_outcome out = judged_poll(c, o, &at_once);

    polled(c, &out, at_once);
}

// What it left could not be stopped: no further look may be beside it, and nobody knows what this
// one would have said.
static void cannot_stop(struct checking *c, const struct living *l)
{
    struct check_outcome o = { .unknown = true };

    o.message = str_format(c->arena, "it could not be stopped: %.*s still runs (pid %lld)",
                           STR_ARG(l->address), (long long)l->pid);
    polled(c, &o, true);
}

// Its keeper died, or it was not to be killed. A check changes nothing, so it is asked again, of the
// next keeper: once nothing of it lives, so that nothing is undone beside it.
static void stop_lost(void *arg)
{
    struct checking *c = arg;
    struct living l;
    bool lives = lost_lives(c->d, c->lost_address, &l);

    c->timer = NULL;
    if (lives && !l.hopeless) {
        c->timer = loop_timer(c->d->loop, c->arena, loop_now_ms(c->d->loop) + LOST_LOOK_MS,
                              stop_lost, c);
        return;
    }
    if (!lives && c->lost_count < LOST_TIMES) {
        poll(c);
        return;
    }
    c->resting = false;
    if (lives)
        cannot_stop(c, &l);
    else
        polled(c, &c->lost, false);
}

static void look_for_lost(struct checking *c, struct str address, const struct check_outcome *o)
{
    c->lost = *o;
    c->lost_address = address;
    c->lost_count++;
    c->act = NULL;
    c->aside = NULL;
    c->resting = true;
    stop_lost(c);
}

static void act_over(void *arg, const struct outcome *o)
{
    struct checking *c = arg;
    struct outcome kept = *o;
    bool at_once;

    kept.result = value_copy(c->arena, o->result);
    kept.message = str_copy(c->arena, o->message);
    if (o->verdict == VERDICT_UNKNOWN && c->act->at.action->needs_process && !c->cancelled) {
        struct check_outcome out = judged_poll(c, &kept, &at_once);
        look_for_lost(c, str_copy(c->arena, c->act->at.address), &out);
        return;
    }
    c->lost_count = 0;
    judge_poll(c, &kept);
}

static void use_over(void *arg, struct task *t)
{
    struct checking *c = arg;
    struct outcome o = { .verdict = VERDICT_DONE, .rule = state_is_good(t->state),
                         .result = t->more->outputs, .message = t->message };
    bool at_once;

    if (!o.message.n)
        o.message = str_format(c->arena, "`%.*s` does not hold", STR_ARG(c->now->more->use->str));
    if (t->state == STATE_UNKNOWN && !c->cancelled) {
        struct check_outcome out = judged_poll(c, &o, &at_once);
        look_for_lost(c, t->address, &out);
        return;
    }
    c->lost_count = 0;
    c->aside = NULL;
    judge_poll(c, &o);
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
    x->at.grace_ms = GRACE_MS;
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
        judge_poll(c, NULL);
    else
        poll_action(c);
}

static bool amount_ms(struct checking *c, const struct amount *m, int64_t fallback_ms, int64_t *out)
{
    struct expr_error err = { 0 };

    if (!amount_get(m, view_scope(&c->view), c->arena, fallback_ms * 1000000, out, &err)) {
        check_remember(c, &(struct check_outcome){ .message = err.message });
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
                    &err)) {
        check_remember(c, &(struct check_outcome){ .message = err.message });
        return false;
    }
    if (c->once) {
        within = c->holds_ms = 0;
        c->streak_needed = 1;
    }
    c->began_ms = c->due_ms = loop_now_ms(c->d->loop);
    c->deadline_ms = c->began_ms + within;
    c->streak = c->held_since_ms = 0;
    return true;
}

bool poll_begin(struct checking *c)
{
    if (!read_times(c))
        return false;
    c->timer = loop_timer(c->d->loop, c->arena, c->began_ms, poll, c);
    return true;
}
