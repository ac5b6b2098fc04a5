#include "base/arena.h"
#include "base/shell_word.h"
#include "model/runbook.h"
#include "report/person_inside.h"
#include "value/when.h"

// -------- what is shown before any question

static void rule(struct person *p)
{
    size_t wide = screen_columns(p->screen);
    struct buf b = BUF_EMPTY;

    if (!wide || wide > 78)
        wide = 78;
    for (size_t i = 0; i < wide; i++)
        buf_add_s(&b, screen_look(p->screen)->utf8 ? "\xe2\x94\x80" : "-");
    page_text(&p->page, "", INK_ASK, buf_str(&b));
    buf_free(&b);
}

void dialog_headline(struct person *p, const char *what)
{
    const struct question *q = p->q;

    rule(p);
    struct str title = person_title(p);
    page_head(&p->page, INK_BOLD, "%s %.*s%s%.*s", what, STR_ARG(q->id), title.n ? ": " : "",
              STR_ARG(title));
}

// Those who are there from the beginning; the others are named when it is their turn.
static void people_to_call(struct person *p)
{
    const struct question *q = p->q;

    for (size_t i = 0; i < q->people_count; i++)
        if (q->people[i].after_ms <= 0)
            person_item(p, "call", INK_PLAIN, person_to_call_text(&q->people[i], p->scratch));
}

void dialog_facts(struct person *p)
{
    const struct question *q = p->q;
    // What a person is to do stands above.
    bool by_hand = q->kind == QUESTION_MANUAL || q->kind == QUESTION_PROMPT;

    if (!by_hand)
        person_item(p, "will run", INK_PLAIN, q->details);
    person_item(p, "destroys", INK_BAD, q->destroys);
    person_item(p, "leaves", INK_PLAIN, q->leaves);
    person_item(p, "undo", q->for_good ? INK_BAD : INK_PLAIN, q->undo);
    for (size_t i = 0; i < q->show_count; i++)
        person_item(p, i ? "" : "look at", INK_PLAIN, q->show[i]);
    person_item(p, "so far", INK_WARN, q->so_far);
    person_item(p, by_hand ? "if not" : "if no", INK_PLAIN,
                q->kind == QUESTION_PROMPT && q->on_no.n
                    ? str_format(p->scratch, "%.*s (Ctrl-D: no answer)", STR_ARG(q->on_no))
                    : q->on_no);
    if (q->timeout_ms > 0)
        person_item(p, "time", INK_PLAIN,
                    str_format(p->scratch, "an answer is needed within %.*s",
                               STR_ARG(span_text(q->timeout_ms, p->scratch))));
    people_to_call(p);
}

void dialog_message(struct person *p)
{
    if (p->q->message.n)
        page_text(&p->page, "", INK_BOLD, p->q->message);
}

// -------- reasons

static void heard_reason(struct person *p, struct str line)
{
    if (!line.n) {
        person_again(p, "A reason is needed; it stands in the report.");
        return;
    }
    person_answer_text(p, p->answer.kind, line);
}

static void ask_reason(struct person *p, enum answer_kind kind)
{
    p->answer.kind = kind;
    person_ask(p, STR("Why?"), heard_reason);
}

// -------- confirm

static struct str wanted(const struct question *q)
{
    if (q->danger == DANGER_MILD)
        return STR("y");
    return q->danger == DANGER_SEVERE && q->phrase.n ? q->phrase : STR("yes");
}

static void heard_confirm(struct person *p, struct str line)
{
    const struct question *q = p->q;
    struct str yes = wanted(q);

    if (str_equal(line, yes) || (q->danger == DANGER_MILD && str_is(line, "yes"))) {
        p->answer.text = line;
        if (q->reason_required)
            ask_reason(p, ANSWER_YES);
        else
            person_answer(p, ANSWER_YES);
    } else if (person_says_no(line) && !person_says_no(yes)) {
        person_answer_text(p, ANSWER_NO, line);
    } else if (line.n) {
        person_again(p, "That is neither `%.*s` nor `no`.", STR_ARG(yes));
    } else {
        person_again(p, "%s", "");
    }
}

static void begin_confirm(struct person *p)
{
    const struct question *q = p->q;
    struct str yes = wanted(q);

    dialog_headline(p, q->danger == DANGER_SEVERE ? "Confirm (severe)" : "Confirm");
    dialog_message(p);
    dialog_facts(p);
    person_ask(p, str_format(p->scratch, "Type `%.*s` to go on, `no` to decline:", STR_ARG(yes)),
               heard_confirm);
}

// -------- checklist

static void heard_item(struct person *p, struct str line)
{
    bool yes = str_is(line, "yes") || str_starts(line, "yes ");

    if (yes)
        person_answer_text(p, ANSWER_YES, str_trim(str_slice(line, 3, line.n)));
    else if (person_says_no(line))
        person_answer_text(p, ANSWER_NO, STR(""));
    else
        person_again(p, "%s", line.n ? "Type `yes`, `yes` and a note, or `no`." : "");
}

static void begin_checklist(struct person *p)
{
    dialog_headline(p, "Attest");
    dialog_message(p);
    dialog_facts(p);
    person_ask(p, STR("Type `yes` (and a note) or `no`:"), heard_item);
}

// -------- approve: answered from elsewhere

void dialog_approval(struct person *p)
{
    const struct question *q = p->q;
    struct str run = p->history->run;
    bool whole = str_is(q->id, "run");
    struct str step = whole ? STR("") : shell_word(p->scratch, q->id);

    dialog_headline(p, "Waits for approval:");
    dialog_message(p);
    dialog_facts(p);
    page_head(&p->page, INK_PLAIN, "%zu of %zu votes. From anywhere:", q->votes, q->votes_needed);
    page_command(&p->page, INK_ASK, "  runbook approve %.*s%s%.*s%.*s%s", STR_ARG(run),
                 whole ? "" : " ", STR_ARG(step), STR_ARG(q->reach),
                 q->reason_required ? " --reason TEXT" : "");
    page_command(&p->page, INK_ASK, "  runbook reject %.*s%s%.*s%.*s --reason TEXT", STR_ARG(run),
                 whole ? "" : " ", STR_ARG(step), STR_ARG(q->reach));
}

// -------- undo has come to what cannot be taken back

static void heard_undo(struct person *p, struct str line)
{
    if (str_is(line, "yes"))
        person_answer(p, ANSWER_YES);
    else if (person_says_no(line))
        person_answer(p, ANSWER_NO);
    else
        person_again(p, "%s", line.n ? "Type `yes` or `no`." : "");
}

static void begin_undo(struct person *p)
{
    dialog_headline(p, "Undo has come to");
    dialog_message(p);
    dialog_facts(p);
    person_ask(p, STR("Pass over it and undo the earlier ones? `yes` or `no`:"), heard_undo);
}

static void (*const dialogs[])(struct person *p) = {
    [QUESTION_CHECKLIST] = begin_checklist,
    [QUESTION_CONFIRM] = begin_confirm,
    [QUESTION_APPROVE] = NULL,
    [QUESTION_MANUAL] = dialog_manual,
    [QUESTION_PROMPT] = dialog_prompt,
    [QUESTION_FAILURE] = menu_begin,
    [QUESTION_WALK] = menu_begin,
    [QUESTION_UNDO] = begin_undo,
};

void dialog_begin(struct person *p)
{
    dialogs[p->q->kind](p);
}
