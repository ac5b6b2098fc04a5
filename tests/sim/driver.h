// A driver without a loop, a store and processes: it answers the orders of the core as
// exec/walk.c, outcome.c and container.c do, and lets chance say what a step came to.

#pragma once

#include "tests/sim/world.h"

enum stage { STAGE_IDLE, STAGE_INTENDED, STAGE_ACTING };

struct walk {  // the core only carries the pointer
    struct task *task;
    enum stage stage;
    bool cancelled, declined, unknown, killed, ended;
    bool asked;  // a question of it is open
    enum state final_state;
    const char *then;
};

static bool walk_is_busy(const struct walk *w)
{
    return !w->ended && w->stage != STAGE_IDLE;
}

enum reply { REPLY_DONE, REPLY_FAILED, REPLY_KILLED, REPLY_UNKNOWN, REPLY_CANCELLED };

static bool by_chance(struct sim *s, const struct task *t, uint64_t what, unsigned p)
{
    uint64_t number = (uint64_t)fact_of(s, t->address)->effects;

    return percent_of(s->seed, t->address, number, what, s->calm ? 0 : p);
}

static struct walk *walk_of(struct sim *s, struct task *t)
{
    if (t->walk)
        return t->walk;
    if (s->walk_count == s->walk_room) {
        size_t room = s->walk_room ? s->walk_room * 2 : 32;
        struct walk **all = NEW_ARRAY(s->arena, struct walk *, room);
        for (size_t i = 0; i < s->walk_count; i++)
            all[i] = s->walks[i];
        s->walks = all;
        s->walk_room = room;
    }
    struct walk *w = NEW(s->arena, struct walk);
    w->task = t;
    s->walks[s->walk_count++] = t->walk = w;
    return w;
}

// ---- events

static void check_replay(struct sim *s);

static void keep_line(struct sim *s, struct str l)
{
    if (s->count == s->room) {
        size_t room = s->room ? s->room * 2 : 64;
        struct str *all = NEW_ARRAY(s->arena, struct str, room);
        for (size_t i = 0; i < s->count; i++)
            all[i] = s->lines[i];
        s->lines = all;
        s->room = room;
    }
    s->lines[s->count++] = l;
}

static void emit(struct sim *s, enum event_type type, struct value_builder *data)
{
    struct event e = { .type = type, .seq = (int64_t)s->count + 1,
                       .wall_ns = (1790000000000 + s->now_ms) * 1000000,
                       .data = value_finish(data) };

    keep_line(s, event_line(&e, STR("sim00"), s->arena));
    judge(s, &e);
    run_apply(s->run, &e);
    note(s, &e);
    if (type == EVENT_PHASE_START && run_phase(s->run) == PHASE_UNDO)
        expect_undo(s);
    ++*s->events;
    if (percent(&s->dice, 6))
        check_replay(s);
}

static struct value_builder *about(struct sim *s, const struct task *t)
{
    struct value_builder *b = value_map_start(s->arena);

    value_put_s(b, "step", value_string(t->address));
    return b;
}

// Who may not start any more is not asked about any longer.
static void give_back_asked(struct sim *s)
{
    for (size_t i = 0; i < s->walk_count; i++) {
        struct walk *w = s->walks[i];
        if (w->ended || !w->asked || run_may_start(s->run, w->task))
            continue;
        run_park(s->run, w->task, false);
        fact_of(s, w->task->address)->active = false;
        w->ended = true;
        run_give_back(s->run, w->task);
    }
}

