// --dry-run: nothing runs, everything that can be is resolved, nobody is asked.
// --probe: a dry run in which steps that only read do run.

#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "exec/walk.h"
#include "load/beside.h"
#include "load/spoken.h"

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

static void tell_lines(struct driver *d, struct str who, const char *would, struct str what)
{
    while (what.n) {
        size_t end = str_find(what, '\n');
        struct str line = end == SIZE_MAX ? what : str_slice(what, 0, end);
        say(d, "%.*s: would %s: %.*s", STR_ARG(who), would, STR_ARG(line));
        what = end == SIZE_MAX ? STR("") : str_slice(what, end + 1, what.n);
    }
}

static void tell(struct walk *w, struct str what)
{
    bool asks = w->task->step->action->asks;

    tell_lines(w->d, w->task->address, asks ? "ask" : "run", asks ? question_of(what) : what);
}

// What is no step, and would go unsaid: the secrets that are read, the hooks that are told.
static void tell_secrets(struct driver *d, const struct module *m, const struct known *k)
{
    LIST_EACH(const struct secret, s, m->rb->secrets)
    say(d, "the secret `%.*s`%s%.*s comes from %.*s", STR_ARG(s->entry.key.str), k ? "" : " of ",
        STR_ARG(k ? STR("") : m->rb->address), STR_ARG(secret_source(s, k, d->arena)));
}

static void tell_hooks(struct driver *d, const char *moment, const struct known *k)
{
    struct hooks_told told = hooks_told(d->project->hooks, d->program->root->rb->hooks, moment,
                                        d->arena);

    for (size_t i = 0; i < told.count && !d->options->drill; i++)
        tell_lines(d,
                   str_format(d->arena, "hooks.%s.%.*s", moment, STR_ARG(told.steps[i]->id.str)),
                   "run", spoken(told.steps[i], k, d->arena));
}

void dry_tell(struct driver *d)
{
    const struct known *k = known_new(d->program->root->rb, d->frame->inputs, d->arena);

    tell_secrets(d, d->program->root, k);
    for (size_t i = 0; i < map_count(d->program->by_path); i++)
        if (map_value(d->program->by_path, i) != d->program->root)
            tell_secrets(d, map_value(d->program->by_path, i), NULL);
    for (const struct hook_moment *m = hook_moments; m->name; m++)
        tell_hooks(d, m->name, k);
}

void dry_beside(struct walk *w, const struct amount *parallel)
{
    struct str beside = side_by_side(parallel, NULL, w->arena);

    if (beside.n && w->d->options->dry_run)
        say(w->d, "%.*s: would run %.*s", STR_ARG(w->task->address), STR_ARG(beside));
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
    const struct template *t = s->more->approve   ? s->more->approve->message
                               : s->more->confirm ? s->more->confirm->message
                                                  : NULL;
    struct expr_error err = { 0 };
    struct str text;
    bool secret;

    if (!t)
        return STR("");
    return template_eval_text(t, view_scope(&w->view), w->arena, &text, &secret, &err)
               ? text
               : t->text.str;
}

// A gate that only asks is not answered; one that expects is judged, if what it reads is known.
void dry_gate(struct walk *w)
{
    const struct step *s = w->task->step;
    struct judged j = { .ok = true };

    if (s->more->expect.count)
        j = judge(w->d, s, NULL, view_scope(&w->view), w->arena);
    if (j.unread || j.error) {
        dry_unresolved(w, &(struct expr_error){ .message = j.message });
        return;
    }
    if (s->more->expect.count) {
        gate_judge(w);
        return;
    }
    say(w->d, "%.*s: would ask: %.*s", STR_ARG(w->task->address), STR_ARG(message_of(w)));
    w->message = STR("dry run: a person is asked");
    walk_end(w, STATE_SKIPPED, NULL, false);
}
