// --dry-run: nothing runs, everything that can be is resolved, nobody is asked.
// --probe: a dry run in which steps that only read do run.

#include <string.h>

#include "base/arena.h"
#include "exec/walk.h"

bool dry_runs(const struct walk *w)
{
    return w->d->options->probe && step_effects(w->d->program, w->task->step) == EFFECTS_READ &&
           !w->task->step->action->asks;
}

// What a person would be asked is described with whom, or that it is a question.
static struct str question_of(struct str what)
{
    static const char *const leads[] = { "a person: ", "ask: " };

    for (size_t i = 0; i < sizeof leads / sizeof *leads; i++)
        if (str_starts(what, leads[i]))
            return str_slice(what, strlen(leads[i]), what.n);
    return what;
}

static void tell(struct walk *w, struct str what)
{
    bool asks = w->task->step->action->asks;

    if (asks)
        what = question_of(what);
    while (what.n) {
        size_t end = str_find(what, '\n');
        struct str line = end == SIZE_MAX ? what : str_slice(what, 0, end);
        say(w->d, "%.*s: would %s: %.*s", STR_ARG(w->task->address), asks ? "ask" : "run",
            STR_ARG(line));
        what = end == SIZE_MAX ? STR("") : str_slice(what, end + 1, what.n);
    }
}

void dry_skip(struct walk *w)
{
    tell(w, w->command);
    w->message = str_format(w->arena, "dry run: %.*s", STR_ARG(w->command));
    walk_end(w, STATE_SKIPPED, NULL, false);
}

// What depends on a step that was not run is not known, and that is no failure.
void dry_unresolved(struct walk *w, const struct expr_error *err)
{
    say(w->d, "%.*s: would run; what exactly is not known before: %.*s", STR_ARG(w->task->address),
        STR_ARG(err->message));
    w->message = str_format(w->arena, "dry run: not known before: %.*s", STR_ARG(err->message));
    walk_end(w, STATE_SKIPPED, NULL, false);
}

static struct str message_of(struct walk *w)
{
    const struct step *s = w->task->step;
    const struct template *t = s->approve ? s->approve->message : s->confirm ? s->confirm->message
                                                                             : NULL;
    struct expr_error err = { 0 };
    struct str text;
    bool secret;

    if (!t)
        return STR("");
    return template_eval_text(t, view_scope(&w->view), w->arena, &text, &secret, &err) ? text
                                                                                       : t->text.str;
}

// A gate that only asks is not answered; one that expects is judged, if what it reads is known.
void dry_gate(struct walk *w)
{
    const struct step *s = w->task->step;
    struct judged j = { .ok = true };

    if (s->expect.count)
        j = judge(w->d, s, NULL, view_scope(&w->view), w->arena);
    if (j.unread || j.error) {
        dry_unresolved(w, &(struct expr_error){ .message = j.message });
        return;
    }
    if (s->expect.count) {
        gate_judge(w);
        return;
    }
    say(w->d, "%.*s: would ask: %.*s", STR_ARG(w->task->address), STR_ARG(message_of(w)));
    w->message = STR("dry run: a person is asked");
    walk_end(w, STATE_SKIPPED, NULL, false);
}
