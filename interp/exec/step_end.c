// The end of a step, as it is journalled: step.end.

#include "base/arena.h"
#include "exec/lasting.h"
#include "exec/walk.h"

void result_is_unkept(struct driver *d, struct task *t)
{
    t->unkept = true;
    store_has_failed(d, str_format(d->arena, "the result of step `%.*s` cannot be kept",
                                   STR_ARG(t->address)));
}

// False when it cannot be kept whole: then it must not be told. What is left of the attempt holds
// it still, and a resume has it from there.
bool put_results(struct walk *w, struct value_builder *b, bool has_result)
{
    struct lasting l = lasting_in(w->d, w->arena, b, w->task->aside);

    bool whole = true;

    if (has_result && w->result.kind == VALUE_MAP)
        whole = lasting_put(&l, "result", w->result);
    if (whole && w->outputs.kind == VALUE_MAP)
        whole = lasting_put(&l, "outputs", w->outputs);
    lasting_end(&l);
    if (l.lost)
        say(w->d, "%.*s: the disk is too full for what it said, which is lost; its result stands",
            STR_ARG(w->task->address));
    if (w->view.result == &w->result && value_size(w->view.result_lost))
        value_put_s(b, "lost", lost_names(w->arena, "result", w->view.result_lost));
    if (!whole)
        result_is_unkept(w->d, w->task);
    return whole;
}

static const char *cover_word(enum undo_cover c)
{
    static const char *const words[] = {
        [COVER_NOTHING] = "nothing",
        [COVER_UNDO] = "undo",
        [COVER_INSIDE] = "inside",
        [COVER_NONE] = "none",
        [COVER_IRREVERSIBLE] = "irreversible",
        [COVER_MISSING] = "missing",
        [COVER_OUTSIDE] = "outside",
    };
    return words[c];
}

void put_some(struct value_builder *b, const char *key, struct str text)
{
    if (text.n)
        value_put_s(b, key, value_string(text));
}

static struct str leaves_of(struct walk *w)
{
    struct expr_error err = { 0 };
    struct str text = STR("");
    bool secret;

    if (w->task->step->more->leaves)
        template_eval_text(w->task->step->more->leaves, scope_of(w), w->arena, &text, &secret,
                           &err);
    return text;
}

static void put_left(struct walk *w, struct value_builder *b)
{
    struct value_builder *list = value_list_start(w->arena);
    size_t n = 0;

    for (size_t i = 0; i < w->outcome.left_count; i++) {
        const struct left_process *p = &w->outcome.left[i];
        struct value_builder *one = value_map_start(w->arena);
        if (!p->alive)
            continue;
        value_put_s(one, "pid", value_int(p->pid));
        value_put_s(one, "command", value_string(p->command));
        value_add(list, value_finish(one));
        n++;
    }
    struct value all = value_finish(list);
    if (n)
        value_put_s(b, "left", all);
}

static void put_undo(struct walk *w, struct value_builder *b)
{
    const struct task *t = w->task;

    if (t->phase == PHASE_UNDO || t->aside)
        return;
    value_put_s(b, "undo", value_text(cover_word(task_cover(w->d->program, t))));
    if (run_taken_back_by(t))
        value_put_s(b, "undo_by", value_string(run_taken_back_by(t)->address));
    struct expr_error err = { 0 };
    struct str text;
    bool secret;
    if (t->step->more->irreversible && template_eval_text(t->step->more->irreversible, scope_of(w),
                                                          w->arena, &text, &secret, &err))
        value_put_s(b, "irreversible", value_string(text));
}

static void stop_everything(struct walk *w)
{
    if (w->timer)
        timer_stop(w->timer);
    if (w->asked)
        ask_withdraw(w->asked);
    w->timer = NULL;
    w->asked = NULL;
    w->withdrawn = true;
}

void walk_end(struct walk *w, enum state state, const char *then, bool own)
{
    struct driver *d = w->d;
    struct task *t = w->task;
    bool bad = state == STATE_FAILED || state == STATE_CANCELLED || state == STATE_UNKNOWN;

    if (w->withdrawn)
        return;
    stop_everything(w);  // which tells of a question that is open
    struct value_builder *b = event_data(d);
    value_put_s(b, "step", value_string(t->address));
    value_put_s(b, "name", value_string(step_label(t->step, scope_of(w), w->arena)));
    value_put_s(b, "attempt", value_int(t->attempts));
    value_put_s(b, "state", value_text(state_word(state)));
    value_put_s(b, "took_ms", value_int(loop_now_ms(d->loop) - w->began_ms));
    if (!put_results(w, b, state != STATE_SKIPPED && state != STATE_SATISFIED))
        return;
    put_some(b, "message", w->message);
    put_some(b, "help", bad ? w->help : STR(""));
    put_some(b, "picture", bad ? w->picture : STR(""));
    if (bad && w->parts.kind == VALUE_LIST)
        value_put_s(b, "parts", w->parts);
    if (bad)
        put_some(b, "command", w->command);
    if (t->intent && !t->undoes)
        put_some(b, "leaves", leaves_of(w));
    put_some(b, "by", w->by);
    put_some(b, "reason", w->reason);
    if (then)
        value_put_s(b, "then", value_text(then));
    if (own)
        value_put_s(b, "own", value_bool(true));
    if (then && str_is(str_from(then), "continue"))
        value_put_s(b, "continued", value_bool(true));
    if (w->declined)
        value_put_s(b, "declined", value_bool(true));
    put_left(w, b);
    put_undo(w, b);
    emit(d, EVENT_STEP_END, b);
    act_settle(w->act);
    walk_bury(w);
    if (bad) {
        walk_give_back_asked(d);
        walk_end_waits(d);
    }
    pump(d);
}

void walk_skipped(struct walk *w, const struct answer *a)
{
    w->by = str_copy(w->arena, a->by);
    w->reason = str_copy(w->arena, a->text);
    walk_end(w, STATE_SKIPPED, NULL, false);
}
