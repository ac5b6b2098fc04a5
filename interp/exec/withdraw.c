// Questions of earlier sessions that nobody asks again, because the run goes another way now.

#include "base/map.h"
#include "exec/votes.h"
#include "exec/walk.h"

// Of an undo, which is still to come, and of `always`, what is open is asked again; of a run that
// ends for good, only the latter. What is asked of no task is asked on the way forward.
static bool is_asked_again(const struct driver *d, struct str id)
{
    const struct task *t = run_task(d->run, id);

    return t && t->phase != PHASE_PREPARE && t->phase != PHASE_STEPS &&
           (t->phase == PHASE_ALWAYS || !d->aborting);
}

// What was voted is told as what it was, although nothing comes of it any more: who reads of the
// run later finds it nowhere else.
static void withdraw(struct driver *d, struct str id, struct value asked)
{
    struct question q = question_as_told(asked, d->arena);
    struct answer a = { .kind = ANSWER_NONE, .how = STR("withdrawn") };
    struct value votes = VALUE_NONE;

    if (q.kind == QUESTION_APPROVE && votes_answer(d, &q, &a, &votes) == VOTES_UNREAD)
        say(d, "the votes on `%.*s` cannot be read, and are not told in the journal", STR_ARG(id));
    tell_answer(d, &q, &a, votes);
}

void withdraw_left(struct driver *d)
{
    for (size_t i = 0; i < map_count(d->earlier.open); i++) {
        struct open_since *open = map_value(d->earlier.open, i);
        struct str id = map_key(d->earlier.open, i);
        if (open->wall_ns == 0 || is_asked_again(d, id))
            continue;
        withdraw(d, id, open->asked);
        open->wall_ns = 0;
    }
}
