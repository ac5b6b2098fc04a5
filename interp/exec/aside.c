// Tasks that are not steps of the run: hooks, and `use` in a check. Their events are
// applied, so that the same core unrolls them, but neither journalled nor shown; they
// never fail the run.

#include "base/arena.h"
#include "exec/walk.h"

struct task *aside_run(struct driver *d, const struct step *s, struct space *space,
                       struct str address, const struct view *view,
                       void (*then)(void *arg, struct task *t), void *arg)
{
    struct task *t = run_add_aside(d->run, s, space, address);
    struct walk *w = walk_new(d, t);

    if (view) {
        w->view = *view;
        w->view.task = t;
        w->view.before = &w->before;
    }
    struct task_more *more = task_more(d->arena, t);
    more->aside_then = then;
    more->aside_arg = arg;
    pump(d);
    return t;
}

void aside_heard(const struct task *t, struct str bytes)
{
    while (t->in->owner)
        t = t->in->owner;
    if (t->more->aside_heard)
        t->more->aside_heard(t->more->aside_arg, bytes);
}

void aside_over(struct driver *d, struct task *t)
{
    (void)d;
    if (t->more->aside_then)
        t->more->aside_then(t->more->aside_arg, t);
}
