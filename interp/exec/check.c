// Checks: steps that change nothing, in file order, all of them (language.md section 6).

#include "base/arena.h"
#include "base/map.h"
#include "exec/check_inside.h"
#include "exec/rows.h"

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

static bool is_wanted(struct checking *c, struct expr_error *err)
{
    bool wanted = true;

    if (c->now->cond && !expr_test(c->now->cond, view_scope(&c->view), c->arena, &wanted, err))
        return false;
    return wanted;
}

static void begin_check(struct checking *c)
{
    struct expr_error err = { 0 };
    bool wanted = is_wanted(c, &err);

    if (err.message.n)
        check_over(c, &(struct check_outcome){ .message = err.message });
    else if (!wanted || !poll_begin(c))
        next_check(c);
}

static void next_item(struct checking *c)
{
    struct value row = value_item(c->rows, c->next_row), key = VALUE_NONE;
    struct str text = STR("");

    c->view = c->around;
    c->view.item_name = rows_item_name(c->now->more->for_each);
    c->view.index = value_int((int64_t)c->next_row);
    value_get(row, value_text("item"), &c->view.item);
    value_get(row, value_text("key"), &key);
    value_to_text(key, c->arena, &text);
    c->next_row++;
    c->id = str_format(c->arena, "%.*s%.*s[%.*s]", STR_ARG(c->tag), STR_ARG(c->now->id.str),
                       STR_ARG(text));
    begin_check(c);
}

// As for a step, a condition that does not look at the item is asked before the list is read.
static bool make_rows(struct checking *c, struct expr_error *err)
{
    const struct for_each *each = c->now->more->for_each;
    bool once = c->now->cond && !rows_are_read(each, c->now->cond);
    struct value list;

    c->next_row = 0;
    if (once && !is_wanted(c, err))
        return !err->message.n;
    return form_fill(each->in, view_scope(&c->view), c->arena, &list, err) &&
           rows_of_list(each, &c->view, list, c->arena, &c->rows, err);
}

static void begin_all(struct checking *c)
{
    struct expr_error err = { 0 };

    if (make_rows(c, &err))
        next_check(c);
    else
        check_over(c, &(struct check_outcome){ .message = err.message });
}

static void next_check(struct checking *c)
{
    if (c->now && c->now->more->for_each && c->rows.kind == VALUE_LIST &&
        c->next_row < value_size(c->rows)) {
        next_item(c);
        return;
    }
    const struct step *all = c->checks->items;
    c->rows = VALUE_NONE;
    if (c->next == c->checks->count || c->worst.cancelled) {
        loop_later(c->d->loop, finish_later, c);
        return;
    }
    c->now = &all[c->next++];
    c->view = c->around;
    c->id = c->now->id.str.n
                ? str_format(c->arena, "%.*s%.*s", STR_ARG(c->tag), STR_ARG(c->now->id.str))
                : str_format(c->arena, "%.*scheck_%zu", STR_ARG(c->tag), c->next);
    if (c->now->more->for_each)
        begin_all(c);
    else
        begin_check(c);
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
