// Exclusive resources of a runbook and of all it uses, taken together before the run.

#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/map.h"
#include "exec/locks.h"
#include "exec/walk.h"
#include "value/when.h"

struct wanted {
    struct driver *d;
    struct map *names;
};

// What a callee locks may depend on its inputs, but not on a step of the caller.
static void add_locks(const struct frame *f, struct str path, void *ctx)
{
    struct wanted *w = ctx;
    struct arena *a = w->d->arena;
    struct scope s = frame_scope(f, now_value(), a);

    LIST_EACH(const struct template *, t, f->module->rb->locks) {
        struct expr_error err = { 0 };
        struct str *name = NEW(a, struct str);
        bool secret;
        if (template_eval_text(*t, &s, a, name, &secret, &err)) {
            map_put(w->names, *name, name);
            continue;
        }
        struct diag *e = diag_error(w->d->diags, DIAG_EXPR_NOT_ALLOWED_HERE, (*t)->text.span,
                                    "what is locked%s%.*s is not known before the run: %.*s",
                                    path.n ? " by " : "", STR_ARG(path), STR_ARG(err.message));
        diag_help(w->d->diags, e, "a lock may not depend on a step");
    }
}

static int by_name(const void *x, const void *y)
{
    return str_compare(*(const struct str *)x, *(const struct str *)y);
}

bool locks_find(struct driver *d)
{
    struct wanted w = { d, map_new(d->arena) };
    unsigned errors = d->diags->errors;

    frame_each_ahead(d->frame, d->program, now_value(), d->arena, add_locks, &w);
    d->locks.count = map_count(w.names);
    d->locks.names = NEW_ARRAY(d->arena, struct str, d->locks.count + 1);
    for (size_t i = 0; i < d->locks.count; i++)
        d->locks.names[i] = map_key(w.names, i);
    qsort(d->locks.names, d->locks.count, sizeof *d->locks.names, by_name);
    return d->diags->errors == errors;
}

enum { LOOK_EVERY_MS = 200 };

static void wake(void *arg)
{
    *(bool *)arg = true;
}

static void pause(struct driver *d, int64_t ms)
{
    bool woken = false;
    struct timer *t = loop_timer(d->loop, d->arena, loop_now_ms(d->loop) + ms, wake, &woken);

    while (!woken && !d->refused && loop_turn(d->loop))
        ;
    timer_stop(t);
}

// ---- who holds it

struct standing {
    struct arena *arena;
    struct str at;
    bool ended;  // its last session, and not in order to wait
};

static bool see_stand(const struct stored_event *e, void *arg)
{
    struct standing *s = arg;
    enum event_type type = event_type_of(e->type);
    struct event event;

    if (type == EVENT_RUN_RESUME || type == EVENT_RUN_SUSPEND || type == EVENT_RUN_END)
        s->ended = type == EVENT_RUN_END;
    if (type != EVENT_RUN_SUSPEND || !event_read(e->json, s->arena, &event))
        return true;
    struct value waiting, step;
    bool any = value_field(event.data, "waiting", NULL, &waiting) && waiting.kind == VALUE_LIST &&
               value_size(waiting) && value_field(value_item(waiting, 0), "step", NULL, &step);
    s->at = any && step.kind == VALUE_STRING ? str_copy(s->arena, step.s) : STR("");
    return true;
}

void lock_look(struct store *s, struct lock_row *l, struct arena *a)
{
    struct standing found = { .arena = a };
    struct diags unheard = { .arena = a };
    struct run_row row;

    if (store_find(s, l->run, a, &row, &unheard) != STORE_OK)
        return;
    l->unknown = str_is(row.state, "ended") && row.exit == CODE_UNKNOWN;
    if (!str_is(row.state, "suspended") && !row_taken_back(&row).n)
        return;
    store_read(s, l->run, 0, false, see_stand, &found, &unheard);
    l->only_back = found.ended && row_taken_back(&row).n;
    if (str_is(row.state, "suspended") && !l->only_back)
        l->waits = found.at;
}

// One whose outcome is not known goes on only when a person has said what it was.
static struct str ways_to_free(struct driver *d, const struct lock_row *h)
{
    struct str with = d->options->reach, run = h->run;

    if (h->only_back)
        return str_format(d->arena, "`runbook undo %.*s%.*s` or `runbook abort %.*s%.*s`",
                          STR_ARG(run), STR_ARG(with), STR_ARG(run), STR_ARG(with));
    return str_format(d->arena,
                      "`runbook resume %.*s%.*s%s`, `runbook undo %.*s%.*s` or `runbook abort "
                      "%.*s%.*s`",
                      STR_ARG(run), STR_ARG(with),
                      h->unknown ? " --mark STEP=done` or `--mark STEP=failed" : "", STR_ARG(run),
                      STR_ARG(with), STR_ARG(run), STR_ARG(with));
}

