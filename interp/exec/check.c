// Checks: steps that change nothing, in file order, all of them (language.md section 6).

#include "base/arena.h"
#include "base/map.h"
#include "exec/check_inside.h"

static void next_check(struct checking *c);

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
void check_remember(struct checking *c, const struct check_outcome *o)
{
    bool worse = o->unknown || o->cancelled;

    if (o->ok || (!c->worst.ok && !worse))
        return;
    c->worst = *o;
    c->worst.id = c->id;
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

void check_over(struct checking *c, const struct check_outcome *o)
{
    keep_found(c, o);
    poll_tell(c, o, -1);
    if (c->see)
        c->see(c->arg, c->id, o);
    check_remember(c, o);
    next_check(c);
}

void check_stopped(struct checking *c)
{
    check_remember(c, &(struct check_outcome){ .cancelled = true,
                                               .message = STR("the check was stopped") });
    finish(c);
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
    if (!poll_begin(c))
        next_check(c);
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
        check_remember(c, &(struct check_outcome){ .message = err.message });
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
