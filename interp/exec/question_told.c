// What the journal is told of a question and of its answer.

#include "base/arena.h"
#include "base/map.h"
#include "exec/votes.h"
#include "exec/walk.h"
#include "value/fields.h"

static const char *const kinds[] = {
    [QUESTION_CHECKLIST] = "checklist", [QUESTION_CONFIRM] = "confirm",
    [QUESTION_APPROVE] = "approve",     [QUESTION_MANUAL] = "manual",
    [QUESTION_PROMPT] = "prompt",       [QUESTION_FAILURE] = "failure",
    [QUESTION_WALK] = "walk",           [QUESTION_UNDO] = "undo",
};
static const char *const answers[] = {
    [ANSWER_NONE] = "none",   [ANSWER_NO] = "no",           [ANSWER_YES] = "yes",
    [ANSWER_FAILED] = "failed", [ANSWER_NA] = "na",         [ANSWER_VALUE] = "value",
    [ANSWER_RETRY] = "retry", [ANSWER_SKIP] = "skip",       [ANSWER_STOP] = "stop",
    [ANSWER_UNDO] = "undo",   [ANSWER_RUN] = "run",         [ANSWER_RUN_ALL] = "run_all",
    [ANSWER_SUSPEND] = "suspend",
};

const char *question_word(enum question_kind kind)
{
    return kinds[kind];
}

// ---- the answer

void note_refusal(struct driver *d, struct str id)
{
    size_t *n = map_get(d->earlier.refusals, id);

    if (!n) {
        n = NEW(d->arena, size_t);
        *n = 0;
        map_put(d->earlier.refusals, str_copy(d->arena, id), n);
    }
    ++*n;
}

static struct value answer_word(const struct question *q, const struct answer *a)
{
    if (a->kind == ANSWER_VALUE)
        return value_string(a->text);
    return value_text(q->kind == QUESTION_MANUAL && a->kind == ANSWER_YES ? "done"
                                                                          : answers[a->kind]);
}

void tell_answer(struct driver *d, const struct question *q, const struct answer *a,
                 struct value votes)
{
    struct value_builder *b = event_data(d);

    if (a->kind == ANSWER_SUSPEND)
        return;
    if (q->kind == QUESTION_APPROVE && a->kind == ANSWER_NO)
        note_refusal(d, q->id);
    value_put_s(b, "step", value_string(q->id));
    value_put_s(b, "kind", value_text(kinds[q->kind]));
    value_put_s(b, "answer", answer_word(q, a));
    if (a->by.n)
        value_put_s(b, "by", value_string(a->by));
    if (a->how.n)
        value_put_s(b, "how", value_string(a->how));
    if (a->kind == ANSWER_VALUE)
        value_put_s(b, "text", value_string(a->text));
    else if (a->text.n && q->kind != QUESTION_CONFIRM)
        value_put_s(b, "reason", value_string(a->text));
    if (a->evidence.n)
        value_put_s(b, "evidence", value_string(a->evidence));
    if (votes.kind == VALUE_LIST)
        value_put_s(b, "votes", votes);
    emit(d, EVENT_CONFIRM_ANSWER, b);
}

// ---- the question

// So that `approve` can say at once that a vote would not count.
static void tell_who_may(struct driver *d, const struct question *q, struct value_builder *b)
{
    struct value_builder *from = value_list_start(turn_arena(d));

    for (size_t i = 0; i < q->from_count; i++)
        value_add(from, value_string(q->from[i]));
    value_put_s(b, "digest", value_string(q->digest));
    value_put_s(b, "needed", value_int((int64_t)q->votes_needed));
    value_put_s(b, "from", value_finish(from));
    value_put_s(b, "not_requester", value_bool(q->not_requester));
    value_put_s(b, "requester", value_string(q->requester));
    if (q->timeout_ms)
        value_put_s(b, "timeout_ms", value_int(q->timeout_ms));
    if (q->refusals)
        value_put_s(b, "refusals", value_int((int64_t)q->refusals));
    value_put_s(b, "reason_required", value_bool(q->reason_required));
}

static const struct str *names_of(struct value list, struct arena *a, size_t *count)
{
    size_t n = list.kind == VALUE_LIST ? value_size(list) : 0;
    struct str *names = NEW_ARRAY(a, struct str, n + 1);

    *count = n;
    for (size_t i = 0; i < n; i++)
        names[i] = value_item(list, i).kind == VALUE_STRING ? value_item(list, i).s : STR("");
    return names;
}

static enum question_kind kind_of(struct str word)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_is(word, kinds[i]))
            return (enum question_kind)i;
    return QUESTION_CHECKLIST;
}

struct question question_as_told(struct value asked, struct arena *a)
{
    struct question q = { .kind = kind_of(text_of(asked, "kind")),
                          .id = text_of(asked, "step"),
                          .digest = text_of(asked, "digest"),
                          .until = text_of(asked, "until"),
                          .not_requester = truth_of(asked, "not_requester"),
                          .requester = text_of(asked, "requester"),
                          .reason_required = truth_of(asked, "reason_required"),
                          .refusals = (size_t)int_of(asked, "refusals", 0),
                          .votes_needed = (size_t)int_of(asked, "needed", 1) };

    q.from = names_of(value_of(asked, "from"), a, &q.from_count);
    return q;
}

static void nothing(void *arg)
{
    (void)arg;
}

// It can be answered from elsewhere only when it stands in the journal.
void tell_question(struct driver *d, const struct question *q, bool is_decided)
{
    struct value_builder *b = event_data(d);

    value_put_s(b, "step", value_string(q->id));
    value_put_s(b, "kind", value_text(kinds[q->kind]));
    if (q->message.n)
        value_put_s(b, "message", value_string(q->message));
    if (q->kind == QUESTION_CONFIRM)
        value_put_s(b, "danger", value_text(danger_word(q->danger)));
    if (q->kind == QUESTION_CONFIRM && q->danger == DANGER_SEVERE)
        value_put_s(b, "phrase", value_string(q->phrase));
    if (q->evidence_wanted)
        value_put_s(b, "wants", value_text(q->evidence_is_file ? "file" : "text"));
    if (q->details.n)
        value_put_s(b, "details", value_string(q->details));
    if (q->until.n)
        value_put_s(b, "until", value_string(q->until));
    if (q->kind == QUESTION_APPROVE)
        tell_who_may(d, q, b);
    if (is_decided)
        value_put_s(b, "decided", value_bool(true));
    emit(d, EVENT_CONFIRM_ASK, b);
    when_durable(d, nothing, NULL);
}