// It does not end by itself: to wait for the lock is no use.
static void held_by_waiting(struct driver *d, const struct lock_row *h)
{
    struct diag *e = diag_error(d->diags, DIAG_LOCKED, (struct span){ 0 },
                                "the lock `%.*s` is held by run %.*s of %.*s on %.*s, which waits for a "
                                "person at `%.*s`",
                                STR_ARG(h->name), STR_ARG(h->run), STR_ARG(h->user),
                                STR_ARG(h->host), STR_ARG(h->waits));

    diag_help(d->diags, e, "`runbook waiting%.*s` says how it is answered; %.*s frees the lock",
              STR_ARG(d->options->reach), STR_ARG(ways_to_free(d, h)));
}

static void held(struct driver *d, struct lock_row *h)
{
    lock_look(d->store, h, d->arena);
    if (h->waits.n) {
        held_by_waiting(d, h);
        return;
    }
    struct str at = h->only_back ? STR("") : h->step;
    struct diag *e = diag_error(d->diags, DIAG_LOCKED, (struct span){ 0 },
                                "the lock `%.*s` is held by run %.*s of %.*s on %.*s%s%.*s, taken %.*s",
                                STR_ARG(h->name), STR_ARG(h->run), STR_ARG(h->user),
                                STR_ARG(h->host), at.n ? ", at step " : "", STR_ARG(at),
                                STR_ARG(ago_text(wall_from(h->since), clock_wall_ns(), d->arena)));

    diag_help(d->diags, e, "%s %.*s frees the lock",
              h->only_back ? "a step of it was undone, so it goes no further:"
              : h->crashed ? "its process is gone:"
              : h->unknown ? "it ended, and what became of a step is not known:"
                           : "while it runs, wait with --wait 10m; when it has stopped or was killed,",
              STR_ARG(ways_to_free(d, h)));
}

static void tell_waiting(struct driver *d, struct lock_row *h)
{
    lock_look(d->store, h, d->arena);
    say(d, "waiting for the lock `%.*s`, which run %.*s holds%s", STR_ARG(h->name), STR_ARG(h->run),
        h->only_back ? "; a step of it was undone, so undo or abort has to free it"
        : h->crashed ? "; its process is gone, so resume, undo or abort has to free it"
        : h->unknown ? "; what became of it is not known, so resume, undo or abort has to free it"
                     : "");
}

// The wait is over before the run begins, whose first event tells of it.
static void remember_wait(struct driver *d, const struct lock_row *h, int64_t began_ms)
{
    struct value_builder *b = value_map_start(d->arena), *holder = value_map_start(d->arena),
                         *locks = value_list_start(d->arena);

    value_add(locks, value_string(str_copy(d->arena, h->name)));
    value_put_s(holder, "run", value_string(str_copy(d->arena, h->run)));
    value_put_s(holder, "user", value_string(str_copy(d->arena, h->user)));
    value_put_s(holder, "host", value_string(str_copy(d->arena, h->host)));
    value_put_s(b, "locks", value_finish(locks));
    value_put_s(b, "holder", value_finish(holder));
    value_put_s(b, "waited_ms", value_int(loop_now_ms(d->loop) - began_ms));
    d->locks.wait = value_finish(b);
}

static enum store_error try(struct driver *d, struct lock_row *holder, struct diags *ds)
{
    *holder = (struct lock_row){ 0 };
    return store_lock(d->store, d->id, d->locks.names, d->locks.count, d->arena, holder, ds);
}

static int lock_failed(struct driver *d, enum store_error e, struct lock_row *holder)
{
    if (e == STORE_LOCKED)
        held(d, holder);
    return e == STORE_OK ? 0 : e == STORE_LOCKED ? CODE_LOCKED : CODE_STORE;
}

// 0, or an exit code. Nothing is held and nothing was begun when a signal ends the wait. Who waits
// already goes on waiting while the store is away: nothing hangs on it yet.
static int wait_and_take(struct driver *d)
{
    int64_t began = loop_now_ms(d->loop), until = began + d->options->wait_ms;
    struct lock_row first = { 0 };
    bool waits = false, away = false;

    while (!d->refused) {
        struct diags ds = { .arena = d->arena };
        struct lock_row holder;
        bool last = loop_now_ms(d->loop) >= until;
        enum store_error e = try(d, &holder, last || !waits ? d->diags : &ds);
        if (e == STORE_OK && first.name.n)
            remember_wait(d, &first, began);
        if (e == STORE_OK || last || (e != STORE_LOCKED && !waits))
            return lock_failed(d, e, &holder);
        if (e != STORE_LOCKED && !away)
            say(d, "%.*s; it is asked again and again", STR_ARG(ds.last->message));
        if (e == STORE_LOCKED && !waits)
            tell_waiting(d, &holder);
        if (e == STORE_LOCKED && !first.name.n)
            first = holder;
        away = e != STORE_LOCKED;
        waits = true;
        pause(d, LOOK_EVERY_MS);
    }
    return d->refused;
}

int locks_take(struct driver *d)
{
    struct trap *traps[SIGNALS];
    int code;

    if (d->locks.count == 0)
        return 0;
    signals_trap(d, signals_refuse, traps);
    code = wait_and_take(d);
    loop_poll(d->loop);  // one that came just now counts too
    signals_release(traps);
    return d->refused ? d->refused : code;
}

int locks_hold(struct driver *d)
{
    struct lock_row holder;

    return d->locks.count ? lock_failed(d, try(d, &holder, d->diags), &holder) : 0;
}
