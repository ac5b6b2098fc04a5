// What the interpreter has handed to the keeper ahead: it starts when there is room for it.
//
// Between the end of a step and the start of the next the place would stay empty for as long as it
// takes to tell the interpreter and to be asked by it. So the keeper starts what is held by itself,
// in the order in which it was handed over, but only in the place of one that ended well beyond
// any doubt. What any other end means is the interpreter's to say: each is counted as a surprise,
// and what is held is started only while the interpreter has heard of all of them.

#include <errno.h>

#include "loop/keeping.h"

void hold_ask(struct keeping *k, uint32_t id, struct str body)
{
    struct taking taking = { body };
    int64_t heard = take_number(&taking);
    struct task *t = taking.bad ? NULL : task_ask(k, id, taking.rest);

    k->broken |= !t;
    if (!t)
        return;
    t->state = TASK_HELD;
    t->heard = heard;
    k->ahead++;
}

static void let_go(struct task *t)
{
    t->state = TASK_ASKED;
    t->asked_ms = t->keeping->now_ms;
    t->keeping->ahead--;
}

void hold_go(struct task *t)
{
    if (t->state == TASK_HELD)
        let_go(t);
}

// Nothing of it is kept: it is as if it had never been asked for.
void hold_drop(struct task *t)
{
    struct keeping *k = t->keeping;

    keeping_tell(k, (struct frame){ .type = TELL_DROPPED, .id = t->id }, STR(""));
    k->ahead--;
    t->state = TASK_ASKED;
    task_free(t);
}

void hold_drop_all(struct keeping *k)
{
    for (struct task *t = k->tasks, *next; t; t = next) {
        next = t->next;
        if (t->state == TASK_HELD)
            hold_drop(t);
    }
}

static bool ended_well(const struct task *t)
{
    return t->ended && t->kill == KILL_NOT && !t->kill_left && !t->left_count &&
           t->strays == BELONGS_NOT && task_succeeded(t);
}

bool hold_is_surprised(const struct task *t)
{
    return !t->spec.room || !ended_well(t);
}

struct task *hold_next(const struct task *t)
{
    const struct keeping *k = t->keeping;
    struct task *next = k->ahead && !k->gone && !hold_is_surprised(t) ? k->tasks : NULL;

    while (next && (next->state != TASK_HELD || next->spec.room != t->spec.room))
        next = next->next;
    return next && next->heard == k->surprises ? next : NULL;
}

void hold_release(struct task *t)
{
    let_go(t);
    task_start(t);
}
