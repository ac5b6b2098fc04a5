// A used runbook: its checklist and its confirm before its steps, its outputs and its verify
// behind them, all under the name of the step that uses it.

#include "base/arena.h"
#include "exec/walk.h"

// A callee's own checklist and confirm come before its steps, under the caller's name.
struct callee {
    struct walk *w;
    struct value with;
    size_t next_item;
    struct str check_name;  // of the item that the machine answers
};

// ---- before its steps

static void callee_refused(struct walk *w, const char *what, const struct answer *a)
{
    w->declined = true;
    w->message = str_format(w->arena, "%s: %s", what,
                            a->kind == ANSWER_NONE ? "nobody answered" : "declined by a person");
    walk_failed(w);
}

static void ask_callee(struct callee *c);

static void item_answered(void *arg, const struct answer *a)
{
    struct callee *c = arg;

    c->w->asked = NULL;
    if (c->w->withdrawn)
        return;
    walk_waited(c->w);
    if (a->kind == ANSWER_YES)
        ask_callee(c);
    else
        callee_refused(c->w, "its checklist was not attested", a);
}

static void item_checked(void *arg, const struct check_outcome *o)
{
    struct callee *c = arg;

    c->w->checking = NULL;
    if (c->w->withdrawn)
        return;
    if (o->ok) {
        ask_callee(c);
        return;
    }
    c->w->message = str_format(c->w->arena, "its checklist does not hold%s%.*s%s: %.*s",
                               c->check_name.n ? " (" : "", STR_ARG(c->check_name),
                               c->check_name.n ? ")" : "", STR_ARG(o->message));
    walk_failed(c->w);
}

static void ask_item(struct callee *c, const struct runbook *rb)
{
    struct walk *w = c->w;
    const struct check_item *items = rb->checklist.items, *item = &items[c->next_item++];
    struct view v = view_of_space(w->d, w->task->inner);
    struct expr_error err = { 0 };
    bool secret;

    if (item->check) {
        struct list *one = NEW(w->arena, struct list);
        *one = (struct list){ (void *)item->check, 1 };
        if (!template_eval_text(item->item, view_scope(&v), w->arena, &v.check_name, &secret, &err))
            v.check_name = STR("");
        c->check_name = v.check_name;
        w->checking = check_all(
            w->d, w->arena, one, w->task->inner, w->task, &v,
            str_format(w->arena, "%.*s.checklist_%zu.", STR_ARG(w->task->address), c->next_item),
            true, item_checked, c);
        return;
    }
    w->question = question_about(w, QUESTION_CHECKLIST);
    w->question->id = str_format(w->arena, "%.*s.checklist_%zu", STR_ARG(w->task->address),
                                 c->next_item);
    if (!template_eval_text(item->item, view_scope(&v), w->arena, &w->question->message, &secret,
                            &err)) {
        fail_expr(w, "checklist", &err);
        return;
    }
    w->asked = ask(w->d, w->question, w->task, item_answered, c);
}

static void callee_confirmed(void *arg, const struct answer *a)
{
    struct callee *c = arg;
    struct walk *w = c->w;
    bool right = w->question->danger != DANGER_SEVERE || str_equal(w->question->phrase, a->text);

    w->asked = NULL;
    if (w->withdrawn)
        return;
    walk_waited(w);
    if (a->kind == ANSWER_YES && right)
        container_children(w, c->with);
    else
        callee_refused(w, "not confirmed", a);
}

static void ask_callee(struct callee *c)
{
    struct walk *w = c->w;
    const struct runbook *rb = w->task->inner->module->rb;
    struct view v = view_of_space(w->d, w->task->inner);
    struct expr_error err = { 0 };

    if (w->d->options->dry_run || w->task->intent) {
        container_children(w, c->with);
    } else if (c->next_item < rb->checklist.count) {
        ask_item(c, rb);
    } else if (rb->confirm) {
        w->question = question_about(w, QUESTION_CONFIRM);
        w->question->id = str_format(w->arena, "%.*s.run", STR_ARG(w->task->address));
        if (!question_confirm(w->question, rb->confirm, view_scope(&v), w->arena, &err)) {
            fail_expr(w, "confirm", &err);
            return;
        }
        w->asked = ask(w->d, w->question, w->task, callee_confirmed, c);
    } else {
        container_children(w, c->with);
    }
}

void callee_begin(struct walk *w)
{
    struct callee *c = NEW(w->arena, struct callee);
    struct expr_error err = { 0 };
    struct str why;

    *c = (struct callee){ .w = w };
    c->with = w->task->more->given;
    const struct module *m = program_use(w->d->program, w->task->step);
    if (c->with.kind != VALUE_MAP &&
        !frame_with(w->task->step, m, scope_of(w), w->arena, &c->with, &err)) {
        if (w->d->options->dry_run)
            dry_unresolved(w, &err);
        else
            fail_expr(w, "with", &err);
        return;
    }
    run_make_callee(w->d->run, w->task);
    if (!use_frame(w->d, w->task, c->with, w->now, &why)) {
        w->message = why;
        w->known_failed = true;
        walk_failed(w);
        return;
    }
    ask_callee(c);
}

// ---- behind them

// The caller's own `expect`, on what the callee gave.
static void callee_judge(struct walk *w)
{
    const struct step *s = w->task->step;

    if (s->more->expect.count == 0 || w->d->options->dry_run) {
        walk_verify(w);
        return;
    }
    struct judged j = judge(w->d, s, NULL, scope_of(w), w->arena);
    if (j.ok) {
        walk_verify(w);
        return;
    }
    walk_says(w, &j);
    container_failed(w);
}

static void callee_verified(void *arg, const struct check_outcome *o)
{
    struct walk *w = arg;

    w->checking = NULL;
    if (w->withdrawn)
        return;
    if (o->ok) {
        callee_judge(w);
        return;
    }
    walk_unverified(w, "its ", o);
    container_failed(w);
}

static bool callee_outputs(struct walk *w, struct expr_error *err)
{
    const struct runbook *rb = w->task->inner->module->rb;
    struct view v = view_of_space(w->d, w->task->inner);
    struct value_builder *b = value_map_start(w->arena);

    LIST_EACH(const struct output, o, rb->outputs)
    {
        struct value one;
        if (!form_fill(o->value, view_scope(&v), w->arena, &one, err))
            return false;
        if (o->secret) {
            one = value_secret(one);
            mask_value(w->d->mask, one, w->arena);
        }
        value_put(b, value_string(o->entry.key.str), one);
    }
    w->outputs = value_finish(b);
    w->result = w->outputs;
    walk_sees_own(w);
    return true;
}

void callee_over(struct walk *w)
{
    const struct runbook *rb = w->task->inner->module->rb;
    struct expr_error err = { 0 };
    struct view v = view_of_space(w->d, w->task->inner);

    bool given = callee_outputs(w, &err);
    if (!given && w->d->options->dry_run) {  // what nothing was run for is not known
        w->message = str_format(w->arena, "dry run: not known before: %.*s", STR_ARG(err.message));
        container_work_over(w, STATE_SKIPPED);
        return;
    }
    if (!given) {
        fail_expr(w, "outputs", &err);
        return;
    }
    if (rb->verify.count == 0 || w->d->options->dry_run) {
        callee_judge(w);
        return;
    }
    struct str tag = str_format(w->arena, "%.*s.", STR_ARG(told_address(w->task, w->arena)));
    w->checking = check_all(w->d, w->arena, &rb->verify, w->task->inner, w->task, &v, tag,
                            !w->task->aside, callee_verified, w);
}
