#include "cli/ballot.h"

#include "base/arena.h"
#include "value/fields.h"

static const struct str *names_of(struct value list, struct arena *a, size_t *count)
{
    size_t n = list.kind == VALUE_LIST ? value_size(list) : 0;
    struct str *names = NEW_ARRAY(a, struct str, n + 1);

    *count = n;
    for (size_t i = 0; i < n; i++)
        names[i] = value_item(list, i).kind == VALUE_STRING ? value_item(list, i).s : STR("");
    return names;
}

struct question ballot_question(const struct asked *asked, struct arena *a)
{
    struct value data = asked->data;
    struct question q = { .kind = QUESTION_APPROVE,
                          .id = asked->step,
                          .digest = text_of(data, "digest"),
                          .until = text_of(data, "until"),
                          .not_requester = truth_of(data, "not_requester"),
                          .requester = text_of(data, "requester"),
                          .reason_required = truth_of(data, "reason_required"),
                          .refusals = (size_t)int_of(data, "refusals", 0),
                          .votes_needed = (size_t)int_of(data, "needed", 1) };

    q.from = names_of(value_of(data, "from"), a, &q.from_count);
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
