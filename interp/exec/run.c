#include "exec/run.h"

#include <assert.h>

#include "base/arena.h"
#include "base/map.h"
#include "exec/core.h"

// ---- making

struct run *run_new(struct arena *a, const struct program *p, const struct run_facts *facts)
{
    struct run *r = NEW(a, struct run);
    const struct runbook *rb = p->root->rb;

    *r = (struct run){ .arena = a, .program = p, .facts = *facts, .by_address = map_new(a) };
    r->root = NEW(a, struct space);
    *r->root = (struct space){ .by_id = map_new(a), .module = p->root };
    r->prepare = series_new(r, SERIES_PREPARE, NULL, &rb->prepare, r->root, STR(""), PHASE_PREPARE);
    r->steps = series_new(r, SERIES_STEPS, NULL, &rb->steps, r->root, STR(""), PHASE_STEPS);
    r->always = series_new(r, SERIES_ALWAYS, NULL, &rb->always, r->root, STR(""), PHASE_ALWAYS);
    series_link(r, r->prepare);
    series_link(r, r->steps);
    series_link(r, r->always);
    return r;
}

// ---- what may start

static void make_ready(struct run *r, struct task *t)
{
    if (t->begun || t->queued || t->ended || t->unmet || !t->in->open)
        return;
    t->queued = true;
    queue_push(r, &r->ready, t);
}

void series_open(struct run *r, struct series *s)
{
    s->open = true;
    queue_push(r, &r->open, s);
    for (size_t i = 0; i < s->count; i++)
        make_ready(r, s->tasks[i]);
    series_check_over(r, s);
}

static bool is_closed(const struct run *r, const struct series *s)
{
    return s->count == 0 || !run_may_start(r, s->tasks[0]);
}

void series_check_over(struct run *r, struct series *s)
{
    if (!s->open || s->active || (s->left && !is_closed(r, s)))
        return;
    s->open = false;
    queue_remove(&r->open, s);
    struct task *owner = s->owner;
    if (s->kind == SERIES_ASIDE)
        queue_push(r, &r->finished, s);
    else if (!owner)
        r->phase_over = true;
    else if (s->kind == SERIES_PREPARE && !s->left && !series_failed(s) && owner->steps)
        series_open(r, owner->steps);
    else
        queue_push(r, &r->finished, s);
}

// After something closed series from outside: those in which nothing runs are over.
void run_check_all_over(struct run *r)
{
    for (size_t i = r->open.count; i-- > 0;)
        if (i < r->open.count)
            series_check_over(r, r->open.items[r->open.first + i]);
}

void task_begin(struct run *r, struct task *t)
{
    if (t->begun)
        return;
    t->begun = true;
    t->queued = false;
    t->in->active++;
    r->active += !t->aside;
}

static void release_held(struct run *r, struct series *s)
{
    while (s->held_count && (!s->limit || s->active < s->limit)) {
        struct task *t = s->held[s->held_first++];
        s->held_count--;
        s->offered -= s->offered > 0;
        if (s->held_count == 0)
            s->held_first = 0;
        queue_push(r, &r->ready, t);
        if (s->limit)
            break;
    }
}

void task_end(struct run *r, struct task *t)
{
    struct series *s = t->in;

    task_begin(r, t);
    t->ended = true;
    t->resting = false;
    t->walk = t->ahead = NULL;
    t->intended = false;
    s->last_ms = t->took_ms;
    s->active--;
    s->left--;
    r->active -= !t->aside;
    for (size_t i = 0; i < t->follower_count; i++) {
        struct task *f = t->followers[i];
        if (--f->unmet == 0)
            make_ready(r, f);
    }
    release_held(r, s);
    series_check_over(r, s);
}

// ---- applying

static struct value field(const struct event *e, const char *name)
{
    struct value v = VALUE_NONE;

    value_field(e->data, name, NULL, &v);
    return v;
}

static struct str text_field(const struct event *e, const char *name)
{
    struct value v = field(e, name);

    return v.kind == VALUE_STRING ? v.s : STR("");
}

static bool flag(const struct event *e, const char *name)
{
    struct value v = field(e, name);

    return v.kind == VALUE_BOOL && v.b;
}

