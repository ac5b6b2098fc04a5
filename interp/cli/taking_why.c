// Whether the answers that a run waits for are there.

#include "base/arena.h"
#include "base/clock.h"
#include "cli/taking.h"
#include "report/fields.h"
#include "report/history_read.h"

static bool is_among(struct value names, struct str user)
{
    if (names.kind != VALUE_LIST || !value_size(names))
        return true;
    for (size_t i = 0; i < value_size(names); i++)
        if (value_item(names, i).kind == VALUE_STRING && str_equal(value_item(names, i).s, user))
            return true;
    return false;
}

// As the run itself will judge them: for this step as it is now, by who may.
static bool counts(const struct asked *q, const struct vote *v)
{
    struct str digest = text_of(q->data, "digest");

    if (!str_equal(v->step, q->step) || (v->digest.n && !str_equal(v->digest, digest)))
        return false;
    if (truth_of(q->data, "not_requester") && str_equal(text_of(q->data, "requester"), v->user))
        return false;
    return is_among(value_of(q->data, "from"), v->user);
}

static bool is_too_late(const struct asked *q)
{
    int64_t timeout_ms = int_of(q->data, "timeout_ms", 0);

    return timeout_ms && clock_wall_ns() >= q->asked_ns + timeout_ms * 1000000;
}

// One refusal ends it; nobody answering in time is a no.
static struct str settled(const struct asked *q, const struct vote *votes, size_t count,
                          struct arena *a)
{
    int64_t yes = 0, needed = int_of(q->data, "needed", 1);
    struct str last = STR("");

    for (size_t i = 0; i < count; i++) {
        if (!counts(q, &votes[i]))
            continue;
        if (!votes[i].yes)
            return str_format(a, "`%.*s` is refused by %.*s", STR_ARG(q->step),
                              STR_ARG(votes[i].user));
        last = votes[i].user;
        yes++;
    }
    if (yes >= needed)
        return str_format(a, "`%.*s` is approved by %.*s", STR_ARG(q->step), STR_ARG(last));
    return is_too_late(q) ? str_format(a, "the time to approve `%.*s` is up", STR_ARG(q->step))
                          : STR("");
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
