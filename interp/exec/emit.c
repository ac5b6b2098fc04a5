// Events: made, masked, journalled, applied, shown; and when they are durable.

#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "exec/walk.h"

struct commit_waiter {
    struct commit_waiter *next;
    void (*then)(void *arg);
    void (*drop)(void *arg);  // instead, when it did not become durable; may be NULL
    void *arg;
};

struct arena *turn_arena(struct driver *d)
{
    if (!d->turn)
        d->turn = arena_new(NULL);
    return d->turn;
}

struct value_builder *event_data(struct driver *d)
{
    return value_map_start(turn_arena(d));
}

int64_t next_seq(const struct driver *d)
{
    return d->journal ? journal_next_seq(d->journal) : d->seq + 1;
}

static bool is_aside(const struct driver *d, const struct event *e)
{
    struct value step = VALUE_NONE;

    if (!value_field(e->data, "step", NULL, &step) || step.kind != VALUE_STRING)
        return false;
    const struct task *t = d->run ? run_task(d->run, step.s) : NULL;
    return t && t->aside;
}

static void journalled(struct driver *d, struct event *e)
{
    e->seq = next_seq(d);
    struct str line = event_line(e, d->id, d->mask, d->turn);

    if (d->journal)
        journal_add(d->journal, str_from(event_type_word(e->type)), line);
    else
        d->seq++;
    if (d->seq_lead) {
        e->seq += d->seq_lead;
        line = event_line(e, d->id, d->mask, d->turn);
    }
    // Messages of an action hold what a server said, and that may be a secret of ours.
    struct event shown = *e;
    if (d->env->observers)
        shown.data = event_masked(e->data, d->mask, d->turn);
    for (struct observer *o = d->env->observers; o; o = o->next)
        if (o->event)
            o->event(o, &shown, line);
}

// Events may be made while one is applied or shown, so each has an arena of its own.
void emit(struct driver *d, enum event_type type, struct value_builder *data)
{
    struct event e = { .type = type, .wall_ns = clock_wall_ns(), .data = value_finish(data) };
    struct arena *turn = turn_arena(d);

    if (!d->quiet && !is_aside(d, &e))
        journalled(d, &e);
    d->turn = NULL;
    if (d->run)
        run_apply(d->run, &e);
    arena_free(turn);
    if (type == EVENT_STEP_OUTPUT && !d->output_timer)
        commit_soon(d);
}

// ---- commits

static void schedule(struct driver *d);

static struct commit_waiter *reverse(struct commit_waiter *w)
{
    struct commit_waiter *all = NULL;

    while (w) {
        struct commit_waiter *next = w->next;
        w->next = all;
        all = w;
        w = next;
    }
    return all;
}

struct batch {
    struct driver *d;
    struct commit_waiter *waiters;
};

void store_has_failed(struct driver *d, struct str why)
{
    if (d->store_failed)
        return;
    d->store_failed = true;
    d->why_store = str_copy(d->arena, why);
    say(d, "the journal cannot be written: %.*s; nothing further is started", STR_ARG(why));
    run_halt(d->run);
    pump(d);
}

static void committed(void *arg, bool ok)
{
    struct batch *b = arg;
    struct driver *d = b->d;

    d->committing = false;
    if (!ok)
        store_has_failed(d, journal_failure(d->journal));
    for (struct commit_waiter *w = b->waiters, *next; w; w = next) {
        next = w->next;
        if (ok)
            w->then(w->arg);
        else if (w->drop)
            w->drop(w->arg);
        free(w);
    }
    free(b);
    if (d->commits)
        schedule(d);
    pump(d);
}

// What was told in this turn is carried out first: a result and the intent that follows
// from it share a commit.
static void commit(void *arg)
{
    struct driver *d = arg;
    struct batch *b = calloc(1, sizeof *b);

    pump_ahead(d);
    d->commit_scheduled = false;
    *b = (struct batch){ d, reverse(d->commits) };
    d->commits = NULL;
    d->committing = true;
    if (d->journal)
        journal_commit(d->journal, committed, b);
    else
        committed(b, true);
}

// What happened in one turn of the loop is one commit, and one commit is under way at a
// time: what comes meanwhile goes into the next.
static void schedule(struct driver *d)
{
    if (d->commit_scheduled || d->committing)
        return;
    d->commit_scheduled = true;
    loop_later(d->loop, commit, d);
}

void when_durable(struct driver *d, void (*then)(void *arg), void *arg)
{
    when_durable_or(d, then, NULL, arg);
}

void when_durable_or(struct driver *d, void (*then)(void *arg), void (*drop)(void *arg), void *arg)
{
    struct commit_waiter *w = calloc(1, sizeof *w);

    *w = (struct commit_waiter){ d->commits, then, drop, arg };
    d->commits = w;
    schedule(d);
}

static void nothing(void *arg)
{
    (void)arg;
}

static void output_is_due(void *arg)
{
    struct driver *d = arg;

    d->output_timer = NULL;
    when_durable(d, nothing, NULL);
}

void commit_soon(struct driver *d)
{
    enum { OUTPUT_EVERY_MS = 500 };

    d->output_timer = loop_timer(d->loop, d->arena, loop_now_ms(d->loop) + OUTPUT_EVERY_MS,
                                 output_is_due, d);
}

void free_commits(struct driver *d)
{
    for (struct commit_waiter *w = d->commits, *next; w; w = next) {
        next = w->next;
        if (w->drop)
            w->drop(w->arg);
        free(w);
    }
    d->commits = NULL;
    arena_free(d->turn);
    d->turn = NULL;
}

// ---- words

void say(struct driver *d, const char *format, ...)
{
    struct arena *a = arena_new(NULL);
    struct buf b = BUF_EMPTY;
    va_list args;

    va_start(args, format);
    buf_vformat(&b, format, args);
    va_end(args);
    struct str text = mask_text(d->mask, buf_str(&b), a, NULL);
    for (struct observer *o = d->env->observers; o; o = o->next)
        if (o->say)
            o->say(o, text);
    buf_free(&b);
    arena_free(a);
}
