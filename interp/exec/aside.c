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

// ---- hooks

struct hooking {
    struct driver *d;
    struct str which;
    size_t left;
    void (*then)(struct driver *d);
};

static void hook_over(void *arg, struct task *t)
{
    struct hooking *h = arg;
    struct driver *d = h->d;
    struct value_builder *b = event_data(d);

    value_put_s(b, "hook", value_string(h->which));
    value_put_s(b, "id", value_string(t->step->id.str));
    value_put_s(b, "state", value_text(state_word(t->state)));
    if (t->message.n)
        value_put_s(b, "message", value_string(t->message));
    emit(d, EVENT_HOOK_END, b);
    if (!state_is_good(t->state))
        say(d, "the hook %.*s (%.*s) failed: %.*s", STR_ARG(t->step->id.str), STR_ARG(h->which),
            STR_ARG(t->message));
    d->hooks_running--;
    if (--h->left == 0)
        h->then(d);
    pump(d);
}

enum { HOOK_TIMEOUT_MS = 30 * 1000 };

void hooks_run(struct driver *d, const char *which, const struct list *hooks, struct value extra,
               void (*then)(struct driver *d))
{
    struct hooking *h = NEW(d->arena, struct hooking);
    size_t n = 0;

    *h = (struct hooking){ d, str_from(which), hooks->count, then };
    LIST_EACH(const struct step, s, *hooks) {
        struct view v = view_of_space(d, run_root(d->run));
        v.at_end = true;
        v.contact = extra;
        struct str address = str_format(d->arena, "hooks.%s.%.*s-%lld", which, STR_ARG(s->id.str),
                                        (long long)++d->names);
        d->hooks_running++;
        n++;
        aside_run(d, s, run_root(d->run), address, &v, hook_over, h);
    }
    if (n == 0)
        then(d);
}
