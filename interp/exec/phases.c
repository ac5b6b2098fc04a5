// The phases that are the driver's own: checklist, confirm, verify, undone; and the
// undo of one step after the other.

#include "base/arena.h"
#include "exec/walk.h"

static const struct runbook *root_of(const struct driver *d)
{
    return run_root(d->run)->module->rb;
}

static void tell_phase(struct driver *d, enum event_type type, enum phase p, bool ok)
{
    struct value_builder *b = event_data(d);

    value_put_s(b, "phase", value_text(phase_word(p)));
    if (type == EVENT_PHASE_START) {
        d->phases.began_ms = loop_now_ms(d->loop);
    } else {
        d->phases.ms[p] += loop_now_ms(d->loop) - d->phases.began_ms;
        value_put_s(b, "ok", value_bool(ok));
        if (d->phases.cancelled)  // nobody knows whether it would have held
            value_put_s(b, "cancelled", value_bool(true));
        d->phases.cancelled = false;
        value_put_s(b, "took_ms", value_int(loop_now_ms(d->loop) - d->phases.began_ms));
    }
    emit(d, type, b);
}

static void end_phase(struct driver *d, enum phase p, bool ok)
{
    tell_phase(d, EVENT_PHASE_END, p, ok);
    d->phases.view = NULL;
    hooks_tell(d, "progress", NULL);
    pump(d);
}

// ---- checklist

static void next_item(struct driver *d);

static void item_answered(void *arg, const struct answer *a)
{
    struct driver *d = arg;

    if (a->kind == ANSWER_YES) {
        next_item(d);
        return;
    }
    run_declined_before(d->run);
    end_phase(d, PHASE_CHECKLIST, false);
}

static void item_checked(void *arg, const struct check_outcome *o)
{
    struct driver *d = arg;

    d->phases.check = NULL;
    if (o->ok) {
        next_item(d);
        return;
    }
    struct str name = d->phases.view->check_name;
    say(d, "the checklist does not hold: `checklist_%zu`%s%.*s%s: %.*s", d->phases.next_item,
        name.n ? " (" : "", STR_ARG(name), name.n ? ")" : "", STR_ARG(o->message));
    d->refused = o->cancelled || o->unanswered ? 0 : CODE_PREFLIGHT;
    run_declined_before(d->run);
    end_phase(d, PHASE_CHECKLIST, false);
}

static struct question *plain_question(struct driver *d, enum question_kind kind, struct str id)
{
    struct question *q = NEW(d->arena, struct question);

    *q = (struct question){ .kind = kind,
                            .id = id,
                            .title = id,
                            .on_no = STR("the run ends and nothing was changed"),
                            .asked_ms = loop_now_ms(d->loop) };
    return q;
}

static void refuse(struct driver *d, enum phase p, const char *what, const struct expr_error *err)
{
    say(d, "`%s` cannot be evaluated: %.*s", what, STR_ARG(err->message));
    d->refused = CODE_INVALID;
    run_declined_before(d->run);
    end_phase(d, p, false);
}

// An item that the machine answers is called as it reads.
static void check_item(struct driver *d, const struct check_item *item, struct view *v,
                       struct str id)
{
    struct list *one = NEW(d->arena, struct list);
    struct expr_error ignored = { 0 };
    bool secret;

    *one = (struct list){ (void *)item->check, 1 };
    if (!template_eval_text(item->item, view_scope(v), d->arena, &v->check_name, &secret, &ignored))
        v->check_name = STR("");
    d->phases.view = v;
    d->phases.check = check_all(d, d->arena, one, run_root(d->run), NULL, v,
                               str_format(d->arena, "%.*s.", STR_ARG(id)), true, item_checked, d);
}

static void next_item(struct driver *d)
{
    const struct list *list = &root_of(d)->checklist;
    const struct check_item *items = list->items;
    struct view *v = NEW(d->arena, struct view);
    struct expr_error err = { 0 };
    bool secret;

    if (d->phases.next_item == list->count) {
        end_phase(d, PHASE_CHECKLIST, true);
        return;
    }
    const struct check_item *item = &items[d->phases.next_item++];
    *v = view_of_space(d, run_root(d->run));
    struct str id = str_format(d->arena, "checklist_%zu", d->phases.next_item);
    if (item->check) {
        check_item(d, item, v, id);
        return;
    }
    struct question *q = plain_question(d, QUESTION_CHECKLIST, id);
    if (!template_eval_text(item->item, view_scope(v), d->arena, &q->message, &secret, &err)) {
        refuse(d, PHASE_CHECKLIST, "checklist", &err);
        return;
    }
    ask(d, q, NULL, item_answered, d);
}

// ---- confirm

