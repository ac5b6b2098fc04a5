// Tasks and series from steps: the runbook, unrolled as far as it is known.

#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "exec/core/core.h"

static enum task_kind kind_of(const struct step *s)
{
    switch (s->kind) {
    case STEP_ACTION: return TASK_ACTION;
    case STEP_GATE: return TASK_GATE;
    case STEP_GROUP: return TASK_GROUP;
    case STEP_USE: return TASK_USE;
    }
    return TASK_ACTION;
}

static struct str join(struct run *r, struct str a, const char *between, struct str b)
{
    return str_format(r->arena, "%.*s%s%.*s", STR_ARG(a), between, STR_ARG(b));
}

// What the addresses of its children begin with; those in a group have no part of its own.
static struct str prefix_of(struct run *r, const struct task *t)
{
    return join(r, t->address, ".", STR(""));
}

static struct space *space_new(struct run *r, struct space *around, const struct module *module)
{
    struct space *s = NEW(r->arena, struct space);

    s->around = around;
    s->by_id = map_new(r->arena);
    s->module = module;
    return s;
}

static struct task *task_new(struct run *r, const struct step *step, struct series *in,
                             struct space *space, struct str address, enum phase phase)
{
    struct task *t = NEW(r->arena, struct task);

    *t = (struct task){ .kind = kind_of(step), .step = step, .in = in, .space = space,
                        .address = address, .phase = phase, .more = &task_no_more,
                        .aside = in->owner && in->owner->aside };
    map_put(r->by_address, address, t);
    queue_push(r, &r->tasks, t);
    return t;
}

// The series of a group are made with it, because later steps may wait for what is
// inside; those of a use when it is reached, and of a for_each when its list is known.
static void make_inside(struct run *r, struct task *t, struct space *space, struct str prefix)
{
    const struct step *s = t->step;

    if (t->kind == TASK_GROUP)
        t->steps = series_new(r, SERIES_STEPS, t, &s->more->steps, space, prefix, t->phase);
    if (s->more->rescue.count && t->kind != TASK_EACH)
        t->rescue = series_new(r, SERIES_RESCUE, t, &s->more->rescue, space, prefix, t->phase);
    if (t->kind == TASK_GROUP && s->more->always.count)
        t->always = series_new(r, SERIES_ALWAYS, t, &s->more->always, space, prefix, t->phase);
}

static size_t limit_of(const struct step *owner)
{
    if (!owner->more->parallel || owner->more->parallel->template)
        return 0;
    return owner->more->parallel->n > 0 ? (size_t)owner->more->parallel->n : 0;
}

static void add(struct run *r, struct series *s, const struct step *step, struct space *space,
                struct str prefix, enum phase phase)
{
    struct str address = prefix.n ? join(r, prefix, "", step->id.str) : step->id.str;
    struct task *t = task_new(r, step, s, space, address, phase);

    if (step->more->for_each)
        t->kind = TASK_EACH;
    map_put(space->by_id, step->id.str, t);
    s->tasks[s->count++] = t;
    make_inside(r, t, space, prefix);
}

static struct series *empty_series(struct run *r, enum series_kind kind, struct task *owner,
                                   size_t room)
{
    struct series *s = NEW(r->arena, struct series);

    s->kind = kind;
    s->owner = owner;
    s->last_ms = -1;
    s->tasks = NEW_ARRAY(r->arena, struct task *, room);
    s->held = NEW_ARRAY(r->arena, struct task *, room);
    return s;
}

struct series *series_new(struct run *r, enum series_kind kind, struct task *owner,
                          const struct list *steps, struct space *space, struct str prefix,
                          enum phase phase)
{
    struct series *s = empty_series(r, kind, owner, steps->count);

    if (owner && owner->kind == TASK_GROUP && kind == SERIES_STEPS)
        s->limit = limit_of(owner->step);
    map_reserve(r->by_address, steps->count);
    map_reserve(space->by_id, steps->count);
    LIST_EACH(const struct step, step, *steps)
        add(r, s, step, space, prefix, phase);
    s->left = s->count;
    return s;
}

