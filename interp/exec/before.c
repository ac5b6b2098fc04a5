// `before`: how things are before the step changes them, for its undo.

#include "base/arena.h"
#include "exec/walk.h"

bool has_own_before(const struct task *t)
{
    return t->step->more->before.count && !t->auto_undo;
}

static void next_before(struct walk *w);

static void put_before(struct walk *w, struct str key, struct value v)
{
    struct value_builder *b = value_map_start(w->arena);

    for (size_t i = 0; w->before.kind == VALUE_MAP && i < value_size(w->before); i++)
        value_put(b, w->before.map->entries[i].key, w->before.map->entries[i].value);
    value_put(b, value_string(key), v);
    w->before = value_finish(b);
    next_before(w);
}

static void before_read(void *arg, const struct outcome *o)
{
    struct walk *w = arg;
    const struct before *all = w->task->step->more->before.items;
    const struct before *now = &all[w->next_before - 1];
    struct judged j;
    struct value result = o->result;

    w->reading = NULL;
    if (w->withdrawn)
        return;
    if (o->verdict == VERDICT_CANCELLED) {
        w->message = STR("stopped while `before` was read");
        walk_end(w, STATE_CANCELLED, NULL, false);
        return;
    }
    w->view.result = &result;
    w->view.result_lost = VALUE_NONE;
    j = judge(w->d, now->check, o, scope_of(w), w->arena);
    w->view.result = NULL;
    if (j.ok) {
        put_before(w, now->entry.key.str, value_copy(w->arena, result));
        return;
    }
    w->message = str_format(w->arena, "`before.%.*s` could not be read: %.*s",
                            STR_ARG(now->entry.key.str), STR_ARG(j.message));
    w->known_failed = true;
    walk_failed(w);
}

static void read_before(struct walk *w, const struct before *b)
{
    struct task *t = w->task;
    struct expr_error err = { 0 };
    struct str address = str_format(w->arena, "%.*s.before.%.*s", STR_ARG(t->address),
                                    STR_ARG(b->entry.key.str));
    struct act *x = act_new(w->d, w->arena, NULL, t->space, b->check, address, 1);

    x->at.timeout_ms = 10 * 1000;
    x->at.grace_ms = 2000;
    if (!step_environment(w->d, t, b->check, t->space, scope_of(w), w->arena, &x->at, &err) ||
        !act_resolve(x, scope_of(w), &err)) {
        fail_expr(w, "before", &err);
        return;
    }
    w->reading = x;
    act_start(x, before_read, w);
}

static void next_before(struct walk *w)
{
    const struct list *list = &w->task->step->more->before;
    const struct before *all = list->items;
    struct expr_error err = { 0 };
    struct value v;

    if (w->next_before == list->count) {
        walk_intend(w);
        return;
    }
    const struct before *b = &all[w->next_before++];
    if (b->check)
        read_before(w, b);
    else if (form_fill(b->value, scope_of(w), w->arena, &v, &err))
        put_before(w, b->entry.key.str, v);
    else
        fail_expr(w, "before", &err);
}

void walk_before(struct walk *w)
{
    if (!has_own_before(w->task) || w->before.kind == VALUE_MAP) {
        walk_intend(w);
        return;
    }
    next_before(w);
}