static void run_confirmed(void *arg, const struct answer *a)
{
    struct driver *d = arg;
    bool right = d->phases.question->danger != DANGER_SEVERE ||
                 str_equal(d->phases.question->phrase, a->text);
    bool ok = a->kind == ANSWER_YES && right;

    if (!ok)
        run_declined_before(d->run);
    end_phase(d, PHASE_CONFIRM, ok);
}

static void confirm_run(struct driver *d)
{
    struct view *v = NEW(d->arena, struct view);
    struct expr_error err = { 0 };

    *v = view_of_space(d, run_root(d->run));
    d->phases.question = plain_question(d, QUESTION_CONFIRM, STR("run"));
    if (!question_confirm(d->phases.question, root_of(d)->confirm, view_scope(v), d->arena, &err)) {
        refuse(d, PHASE_CONFIRM, "confirm", &err);
        return;
    }
    ask(d, d->phases.question, NULL, run_confirmed, d);
}

// ---- verify, undone

static int written_policy(const struct driver *d)
{
    return d->options->on_failure ? d->options->on_failure : root_of(d)->on_failure;
}

static void verify_answered(void *arg, const struct answer *a)
{
    struct driver *d = arg;

    if (a->kind == ANSWER_UNDO)
        run_want_undo(d->run);
    end_phase(d, PHASE_VERIFY, false);
}

static void verified(void *arg, const struct check_outcome *o)
{
    struct driver *d = arg;
    int policy = written_policy(d);

    d->phases.check = NULL;
    if (o->ok) {
        end_phase(d, PHASE_VERIFY, true);
        return;
    }
    run_unverified(d->run);
    d->verified.why_not = str_format(d->arena, "%.*s: %.*s", STR_ARG(o->id), STR_ARG(o->message));
    if (!o->cancelled && policy == FAILURE_UNDO && !o->unanswered)
        run_want_undo(d->run);
    if (!o->cancelled && policy == FAILURE_ASK && somebody_is_here(d)) {
        struct question *q = plain_question(d, QUESTION_FAILURE, STR("verify"));
        q->message = d->verified.why_not;
        q->on_no = STR("the run stops; what was done stays");
        q->may_undo = true;
        ask(d, q, NULL, verify_answered, d);
        return;
    }
    end_phase(d, PHASE_VERIFY, false);
}

static void undone_checked(void *arg, const struct check_outcome *o)
{
    struct driver *d = arg;

    d->phases.check = NULL;
    if (!o->ok && !o->cancelled)
        say(d, "after the undo the world is not as `undone` says: %.*s: %.*s", STR_ARG(o->id),
            STR_ARG(o->message));
    d->phases.cancelled = o->cancelled;
    end_phase(d, PHASE_UNDONE, o->ok);
}

static void check_phase(struct driver *d, const struct list *checks,
                        void (*then)(void *arg, const struct check_outcome *o))
{
    d->phases.view = NEW(d->arena, struct view);
    *d->phases.view = view_of_space(d, run_root(d->run));
    d->phases.check = check_all(d, d->arena, checks, run_root(d->run), NULL, d->phases.view,
                                STR(""), true, then, d);
}

static struct value names_of_failed(struct driver *d)
{
    struct value_builder *list = value_list_start(d->arena);

    for (size_t i = 0; i < run_task_count(d->run); i++) {
        const struct task *t = run_task_at(d->run, i);
        bool failed = t->ended ? t->state == STATE_FAILED || t->state == STATE_UNKNOWN ||
                                     t->state == STATE_CANCELLED
                               : t->rescuing;
        if (!failed || t->aside || t->phase == PHASE_UNDO)
            continue;
        struct value_builder *one = value_map_start(d->arena);
        value_put_s(one, "id", value_string(t->address));
        struct view v = view_of(d, run_task_at(d->run, i));
        // As they are journalled: whoever is told of a failure may be anybody.
        struct str name = step_label(t->step, view_scope(&v), d->arena);
        value_put_s(one, "name", value_string(mask_text(d->mask, name, d->arena, NULL)));
        value_put_s(one, "message", value_string(mask_text(d->mask, t->message, d->arena, NULL)));
        value_add(list, value_finish(one));
    }
    return value_finish(list);
}

// In the order in which they were undone.
struct value names_of_undone(struct driver *d, enum undo_state state)
{
    size_t count = run_undo_starts(d->run);
    const struct task **in_order = NEW_ARRAY(d->arena, const struct task *, count + 1);
    struct value_builder *list = value_list_start(d->arena);

    for (size_t i = 0; i < run_task_count(d->run); i++) {
        const struct task *t = run_task_at(d->run, i);
        if (t->undo_state == state)
            in_order[t->undo_order - 1] = t;
    }
    for (size_t i = 0; i < count; i++)
        if (in_order[i])
            value_add(list, value_string(in_order[i]->address));
    return value_finish(list);
}