static void follow(struct run *r, struct task *before, struct task *t)
{
    if (before->follower_count == before->follower_room) {
        uint32_t room = before->follower_room ? before->follower_room * 2 : 1;
        before->followers = arena_grow(r->arena, before->followers, before->follower_room, room,
                                       sizeof *before->followers);
        before->follower_room = room;
    }
    before->followers[before->follower_count++] = t;
}

void task_waits_for(struct run *r, struct task *t, struct task *before)
{
    follow(r, before, t);
    t->unmet += !task_is_over(before);
}

static void add_need(struct run *r, struct task *t, struct task *before, bool blocks)
{
    if (!before || before == t)
        return;
    follow(r, before, t);
    t->needs[t->need_count] = before;
    t->need_blocks[t->need_count++] = blocks;
    t->unmet += !task_is_over(before);
}

static void make_room(struct run *r, struct task *t, size_t needs)
{
    t->needs = NEW_ARRAY(r->arena, struct task *, needs);
    t->need_blocks = NEW_ARRAY(r->arena, bool, needs);
}

static void link_one(struct run *r, struct task *t)
{
    const struct vertex *v = graph_vertex(t->space->module->graph, t->step);

    if (v->before || v->need_count)
        make_room(r, t, v->need_count + 1);
    if (v->before)
        add_need(r, t, space_find(t->space, v->before->step->id.str), false);
    for (size_t i = 0; i < v->need_count; i++)
        add_need(r, t, space_find(t->space, v->needs[i]->step->id.str), true);
}

// `parallel: false` and `parallel: 1` are what a list is anyway.
static bool runs_in_order(const struct series *s)
{
    const struct amount *p = s->owner && s->kind == SERIES_STEPS ? s->owner->step->more->parallel
                                                                 : NULL;

    return !p || (!p->template && p->n == 1);
}

// What an undo holds stands in no graph: one after the other, as it is written.
static void link_in_undo(struct run *r, const struct series *s, size_t i)
{
    if (i == 0 || !runs_in_order(s))
        return;
    make_room(r, s->tasks[i], 1);
    add_need(r, s->tasks[i], s->tasks[i - 1], false);
}

void series_link(struct run *r, struct series *s)
{
    for (size_t i = 0; s && i < s->count; i++) {
        struct task *t = s->tasks[i];
        if (!t->is_instance && graph_vertex(t->space->module->graph, t->step))
            link_one(r, t);
        else if (!t->is_instance && t->phase == PHASE_UNDO)
            link_in_undo(r, s, i);
        if (t->kind != TASK_EACH) {
            series_link(r, t->steps);
            series_link(r, t->rescue);
            series_link(r, t->always);
        }
    }
}

// [items] is the journalled list of {key, item}.
void task_make_instances(struct run *r, struct task *each, struct value items)
{
    size_t count = value_size(items);

    each->steps = empty_series(r, SERIES_STEPS, each, count);
    for (size_t i = 0; i < count; i++) {
        struct value row = value_item(items, i), key = VALUE_NONE, item = VALUE_NONE;
        struct str text = STR("");
        value_field(row, "key", r->arena, &key);
        value_field(row, "item", r->arena, &item);
        value_to_text(key, r->arena, &text);
        struct str address = str_format(r->arena, "%.*s[%.*s]", STR_ARG(each->address),
                                        STR_ARG(text));
        struct space *space = space_new(r, each->space, each->space->module);
        struct task *t = task_new(r, each->step, each->steps, space, address, each->phase);
        t->is_instance = true;
        struct task_more *more = task_more(r->arena, t);
        more->index = i;
        more->item = item;
        more->key = key;
        space->instance = t;
        each->steps->tasks[each->steps->count++] = t;
        make_inside(r, t, space, prefix_of(r, t));
    }
    each->steps->left = count;
    series_link(r, each->steps);
}

