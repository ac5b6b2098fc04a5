// Whether the answers that a run waits for are there.

#include "base/arena.h"
#include "base/clock.h"
#include "cli/ballot.h"
#include "cli/taking.h"
#include "report/fields.h"
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

// A secret input is kept nowhere: nobody but a person can give it again.
static bool needs_a_person(struct taking *t, const struct history *h)
{
    struct value names = value_of(h->start, "secret_inputs");

    if (names.kind != VALUE_LIST || !value_size(names))
        return false;
    if (!map_get(t->left, h->run)) {
        map_put(t->left, str_copy(t->v->arena, h->run), t);
        taking_say(t,
                   "run %.*s has its answer and needs its secret input `%.*s` again, which a worker "
                   "does not have: runbook resume %.*s --inputs FILE",
                   STR_ARG(h->run), STR_ARG(value_item(names, 0).s), STR_ARG(h->run));
    }
    return true;
}

struct str taking_why(struct taking *t, const struct run_row *row, struct arena *a)
{
    bool suspended = str_is(row->state, "suspended"), crashed = str_is(row->state, "crashed");
    struct diags ignored = { .arena = a };
    struct history *h = history_new(a);

    if ((!suspended && !crashed) || history_read(h, t->store, row->id, &ignored) != STORE_OK)
        return STR("");
    struct str why = suspended ? answered(t, h, a) : STR("");
    if (crashed && was_ours(t, h))
        why = str_format(a, "its process is gone; worker %.*s had it", STR_ARG(h->worker));
    return why.n && needs_a_person(t, h) ? STR("") : why;
}
