#include "exec/core/task.h"

#include "base/arena.h"
#include "base/map.h"

const struct task_more task_no_more;

struct task_more *task_more(struct arena *a, struct task *t)
{
    if (t->more == &task_no_more)
        t->more = NEW(a, struct task_more);
    return (struct task_more *)t->more;
}

static const char *const words[STATE_COUNT] = {
    [STATE_PENDING] = "pending",     [STATE_WAITING] = "waiting",
    [STATE_RUNNING] = "running",     [STATE_PROVISIONAL] = "provisional",
    [STATE_SUCCEEDED] = "succeeded", [STATE_SATISFIED] = "satisfied",
    [STATE_SKIPPED] = "skipped",     [STATE_BLOCKED] = "blocked",
    [STATE_FAILED] = "failed",       [STATE_RESCUED] = "rescued",
    [STATE_CANCELLED] = "cancelled", [STATE_UNKNOWN] = "unknown",
};

const char *state_word(enum state s)
{
    return words[s];
}

enum state state_of(struct str word)
{
    int s = 0;

    while (s < STATE_COUNT && !str_is(word, words[s]))
        s++;
    return (enum state)s;
}

const char *undo_state_word(enum undo_state s)
{
    static const char *const undo_words[] = {
        [UNDO_NOT] = "",           [UNDO_RUNNING] = "running",     [UNDO_DONE] = "undone",
        [UNDO_FAILED] = "undo_failed", [UNDO_UNKNOWN] = "undo_failed",
    };
    return undo_words[s];
}

bool state_is_good(enum state s)
{
    return s == STATE_SUCCEEDED || s == STATE_SATISFIED || s == STATE_SKIPPED ||
           s == STATE_RESCUED || s == STATE_PROVISIONAL;
}

const struct task *task_taken_back(const struct task *t)
{
    for (; t->phase == PHASE_UNDO; t = t->in->owner) {
        if (t->undoes || !t->in->owner || t->in->owner->kind == TASK_USE)
            return t->undoes;
    }
    return NULL;
}

struct task *space_find(const struct space *s, struct str id)
{
    for (; s; s = s->around) {
        struct task *t = map_get(s->by_id, id);
        if (t)
            return t;
    }
    return NULL;
}

struct space *space_top(struct space *s)
{
    while (s->around)
        s = s->around;
    return s;
}

// Worst first, as language.md lists them.
enum state worst_state(const struct series *s)
{
    static const enum state order[] = { STATE_UNKNOWN, STATE_FAILED,  STATE_CANCELLED,
                                        STATE_BLOCKED, STATE_PENDING, STATE_RESCUED,
                                        STATE_PROVISIONAL };
    bool succeeded = false, any = false;

    for (size_t w = 0; w < sizeof order / sizeof order[0]; w++)
        for (size_t i = 0; i < s->count; i++)
            if (s->tasks[i]->state == order[w])
                return order[w] == STATE_PENDING ? STATE_CANCELLED : order[w];
    for (size_t i = 0; i < s->count; i++) {
        succeeded |= s->tasks[i]->state == STATE_SUCCEEDED;
        any |= s->tasks[i]->state == STATE_SKIPPED;
    }
    return succeeded ? STATE_SUCCEEDED : any ? STATE_SKIPPED : STATE_SATISFIED;
}
