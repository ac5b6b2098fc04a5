// Questions that a person answers with work or with a value: `manual` and `prompt`.

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "action/prompt.h"
#include "base/arena.h"
#include "model/runbook.h"
#include "report/harmless.h"
#include "report/person_inside.h"

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

void dialog_manual(struct person *p)
{
    dialog_headline(p, "By hand,");
    dialog_message(p);
    dialog_facts(p);
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

void dialog_prompt(struct person *p)
{
    const struct question *q = p->q;

    dialog_headline(p, "Question,");
    dialog_message(p);
    dialog_facts(p);
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
