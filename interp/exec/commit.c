// When what was emitted becomes durable, and who waits for that.

#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "exec/patience.h"
#include "exec/walk.h"

struct commit_waiter {
    struct commit_waiter *next;
    void (*then)(void *arg);
    void (*drop)(void *arg);  // instead, when it did not become durable; may be NULL
    void *arg;
};

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
    int64_t seq;  // of its last event
    bool ok;      // of one that the loop wrote itself
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

// ---- a store that does not answer

static void watch_it(struct driver *d);

static void look_at_it(void *arg)
{
    struct driver *d = arg;
    int64_t took = loop_now_ms(d->loop) - d->commits.began_ms;

    d->commits.watch = NULL;
    if (!d->commits.under_way)
        return;
    if (took >= PATIENCE_MS && !d->commits.slow) {
        d->commits.slow = true;
        say_at_once(d, "the store has not answered for %lld s; nothing is started until it does",
                    (long long)(took / 1000));
    }
    watch_it(d);
}

// The timer goes from one commit to the next: most take less than a thousandth of its time.
static void watch_it(struct driver *d)
{
    int64_t due = d->commits.began_ms + PATIENCE_MS, now = loop_now_ms(d->loop);

    if (!d->commits.watch)
        d->commits.watch = loop_timer(d->loop, d->arena, due > now ? due : now + PATIENCE_MS,
                                      look_at_it, d);
}

struct patience *commit_patience(struct driver *d)
{
    if (!d->commits.patience)
        d->commits.patience = patience_begin(d->arena);
    return d->commits.patience;
}

static void has_answered(struct driver *d, bool ok)
{
    int64_t took = loop_now_ms(d->loop) - d->commits.began_ms;

    if (d->commits.slow && ok)
        say_at_once(d, "the store has answered, after %lld s", (long long)(took / 1000));
    d->commits.slow = false;
}

// ---- one commit

static void committed(void *arg, bool ok)
{
    struct batch *b = arg;
    struct driver *d = b->d;

    d->commits.under_way = false;
    has_answered(d, ok);
    if (ok)
        tell_kept(d, b->seq);
    else
        store_has_failed(d, journal_failure(d->journal));
    for (struct commit_waiter *w = b->waiters, *next; w; w = next) {
        next = w->next;
        if (ok)
            w->then(w->arg);
        else if (w->drop)
            w->drop(w->arg);
        free(w);
    }
    if (d->commits.again)
        commit_turn(d);
    free(b);
    pump(d);
}

enum {
    LONG_MS = 50,    // what a loop waits for the disk when nothing else is to be done
    SHORT_MS = 2,    // ... and when it may hear of an end meanwhile
    BRIEF_MS = 100,  // a process that runs no longer has said little, and nobody wants it stopped
};

static bool is_brief(const struct act *x)
{
    return x->at.action->needs_process && loop_now_ms(x->d->loop) - x->started_ms <= BRIEF_MS;
}

// Something waits for it, and nothing runs that the loop would have to look after meanwhile. To
// hand it to the thread and to hear of it takes as much of the processor as to write it.
static bool may_write_here(const struct batch *b)
{
    const struct driver *d = b->d;

    for (const struct act *x = d->acts; x; x = x->next)
        if (!is_brief(x))
            return false;
    return b->waiters && (d->acts ? journal_is_quick(d->journal, SHORT_MS)
                                  : journal_is_near(d->journal));
}

static void heard_since(void *arg)
{
    struct batch *b = arg;

    committed(b, b->ok);
}

// Who waited long for the disk looks first who has called meanwhile: after a signal nothing starts.
static void commit_here(struct batch *b)
{
    struct driver *d = b->d;
    int64_t began_ms = clock_boot_ms();

    patience_on(commit_patience(d));
    b->ok = journal_commit_here(d->journal);
    patience_off(d->commits.patience);
    d->commits.slow = clock_boot_ms() - began_ms > PATIENCE_MS;
    if (clock_boot_ms() - began_ms > LONG_MS)
        loop_timer(d->loop, d->arena, loop_now_ms(d->loop), heard_since, b);
    else
        committed(b, b->ok);
}

static void is_late(void *arg)
{
    struct driver *d = arg;

    d->commits.later = NULL;
    if (d->commits.put_off)
        commit_hurry(d);
}

// While steps start whose intents are on disk, what others came to and the intents of the next can
// share a commit.
static bool put_off(struct driver *d)
{
    enum { LATER_MS = 10 };

    d->commits.put_off = !d->commits.urgent && intents_suffice(d);
    if (d->commits.put_off && !d->commits.later)
        d->commits.later = loop_timer(d->loop, d->arena, loop_now_ms(d->loop) + LATER_MS, is_late,
                                      d);
    return d->commits.put_off;
}

// What was told in this turn is carried out first: a result and the intent that follows
// from it share a commit.
static void commit(void *arg)
{
    struct driver *d = arg;

    pump_ahead(d);
    d->commits.scheduled = d->commits.again = false;
    if (put_off(d))
        return;
    struct batch *b = calloc(1, sizeof *b);
    d->commits.urgent = false;
    *b = (struct batch){ .d = d, .seq = next_seq(d) - 1, .waiters = reverse(d->commits.waiters) };
    d->commits.waiters = NULL;
    d->commits.under_way = true;
    d->commits.began_ms = loop_now_ms(d->loop);
    if (!d->journal)
        committed(b, true);
    else if (may_write_here(b))
        commit_here(b);
    else {
        watch_it(d);
        journal_commit(d->journal, committed, b);
    }
}

// What happened in one turn of the loop is one commit, and one commit is under way at a
// time: what comes meanwhile goes into the next.
void commit_turn(struct driver *d)
{
    d->commits.again = d->commits.under_way;
    if (d->commits.scheduled || d->commits.under_way)
        return;
    d->commits.scheduled = true;
    loop_later(d->loop, commit, d);
}

void commit_hurry(struct driver *d)
{
    d->commits.urgent = true;
    commit_turn(d);
}

void when_durable(struct driver *d, void (*then)(void *arg), void *arg)
{
    when_durable_or(d, then, NULL, arg);
}

void when_durable_or(struct driver *d, void (*then)(void *arg), void (*drop)(void *arg), void *arg)
{
    d->commits.urgent = true;
    when_durable_late(d, then, drop, arg);
}

void when_durable_late(struct driver *d, void (*then)(void *arg), void (*drop)(void *arg),
                       void *arg)
{
    struct commit_waiter *w = calloc(1, sizeof *w);

    *w = (struct commit_waiter){ d->commits.waiters, then, drop, arg };
    d->commits.waiters = w;
    commit_turn(d);
}

static void nothing(void *arg)
{
    (void)arg;
}

static void output_is_due(void *arg)
{
    struct driver *d = arg;

    d->commits.output = NULL;
    when_durable(d, nothing, NULL);
}

void commit_soon(struct driver *d)
{
    enum { OUTPUT_EVERY_MS = 500 };

    d->commits.output = loop_timer(d->loop, d->arena, loop_now_ms(d->loop) + OUTPUT_EVERY_MS,
                                 output_is_due, d);
}

void free_commits(struct driver *d)
{
    for (struct commit_waiter *w = d->commits.waiters, *next; w; w = next) {
        next = w->next;
        if (w->drop)
            w->drop(w->arg);
        free(w);
    }
    d->commits.waiters = NULL;
    patience_end(d->commits.patience);
    d->commits.patience = NULL;
    forget_untold(d);
    arena_free(d->turn);
    d->turn = NULL;
}
