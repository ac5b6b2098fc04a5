#include "cli/ballot.h"

#include "base/arena.h"

struct question ballot_question(const struct asked *asked, struct arena *a)
{
    struct question q = question_as_told(asked->data, a);

    q.id = asked->step;
    return q;
}

static bool is_open_approval(const struct asked *q)
{
    return q->open && str_is(q->kind, "approve");
}

static bool any_open_approval(const struct history *h)
{
    for (size_t i = 0; i < h->question_count; i++)
        if (is_open_approval(h->questions[i]))
            return true;
    return false;
}

enum store_error ballots_count(struct store *s, struct history *h, struct arena *a,
                               struct diags *ds)
{
    const struct vote *votes;
    size_t n = 0;

    if (!any_open_approval(h))
        return STORE_OK;
    enum store_error e = store_votes(s, h->run, a, &votes, &n, ds);
    for (size_t i = 0; e == STORE_OK && i < h->question_count; i++) {
        struct asked *q = h->questions[i];
        struct tally t = { 0 };
        if (!is_open_approval(q))
            continue;
        struct question asked = ballot_question(q, a);
        votes_count(&asked, votes, n, a, &t);
        q->votes = t.over ? t.yes ? STR("yes") : STR("no") : STR("");
    }
    return e;
}
