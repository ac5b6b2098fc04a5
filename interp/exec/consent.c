// confirm and approve: people are asked before a step does anything. A no, a wrong phrase and
// silence are all no (execution.md section 1, promise 8).

#include "base/arena.h"
#include "base/map.h"
#include "exec/walk.h"
#include "value/when.h"

static void ask_approve(struct walk *w);

// The time that people take is not the step's.
void walk_waited(struct walk *w)
{
    w->began_ms += loop_now_ms(w->d->loop) - w->question->asked_ms;
}

static bool phrase_is_right(const struct question *q, const struct answer *a)
{
    return q->danger != DANGER_SEVERE || str_equal(q->phrase, a->text);
}

void walk_declined(struct walk *w, const struct answer *a, bool skips)
{
    w->by = str_copy(w->arena, a->by);
    w->reason = str_copy(w->arena, a->text);
    if (skips) {
        w->by = STR("");
        walk_end(w, STATE_SKIPPED, NULL, false);
        return;
    }
    w->declined = true;
    w->message = a->kind == ANSWER_NONE ? STR("nobody answered") : STR("declined by a person");
    walk_failed(w);
}

static void confirm_answered(void *arg, const struct answer *a)
{
    struct walk *w = arg;
    bool yes = a->kind == ANSWER_YES && phrase_is_right(w->question, a);
    bool skips = a->kind == ANSWER_SKIP || (w->task->step->more->confirm &&
                                            w->task->step->more->confirm->on_no == ON_NO_SKIP);

    w->asked = NULL;
    if (w->withdrawn)
        return;
    walk_waited(w);
    if (!yes) {
        if (a->kind == ANSWER_SKIP && a->by.n)
            walk_skipped(w, a);
        else
            walk_declined(w, a, skips);
        return;
    }
    if (w->question->kind == QUESTION_CONFIRM)
        ask_approve(w);
    else
        walk_before(w);
}

// Who looks on has seen no question: the intent was written after it was answered, in an earlier
// session, and the answer counts for as long as the step is not over.
static void tell_consent(struct walk *w)
{
    const struct step_more *s = w->task->step->more;
    const struct consent *c = map_get(w->d->earlier.consents, w->task->address);

    if (!(s->confirm || s->approve) || !w->task->intent || w->task->auto_undo || !c)
        return;
    say(w->d, "%.*s is not asked about again: the yes of %.*s%s%.*s%s, given %.*s, counts",
        STR_ARG(w->task->address), STR_ARG(c->by.n ? c->by : STR("somebody")), c->how.n ? " (" : "",
        STR_ARG(c->how), c->how.n ? ")" : "", STR_ARG(date_text(c->wall_ns, turn_arena(w->d))));
}

void walk_confirm(struct walk *w)
{
    const struct confirm *c = w->task->step->more->confirm;
    struct expr_error err = { 0 };

    tell_consent(w);

    if (!c || w->task->intent || w->task->auto_undo || w->d->options->dry_run) {
        ask_approve(w);
        return;
    }
    w->question = question_about(w, QUESTION_CONFIRM);
    if (!question_confirm(w->question, c, scope_of(w), w->arena, &err)) {
        fail_expr(w, "confirm", &err);
        return;
    }
    w->asked = ask(w->d, w->question, w->task, confirm_answered, w);
}

static void ask_approve(struct walk *w)
{
    const struct approve *ap = w->task->step->more->approve;
    struct expr_error err = { 0 };

    if (!ap || w->task->intent || w->task->auto_undo || w->d->options->dry_run) {
        walk_before(w);
        return;
    }
    w->question = question_about(w, QUESTION_APPROVE);
    if (!question_approve(w->question, ap, w->d->project, scope_of(w), w->arena, &err)) {
        fail_expr(w, "approve", &err);
        return;
    }
    w->asked = ask(w->d, w->question, w->task, confirm_answered, w);
}

void walk_ask_again(struct walk *w)
{
    w->message = w->by = w->reason = STR("");
    walk_confirm(w);
}
