// What an attempt came to: judged, verified, the outputs filled. What a failure leads to is in
// failure.c.

#include "base/arena.h"
#include "exec/walk.h"

// ---- good

static bool fill_outputs(struct walk *w, struct expr_error *err)
{
    const struct step *s = w->task->step;
    struct value_builder *b = value_map_start(w->arena);

    if (s->more->outputs.count == 0 || w->task->auto_undo)
        return true;
    for (size_t i = 0; w->outputs.kind == VALUE_MAP && i < value_size(w->outputs); i++)
        value_put(b, w->outputs.map->entries[i].key, w->outputs.map->entries[i].value);
    LIST_EACH(const struct output, o, s->more->outputs)
    {
        struct value v;
        if (!form_fill(o->value, scope_of(w), w->arena, &v, err))
            return false;
        if (o->secret) {
            v = value_secret(v);
            mask_value(w->d->mask, v, w->arena);
        }
        value_put(b, value_string(o->entry.key.str), v);
    }
    w->outputs = value_finish(b);
    return true;
}

void walk_succeeded(struct walk *w)
{
    struct expr_error err = { 0 };

    if (w->cancelled)  // in vain: a COMMIT that was under way took place
        w->message = STR("");
    if (!fill_outputs(w, &err)) {
        fail_expr(w, "outputs", &err);
        return;
    }
    if (w->task->kind != TASK_ACTION && w->task->kind != TASK_GATE) {
        if (!container_commit(w))
            container_work_over(w, STATE_SUCCEEDED);
        return;
    }
    walk_end(w, task_transaction(w->task) ? STATE_PROVISIONAL : STATE_SUCCEEDED, NULL, false);
}

void walk_unverified(struct walk *w, const char *whose, const struct check_outcome *o)
{
    w->message = str_format(w->arena, "%s`verify` does not hold: %.*s: %.*s", whose,
                            STR_ARG(o->id), STR_ARG(o->message));
    w->picture = str_copy(w->arena, o->picture);
    w->parts = value_copy(w->arena, o->parts);
    w->cancelled |= o->cancelled;
    w->is_unknown |= o->unknown;  // what looks still lives: nothing is undone or started over it
    if (o->unknown)
        w->help = STR("stop it by hand, then say how the step ended: resume --mark");
}

static void verified(void *arg, const struct check_outcome *o)
{
    struct walk *w = arg;

    w->checking = NULL;
    w->verifying = false;
    if (w->withdrawn)
        return;
    if (o->ok) {
        walk_succeeded(w);
        return;
    }
    walk_unverified(w, "", o);
    w->known_failed = true;  // `verify` comes behind the retries: the action did what it should
    walk_failed(w);
}

static void check_it(void *arg)
{
    struct walk *w = arg;
    struct str tag = str_format(w->arena, "%.*s.verify.", STR_ARG(w->task->address));

    w->checking = check_all(w->d, w->arena, &w->task->step->more->verify, w->task->space, w->task,
                            &w->view, tag, !w->task->aside, verified, w);
    if (w->cancelled)
        check_cancel(w->checking);
    else if (w->verifying && w->d->signals)  // it came while the result was written
        check_hurry(w->checking);
}

// Checks may take long: that the action was done is on disk before they begin, so that a resume
// asks them again, and nobody has to say what became of it.
static void note_result(struct walk *w)
{
    struct value_builder *b = event_data(w->d);

    value_put_s(b, "step", value_string(w->task->address));
    value_put_s(b, "attempt", value_int(w->task->attempts));
    if (!put_results(w, b, true))
        return;
    emit(w->d, EVENT_STEP_NOTE, b);
    when_durable_or(w->d, check_it, check_it, w);
}

void walk_verify(struct walk *w)
{
    const struct task *t = w->task;

    if (t->step->more->verify.count == 0 || t->auto_undo) {
        walk_succeeded(w);
        return;
    }
    w->verifying = t->kind == TASK_ACTION;
    if (w->verifying && w->result.kind == VALUE_MAP && t->more->acted.kind == VALUE_NULL &&
        !t->aside && !task_transaction(t) && !w->d->options->dry_run)
        note_result(w);
    else
        check_it(w);
}

void walk_verify_again(struct walk *w)
{
    run_settled(w->d->run, w->task);
    w->result = w->task->more->acted;
    w->outcome.verdict = VERDICT_DONE;
    w->view.result = &w->result;
    w->view.result_lost = names_lost(w->task, "result");
    walk_verify(w);
}

void walk_says(struct walk *w, const struct judged *j)
{
    w->message = str_copy(w->arena, j->message);
    w->help = str_copy(w->arena, j->help);
    w->picture = j->picture;
    w->parts = j->parts;
}

// ---- what an action came to

void walk_outcome(struct walk *w, const struct outcome *o)
{
    struct judged j;

    w->outcome = *o;
    w->result = value_copy(w->arena, o->result);
    if (w->result.kind == VALUE_NULL && task_taken_back(w->task))
        walk_sees_undone(w);
    else
        walk_sees_own(w);
    w->is_unknown = o->verdict == VERDICT_UNKNOWN;
    w->cancelled |= o->verdict == VERDICT_CANCELLED;
    j = judge(w->d, w->task->auto_undo ? &step_nothing : w->task->step, o, scope_of(w),
              w->arena);
    if (j.ok) {
        walk_verify(w);
        return;
    }
    walk_says(w, &j);
    // It was adopted, and its rule reads what is not known any more: nobody knows if it failed.
    w->is_unknown |= j.unread && o->withheld;
    walk_failed(w);
}

void walk_acted(void *arg, const struct outcome *o)
{
    struct walk *w = arg;

    if (!w->withdrawn)
        walk_outcome(w, o);
}

// A gate that only expects: nothing is done, something must be true.
void gate_judge(struct walk *w)
{
    struct judged j = judge(w->d, w->task->step, NULL, scope_of(w), w->arena);

    if (j.ok) {
        walk_verify(w);
        return;
    }
    walk_says(w, &j);
    w->known_failed = w->task->step->more->retry == NULL;
    walk_failed(w);
}