static void end(struct sim *s, struct walk *w, enum state state, const char *then, bool own)
{
    struct task *t = w->task;
    struct value_builder *b = about(s, t);

    value_put_s(b, "attempt", value_int(t->attempts));
    value_put_s(b, "state", value_text(state_word(state)));
    if (then)
        value_put_s(b, "then", value_text(then));
    if (own)
        value_put_s(b, "own", value_bool(true));
    if (w->declined)
        value_put_s(b, "declined", value_bool(true));
    w->ended = true;
    bool stops = then && (!strcmp(then, "stop") || !strcmp(then, "undo"));
    emit(s, EVENT_STEP_END, b);
    if (t->in->kind != SERIES_UNDO)
        s->stopped |= stops || state == STATE_UNKNOWN;
    if (!state_is_good(state))
        give_back_asked(s);
    if (percent(&s->dice, 2) && !s->over)
        emit(s, EVENT_STEP_END, b);  // told twice
}

static void tell_attempt(struct sim *s, const struct task *t, bool final)
{
    struct value_builder *b = about(s, t);

    value_put_s(b, "attempt", value_int(t->attempts));
    if (!final)
        value_put_s(b, "due_ms", value_int(s->now_ms + 2000));
    emit(s, final ? EVENT_STEP_RESCUE : EVENT_STEP_ATTEMPT, b);
}

// ---- an attempt that failed

static bool wants_retry(struct sim *s, const struct walk *w)
{
    const struct task *t = w->task;
    const struct retry *r = t->step->more->retry;

    if (!r || w->declined || w->cancelled || run_interrupted(s->run) ||
        t->attempts >= r->attempts->n)
        return false;
    return !(w->unknown || w->killed) || step_is_idempotent(s->program, t->step);
}

static enum state bad_state(const struct walk *w)
{
    return w->unknown                     ? STATE_UNKNOWN
           : w->declined || w->cancelled ? STATE_CANCELLED
                                         : STATE_FAILED;
}

static void work_over(struct sim *s, struct walk *w, enum state state);

static void end_badly(struct sim *s, struct walk *w, const char *then, bool own)
{
    if (w->task->kind == TASK_ACTION || w->task->kind == TASK_GATE) {
        end(s, w, bad_state(w), then, own);
    } else {
        w->then = then;
        work_over(s, w, bad_state(w));
    }
}

static bool group_is_failing(const struct sim *s, const struct walk *w)
{
    for (const struct task *at = w->task->in->owner; at; at = at->in->owner)
        if (at->failing && !run_interrupted(s->run) && !w->unknown)
            return true;
    return false;
}

static void decide(struct sim *s, struct walk *w)
{
    bool own, leaf = w->task->kind == TASK_ACTION || w->task->kind == TASK_GATE;
    enum policy p = run_policy(s->run, w->task, &own);

    if (w->unknown || w->cancelled)
        p = group_is_failing(s, w) ? POLICY_GROUP : POLICY_STOP;
    if (run_is_stopping(s->run) && (p == POLICY_ASK || p == POLICY_UNDO) && !leaf)
        p = POLICY_STOP;
    end_badly(s, w, policy_word(p == POLICY_ASK ? POLICY_STOP : p), own);
}

static void failed(struct sim *s, struct walk *w)
{
    struct task *t = w->task;

    if (!t->always_begun && wants_retry(s, w)) {
        tell_attempt(s, t, false);
        w->unknown = w->killed = false;
        w->stage = STAGE_IDLE;
        return;
    }
    bool rescues = t->rescue && !t->rescuing && !t->always_begun && !w->declined &&
                   !w->cancelled && !w->unknown && !run_is_stopping(s->run);
    if (rescues)
        tell_attempt(s, t, true);
    else
        decide(s, w);
}

// ---- containers

static void last_word(struct sim *s, struct walk *w, enum state state)
{
    bool own = false, bad = state == STATE_FAILED || state == STATE_CANCELLED ||
                            state == STATE_UNKNOWN;
    const char *then = NULL;

    if (bad) {
        enum policy p = run_policy(s->run, w->task, &own);
        if (run_is_stopping(s->run) && p != POLICY_CONTINUE && p != POLICY_GROUP)
            p = POLICY_STOP;
        then = w->then ? w->then : policy_word(p == POLICY_ASK ? POLICY_STOP : p);
    }
    end(s, w, state, then, own);
}

