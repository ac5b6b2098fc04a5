#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "action/prompt.h"
#include "base/arena.h"
#include "base/shell_word.h"
#include "model/runbook.h"
#include "report/harmless.h"
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

static void headline(struct person *p, const char *what)
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

static void facts(struct person *p)
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

static void message(struct person *p)
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

    headline(p, q->danger == DANGER_SEVERE ? "Confirm (severe)" : "Confirm");
    message(p);
    facts(p);
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
    headline(p, "Attest");
    message(p);
    facts(p);
    person_ask(p, STR("Type `yes` (and a note) or `no`:"), heard_item);
}

// -------- approve: answered from elsewhere

void dialog_approval(struct person *p)
{
    const struct question *q = p->q;
    struct str run = p->history->run;
    bool whole = str_is(q->id, "run");
    struct str step = whole ? STR("") : shell_word(p->scratch, q->id);

    headline(p, "Waits for approval:");
    message(p);
    facts(p);
    page_head(&p->page, INK_PLAIN, "%zu of %zu votes. From anywhere:", q->votes, q->votes_needed);
    page_command(&p->page, INK_ASK, "  runbook approve %.*s%s%.*s%.*s%s", STR_ARG(run),
              whole ? "" : " ", STR_ARG(step), STR_ARG(q->reach),
              q->reason_required ? " --reason TEXT" : "");
    page_command(&p->page, INK_ASK, "  runbook reject %.*s%s%.*s%.*s --reason TEXT", STR_ARG(run),
              whole ? "" : " ", STR_ARG(step), STR_ARG(q->reach));
}

// -------- manual work

static void ask_done(struct person *p);

static void heard_evidence(struct person *p, struct str line)
{
    char path[PATH_MAX];
    bool is_file = p->q->evidence_is_file;

    if (!line.n)
        person_again(p, "Evidence is asked for: %s.", is_file ? "the path of a file" : "a text");
    else if (is_file && !realpath(str_copy(p->scratch, line).s, path))
        person_again(p, "There is no file `%.*s` that can be read.", STR_ARG(line));
    else {
        p->answer.evidence = is_file ? str_copy(p->scratch, str_from(path)) : line;
        person_answer(p, p->answer.kind);
    }
}

static void finish_manual(struct person *p, enum answer_kind kind)
{
    p->answer.kind = kind;
    if (p->q->evidence_wanted && kind == ANSWER_YES)
        person_ask(
            p, p->q->evidence_is_file ? STR("Evidence (the path of a file):") : STR("Evidence:"),
            heard_evidence);
    else
        person_answer(p, kind);
}

static void heard_note(struct person *p, struct str line)
{
    if (!line.n) {
        person_again(p, "A note is needed; it stands in the report.");
        return;
    }
    p->answer.text = line;
    finish_manual(p, p->answer.kind);
}

// "failed", or "failed the fuse blew".
static bool begins_with(struct str line, const char *word, struct str *rest)
{
    if (!str_starts(line, word))
        return false;
    *rest = str_trim(str_slice(line, strlen(word), line.n));
    return line.n == strlen(word) || line.s[strlen(word)] == ' ' || line.s[strlen(word)] == ':';
}

static void heard_done(struct person *p, struct str line)
{
    static const struct {
        const char *word;
        enum answer_kind kind;
    } words[] = { { "failed", ANSWER_FAILED }, { "na", ANSWER_NA } };
    struct str note;

    if (str_is(line, "done")) {
        finish_manual(p, ANSWER_YES);
        return;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!begins_with(line, words[i].word, &note))
            continue;
        p->answer.kind = words[i].kind;
        if (note.n && note.s[0] == ':')
            note = str_trim(str_slice(note, 1, note.n));
        if (note.n)
            heard_note(p, note);
        else
            person_ask(p, STR("What happened?"), heard_note);
        return;
    }
    person_again(p, "%s", line.n ? "Type `done`, `failed` or `na`." : "");
}

static void ask_item(struct person *p);

