// Intents that are written ahead (execution.md section 2): inside a parallel group, for at
// most as many steps as may run at once. A step that was held back only by the limit then
// starts without waiting for a commit. Whether it did is what a crash leaves open; the marks
// of the keeper tell.

#include "base/arena.h"
#include "exec/core/core.h"

static struct task *offer(struct series *s)
{
    while (s->offered < s->held_count && s->offered < s->limit) {
        struct task *t = s->held[s->held_first + s->offered++];
        if (!t->intended && !t->intent)
            return t;
    }
    return NULL;
}

struct task *run_next_to_intend(struct run *r, int64_t most_ms)
{
    struct task *t = NULL;

    if (r->stopping || r->interrupted || r->halted)
        return NULL;
    for (size_t i = 0; !t && i < r->open.count; i++) {
        struct series *s = r->open.items[r->open.first + i];
        bool is_quick = s->last_ms >= 0 && s->last_ms <= most_ms;
        if (s->limit > 1 && is_quick && s->held_count && run_may_start(r, s->held[s->held_first]))
            t = offer(s);
    }
    return t;
}

bool run_intends_enough(const struct run *r, bool (*is_ready)(const struct task *t))
{
    bool any = false;

    for (size_t i = 0; i < r->open.count; i++) {
        const struct series *s = r->open.items[r->open.first + i];
        if (s->limit < 2 || s->held_count == 0)
            continue;
        if (s->offered == 0 || !is_ready(s->held[s->held_first + (s->offered - 1) / 2]))
            return false;
        any = true;
    }
    return any;
}

void apply_intent(struct run *r, struct task *t, const struct event *e)
{
    struct value file = VALUE_NONE;

    value_field(e->data, "file", NULL, &file);
    if (t->begun || t->ended || file.kind != VALUE_STRING)
        return;
    t->intended = true;
    t->file = str_copy(r->arena, file.s);
}

void intents_are_void(struct run *r)
{
    for (size_t i = 0; i < run_task_count(r); i++) {
        struct task *t = run_task_at(r, i);
        if (t->intended && !t->intent)
            t->dangling = false;
        t->intended = false;
    }
}
