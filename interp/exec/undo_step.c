#include "exec/undo_step.h"

#include "base/arena.h"
#include "exec/session.h"

static int refuse(struct driver *d, struct str words)
{
    diag_error(d->diags, DIAG_USAGE, (struct span){ 0 }, "%.*s", STR_ARG(words));
    return CODE_USAGE;
}

static int refuse_nothing(struct driver *d, const struct task *t, struct str why)
{
    return refuse(d, str_format(d->arena, "there is nothing to take back of `%.*s`: %.*s",
                                STR_ARG(t->address), STR_ARG(why)));
}

// A group whose undos are inside stands for as long as one of them is left.
static bool stands(const struct run *r, const struct task *t)
{
    bool holds = t->kind == TASK_GROUP || t->kind == TASK_USE || t->kind == TASK_EACH;

    if (t->undo_state == UNDO_DONE)
        return false;
    return holds ? run_undo_left(r, t).open : t->intent;
}

// Whether [outer] is [t] or a container around it.
static bool is_around(const struct task *outer, const struct task *t)
{
    while (t && t != outer)
        t = t->in->owner;
    return t;
}

// What needs [t], stands, and is not taken back with it as a part of [whole].
static const struct task *needed_by(const struct run *r, const struct task *t,
                                    const struct task *whole)
{
    for (size_t i = 0; i < t->follower_count; i++) {
        const struct task *f = t->followers[i];
        for (size_t k = 0; k < f->need_count; k++)
            if (f->needs[k] == t && f->need_blocks[k] && !is_around(whole, f) && stands(r, f))
                return f;
    }
    return NULL;
}

static int refuse_needed(struct driver *d, const struct task *whole, const struct task *part,
                         const struct task *later)
{
    struct str what = part == whole ? STR("it")
                                    : str_format(d->arena, "`%.*s`", STR_ARG(part->address));

    return refuse(d, str_format(d->arena, "`%.*s` cannot be undone before `%.*s`, which needs %.*s",
                                STR_ARG(whole->address), STR_ARG(later->address), STR_ARG(what)));
}

// What needs a group needs the steps in it; who takes a group back takes back what is in it, as far
// as there is something to take back.
static int later_ones_are_undone(struct driver *d, const struct task *t)
{
    const struct task *later = NULL;

    for (const struct task *at = t; at && !later; at = at->in->owner)
        later = needed_by(d->run, at, t);
    if (later)
        return refuse_needed(d, t, t, later);
    for (size_t i = 0; i < run_task_count(d->run); i++) {
        const struct task *part = run_task_at(d->run, i);
        if (is_around(t, part) && (later = needed_by(d->run, part, t)) &&
            run_undo_left(d->run, part).to_do)
            return refuse_needed(d, t, part, later);
    }
    return 0;
}

static int refuse_covered(struct driver *d, const struct task *t, const struct task *by)
{
    if (by->undo_state == UNDO_DONE)
        return refuse_nothing(
            d, t, str_format(d->arena, "it was taken back by `%.*s`", STR_ARG(by->address)));
    return refuse(d, str_format(d->arena, "`%.*s` is taken back by `%.*s`: --step %.*s",
                                STR_ARG(t->address), STR_ARG(by->address), STR_ARG(by->address)));
}

static const char *why_nothing(const struct driver *d, const struct task *t,
                               const struct undo_left *left)
{
    if (left->undone)
        return "it is undone already";
    if (!left->open && t->step->more->transaction)
        return "its transaction was rolled back";
    switch (step_cover(d->program, t->step)) {
    case COVER_NOTHING:
        return "it changes nothing";
    case COVER_NONE:
        return "it says `undo: none`";
    default:
        return "an undo does not come by it";
    }
}

// What a transaction that a crash cut came to is found out later.
static bool is_cut(const struct task *t)
{
    return t->step->more->transaction && !t->ended;
}

int undo_step_is_right(struct driver *d)
{
    struct str id = d->options->undo_step;
    const struct task *t = id.n ? run_find(d->run, id) : NULL;

    if (!id.n)
        return 0;
    if (!t) {
        step_is_missing(d, id, "--step");
        return CODE_USAGE;
    }
    struct undo_left left = run_undo_left(d->run, t);
    const struct task *by = run_taken_back_by(t);
    if (!left.started)
        return refuse_nothing(d, t, STR("it never started"));
    if (by)
        return refuse_covered(d, t, by);
    if (!left.to_do && !is_cut(t))
        return refuse_nothing(d, t, str_from(why_nothing(d, t, &left)));
    return later_ones_are_undone(d, t);
}

int undo_step_goes_on(struct driver *d, struct run_options *o)
{
    if (d->undo.asked || d->aborting || !run_began_undo(d->run) || d->undo.of_all ||
        d->earlier.undo_step.n == 0)
        return 0;
    const struct task *t = run_find(d->run, d->earlier.undo_step);
    if (t && run_undo_left(d->run, t).to_do) {
        o->undo_step = d->earlier.undo_step;
        return 0;
    }
    struct diag *e = diag_error(d->diags, DIAG_USAGE, (struct span){ 0 },
                                "of run %.*s `%.*s` was undone, so it cannot go on forwards",
                                STR_ARG(d->id), STR_ARG(d->earlier.undo_step));
    diag_help(d->diags, e, 
              "`runbook undo %.*s%.*s` takes the rest back, `runbook abort %.*s%.*s` ends it",
              STR_ARG(d->id), STR_ARG(o->reach), STR_ARG(d->id), STR_ARG(o->reach));
    return CODE_USAGE;
}
