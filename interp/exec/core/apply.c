// What an event changes in a run. Nothing else changes one (exec/core/run.h).

#include "exec/core/run.h"

#include <assert.h>

#include "base/arena.h"
#include "base/map.h"
#include "exec/core/code.h"
#include "exec/core/core.h"
#include "value/fields.h"

// What failed in it before a resume, and was adopted, still keeps the rest from starting.
static bool has_failed_before(const struct series *s)
{
    for (size_t i = 0; s && i < s->count; i++) {
        const struct task *t = s->tasks[i];
        if (t->ended && !t->continued &&
            (t->state == STATE_FAILED || t->state == STATE_CANCELLED || t->state == STATE_UNKNOWN))
            return true;
    }
    return false;
}

static void open_inside(struct run *r, struct task *t)
{
    if (t->kind == TASK_USE)
        task_make_callee(r, t);
    t->failing = has_failed_before(t->prepare) || has_failed_before(t->steps);
    t->stopped_inside = false;
    t->rescuing = t->always_begun = false;
    if (t->prepare)
        series_open(r, t->prepare);
    else if (t->steps)
        series_open(r, t->steps);
}

static void lose_items(struct run *r, struct task *each, const struct event *e)
{
    struct value places = VALUE_NONE;

    value_field(value_of(e->data, "lost"), "items", NULL, &places);
    for (size_t i = 0; places.kind == VALUE_LIST && i < value_size(places); i++) {
        struct value place = value_item(places, i);
        if (place.kind == VALUE_INT && (uint64_t)place.i < each->steps->count)
            task_more(r->arena, each->steps->tasks[place.i])->item_lost = true;
    }
}

static void apply_items(struct run *r, struct task *t, const struct event *e)
{
    struct value parallel = value_of(e->data, "parallel");

    task_begin(r, t);
    if (!t->steps) {  // they stand already when the run is resumed
        task_make_instances(r, t, value_copy(r->arena, value_of(e->data, "items")));
        lose_items(r, t, e);
    }
    t->steps->limit = parallel.kind == VALUE_INT ? (size_t)parallel.i : 1;
    t->state = STATE_RUNNING;
    t->failing = has_failed_before(t->steps);
    t->stopped_inside = false;
    series_open(r, t->steps);
}

// What few tasks have: nothing is written where nothing was and nothing comes.
#define KEEP(r, t, field, v) keep((r), (t), offsetof(struct task_more, field), (v))

static void keep(struct run *r, struct task *t, size_t at, struct value v)
{
    const struct value *old = (const void *)((const char *)t->more + at);

    if (old->kind != VALUE_NULL || v.kind != VALUE_NULL)
        *(struct value *)(void *)((char *)task_more(r->arena, t) + at) = value_copy(r->arena, v);
}

// A list in between is none of a group's exits.
static void tell_owner(const struct task *t)
{
    struct task *owner = t->in->owner;

    while (owner && owner->kind == TASK_EACH)
        owner = owner->in->owner;
    if (owner)
        owner->child_began = true;
}

static void apply_start(struct run *r, struct task *t, const struct event *e)
{
    tell_owner(t);
    task_begin(r, t);
    t->state = STATE_RUNNING;
    t->attempts = int_of(e->data, "attempt", 0);
    t->resting = t->intended = t->rescue_left = false;
    if (!t->intent) {
        t->intent = true;
        r->starts += !t->aside;
        t->start_order = r->starts;
        t->started_wall_ns = e->wall_ns;
    }
    r->session_starts += !t->aside;
    if (!str_equal(t->file, text_of(e->data, "file")))
        t->file = str_copy(r->arena, text_of(e->data, "file"));
    if (value_of(e->data, "before").kind == VALUE_MAP)
        KEEP(r, t, before, value_of(e->data, "before"));
    KEEP(r, t, given, value_of(e->data, "with"));
    KEEP(r, t, lost, value_of(e->data, "lost"));
    KEEP(r, t, notes, VALUE_NONE);
    KEEP(r, t, acted, VALUE_NONE);
    if (t->kind == TASK_GROUP && t->step->more->transaction)
        series_reset(r, t->steps);  // what was done in it before was rolled back
    if (t->kind == TASK_GROUP && int_of(e->data, "parallel", 0) > 0)
        t->steps->limit = (size_t)int_of(e->data, "parallel", 0);
    if (t->kind == TASK_GROUP || t->kind == TASK_USE)
        open_inside(r, t);
}

// What came back of an attempt is lost beside what was known when it began.
static void remember_lost(struct run *r, struct task *t, const struct event *e)
{
    struct value lost = value_of(e->data, "lost"), both[2] = { t->more->lost, lost };
    struct value_builder *b;

    if (lost.kind != VALUE_MAP)
        return;
    b = value_map_start(r->arena);
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; both[i].kind == VALUE_MAP && k < value_size(both[i]); k++)
            value_put(b, both[i].map->entries[k].key, both[i].map->entries[k].value);
    KEEP(r, t, lost, value_finish(b));
}