static void work_over(struct sim *s, struct walk *w, enum state state)
{
    struct task *t = w->task;

    w->final_state = state;
    if (!t->always || t->always_begun || !t->child_began) {
        last_word(s, w, state);
        return;
    }
    struct value_builder *b = about(s, t);
    value_put_s(b, "failed", value_bool(state != STATE_SUCCEEDED && state != STATE_RESCUED));
    emit(s, EVENT_STEP_ALWAYS, b);
}

static void after_always(struct sim *s, struct walk *w)
{
    struct task *t = w->task;
    enum state state = w->final_state   ? w->final_state
                       : t->work_failed ? STATE_FAILED
                                        : STATE_SUCCEEDED;

    if ((state == STATE_SUCCEEDED || state == STATE_RESCUED) && series_failed(t->always))
        state = STATE_FAILED;
    last_word(s, w, state);
}

static void after_rescue(struct sim *s, struct walk *w)
{
    struct task *t = w->task;

    if (t->rescue->left || series_failed(t->rescue))
        failed(s, w);
    else if (t->kind == TASK_ACTION || t->kind == TASK_GATE)
        end(s, w, STATE_RESCUED, NULL, false);
    else
        work_over(s, w, STATE_RESCUED);
}

static void each_over(struct sim *s, struct walk *w)
{
    const struct series *all = w->task->steps;
    enum state state = worst_state(all);
    bool continued = true, own = true;

    for (size_t i = 0; i < all->count; i++) {
        const struct task *one = all->tasks[i];
        bool bad = one->state == STATE_FAILED || one->state == STATE_CANCELLED;
        continued &= !bad || one->continued;
        own &= !bad || one->own_continue;
    }
    bool incomplete = all->left > 0;
    bool bad = state == STATE_FAILED || state == STATE_CANCELLED;
    if (incomplete && !bad && state != STATE_UNKNOWN)
        state = STATE_CANCELLED;
    end(s, w, state, bad && continued && !incomplete ? "continue" : NULL,
        bad && own && !incomplete);
}

static const struct task *first_bad(const struct series *all)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct task *t = all->tasks[i];
        bool bad = t->state == STATE_FAILED || t->state == STATE_CANCELLED ||
                   t->state == STATE_UNKNOWN;
        if (bad && !t->own_continue)
            return t;
    }
    return NULL;
}

// ---- transactions

static bool is_transaction(const struct task *t)
{
    return t->kind == TASK_GROUP && t->step->more->transaction;
}

// Its children take the state that it came to.
static void settle_children(struct sim *s, const struct task *group, enum state state)
{
    for (size_t i = 0; i < run_task_count(s->run); i++) {
        struct task *t = run_task_at(s->run, i);
        if (!is_below(t, group) || !t->ended || t->state != STATE_PROVISIONAL)
            continue;
        struct value_builder *b = about(s, t);
        value_put_s(b, "attempt", value_int(t->attempts));
        value_put_s(b, "state", value_text(state_word(state)));
        emit(s, EVENT_STEP_END, b);
    }
}

// COMMIT: all in it takes effect, at once.
static void transaction_acts(struct sim *s, const struct task *group)
{
    take_effect(s, group);
    for (size_t i = 0; i < run_task_count(s->run); i++) {
        const struct task *t = run_task_at(s->run, i);
        if (t->kind == TASK_ACTION && is_below(t, group) && t->ended &&
            t->state == STATE_PROVISIONAL)
            take_effect(s, t);
    }
}

static void transaction_committed(struct sim *s, struct walk *w)
{
    settle_children(s, w->task, STATE_SUCCEEDED);
    work_over(s, w, STATE_SUCCEEDED);
}

static void transaction_replied(struct sim *s, struct walk *w, enum reply r)
{
    w->stage = STAGE_IDLE;
    if (r != REPLY_UNKNOWN) {  // it was sent, and comes to its end whatever is wished
        transaction_committed(s, w);
        return;
    }
    w->unknown = true;
    settle_children(s, w->task, STATE_UNKNOWN);
    failed(s, w);
}

