#include "cli/ballot.h"

#include "base/arena.h"
#include "report/fields.h"

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