// What a group holds is linked when its instance was made; a callee's steps here.
void task_make_callee(struct run *r, struct task *use)
{
    if (use->inner)
        return;
    const struct module *m = program_use(r->program, use->step);
    const struct runbook *rb = m->rb;
    struct space *space = space_new(r, NULL, m);

    struct str prefix = prefix_of(r, use);

    space->caller = use;
    use->inner = space;
    use->prepare = series_new(r, SERIES_PREPARE, use, &rb->prepare, space, prefix, use->phase);
    use->steps = series_new(r, SERIES_STEPS, use, &rb->steps, space, prefix, use->phase);
    if (rb->always.count)
        use->always = series_new(r, SERIES_ALWAYS, use, &rb->always, space, prefix, use->phase);
    series_link(r, use->prepare);
    series_link(r, use->steps);
    series_link(r, use->always);
}

static struct task *undo_task(struct run *r, struct task *t, const struct step *body, size_t number)
{
    struct str address = join(r, t->address, "~undo", STR(""));

    if (number)
        address = str_format(r->arena, "%.*s.%zu", STR_ARG(address), number);
    struct task *u = task_new(r, body, t->undo, t->space, address, PHASE_UNDO);
    u->undoes = t;
    if (body != t->step && body->more->for_each)
        u->kind = TASK_EACH;
    if (number && body->id.str.n)  // those behind it in the list may read it
        map_put(t->space->by_id, body->id.str, u);
    make_inside(r, u, t->space, prefix_of(r, u));
    t->undo->tasks[t->undo->count++] = u;
    return u;
}

// The bodies stand one behind the other; a body that failed keeps the rest from starting.
void task_make_undo(struct run *r, struct task *t)
{
    const struct undo *undo = &t->step->more->undo;

    if (t->undo)
        return;
    t->undo = empty_series(r, SERIES_UNDO, t, undo->steps.count + 1);
    if (undo->kind == UNDO_AUTO)
        undo_task(r, t, t->step, 0)->auto_undo = true;
    size_t number = 0;
    LIST_EACH(const struct step, body, undo->steps)
        undo_task(r, t, body, undo->is_list ? ++number : 0);
    for (size_t i = 0; i < t->undo->count; i++) {
        struct task *u = t->undo->tasks[i];
        make_room(r, u, 1);
        if (i > 0)
            add_need(r, u, t->undo->tasks[i - 1], true);
        series_link(r, u->steps);
        series_link(r, u->rescue);
        series_link(r, u->always);
    }
    t->undo->left = t->undo->count;
}

// A series of one, of nobody.
struct task *task_make_aside(struct run *r, const struct step *step, struct space *space,
                             struct str address)
{
    struct series *s = empty_series(r, SERIES_ASIDE, NULL, 1);
    struct task *t = task_new(r, step, s, space, address, PHASE_ALWAYS);

    t->aside = true;
    if (step->more->for_each)
        t->kind = TASK_EACH;
    s->tasks[s->count++] = t;
    s->left = 1;
    make_inside(r, t, space, prefix_of(r, t));
    return t;
}

void series_reset(struct run *r, struct series *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->count; i++)
        task_reset(r, s->tasks[i]);
    s->open = false;
    s->held_count = s->held_first = s->offered = 0;
}

void task_reset(struct run *r, struct task *t)
{
    if (t->ended)
        task_unend(r, t);
    t->state = STATE_PENDING;
    t->begun = t->queued = t->resting = t->failing = t->rescuing = t->always_begun = false;
    t->stopped_inside = false;
    t->work_failed = t->continued = t->own_continue = t->declined = t->dangling = false;
    t->by_person = t->marked = t->intended = t->rescue_left = false;
    t->ahead = NULL;
    t->blocked_by = NULL;
    t->result = VALUE_NONE;
    if (t->more->outputs.kind != VALUE_NULL)
        task_more(r->arena, t)->outputs = VALUE_NONE;
    if (t->more->notes.kind != VALUE_NULL)
        task_more(r->arena, t)->notes = VALUE_NONE;
    if (t->more->acted.kind != VALUE_NULL)
        task_more(r->arena, t)->acted = VALUE_NONE;
    t->message = STR("");
    series_reset(r, t->prepare);
    series_reset(r, t->steps);
    series_reset(r, t->rescue);
    series_reset(r, t->always);
}
