// Tasks that are not steps of the run: hooks, and `use` in a check. Their events are
// applied, so that the same core unrolls them, but neither journalled nor shown; they
// never fail the run.

#include "base/arena.h"
#include "exec/walk.h"

struct aside {
    struct driver *d;
    void (*then)(void *arg, struct task *t);
    void *arg;
};

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
    t->aside_then = then;
    t->aside_arg = arg;
    pump(d);
    return t;
}

void aside_over(struct driver *d, struct task *t)
{
    (void)d;
    if (t->aside_then)
        t->aside_then(t->aside_arg, t);
}
