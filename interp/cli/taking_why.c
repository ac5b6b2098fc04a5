// Whether the answers that a run waits for are there.

#include "base/arena.h"
#include "base/clock.h"
#include "cli/ballot.h"
#include "cli/taking.h"
#include "report/history_read.h"

// As the run itself will judge it: one refusal ends it, nobody answering in time is a no.
static struct str settled(const struct asked *asked, const struct vote *votes, size_t count,
                          struct arena *a)
{
    struct question q = ballot_question(asked, a);
    struct tally t;

    votes_count(&q, votes, count, a, &t);
    if (t.over)
        return str_format(a, "`%.*s` is %s by %.*s", STR_ARG(q.id),
                          t.yes ? "approved" : "refused", STR_ARG(t.last->user));
    bool late = q.until.n && str_compare(clock_rfc3339_ms(a, clock_wall_ns()), q.until) >= 0;
    return late ? str_format(a, "the time to approve `%.*s` is up", STR_ARG(q.id)) : STR("");
}

static struct str answered(struct taking *t, const struct history *h, struct arena *a)
{
    const struct vote *votes;
    struct diags ignored = { .arena = a };
    struct str why = STR("");
    size_t count;

    if (store_votes(t->store, h->run, a, &votes, &count, &ignored) != STORE_OK)
        return why;
    for (size_t i = 0; i < h->question_count && !why.n; i++) {
        const struct asked *q = h->questions[i];
        if (q->open && str_is(q->kind, "approve"))
            why = settled(q, votes, count, a);
    }
    return why;
}

// Only what a worker on this machine had: elsewhere are the results that its steps left.
static bool was_ours(const struct taking *t, const struct history *h)
{
    size_t n = t->host.n;

    return h->worker.n > n && str_starts(h->worker, str_copy(h->arena, t->host).s) &&
           h->worker.s[n] == '/';
}

struct str taking_why(struct taking *t, const struct run_row *row, struct arena *a)
{
    bool suspended = str_is(row->state, "suspended"), crashed = str_is(row->state, "crashed");
    struct diags ignored = { .arena = a };
    struct history *h = history_new(a);

    if ((!suspended && !crashed) || history_read(h, t->store, row->id, &ignored) != STORE_OK)
        return STR("");
    if (suspended)
        return answered(t, h, a);
    return was_ours(t, h)
               ? str_format(a, "its process is gone; worker %.*s had it", STR_ARG(h->worker))
               : STR("");
}
