#include "exec/votes.h"

#include "base/arena.h"

static bool is_about(const struct question *q, const struct vote *v)
{
    if (!str_equal(v->step, q->id))
        return false;
    // A vote from before the question is about the plan, whatever it is resolved to; once the
    // step was refused, it has to be looked at again.
    return v->digest.n ? !q->digest.n || str_equal(v->digest, q->digest) : q->refusals == 0;
}

static bool is_among(const struct question *q, struct str user)
{
    for (size_t i = 0; i < q->from_count; i++)
        if (str_equal(q->from[i], user))
            return true;
    return q->from_count == 0;
}

enum vote_fault vote_fault(const struct question *q, const struct vote *v)
{
    if (!is_about(q, v))
        return VOTE_OF_ANOTHER;
    if (!is_among(q, v->user))
        return VOTE_NOT_AMONG;
    if (q->not_requester && str_equal(v->user, q->requester))
        return VOTE_OF_REQUESTER;
    if (q->until.n && str_compare(v->at, q->until) > 0)  // both RFC 3339 in UTC
        return VOTE_TOO_LATE;
    return q->reason_required && !v->reason.n ? VOTE_WITHOUT_REASON : VOTE_COUNTS;
}

static bool has_voted(const struct tally *t, struct str user)
{
    for (size_t i = 0; i < t->count; i++)
        if (str_equal(t->counted[i]->user, user))
            return true;
    return false;
}

static void add_vote(struct tally *t, const struct vote *v, bool over)
{
    t->counted[t->count++] = t->last = v;
    t->over = over;
    t->yes = over && v->yes;
}

static const struct vote *first_refusal(const struct question *q, const struct vote *votes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        enum vote_fault f = vote_fault(q, &votes[i]);
        if (!votes[i].yes && (f == VOTE_COUNTS || f == VOTE_WITHOUT_REASON))
            return &votes[i];
    }
    return NULL;
}

void votes_count(const struct question *q, const struct vote *votes, size_t n, struct arena *a,
                 struct tally *out)
{
    const struct vote *no = first_refusal(q, votes, n);

    *out = (struct tally){ .counted = NEW_ARRAY(a, const struct vote *, n + 1) };
    for (size_t i = 0; i < n && !out->over; i++) {
        bool counts = votes[i].yes && vote_fault(q, &votes[i]) == VOTE_COUNTS &&
                      !(no && str_equal(no->user, votes[i].user));
        // The same person may have voted before the question and then about it.
        if (!counts || has_voted(out, votes[i].user))
            continue;
        out->approvals++;
        add_vote(out, &votes[i], !no && out->approvals >= q->votes_needed);
    }
    if (no)
        add_vote(out, no, true);
}
