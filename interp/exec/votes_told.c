// What the journal is told of the votes on an approval, which are kept beside it.

#include "base/arena.h"
#include "exec/votes.h"
#include "exec/walk.h"

static struct value vote_told(const struct vote *v, struct arena *a)
{
    struct value_builder *b = value_map_start(a);

    value_put_s(b, "by", value_string(v->user));
    value_put_s(b, "yes", value_bool(v->yes));
    value_put_s(b, "at", value_string(v->at));
    if (v->reason.n)
        value_put_s(b, "reason", value_string(v->reason));
    return value_finish(b);
}

// Who said what; nothing where nobody did.
static struct value votes_list(const struct tally *t, struct arena *a)
{
    struct value_builder *list = value_list_start(a);

    for (size_t i = 0; i < t->count; i++)
        value_add(list, vote_told(t->counted[i], a));
    return t->count ? value_finish(list) : VALUE_NONE;
}

enum votes_heard votes_answer(const struct driver *d, struct question *q, struct answer *a,
                              struct value *list)
{
    const struct vote *votes;
    size_t n = 0;
    struct diags ignored = { .arena = d->arena };
    struct tally t;

    if (store_votes(d->store, d->id, d->arena, &votes, &n, &ignored) != STORE_OK)
        return VOTES_UNREAD;
    votes_count(q, votes, n, d->arena, &t);
    q->votes = t.approvals;
    *list = votes_list(&t, d->arena);
    if (!t.over)
        return VOTES_OPEN;
    *a = (struct answer){ .kind = t.yes ? ANSWER_YES : ANSWER_NO,
                          .by = t.last->user,
                          .text = t.last->reason,
                          .how = STR("approve") };
    return VOTES_DECIDE;
}
