// abort: a run ends for good and frees its locks, so nothing of it may go on (alive.c); what then
// is in doubt is said.

#include "base/arena.h"
#include "exec/session.h"

// What became of one whose result nobody takes up any more.
static struct str doubt_of(struct driver *d, const struct task *t)
{
    struct child_result r;

    if (t->elsewhere)
        return STR("it was started on another machine, and may still run there");
    if (!task_may_live(t) || child_adopt(d->folder, t->file, d->arena, &r) != ADOPT_KNOWN)
        return STR("it is not known whether it took effect");
    if (r.end == CHILD_EXITED)
        return str_format(d->arena, "it has ended since, with exit status %d", r.status);
    return STR("it was stopped, and may be half done");
}

void abandon_tell(struct driver *d)
{
    for (size_t i = 0; i < run_task_count(d->run); i++) {
        const struct task *t = run_task_at(d->run, i);
        if (t->state == STATE_UNKNOWN || t->dangling)
            say(d, "in doubt: %.*s was started, and %.*s", STR_ARG(t->address),
                STR_ARG(doubt_of(d, t)));
    }
}