// What an action must know after a crash; or, before its checks begin, that it has ended well.
static void apply_note(struct run *r, struct task *t, const struct event *e)
{
    struct value result = value_of(e->data, "result");

    if (result.kind == VALUE_MAP) {
        KEEP(r, t, acted, result);
        remember_lost(r, t, e);
    } else {
        KEEP(r, t, notes, value_of(e->data, "note"));
    }
}

// Most steps print nothing and end with 0 after a few milliseconds: one such result is enough
// for all of them.
static struct value kept_result(struct run *r, struct value result)
{
    const size_t room = sizeof r->results / sizeof *r->results;

    if (result.kind == VALUE_NULL)
        return result;
    for (size_t i = 0; i < room && i < r->result_count; i++)
        if (value_same(r->results[i], result))
            return r->results[i];
    return r->results[r->result_count++ % room] = value_copy(r->arena, result);
}

static void attempt_failed(struct run *r, struct task *t, const struct event *e)
{
    t->message = str_copy(r->arena, text_of(e->data, "message"));
    t->dangling = t->rescue_left = false;
    KEEP(r, t, notes, VALUE_NONE);
    KEEP(r, t, acted, VALUE_NONE);
}

static void apply_rescue(struct run *r, struct task *t, const struct event *e)
{
    attempt_failed(r, t, e);
    t->rescuing = true;
    t->result = kept_result(r, value_of(e->data, "result"));
    remember_lost(r, t, e);
    if (t->rescue)
        series_open(r, t->rescue);
}

// A failed attempt, and a rest before the next.
static void apply_attempt(struct run *r, struct task *t, const struct event *e)
{
    attempt_failed(r, t, e);
    if (t->kind == TASK_GROUP || t->kind == TASK_USE) {
        bool began = t->begun;
        int64_t attempts = t->attempts;
        series_reset(r, t->prepare);
        series_reset(r, t->steps);
        series_reset(r, t->rescue);
        t->begun = began;
        t->attempts = attempts;
    }
    t->failing = false;
    t->resting = true;
    t->due_ms = int_of(e->data, "due_ms", 0);
    queue_push(r, &r->resting, t);
}

// Said by what is nearer to the failure, so no group around it may go on after it.
static void stopped_inside(struct task *t)
{
    for (; t->in->owner && t->in->kind != SERIES_UNDO; t = t->in->owner)
        t->in->owner->stopped_inside = true;
}

static void apply_failure(struct run *r, struct task *t, struct str then)
{
    if (str_is(then, "continue")) {
        t->continued = true;
    } else if (str_is(then, "group")) {
        struct task *group = policy_group(t);
        for (struct task *at = t; group && at != group; at = at->in->owner)
            at->in->owner->failing = true;
        run_check_all_over(r);
    } else if (t->in->kind != SERIES_UNDO) {
        if (then.n)
            stopped_inside(t);
        if (str_is(then, "undo"))  // journalled with the failure: a resume goes on with it
            r->undo_wanted = r->began_undo = true;
        run_want_stop(r);
    }
}

// What is not known stops the run; in an undo it stops that undo, and the others go on.
static void apply_unknown(struct run *r, struct task *t)
{
    const struct task *undo = t;

    while (undo->in->owner && undo->in->kind != SERIES_UNDO)
        undo = undo->in->owner;
    if (undo->in->kind != SERIES_UNDO) {
        r->step_unknown = true;
        run_want_stop(r);
        return;
    }
    for (struct task *at = t; at != undo; at = at->in->owner)
        at->in->owner->failing = true;
    run_check_all_over(r);
}

static void remember_end(struct run *r, struct task *t, const struct event *e, enum state state)
{
    t->state = state;
    t->by_person = text_of(e->data, "by").n > 0 && state == STATE_SKIPPED;
    t->marked = truth_of(e->data, "marked");
    t->declined = truth_of(e->data, "declined");
    t->own_continue = truth_of(e->data, "own");
    t->message = str_copy(r->arena, text_of(e->data, "message"));
    t->took_ms = int_of(e->data, "took_ms", 0);
    t->attempts = int_of(e->data, "attempt", t->attempts);  // one that never started is not in it
    t->result = kept_result(r, value_of(e->data, "result"));
    KEEP(r, t, outputs, value_of(e->data, "outputs"));
    remember_lost(r, t, e);
    t->dangling = false;
}