static int64_t number(const struct event *e, const char *name)
{
    struct value v = field(e, name);

    return v.kind == VALUE_INT ? v.i : 0;
}

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
    t->rescuing = t->always_begun = false;
    if (t->prepare)
        series_open(r, t->prepare);
    else if (t->steps)
        series_open(r, t->steps);
}

static void lose_items(struct task *each, const struct event *e)
{
    struct value places = VALUE_NONE;

    value_field(field(e, "lost"), "items", NULL, &places);
    for (size_t i = 0; places.kind == VALUE_LIST && i < value_size(places); i++) {
        struct value place = value_item(places, i);
        if (place.kind == VALUE_INT && (uint64_t)place.i < each->steps->count)
            each->steps->tasks[place.i]->item_lost = true;
    }
}

static void apply_items(struct run *r, struct task *t, const struct event *e)
{
    struct value parallel = field(e, "parallel");

    task_begin(r, t);
    if (!t->steps) {  // they stand already when the run is resumed
        task_make_instances(r, t, value_copy(r->arena, field(e, "items")));
        lose_items(t, e);
    }
    t->steps->limit = parallel.kind == VALUE_INT ? (size_t)parallel.i : 1;
    t->state = STATE_RUNNING;
    series_open(r, t->steps);
}

static void apply_start(struct run *r, struct task *t, const struct event *e)
{
    task_begin(r, t);
    t->state = STATE_RUNNING;
    t->attempts = number(e, "attempt");
    t->resting = t->intended = false;
    if (!t->intent) {
        t->intent = true;
        r->starts += !t->aside;
        t->start_order = r->starts;
        t->started_wall_ns = e->wall_ns;
    }
    r->session_starts += !t->aside;
    if (!str_equal(t->file, text_field(e, "file")))
        t->file = str_copy(r->arena, text_field(e, "file"));
    struct value before = field(e, "before");
    if (before.kind == VALUE_MAP)
        t->before = value_copy(r->arena, before);
    t->given = value_copy(r->arena, field(e, "with"));
    t->lost = value_copy(r->arena, field(e, "lost"));
    t->notes = VALUE_NONE;
    if (t->kind == TASK_GROUP && t->step->transaction.str.n)
        series_reset(r, t->steps);  // what was done in it before was rolled back
    if (t->kind == TASK_GROUP || t->kind == TASK_USE)
        open_inside(r, t);
}

// What came back of an attempt is lost beside what was known when it began.
static void remember_lost(struct run *r, struct task *t, const struct event *e)
{
    struct value lost = field(e, "lost"), both[2] = { t->lost, lost };
    struct value_builder *b;

    if (lost.kind != VALUE_MAP)
        return;
    b = value_map_start(r->arena);
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; both[i].kind == VALUE_MAP && k < value_size(both[i]); k++)
            value_put(b, both[i].map->entries[k].key, both[i].map->entries[k].value);
    t->lost = value_copy(r->arena, value_finish(b));
}

// A failed attempt: a rest before the next, or the rescue.
static void apply_attempt(struct run *r, struct task *t, const struct event *e)
{
    t->message = str_copy(r->arena, text_field(e, "message"));
    t->dangling = false;
    if (flag(e, "final")) {
        t->rescuing = true;
        t->result = value_copy(r->arena, field(e, "result"));
        remember_lost(r, t, e);
        if (t->rescue)
            series_open(r, t->rescue);
        return;
    }
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
    t->due_ms = number(e, "due_ms");
    queue_push(r, &r->resting, t);
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
        if (str_is(then, "undo"))  // journalled with the failure: a resume goes on with it
            r->undo_wanted = r->began_undo = true;
        run_want_stop(r);
    }
}

static void remember_end(struct run *r, struct task *t, const struct event *e, enum state state)
{
    t->state = state;
    t->by_person = text_field(e, "by").n > 0 && state == STATE_SKIPPED;
    t->marked = flag(e, "marked");
    t->declined = flag(e, "declined");
    t->own_continue = flag(e, "own");
    t->message = str_copy(r->arena, text_field(e, "message"));
    t->took_ms = number(e, "took_ms");
    t->result = value_copy(r->arena, field(e, "result"));
    t->outputs = value_copy(r->arena, field(e, "outputs"));
    remember_lost(r, t, e);
    t->dangling = false;
}

