// People in a report: what they decided, what they have to do afterwards, whom to call.

#include "base/arena.h"
#include "report/answers.h"
#include "report/incident_inside.h"
#include "value/fields.h"
#include "value/when.h"

void incident_decisions(const struct history *h, struct arena *a, struct document *d)
{
    if (!h->question_count)
        return;
    document_head(d, 2, STR("Decisions"));
    document_table(d, "Time (UTC)|Step|Question|Answer|By|Reason");
    for (size_t i = 0; i < h->question_count; i++) {
        const struct asked *q = h->questions[i];
        document_cell(
            d, str_slice(date_text(q->answered_ns ? q->answered_ns : q->asked_ns, a), 0, 19));
        document_cell_code(d, q->step);
        document_cell(d, history_question(q));
        document_cell(d, q->open ? STR("not answered") : history_answer(q));
        document_cell(d, answers_by(q, a));
        struct str note = answers_note(q, a);
        document_cell(d, note.n || str_equal(q->text, q->answer) ? note : q->text);
    }
}

static void add_followups(const struct history *h, struct arena *a, struct document *d)
{
    struct value list = value_of(h->start, "followups");
    int64_t from = h->ended_ns ? h->ended_ns : h->started_ns;

    if (list.kind != VALUE_LIST || !value_size(list))
        return;
    document_head(d, 2, STR("What is still to be done"));
    for (size_t i = 0; i < value_size(list); i++) {
        struct value v = value_item(list, i);
        int64_t due = int_of(v, "due_ms", 0);
        struct str when = due ? str_format(a, ", due %.*s",
                                           STR_ARG(date_text(from + due * 1000000, a)))
                              : STR("");
        struct str owner = text_of(v, "owner");
        document_item(d, true,
                      str_format(a, "%.*s%s%.*s%.*s", STR_ARG(text_of(v, "title")),
                                 owner.n ? ", " : "", STR_ARG(owner), STR_ARG(when)));
    }
}

static void add_contacts(const struct history *h, struct document *d)
{
    struct value list = value_of(h->start, "contacts");

    if (list.kind != VALUE_LIST || !value_size(list))
        return;
    document_head(d, 2, STR("Contacts"));
    document_table(d, "Role|Name|Phone|Mail|Link");
    for (size_t i = 0; i < value_size(list); i++) {
        struct value v = value_item(list, i);
        document_cell(d, text_of(v, "role"));
        document_cell(d, text_of(v, "name"));
        document_cell(d, text_of(v, "phone"));
        document_cell(d, text_of(v, "email"));
        document_cell(d, text_of(v, "link"));
    }
}

void incident_afterwards(const struct history *h, struct arena *a, struct document *d)
{
    add_followups(h, a, d);
    add_contacts(h, d);
}
