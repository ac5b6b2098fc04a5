// Whether the answers that a run waits for are there.

#include "base/arena.h"
#include "base/clock.h"
#include "cli/ballot.h"
#include "cli/taking.h"
#include "report/harmless.h"
#include "report/history_read.h"
#include "value/fields.h"

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

// Only what was left to itself on this machine (--detach, as all that a worker has): elsewhere are
// the results that its steps left, and what a person stayed with is theirs.
static struct str left_here(const struct taking *t, const struct history *h, struct arena *a)
{
    if (!str_equal(h->left_on, t->host))
        return STR("");
    return h->worker.n ? str_format(a, "its process is gone; worker %.*s had it", STR_ARG(h->worker))
                       : STR("its process is gone; it was started with --detach");
}

// Whom nobody has told yet that the run waits, and whose time has come.
static struct str turn(const struct history *h, struct arena *a)
{
    struct buf b = BUF_EMPTY;
    struct str step = STR("");
    size_t n = 0;

    for (size_t i = 0; i < h->call_count; i++) {
        const struct call_left *c = &h->calls[i];
        if (!history_is_left(h, c) || c->at_ns > clock_wall_ns())
            continue;
        buf_format(&b, "%s%.*s", b.n ? ", " : "", STR_ARG(c->who));
        step = c->step;
        n++;
    }
    struct str who = buf_take(&b, a);
    return who.n ? str_format(a, "nobody has answered `%.*s`: %.*s %s told", STR_ARG(step),
                              STR_ARG(harmless_text(who, a)), n > 1 ? "are" : "is")
                 : STR("");
}

static void say_what_is_missing(struct taking *t, const struct history *h, bool calls,
                                struct str secret)
{
    if (calls)
        taking_say(t,
                   "run %.*s waits, and nobody tells its contacts: a worker does not have its "
                   "secret input `%.*s`",
                   STR_ARG(h->run), STR_ARG(secret));
    else
        taking_say(t,
                   "run %.*s can go on and needs its secret input `%.*s` again, which a worker "
                   "does not have: runbook resume %.*s%.*s --inputs FILE",
                   STR_ARG(h->run), STR_ARG(secret), STR_ARG(h->run),
                   STR_ARG(reaching_flags(t->v)));
}

// A secret input is kept nowhere: nobody but a person can give it again. Each is said once.
static bool needs_a_person(struct taking *t, const struct history *h, bool calls, struct arena *a)
{
    struct value names = value_of(h->start, "secret_inputs");
    struct str said = str_format(a, "%.*s %s", STR_ARG(h->run), calls ? "call" : "go");

    if (names.kind != VALUE_LIST || !value_size(names))
        return false;
    if (!map_get(t->left, said)) {
        map_put(t->left, str_copy(t->v->arena, said), t);
        say_what_is_missing(t, h, calls, value_item(names, 0).s);
    }
    return true;
}

struct str taking_why(struct taking *t, const struct run_row *row, struct arena *a, bool *calls)
{
    bool suspended = str_is(row->state, "suspended"), crashed = str_is(row->state, "crashed");
    struct diags ignored = { .arena = a };
    struct history *h = history_new(a);

    *calls = false;
    if ((!suspended && !crashed) || history_read(h, t->store, row->id, &ignored) != STORE_OK)
        return STR("");
    if (h->over && h->part_undone)
        return STR("");  // no way leads on from there, and the way back is a person's
    struct str why = suspended ? answered(t, h, a) : left_here(t, h, a);
    *calls = suspended && !why.n;
    if (*calls)
        why = turn(h, a);
    return why.n && needs_a_person(t, h, *calls, a) ? STR("") : why;
}
