// Steps that a person leaves out: --skip ID, and --from ID, which skips all before it in
// prepare and steps, in the order of the file.

#include "base/arena.h"
#include "exec/session.h"

// ---- what the command line may name

bool step_is_missing(struct driver *d, struct str id, const char *flag)
{
    struct diag *e = diag_error(d->diags, DIAG_USAGE, (struct span){ 0 },
                                "%s names the step `%.*s`, which is not in this runbook", flag,
                                STR_ARG(id));
    const char **words = NEW_ARRAY(d->arena, const char *, run_task_count(d->run) + 1);
    for (size_t i = 0; i < run_task_count(d->run); i++)
        words[i] = str_copy(d->arena, run_task_at(d->run, i)->address).s;
    const char *near = diag_nearest(id, words);
    if (near)
        diag_help(d->diags, e, "did you mean `%s`?", near);
    return false;
}

static bool step_is_there(struct driver *d, struct str id, const char *flag)
{
    const struct task *t = run_find(d->run, id);

    return (t && (t->phase == PHASE_PREPARE || t->phase == PHASE_STEPS)) ||
           step_is_missing(d, id, flag);
}

static bool words_are_right(struct driver *d)
{
    const struct run_options *o = d->options;
    bool ok = true;

    for (size_t i = 0; i < o->skip_count; i++)
        ok &= step_is_there(d, o->skips[i], "--skip");
    if (o->from.n)
        ok &= step_is_there(d, o->from, "--from");
    if ((o->skip_count || o->from.n) && !o->skip_reason.n) {
        diag_error(d->diags, DIAG_USAGE, (struct span){ 0 }, "skipping steps needs a reason");
        diag_help(d->diags, d->diags->last, "say --skip-reason \"why\"");
        ok = false;
    } else if (!o->skip_count && !o->from.n && o->skip_reason.n) {
        diag_error(d->diags, DIAG_USAGE, (struct span){ 0 },
                   "--skip-reason, and nothing is skipped");
        diag_help(d->diags, d->diags->last, "say which steps: --skip ID or --from ID");
        ok = false;
    }
    return ok;
}

static bool comes_before(const struct driver *d, const struct task *a, const struct task *b)
{
    for (size_t i = 0; i < run_task_count(d->run); i++) {
        if (run_task_at(d->run, i) == a)
            return true;
        if (run_task_at(d->run, i) == b)
            return false;
    }
    return false;
}

// --from is refused when a later step needs a result of what it skips.
static bool from_is_possible(struct driver *d)
{
    struct task *from = d->options->from.n ? run_find(d->run, d->options->from) : NULL;

    for (size_t i = 0; from && i < run_task_count(d->run); i++) {
        const struct task *t = run_task_at(d->run, i);
        if (t != from && comes_before(d, t, from))
            continue;
        for (size_t k = 0; k < t->need_count; k++) {
            const struct task *n = t->needs[k];
            bool skipped = t->need_blocks[k] && n != from && comes_before(d, n, from) &&
                           from->in->owner != n;
            if (!skipped)
                continue;
            diag_error(d->diags, DIAG_USAGE, (struct span){ 0 },
                       "--from %.*s skips `%.*s`, whose result `%.*s` needs",
                       STR_ARG(d->options->from), STR_ARG(n->address), STR_ARG(t->address));
            return false;
        }
    }
    return true;
}

bool skips_are_right(struct driver *d)
{
    return words_are_right(d) && from_is_possible(d);
}

// ---- a step that is skipped

static bool words_match(const struct str *all, size_t n, const struct task *t)
{
    for (size_t i = 0; i < n; i++)
        if (str_equal(all[i], t->address) ||
            (!t->is_instance && str_equal(all[i], t->step->id.str)))
            return true;
    return false;
}

static bool is_before(const struct driver *d, const struct task *t)
{
    struct task *from = d->options->from.n ? run_find(d->run, d->options->from) : NULL;

    if (!from || (t->phase != PHASE_PREPARE && t->phase != PHASE_STEPS))
        return false;
    for (const struct task *at = from; at; at = at->in->owner)
        if (at == t)
            return false;
    for (const struct task *at = t; at; at = at->in->owner)
        if (at == from)
            return false;
    for (size_t i = 0; i < run_task_count(d->run); i++) {
        const struct task *other = run_task_at(d->run, i);
        if (other == t)
            return true;
        if (other == from)
            return false;
    }
    return false;
}

bool skip_by_flag(struct walk *w)
{
    const struct run_options *o = w->d->options;

    if (w->task->undoes || w->task->aside)
        return false;
    if (!words_match(o->skips, o->skip_count, w->task) && !is_before(w->d, w->task))
        return false;
    w->by = person(w->d);
    w->reason = o->skip_reason;
    w->message = str_format(w->arena, "skipped by %.*s: %.*s", STR_ARG(w->by), STR_ARG(w->reason));
    walk_end(w, STATE_SKIPPED, NULL, false);
    return true;
}
