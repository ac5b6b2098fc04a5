// manual and prompt: the action is a person.

#include "action/manual.h"
#include "action/prompt.h"
#include "base/arena.h"
#include "exec/walk.h"

// ---- what was answered

// False: the answer is no value of the type that was asked for, which w->message says.
static bool prompt_outcome(struct walk *w, const struct answer *a, struct outcome *o)
{
    struct str dir = frame_of(w->task->space)->dir, why;
    struct value v;

    if (!prompt_read(w->act->at.job, a->text, dir, w->arena, &v, &why)) {
        w->message = str_copy(w->arena, why);
        return false;
    }
    o->result = prompt_result(w->arena, v);
    return true;
}

static void manual_outcome(struct walk *w, const struct answer *a, struct outcome *o)
{
    bool failed = a->kind == ANSWER_FAILED;
    const char *word = a->kind == ANSWER_NA ? "na" : failed ? "failed" : "done";

    o->result = manual_result(w->arena, word, str_copy(w->arena, a->text),
                              str_copy(w->arena, a->evidence));
    o->rule = !failed;
    if (failed)
        o->message = str_format(w->arena, "a person says that it failed%s%.*s",
                                a->text.n ? ": " : "", STR_ARG(a->text));
}

static void work_answered(void *arg, const struct answer *a)
{
    struct walk *w = arg;
    struct outcome o = { .verdict = VERDICT_DONE, .rule = true };

    w->asked = NULL;
    if (w->withdrawn)
        return;
    walk_waited(w);
    if (a->kind == ANSWER_NONE || a->kind == ANSWER_NO || a->kind == ANSWER_STOP) {
        walk_declined(w, a, false);
        return;
    }
    if (a->kind == ANSWER_SKIP) {
        walk_skipped(w, a);
        return;
    }
    if (w->question->kind == QUESTION_MANUAL) {
        manual_outcome(w, a, &o);
    } else if (!prompt_outcome(w, a, &o)) {
        w->known_failed = w->declined = true;
        walk_failed(w);
        return;
    }
    if (emit_intent(w, VALUE_NONE))
        walk_outcome(w, &o);
}

// ---- what is asked

static void ask_for_value(struct walk *w, const struct prompt_job *job)
{
    struct question *q = question_about(w, QUESTION_PROMPT);

    q->message = job->message;
    q->choices = job->choices;
    q->choice_count = job->choice_count;
    q->input_type = (int)job->type;
    q->fallback = job->fallback;
    q->has_fallback = job->has_fallback;
    w->question = q;
}

static void ask_for_hands(struct walk *w, const struct manual_job *job)
{
    struct question *q = question_about(w, QUESTION_MANUAL);

    q->message = job->instructions;
    q->items = job->items;
    q->item_count = job->item_count;
    q->evidence_wanted = job->evidence != EVIDENCE_NONE;
    q->evidence_is_file = job->evidence == EVIDENCE_FILE;
    w->question = q;
}

void work_ask(struct walk *w)
{
    if (w->act->at.action == &action_prompt)
        ask_for_value(w, w->act->at.job);
    else
        ask_for_hands(w, w->act->at.job);
    w->question->timeout_ms = w->act->at.timeout_ms;
    w->asked = ask(w->d, w->question, w->task, work_answered, w);
}