static void will_commit(struct sim *s, struct walk *w)
{
    struct value_builder *b = about(s, w->task), *note = value_map_start(s->arena);

    value_put_s(note, "xid", value_int(1));
    value_put_s(b, "note", value_finish(note));
    emit(s, EVENT_STEP_NOTE, b);
    w->stage = STAGE_INTENDED;
}

static void children_over(struct sim *s, struct walk *w)
{
    const struct series *prepare = w->task->prepare;
    const struct task *bad = prepare ? first_bad(prepare) : NULL;

    if (!bad)
        bad = first_bad(w->task->steps);
    if ((!prepare || prepare->left == 0) && w->task->steps->left == 0 && !bad) {
        if (is_transaction(w->task) && (s->calm || percent(&s->dice, 90))) {
            will_commit(s, w);
            return;
        } else if (!is_transaction(w->task)) {
            work_over(s, w, STATE_SUCCEEDED);
            return;
        }
    }
    w->unknown = bad && bad->state == STATE_UNKNOWN;
    w->declined = bad && bad->declined;
    if (is_transaction(w->task))
        settle_children(s, w->task, STATE_CANCELLED);
    w->cancelled |= (!bad && !is_transaction(w->task)) ||
                    (bad && bad->state == STATE_CANCELLED && !bad->declined);
    failed(s, w);
}

static void finish(struct sim *s, struct task *t)
{
    struct walk *w = walk_of(s, t);

    if (t->ended)
        return;
    if (t->always_begun)
        after_always(s, w);
    else if (t->rescuing)
        after_rescue(s, w);
    else if (t->kind == TASK_EACH)
        each_over(s, w);
    else
        children_over(s, w);
}

// ---- one task on its way

static void tell_start(struct sim *s, struct task *t)
{
    struct value_builder *b = about(s, t);

    value_put_s(b, "attempt", value_int(t->attempts + 1));
    value_put_s(b, "file", value_string(t->file));
    emit(s, EVENT_STEP_START, b);
}

static void intend(struct sim *s, struct walk *w)
{
    int64_t ahead = w->task->intended ? fact_of(s, w->task->address)->ahead : 0;

    tell_start(s, w->task);
    if (w->task->kind != TASK_ACTION)
        return;
    w->stage = STAGE_INTENDED;
    if (s->defect == DEFECT_EARLY_EFFECT || (ahead && ahead <= (int64_t)s->durable)) {
        w->stage = STAGE_ACTING;
        take_effect(s, w->task);
    }
}

// ---- lists

static void unroll(struct sim *s, struct walk *w)
{
    static const char *const keys[] = { "x", "y", "z" };
    const struct amount *parallel = w->task->step->more->for_each->parallel;
    struct value_builder *b = about(s, w->task), *list = value_list_start(s->arena);
    bool known = w->task->steps != NULL;

    if (!known && by_chance(s, w->task, 7, 10)) {
        end(s, w, STATE_SATISFIED, NULL, false);
        return;
    }
    value_put_s(b, "parallel", value_int(parallel ? parallel->n : 1));
    for (int i = 0; !known && i < 3; i++) {
        struct value_builder *row = value_map_start(s->arena);
        value_put_s(row, "key", value_text(keys[i]));
        value_put_s(row, "item", value_text(keys[i]));
        value_add(list, value_finish(row));
    }
    if (!known)
        value_put_s(b, "items", value_finish(list));
    emit(s, EVENT_STEP_ITEMS, b);
}

static bool asks_if(const struct task *t)
{
    bool decided = t->intent && t->kind != TASK_ACTION;

    return t->step->cond && !decided && (!t->step->more->for_each || t->kind == TASK_EACH);
}

// ---- people