static void apply_end(struct run *r, struct task *t, const struct event *e)
{
    enum state state = state_of(text_field(e, "state"));

    assert(state != STATE_COUNT);
    if (flag(e, "marked")) {
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
        apply_failure(r, t, text_field(e, "then"));
    if (state == STATE_UNKNOWN && t->in->kind != SERIES_UNDO)
        run_want_stop(r);
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
    struct str state = text_field(e, "state");

    t->undo_state = str_is(state, "undone") ? UNDO_DONE
                    : str_is(state, "unknown") ? UNDO_UNKNOWN
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
    r->phase = phase_of(text_field(e, "phase"));
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
    bool ok = flag(e, "ok");

    r->phase_begun = r->phase_ordered = false;
    r->checklist_done |= r->phase == PHASE_CHECKLIST && ok;
    r->confirm_done |= r->phase == PHASE_CONFIRM && ok;
    r->verified |= r->phase == PHASE_VERIFY && ok;
    r->undo_phase_done |= r->phase == PHASE_UNDO;
    if (r->phase == PHASE_UNDONE && !ok && !flag(e, "cancelled"))
        r->undone_failed = true;
}

void run_apply(struct run *r, const struct event *e)
{
    struct str address = text_field(e, "step");
    struct task *t = address.n ? map_get(r->by_address, address) : NULL;

    if (e->type == EVENT_PHASE_START)
        apply_phase_start(r, e);
    else if (e->type == EVENT_PHASE_END)
        apply_phase_end(r, e);
    else if (e->type == EVENT_RUN_END || e->type == EVENT_RUN_SUSPEND)
        intents_are_void(r);
    if (!t)
        return;
    switch (e->type) {
    case EVENT_STEP_INTENT: apply_intent(r, t, e); break;
    case EVENT_STEP_ITEMS: apply_items(r, t, e); break;
    case EVENT_STEP_START: apply_start(r, t, e); break;
    case EVENT_STEP_NOTE: t->notes = value_copy(r->arena, field(e, "note")); break;
    case EVENT_STEP_ATTEMPT: apply_attempt(r, t, e); break;
    case EVENT_STEP_ALWAYS:
        t->always_begun = true;
        t->work_failed = flag(e, "failed");
        t->message = str_copy(r->arena, text_field(e, "message"));
        series_open(r, t->always);
        break;
    case EVENT_STEP_END: apply_end(r, t, e); break;
    case EVENT_UNDO_START: apply_undo_start(r, t); break;
    case EVENT_UNDO_END: apply_undo_end(r, t, e); break;
    default: break;
    }
}

// ---- orders

static struct order order(enum order_kind kind, struct task *t)
{
    return (struct order){ .kind = kind, .task = t };
}

static struct task *blocker(const struct task *t)
{
    for (size_t i = 0; i < t->need_count; i++) {
        const struct task *n = t->needs[i];
        bool bad = !state_is_good(n->state) || n->by_person;
        if (t->need_blocks[i] && n->ended && bad)
            return t->needs[i];
    }
    return NULL;
}

// The next task that nothing holds back.
static struct task *take_ready(struct run *r)
{
    struct task *t;

    while ((t = queue_pop(&r->ready))) {
        if (!t->queued)
            continue;
        if (!run_may_start(r, t)) {
            t->queued = false;
            series_check_over(r, t->in);
        } else if (t->in->limit && t->in->active >= t->in->limit) {
            t->in->held[t->in->held_first + t->in->held_count++] = t;
        } else {
            task_begin(r, t);
            return t;
        }
    }
    return NULL;
}

static struct task *earliest(const struct run *r)
{
    struct task *best = NULL;

    for (size_t i = 0; i < r->resting.count; i++) {
        struct task *t = r->resting.items[r->resting.first + i];
        if (!best || t->due_ms < best->due_ms)
            best = t;
    }
    return best;
}

static void drop_rested(struct run *r)
{
    for (size_t i = r->resting.count; i-- > 0;) {
        struct task *t = r->resting.items[r->resting.first + i];
        if (!t->resting)
            queue_remove(&r->resting, t);
    }
}

static bool take_finished(struct run *r, struct order *o)
{
    struct series *s = queue_pop(&r->finished);

    if (!s)
        return false;
    if (s->kind == SERIES_ASIDE)
        *o = order(ORDER_ASIDE, s->tasks[0]);
    else
        *o = order(s->kind == SERIES_UNDO ? ORDER_UNDO_END : ORDER_FINISH, s->owner);
    return true;
}

bool run_more_to_undo(const struct run *r)
{
    return r->undo_next < r->undo_count;
}

void run_hold_undo(struct run *r)
{
    r->undo_held = true;
}

void run_stop_undo(struct run *r)
{
    r->undo_next = r->undo_count;
}

void run_hold(struct run *r, bool held)
{
    r->held = held;
}

void run_release_undo(struct run *r)
{
    r->undo_held = false;
}

struct task *run_add_aside(struct run *r, const struct step *s, struct space *space,
                           struct str address)
{
    struct task *t = task_make_aside(r, s, space, address);

    series_link(r, t->in);
    series_open(r, t->in);
    return t;
}

static struct order undo_order(struct run *r)
{
    if (r->undo_held)
        return order(ORDER_WAIT, NULL);
    if (r->undo_next < r->undo_count && (!r->interrupted || r->interrupted == 124) && !r->halted)
        return order(ORDER_UNDO, r->undo_list[r->undo_next++]);
    r->phase_over = true;
    return (struct order){ .kind = ORDER_PHASE_END, .phase = PHASE_UNDO };
}

static bool has_content(const struct run *r, enum phase p)
{
    const struct runbook *rb = r->root->module->rb;

    switch (p) {
    case PHASE_CHECKLIST: return rb->checklist.count && !r->checklist_done;
    case PHASE_CONFIRM: return rb->confirm && !r->confirm_done;
    case PHASE_PREPARE: return r->prepare->count;
    case PHASE_STEPS: return r->steps->count;
    case PHASE_VERIFY: return rb->verify.count;
    case PHASE_UNDO: return true;
    case PHASE_UNDONE: return rb->undone.count && !r->undone_failed && !r->cannot_undo;
    case PHASE_ALWAYS: return r->always->count && r->session_starts;
    }
    return false;
}

// The phase behind [p]; false: the run is over. (language.md section 2, Order.)
static bool phase_behind(const struct run *r, bool any, enum phase p, enum phase *next)
{
    bool undo = r->undo_wanted || r->began_undo || r->facts.undo_only;

    if (!any)
        *next = r->facts.undo_only || r->began_undo ? PHASE_UNDO : PHASE_CHECKLIST;
    else if (p == PHASE_ALWAYS || (r->declined_before && p != PHASE_UNDO))
        return false;
    else if (r->halted)
        return false;
    else if (p <= PHASE_STEPS && (r->stopping || r->interrupted))
        *next = undo && (!r->interrupted || r->interrupted == 124) ? PHASE_UNDO : PHASE_ALWAYS;
    else if (p < PHASE_VERIFY)
        *next = (enum phase)(p + 1);
    else if (p == PHASE_VERIFY)
        *next = undo && !r->interrupted ? PHASE_UNDO : PHASE_ALWAYS;
    else if (p == PHASE_UNDO)
        *next = r->interrupted ? PHASE_ALWAYS : PHASE_UNDONE;
    else
        *next = PHASE_ALWAYS;
    return true;
}

static struct order phase_order(struct run *r)
{
    enum phase p = r->phase;
    bool any = r->any_phase;

    while (phase_behind(r, any, p, &p)) {
        any = true;
        if (has_content(r, p)) {
            r->phase_ordered = true;
            return (struct order){ .kind = ORDER_PHASE, .phase = p };
        }
    }
    return (struct order){ .kind = ORDER_OVER };
}

struct order run_order(struct run *r, int64_t now_ms)
{
    struct order o;
    struct task *t = queue_pop(&r->settle);

    if (t)
        return order(ORDER_SETTLE, t);
    if (r->settling)
        return order(ORDER_WAIT, NULL);
    if (take_finished(r, &o))
        return o;
    drop_rested(r);
    t = earliest(r);
    if (t && t->due_ms <= now_ms) {
        t->resting = false;
        return order(ORDER_RETRY, t);
    }
    struct task *ready = take_ready(r);
    if (ready) {
        ready->blocked_by = blocker(ready);
        return order(ready->blocked_by ? ORDER_BLOCK : ORDER_BEGIN, ready);
    }
    if (take_finished(r, &o))
        return o;
    if (r->active && r->active == r->parked)
        return order(ORDER_SUSPEND, NULL);
    if (t)
        return (struct order){ .kind = ORDER_SLEEP, .at_ms = t->due_ms };
    if (r->active || (r->phase_ordered && !r->phase_begun))
        return order(ORDER_WAIT, NULL);
    if (r->phase_begun && r->phase == PHASE_UNDO && !r->phase_over)
        return undo_order(r);
    if (r->phase_begun && r->phase_over) {
        r->phase_over = false;
        return (struct order){ .kind = ORDER_PHASE_END, .phase = r->phase };
    }
    if (r->phase_begun || r->held)
        return order(ORDER_WAIT, NULL);
    return phase_order(r);
}

// ---- what happens to the driver

void run_want_stop(struct run *r)
{
    if (r->stopping)
        return;
    r->stopping = true;
    run_check_all_over(r);
}

void run_want_undo(struct run *r)
{
    r->undo_wanted = true;
    run_want_stop(r);
}

void run_interrupt(struct run *r, int code)
{
    if (!r->interrupted)
        r->interrupted = code;
    run_want_stop(r);
}

void run_halt_steps(struct run *r)
{
    r->halted = r->stopping = true;
    run_check_all_over(r);
}

void run_halt(struct run *r)
{
    r->closed = true;
    run_halt_steps(r);
}

void run_park(struct run *r, struct task *t, bool parked)
{
    (void)t;
    r->parked += parked ? 1 : -(size_t)1;
}

// It stays pending, as if it had never been its turn.
void run_give_back(struct run *r, struct task *t)
{
    t->begun = false;
    t->walk = NULL;
    t->in->active--;
    r->active -= !t->aside;
    series_check_over(r, t->in);
}

void run_declined_before(struct run *r)
{
    r->declined_before = true;
    run_want_stop(r);
}

void run_unverified(struct run *r)
{
    r->unverified = true;
}

void run_fail_group(struct run *r, struct task *t)
{
    t->failing = true;
    run_check_all_over(r);
}

void run_make_callee(struct run *r, struct task *use)
{
    task_make_callee(r, use);
}

void run_cannot_undo(struct run *r)
{
    r->cannot_undo = true;
}

// ---- asking

bool run_is_stopping(const struct run *r)
{
    return r->stopping;
}

void run_owe_always(struct run *r)
{
    r->session_starts++;
}

int run_interrupted(const struct run *r)
{
    return r->interrupted;
}

bool run_any_started(const struct run *r)
{
    return r->session_starts > 0;
}

bool run_changed_anything(const struct run *r)
{
    return r->starts > 0;
}

struct task *run_task(const struct run *r, struct str address)
{
    return map_get(r->by_address, address);
}

struct task *run_find(const struct run *r, struct str word)
{
    struct task *found = run_task(r, word);

    for (size_t i = 0; !found && i < run_task_count(r); i++) {
        struct task *t = run_task_at(r, i);
        if (!t->is_instance && !t->undoes && str_equal(t->step->id.str, word))
            found = t;
    }
    return found;
}

struct space *run_root(const struct run *r)
{
    return r->root;
}

const struct program *run_program(const struct run *r)
{
    return r->program;
}

size_t run_task_count(const struct run *r)
{
    return r->tasks.count;
}

struct task *run_task_at(const struct run *r, size_t i)
{
    return r->tasks.items[r->tasks.first + i];
}

enum phase run_phase(const struct run *r)
{
    return r->phase;
}

bool run_began_undo(const struct run *r)
{
    return r->began_undo;
}

size_t run_undo_starts(const struct run *r)
{
    return r->undo_starts;
}

bool run_verified(const struct run *r)
{
    return r->verified;
}