static struct value end_as(struct driver *d, int code)
{
    struct value_builder *b = value_map_start(d->arena);

    value_put_s(b, "result", value_text(code_word(code)));
    value_put_s(b, "failed", names_of_failed(d));
    value_put_s(b, "undone", names_of_undone(d, UNDO_DONE));
    value_put_s(b, "took", value_duration_ms(run_took_ms(d)));
    return value_finish(b);
}

// What `run` has more in always, hooks and report.
void know_the_end(struct driver *d)
{
    d->at_end = end_as(d, d->refused ? d->refused : run_code(d->run));
}

// The same in a rescue: something has failed, and more is not known.
struct value end_so_far(struct driver *d)
{
    return end_as(d, CODE_FAILED);
}

void carry_phase(struct driver *d, enum phase p)
{
    tell_phase(d, EVENT_PHASE_START, p, true);
    if (d->options->dry_run &&
        (p == PHASE_CHECKLIST || p == PHASE_CONFIRM || (p == PHASE_VERIFY && !d->options->probe))) {
        end_phase(d, p, true);
        return;
    }
    switch (p) {
    case PHASE_CHECKLIST:
        d->phases.next_item = 0;
        next_item(d);
        break;
    case PHASE_CONFIRM:
        confirm_run(d);
        break;
    case PHASE_VERIFY:
        check_phase(d, &root_of(d)->verify, verified);
        break;
    case PHASE_UNDO:
        undo_answers_missing(d);
        break;
    case PHASE_UNDONE:
        check_phase(d, &root_of(d)->undone, undone_checked);
        break;
    case PHASE_ALWAYS:
        d->signals = 0;
        know_the_end(d);
        break;
    default:
        break;
    }
}

void carry_phase_end(struct driver *d, enum phase p)
{
    bool ended_well = p == PHASE_ALWAYS || p == PHASE_UNDO || !run_is_stopping(d->run);

    end_phase(d, p, ended_well);
}

// ---- undo

static void start_undo(struct driver *d, struct task *t)
{
    struct value_builder *b = event_data(d);

    value_put_s(b, "step", value_string(t->address));
    emit(d, EVENT_UNDO_START, b);
}

static void pass_over(struct driver *d, struct task *t, const char *why)
{
    say(d, "%.*s cannot be undone: %s", STR_ARG(t->address), why);
    run_cannot_undo(d->run);
    value_add(d->undo.cannot, value_string(t->address));
}

static void go_on_answered(void *arg, const struct answer *a)
{
    struct driver *d = arg;

    run_release_undo(d->run);
    if (a->kind != ANSWER_YES)
        run_stop_undo(d->run);
    pump(d);
}

// On a terminal undo asks before it goes on behind what cannot be taken back.
static void pass_irreversible(struct driver *d, struct task *t)
{
    struct question *q;

    pass_over(d, t, "it is irreversible");
    if (!somebody_is_here(d) || !run_more_to_undo(d->run))
        return;
    q = plain_question(d, QUESTION_UNDO, t->address);
    q->message = str_format(d->arena, "%.*s cannot be taken back. Go on undoing the earlier steps?",
                            STR_ARG(t->address));
    q->on_no = STR("the undo stops here");
    run_hold_undo(d->run);
    ask(d, q, NULL, go_on_answered, d);
}

void carry_undo(struct driver *d, struct task *t)
{
    const struct undo *u = &t->step->more->undo;

    if (undo_is_held(d, t))
        return;
    if (u->kind == UNDO_STEPS || u->kind == UNDO_AUTO)
        start_undo(d, t);
    else if (t->step->more->irreversible)
        pass_irreversible(d, t);
    else if (u->kind == UNDO_UNWRITTEN && step_cover(d->program, t->step) == COVER_MISSING)
        pass_over(d, t, "it has no undo");
}

void carry_undo_end(struct driver *d, struct task *t)
{
    struct value_builder *b = event_data(d);
    bool unknown = false, good = t->undo->left == 0;
    struct str message = STR("");

    for (size_t i = 0; i < t->undo->count; i++) {
        const struct task *u = t->undo->tasks[i];
        unknown |= u->state == STATE_UNKNOWN;
        good &= state_is_good(u->state) && !u->by_person;
        if (!state_is_good(u->state) && !message.n)
            message = u->message;
    }
    value_put_s(b, "step", value_string(t->address));
    value_put_s(b, "state", value_text(good ? "undone" : "undo_failed"));
    if (unknown)
        value_put_s(b, "unknown", value_bool(true));
    if (message.n)
        value_put_s(b, "message", value_string(message));
    emit(d, EVENT_UNDO_END, b);
    pump(d);
}
