// Exclusive resources of a runbook and of all it uses, taken together before the run.

#include <stdlib.h>

#include "base/arena.h"
#include "base/map.h"
#include "exec/walk.h"

struct wanted {
    struct driver *d;
    struct map *names;
    struct diags *diags;
};

static void add_locks(struct wanted *w, const struct frame *f, const struct module *m);

static const struct given *given_with(struct wanted *w, const struct frame *caller,
                                      const struct step *use, size_t *count, bool *ok)
{
    struct arena *a = w->d->arena;
    struct scope s = frame_scope(caller, now_value(), a);
    struct given *all = NEW_ARRAY(a, struct given, use->with.count + 1);

    LIST_EACH(const struct form_entry, e, use->with) {
        struct expr_error err = { 0 };
        struct value v;
        if (!form_fill(e->form, &s, a, &v, &err)) {
            *ok = false;
            continue;
        }
        all[(*count)++] = (struct given){ .name = e->entry.key.str, .has_value = true, .value = v };
    }
    return all;
}

static bool needs_names(const struct program *p, const struct module *m)
{
    (void)p;
    return m->rb->locks.count > 0;
}

// What a callee locks may depend on its inputs, but not on a step of the caller.
static void add_use(struct wanted *w, const struct frame *caller, const struct step *use)
{
    struct driver *d = w->d;
    const struct module *m = program_use(d->program, use);
    struct frame *f = NEW(d->arena, struct frame);
    struct diags ignored = { .arena = d->arena };
    size_t count = 0;
    bool complete = true;

    *f = (struct frame){ .module = m, .parent = caller, .run = caller->run, .env = caller->env,
                         .environ = caller->environ, .dir = caller->dir };
    const struct given *given = given_with(w, caller, use, &count, &complete);
    bool known = frame_inputs(f, given, count, caller->dir, now_value(), d->arena, &ignored) &&
                 frame_vars(f, now_value(), d->arena, &ignored);
    if (!known && complete && !needs_names(d->program, m))
        known = true;
    if (!known && needs_names(d->program, m)) {
        struct diag *e = diag_error(w->diags, DIAG_EXPR_NOT_ALLOWED_HERE, use->use.span,
                                    "what `%.*s` locks is not known before the run",
                                    STR_ARG(use->use.str));
        diag_help(w->diags, e, "give it inputs that do not depend on a step");
        return;
    }
    add_locks(w, f, m);
}

static void add_steps(struct wanted *w, const struct frame *f, const struct list *steps)
{
    LIST_EACH(const struct step, s, *steps) {
        if (s->kind == STEP_USE)
            add_use(w, f, s);
        add_steps(w, f, &s->steps);
        add_steps(w, f, &s->rescue);
        add_steps(w, f, &s->always);
        add_steps(w, f, &s->undo.steps);
    }
}

static void add_locks(struct wanted *w, const struct frame *f, const struct module *m)
{
    struct arena *a = w->d->arena;
    struct scope s = frame_scope(f, now_value(), a);

    LIST_EACH(const struct template *, t, m->rb->locks) {
        struct expr_error err = { 0 };
        struct str *name = NEW(a, struct str);
        bool secret;
        if (template_eval_text(*t, &s, a, name, &secret, &err))
            map_put(w->names, *name, name);
        else
            diag_error(w->diags, DIAG_UNKNOWN_NAME, err.span, "`lock` cannot be evaluated: %.*s",
                       STR_ARG(err.message));
    }
    add_steps(w, f, &m->rb->prepare);
    add_steps(w, f, &m->rb->steps);
    add_steps(w, f, &m->rb->always);
}

static int by_name(const void *x, const void *y)
{
    return str_compare(*(const struct str *)x, *(const struct str *)y);
}

bool locks_find(struct driver *d)
{
    struct wanted w = { d, map_new(d->arena), d->diags };
    unsigned errors = d->diags->errors;

    add_locks(&w, d->frame, d->program->root);
    d->lock_count = map_count(w.names);
    d->locks = NEW_ARRAY(d->arena, struct str, d->lock_count + 1);
    for (size_t i = 0; i < d->lock_count; i++)
        d->locks[i] = map_key(w.names, i);
    qsort(d->locks, d->lock_count, sizeof *d->locks, by_name);
    return d->diags->errors == errors;
}

static void wake(void *arg)
{
    *(bool *)arg = true;
}

static void pause(struct driver *d, int64_t ms)
{
    bool woken = false;
    struct timer *t = loop_timer(d->loop, d->arena, loop_now_ms(d->loop) + ms, wake, &woken);

    while (!woken && loop_turn(d->loop))
        ;
    timer_stop(t);
}

static void held(struct driver *d, const struct lock_row *h)
{
    struct diag *e = diag_error(d->diags, DIAG_LOCKED, (struct span){ 0 },
                                "the lock `%.*s` is held by run %.*s of %.*s on %.*s%s%.*s since %.*s",
                                STR_ARG(h->name), STR_ARG(h->run), STR_ARG(h->user),
                                STR_ARG(h->host), h->step.n ? ", at step " : "", STR_ARG(h->step),
                                STR_ARG(h->since));

    diag_help(d->diags, e, "wait for it with --wait 10m, or look at it: runbook show %.*s",
              STR_ARG(h->run));
}

// 0, or an exit code.
int locks_take(struct driver *d)
{
    int64_t until = loop_now_ms(d->loop) + d->options->wait_ms;
    bool told = false;

    while (d->lock_count) {
        struct lock_row holder = { 0 };
        enum store_error e = store_lock(d->store, d->id, d->locks, d->lock_count, d->arena,
                                        &holder, d->diags);
        if (e == STORE_OK)
            break;
        if (e != STORE_LOCKED)
            return e == STORE_CANNOT_OPEN ? CODE_PREFLIGHT : CODE_STORE;
        if (loop_now_ms(d->loop) >= until) {
            held(d, &holder);
            return CODE_LOCKED;
        }
        if (!told)
            say(d, "waiting for the lock `%.*s`, which run %.*s holds", STR_ARG(holder.name),
                STR_ARG(holder.run));
        told = true;
        pause(d, 200);
    }
    return 0;
}