static void ask(struct sim *s, struct walk *w)
{
    emit(s, EVENT_CONFIRM_ASK, about(s, w->task));
    w->asked = true;
    run_park(s->run, w->task, true);
}

static void answered(struct sim *s, struct walk *w, bool yes)
{
    struct value_builder *b = about(s, w->task);

    w->asked = false;
    run_park(s->run, w->task, false);
    value_put_s(b, "answer", value_text(yes ? "yes" : "no"));
    emit(s, EVENT_CONFIRM_ANSWER, b);
    w->declined = !yes;
    if (yes)
        intend(s, w);
    else
        failed(s, w);
}

static struct walk *anyone_asked(struct sim *s)
{
    for (size_t i = 0; i < s->walk_count; i++)
        if (s->walks[i]->asked && !s->walks[i]->ended)
            return s->walks[i];
    return NULL;
}

static bool has_open_series(const struct task *t)
{
    return (t->prepare && t->prepare->open) || (t->steps && t->steps->open) ||
           (t->rescue && t->rescue->open) || (t->always && t->always->open);
}

static bool only_people_are_missing(struct sim *s)
{
    if (!s->nobody || !anyone_asked(s) || s->durable != s->count)
        return false;
    for (size_t i = 0; i < s->walk_count; i++) {
        const struct walk *w = s->walks[i];
        if (!w->ended && !w->asked && !has_open_series(w->task))
            return false;
    }
    return true;
}

static void set_out(struct sim *s, struct task *t)
{
    struct walk *w = walk_of(s, t);

    if (asks_if(t) && by_chance(s, t, 1, 40)) {
        end(s, w, STATE_SKIPPED, NULL, false);
    } else if (t->kind == TASK_EACH) {
        unroll(s, w);
    } else if (t->step->more->done_if && by_chance(s, t, 2, 50)) {
        end(s, w, STATE_SATISFIED, NULL, false);
    } else if (t->step->more->confirm && !t->intent && !s->calm) {
        ask(s, w);
    } else {
        intend(s, w);
    }
}

static void block(struct sim *s, struct task *t)
{
    end(s, walk_of(s, t), STATE_BLOCKED, NULL, false);
}

static enum reply reply_for(struct sim *s, const struct walk *w)
{
    unsigned bad = w->task->undoes ? 15 : 12;

    if (task_transaction(w->task))
        return by_chance(s, w->task, 6, bad) ? REPLY_FAILED : REPLY_DONE;
    if (by_chance(s, w->task, 4, 2))
        return REPLY_UNKNOWN;
    if (by_chance(s, w->task, 5, 3))
        return REPLY_KILLED;
    return by_chance(s, w->task, 6, bad) ? REPLY_FAILED : REPLY_DONE;
}

static void replied(struct sim *s, struct walk *w, enum reply r)
{
    if (w->ended || w->stage != STAGE_ACTING)
        return;  // told twice
    if (is_transaction(w->task)) {
        transaction_replied(s, w, r);
        return;
    }
    w->stage = STAGE_IDLE;
    if (r == REPLY_UNKNOWN || (r != REPLY_DONE && s->defect != DEFECT_KILLPG))
        fact_of(s, w->task->address)->stray = false;
    w->cancelled |= r == REPLY_CANCELLED;
    w->unknown = r == REPLY_UNKNOWN;
    w->killed = r == REPLY_KILLED;
    if (r == REPLY_DONE)
        end(s, w, task_transaction(w->task) ? STATE_PROVISIONAL : STATE_SUCCEEDED, NULL, false);
    else
        failed(s, w);
}

// ---- ahead of its start

static void intend_ahead(struct sim *s)
{
    struct task *t;

    while (!s->over && (t = run_next_to_intend(s->run, 1000))) {
        const struct step *step = t->step;
        struct value_builder *b = about(s, t);
        if (t->kind != TASK_ACTION || step->cond || step->more->done_if || step->more->confirm ||
            percent(&s->dice, 20))
            continue;
        value_put_s(b, "attempt", value_int(1));
        value_put_s(b, "file", value_string(str_format(s->arena, "a%zu", s->count + 1)));
        emit(s, EVENT_STEP_INTENT, b);
    }
}