static void heard_tick(struct person *p, struct str line)
{
    if (str_is(line, "y") || str_is(line, "yes")) {
        p->item++;
        ask_item(p);
    } else if (begins_with(line, "failed", &(struct str){ 0 }) ||
               begins_with(line, "na", &(struct str){ 0 })) {
        heard_done(p, line);
    } else {
        person_again(p, "%s", line.n ? "Type `y` when it is done, or `failed`, or `na`." : "");
    }
}

static void ask_item(struct person *p)
{
    const struct question *q = p->q;

    if (p->item == q->item_count) {
        ask_done(p);
        return;
    }
    page_text(&p->page, "", INK_PLAIN,
              str_format(p->scratch, "[ ] %zu/%zu %.*s", p->item + 1, q->item_count,
                         STR_ARG(q->items[p->item])));
    person_ask(p, STR("`y`, `failed` or `na`:"), heard_tick);
}

static void ask_done(struct person *p)
{
    person_ask(p, STR("`done`, `failed` or `na` (not applicable):"), heard_done);
}

static void begin_manual(struct person *p)
{
    headline(p, "By hand,");
    message(p);
    facts(p);
    ask_item(p);
}

// -------- prompt

static bool choice_of(const struct question *q, struct str line, struct str *out)
{
    char *end;
    unsigned long n = strtoul(line.s, &end, 10);

    for (size_t i = 0; i < q->choice_count; i++)
        if (str_equal(line, q->choices[i])) {
            *out = line;
            return true;
        }
    if (!line.n || *end || n < 1 || n > q->choice_count)
        return false;
    *out = q->choices[n - 1];
    return true;
}

// What is wrong with a typed value. An input judges its path and its list by itself.
static bool is_value(struct person *p, struct str line, struct str *why)
{
    const struct question *q = p->q;
    struct prompt_job job = { .type = (enum input_type)q->input_type };
    struct value ignored;

    if (!q->dir.n && (job.type == INPUT_PATH || job.type == INPUT_LIST))
        return true;
    return prompt_read(&job, line, q->dir, p->scratch, &ignored, why);
}

static void heard_value(struct person *p, struct str line)
{
    const struct question *q = p->q;
    struct str value = line;

    if (!line.n && !q->has_fallback) {
        person_again(p, "%s", "");
        return;
    }
    if (!line.n)
        value = q->fallback;
    if (q->choice_count && !choice_of(q, value, &value)) {
        person_again(p, "Type one of the words above, or its number.");
        return;
    }
    struct str why;
    if (!q->choice_count && !is_value(p, value, &why))
        person_again(p, "%.*s", STR_ARG(q->hidden ? STR("That is not what is wanted.") : why));
    else
        person_answer_text(p, ANSWER_VALUE, value);
}

static void begin_prompt(struct person *p)
{
    const struct question *q = p->q;

    headline(p, "Question,");
    message(p);
    facts(p);
    for (size_t i = 0; i < q->choice_count; i++)
        page_item(&p->page, str_format(p->scratch, "%zu", i + 1), 2, INK_PLAIN,
                  (q->shown_choices ? q->shown_choices : q->choices)[i]);
    struct str fallback = harmless_text(q->shown_choices ? q->shown_fallback : q->fallback,
                                        p->scratch);
    person_ask(p,
               q->has_fallback
                   ? str_format(p->scratch, "Answer (Enter for `%.*s`):", STR_ARG(fallback))
                   : STR("Answer:"),
               heard_value);
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
    headline(p, "Undo has come to");
    message(p);
    facts(p);
    person_ask(p, STR("Pass over it and undo the earlier ones? `yes` or `no`:"), heard_undo);
}

static void (*const dialogs[])(struct person *p) = {
    [QUESTION_CHECKLIST] = begin_checklist,
    [QUESTION_CONFIRM] = begin_confirm,
    [QUESTION_APPROVE] = NULL,
    [QUESTION_MANUAL] = begin_manual,
    [QUESTION_PROMPT] = begin_prompt,
    [QUESTION_FAILURE] = menu_begin,
    [QUESTION_WALK] = menu_begin,
    [QUESTION_UNDO] = begin_undo,
};

void dialog_begin(struct person *p)
{
    dialogs[p->q->kind](p);
}