static void apply_end(struct run *r, struct task *t, const struct event *e)
{
    enum state state = state_of(text_of(e->data, "state"));

    assert(state != STATE_COUNT);
    if (truth_of(e->data, "marked")) {
        remember_end(r, t, e, state);
        go_on_marked(r, t);
        return;
    }
    if (t->ended) {
        if (t->state == STATE_PROVISIONAL)
            t->state = state;
        return;
    }
    remember_end(r, t, e, state);
    bool bad = state == STATE_FAILED || state == STATE_CANCELLED;
    if (state == STATE_SATISFIED && t->kind == TASK_GROUP && t->step->more->transaction)
        series_reset(r, t->steps);  // cut in its COMMIT, it began anew and had not to
    if (t->aside) {
        task_end(r, t);
        if (bad && t->in->owner)
            apply_failure(r, t, STR("group"));
        return;
    }
    if (t->in->kind == SERIES_ALWAYS && !t->in->owner && (bad || state == STATE_UNKNOWN))
        r->always_failed = true;
    task_end(r, t);
    if (bad)
        apply_failure(r, t, text_of(e->data, "then"));
    if (state == STATE_UNKNOWN)
        apply_unknown(r, t);
    if (t->in->kind == SERIES_UNDO)
        run_check_all_over(r);
}

static void apply_undo_start(struct run *r, struct task *t)
{
    t->undo_state = UNDO_RUNNING;
    t->undo_order = ++r->undo_starts;
    task_make_undo(r, t);
    r->session_starts++;
    series_open(r, t->undo);
}

static void apply_undo_end(struct run *r, struct task *t, const struct event *e)
{
    struct str state = text_of(e->data, "state");

    t->undo_state = str_is(state, "undone")        ? UNDO_DONE
                    : truth_of(e->data, "unknown") ? UNDO_UNKNOWN
                                                   : UNDO_FAILED;
    r->undone_failed |= t->undo_state == UNDO_FAILED;
}

static enum phase phase_of(struct str word)
{
    int p = PHASE_CHECKLIST;

    while (p < PHASE_ALWAYS && !str_is(word, phase_word((enum phase)p)))
        p++;
    return (enum phase)p;
}

static struct series *series_of(const struct run *r, enum phase p)
{
    return p == PHASE_PREPARE ? r->prepare
           : p == PHASE_STEPS ? r->steps
           : p == PHASE_ALWAYS ? r->always
                               : NULL;
}

static void apply_phase_start(struct run *r, const struct event *e)
{
    r->phase = phase_of(text_of(e->data, "phase"));
    r->any_phase = r->phase_begun = true;
    r->phase_over = false;
    if (r->phase == PHASE_UNDO) {
        r->began_undo = true;
        undo_list_make(r);
    }
    if (series_of(r, r->phase))
        series_open(r, series_of(r, r->phase));
}

static void apply_phase_end(struct run *r, const struct event *e)
{
    bool ok = truth_of(e->data, "ok");

    r->phase_begun = r->phase_ordered = false;
    r->checklist_done |= r->phase == PHASE_CHECKLIST && ok;
    r->confirm_done |= r->phase == PHASE_CONFIRM && ok;
    r->verified |= r->phase == PHASE_VERIFY && ok;
    r->undo_phase_done |= r->phase == PHASE_UNDO;
    if (r->phase == PHASE_UNDONE && !ok && !truth_of(e->data, "cancelled"))
        r->undone_failed = true;
}

// A run that ended for want of its journal has lost what it could not write: perhaps that a step
// was started.
static bool ends_in_order(const struct event *e)
{
    return e->type == EVENT_RUN_SUSPEND ||
           (e->type == EVENT_RUN_END && int_of(e->data, "exit", 0) != CODE_STORE);
}

void run_apply(struct run *r, const struct event *e)
{
    struct str address = text_of(e->data, "step");
    struct task *t = address.n ? map_get(r->by_address, address) : NULL;

    if (e->type == EVENT_PHASE_START)
        apply_phase_start(r, e);
    else if (e->type == EVENT_PHASE_END)
        apply_phase_end(r, e);
    else if (ends_in_order(e))
        intents_are_void(r);
    if (!t)
        return;
    switch (e->type) {
    case EVENT_STEP_INTENT: apply_intent(r, t, e); break;
    case EVENT_STEP_ITEMS: apply_items(r, t, e); break;
    case EVENT_STEP_START: apply_start(r, t, e); break;
    case EVENT_STEP_NOTE: apply_note(r, t, e); break;
    case EVENT_STEP_ATTEMPT: apply_attempt(r, t, e); break;
    case EVENT_STEP_RESCUE: apply_rescue(r, t, e); break;
    case EVENT_STEP_ALWAYS:
        t->always_begun = true;
        t->resting = false;  // and no attempt comes behind it
        t->work_failed = truth_of(e->data, "failed");
        t->message = str_copy(r->arena, text_of(e->data, "message"));
        series_open(r, t->always);
        break;
    case EVENT_STEP_END: apply_end(r, t, e); break;
    case EVENT_UNDO_START: apply_undo_start(r, t); break;
    case EVENT_UNDO_END: apply_undo_end(r, t, e); break;
    default: break;
    }
}