// ---- after a crash

static void settle(struct sim *s, struct task *t)
{
    struct walk *w = walk_of(s, t);
    bool began = fact_of(s, t->address)->in_doubt;
    bool may_repeat = step_is_idempotent(s->program, t->step) || t->step->more->done_if;
    bool lost = began && !s->calm && percent(&s->dice, 25);

    if (began && t->intended) {
        s->settling = true;
        tell_start(s, t);
        s->settling = false;
    }
    if (is_transaction(t) && (task_is_committed(t) || (began && !lost))) {
        run_settled(s->run, t);
        transaction_committed(s, w);
        return;
    }
    if (!began || (lost && (may_repeat || s->defect == DEFECT_GUESSES))) {
        t->walk = NULL;
        w->ended = true;
        fact_of(s, t->address)->active = false;
        forget_inside(s, t, false);
        run_not_started(s->run, t, true);
        return;
    }
    run_settled(s->run, t);
    if (lost) {
        w->unknown = true;
        end(s, w, STATE_UNKNOWN, "stop", false);
    } else {
        w->stage = STAGE_ACTING;
        replied(s, w, reply_for(s, w));
    }
}

// ---- phases, undo

static void tell_phase(struct sim *s, enum event_type type, enum phase p, bool ok)
{
    struct value_builder *b = value_map_start(s->arena);

    value_put_s(b, "phase", value_text(phase_word(p)));
    if (type == EVENT_PHASE_END)
        value_put_s(b, "ok", value_bool(ok));
    emit(s, type, b);
}

static void disorder(struct sim *s)
{
    size_t count;
    struct task **list = (struct task **)(uintptr_t)run_undo_list(s->run, &count);

    qsort_r(list, count, sizeof *list, latest_end_first, s);
}

static void begin_phase(struct sim *s, enum phase p)
{
    tell_phase(s, EVENT_PHASE_START, p, true);
    if (p == PHASE_UNDO && s->defect == DEFECT_UNDO_ORDER)
        disorder(s);
    if (p == PHASE_ALWAYS)
        s->signals = 0;
    if (p != PHASE_VERIFY && p != PHASE_UNDONE)
        return;
    bool ok = s->calm || percent(&s->dice, 80);
    if (p == PHASE_VERIFY && !ok) {
        run_unverified(s->run);
        if (run_root(s->run)->module->rb->on_failure == FAILURE_UNDO)
            run_want_undo(s->run);
    }
    tell_phase(s, EVENT_PHASE_END, p, ok);
}

static void end_phase(struct sim *s, enum phase p)
{
    bool well = p == PHASE_ALWAYS || p == PHASE_UNDO || !run_is_stopping(s->run);

    tell_phase(s, EVENT_PHASE_END, p, well);
}

static void undo(struct sim *s, struct task *t)
{
    enum undo_cover cover = step_cover(s->program, t->step);

    if (t->step->more->undo.kind == UNDO_STEPS)
        emit(s, EVENT_UNDO_START, about(s, t));
    else if (t->step->more->irreversible || (t->step->more->undo.kind == UNDO_UNWRITTEN &&
                                       cover == COVER_MISSING))
        run_cannot_undo(s->run);
}

static void undo_over(struct sim *s, struct task *t)
{
    struct value_builder *b = about(s, t);
    bool unknown = false, good = t->undo->left == 0;

    for (size_t i = 0; i < t->undo->count; i++) {
        unknown |= t->undo->tasks[i]->state == STATE_UNKNOWN;
        good &= state_is_good(t->undo->tasks[i]->state);
    }
    value_put_s(b, "state", value_text(good && !unknown ? "undone" : "undo_failed"));
    if (unknown)
        value_put_s(b, "unknown", value_bool(true));
    emit(s, EVENT_UNDO_END, b);
}

