#include "cli/missing_votes.h"

#include "base/arena.h"
#include "base/buf.h"

size_t missing_votes(const struct question *q, const struct tally *t)
{
    return t->over || t->approvals >= q->votes_needed ? 0 : q->votes_needed - t->approvals;
}

static bool has_voted(const struct tally *t, struct str user)
{
    for (size_t i = 0; i < t->count; i++)
        if (str_equal(t->counted[i]->user, user))
            return true;
    return false;
}

static bool may_still(const struct question *q, const struct tally *t, struct str user)
{
    return !has_voted(t, user) && !(q->not_requester && str_equal(user, q->requester));
}

static size_t count_left(const struct question *q, const struct tally *t)
{
    size_t n = 0;

    for (size_t i = 0; i < q->from_count; i++)
        n += may_still(q, t, q->from[i]);
    return n;
}

static void add_left(const struct question *q, const struct tally *t, struct buf *out)
{
    size_t n = count_left(q, t), seen = 0;

    for (size_t i = 0; i < q->from_count; i++) {
        if (!may_still(q, t, q->from[i]))
            continue;
        buf_format(out, "%s%.*s",
                   !seen           ? " of "
                   : seen + 1 == n ? " or "
                                   : ", ",
                   STR_ARG(q->from[i]));
        seen++;
    }
}

static void add_whose(const struct question *q, const struct tally *t, struct buf *out)
{
    if (q->from_count && count_left(q, t) < missing_votes(q, t))
        buf_add_s(out, " and too few are left who may give one");
    else if (q->from_count)
        add_left(q, t, out);
    else if (q->not_requester)
        buf_format(out, " of somebody else, but not of %.*s, who started the run",
                   STR_ARG(q->requester));
    else
        buf_add_s(out, " of somebody else");
}

struct str missing_votes_text(const struct question *q, const struct tally *t, struct arena *a)
{
    struct buf b = BUF_EMPTY;
    size_t n = missing_votes(q, t);

    buf_format(&b, "%zu more vote%s needed,", n, n == 1 ? " is" : "s are");
    add_whose(q, t, &b);
    return buf_take(&b, a);
}