// ---- turns

// False: nothing more to do in this turn.
static bool carry(struct sim *s, struct order o)
{
    switch (o.kind) {
    case ORDER_SETTLE: settle(s, o.task); return true;
    case ORDER_BEGIN: set_out(s, o.task); return true;
    case ORDER_BLOCK: block(s, o.task); return true;
    case ORDER_RETRY:
        if (run_may_start(s->run, o.task))
            intend(s, walk_of(s, o.task));
        else
            decide(s, walk_of(s, o.task));
        return true;
    case ORDER_FINISH: finish(s, o.task); return true;
    case ORDER_PHASE: begin_phase(s, o.phase); return true;
    case ORDER_PHASE_END: end_phase(s, o.phase); return true;
    case ORDER_UNDO: undo(s, o.task); return true;
    case ORDER_UNDO_END: undo_over(s, o.task); return true;
    case ORDER_SLEEP: s->now_ms = o.at_ms; return false;
    case ORDER_OVER: s->over = true; return false;
    case ORDER_SUSPEND: return false;
    case ORDER_ASIDE: broken(s, "an order that nobody asked for");
    case ORDER_WAIT: return false;
    }
    return false;
}

// One that lost the run wakes, and writes what it was about to: refused, by its epoch.
static void sleeper_wakes(struct sim *s)
{
    struct sleeper *z = &s->sleeper;
    bool taken = z->epoch == s->held_by || s->defect == DEFECT_EPOCH;

    for (size_t i = 0; taken && i < z->count; i++)
        if (run_task(s->run, z->intended[i]))
            take_effect(s, run_task(s->run, z->intended[i]));
    z->count = 0;
}

static void acts(struct sim *s, struct walk *w)
{
    struct record *f = fact_of(s, w->task->address);

    w->stage = STAGE_ACTING;
    if (is_transaction(w->task)) {
        transaction_acts(s, w->task);
    } else if (w->cancelled) {
        replied(s, w, REPLY_CANCELLED);
    } else if (!task_transaction(w->task)) {
        take_effect(s, w->task);
        f->stray = !s->calm && percent(&s->dice, 10);
    }
}

// What was intended and is durable now happens.
static void commit(struct sim *s)
{
    if (s->sleeper.count && s->sleeper.wakes_in-- == 0)
        sleeper_wakes(s);
    s->durable = s->count;
    for (size_t i = 0; i < s->walk_count; i++) {
        struct walk *w = s->walks[i];
        if (w->ended || w->stage != STAGE_INTENDED)
            continue;
        acts(s, w);
    }
}

static struct walk *anyone_acting(struct sim *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->walk_count; i++)
        n += !s->walks[i]->ended && s->walks[i]->stage == STAGE_ACTING;
    if (!n)
        return NULL;
    n = below(&s->dice, (unsigned)n);
    for (size_t i = 0;; i++)
        if (!s->walks[i]->ended && s->walks[i]->stage == STAGE_ACTING && n-- == 0)
            return s->walks[i];
}

static void interrupt(struct sim *s)
{
    if (++s->signals == 1) {
        if (run_phase(s->run) == PHASE_ALWAYS && run_any_started(s->run))
            run_halt(s->run);
        run_interrupt(s->run, 130);
        s->stopped = true;
    }
    for (size_t i = 0; i < s->walk_count; i++) {
        struct walk *w = s->walks[i];
        if (w->ended)
            continue;
        if (w->task->resting || w->asked) {
            if (w->asked)
                run_park(s->run, w->task, false);
            w->asked = false;
            w->cancelled = true;
            decide(s, w);
        } else if (s->signals > 1 && w->stage == STAGE_ACTING) {
            replied(s, w, REPLY_CANCELLED);
        } else if (s->signals > 1 && w->stage == STAGE_INTENDED) {
            w->cancelled = true;
        }
    }
}
