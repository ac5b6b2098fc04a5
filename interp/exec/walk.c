// One task on its way: if, for_each, done_if, confirm, before, intent, action
// (execution.md section 3). What comes after the action is in outcome.c; what groups
// and used runbooks do more is in container.c.

#include "exec/walk.h"

#include "action/manual.h"
#include "action/prompt.h"
#include "base/arena.h"
#include "base/sha256.h"
#include "exec/lasting.h"

// ---- small things

static void see_before(struct walk *w, const struct task *t)
{
    w->before = t->before;
    w->view.before_lost = names_lost(t, "before");
}

struct walk *walk_new(struct driver *d, struct task *t)
{
    struct walk *w = t->walk;

    if (w)
        return w;
    struct arena *a = arena_new(d->arena);
    w = NEW(a, struct walk);
    *w = (struct walk){ .d = d, .task = t, .arena = a, .view = view_of(d, t),
                        .began_ms = loop_now_ms(d->loop), .now = now_value() };
    w->view.before = &w->before;
    w->view.scope.now = w->now;
    see_before(w, t->undoes ? t->undoes : t);
    walk_sees_undone(w);
    t->walk = w;
    return w;
}

void walk_sees_undone(struct walk *w)
{
    const struct task *t = w->task->undoes;

    w->view.result = t ? &t->result : NULL;
    w->view.result_lost = t ? names_lost(t, "result") : VALUE_NONE;
}

void walk_sees_own(struct walk *w)
{
    w->view.result = &w->result;
    w->view.result_lost = w->outcome.withheld ? masked_fields(w->arena, w->result) : VALUE_NONE;
}

static const struct scope *scope_of(struct walk *w)
{
    return view_scope(&w->view);
}

struct str step_label(const struct step *s, const struct scope *scope, struct arena *a)
{
    struct expr_error err = { 0 };
    struct str text = STR("");
    bool secret = false;

    if (s->name && template_eval_text(s->name, scope, a, &text, &secret, &err))
        return text;
    return s->id.str;  // what it is called cannot be known here: `item`, outside of the list
}

void fail_expr(struct walk *w, const char *key, const struct expr_error *err)
{
    w->message = str_format(w->arena, "`%s` cannot be evaluated: %.*s", key,
                            STR_ARG(err->message));
    w->help = str_copy(w->arena, err->help);
    w->known_failed = true;
    walk_failed(w);
}

static bool words_match(const struct str *all, size_t n, const struct task *t)
{
    for (size_t i = 0; i < n; i++)
        if (str_equal(all[i], t->address) || (!t->is_instance && str_equal(all[i], t->step->id.str)))
            return true;
    return false;
}

// ---- skipped by a person

// --from ID: everything before it in prepare and steps, in the order of the file.
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

static bool skip_by_flag(struct walk *w)
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

// ---- if, for_each

static bool reads_item(const struct task *t, const struct expr *e)
{
    const struct for_each *each = t->step->for_each;
    struct str as = each->as.str.n ? each->as.str : STR("item");
    size_t count;
    const struct expr_ref *refs = expr_refs(e, &count);

    for (size_t i = 0; i < count; i++)
        if (str_equal(refs[i].path[0], as) || str_is(refs[i].path[0], "index"))
            return true;
    return false;
}

// Once for the whole list when it does not look at the item, else for each instance.
bool walk_asks_if(const struct task *t)
{
    const struct expr *cond = t->step->cond;

    if (!cond || t->auto_undo || (t->intent && t->kind != TASK_ACTION))
        return false;
    if (!t->step->for_each)
        return true;
    return reads_item(t, cond) ? t->is_instance : t->kind == TASK_EACH;
}

static void check_done_if(struct walk *w);

static void check_if(struct walk *w)
{
    struct expr_error err = { 0 };
    bool wanted = true;

    if (walk_asks_if(w->task) && !expr_test(w->task->step->cond, scope_of(w), w->arena, &wanted, &err)) {
        if (w->d->options->dry_run && err.missing)
            wanted = true;
        else {
            fail_expr(w, "if", &err);
            return;
        }
    }
    if (!wanted)
        walk_end(w, STATE_SKIPPED, NULL, false);
    else if (w->task->kind == TASK_EACH)
        each_begin(w);
    else
        check_done_if(w);
}

// ---- done_if

static void resolve_action(struct walk *w);

static void done_if_is(struct walk *w, bool done)
{
    if (done)
        walk_end(w, STATE_SATISFIED, NULL, false);
    else
        resolve_action(w);
}

static void done_if_checked(void *arg, const struct check_outcome *o)
{
    struct walk *w = arg;

    w->checking = NULL;
    if (w->withdrawn)
        return;
    if (o->cancelled) {
        w->message = STR("stopped while `done_if` was asked");
        walk_end(w, STATE_CANCELLED, NULL, false);
    } else if (o->unanswered) {  // which is not a no: it may have been done
        w->message = STR("nobody answered `done_if`");
        w->declined = true;
        walk_failed(w);
    } else {
        done_if_is(w, o->ok);
    }
}

static void check_done_if(struct walk *w)
{
    const struct done_if *q = w->task->step->done_if;
    struct expr_error err = { 0 };
    bool done = false;

    if (!q || w->task->auto_undo || (w->d->options->dry_run && !w->d->options->probe && q->check)) {
        resolve_action(w);
    } else if (q->cond) {
        if (expr_test(q->cond, scope_of(w), w->arena, &done, &err))
            done_if_is(w, done);
        else
            fail_expr(w, "done_if", &err);
    } else {
        struct list *one = NEW(w->arena, struct list);
        *one = (struct list){ (void *)q->check, 1 };
        struct str tag = str_format(w->arena, "%.*s.done_if.", STR_ARG(w->task->address));
        w->checking = check_all(w->d, w->arena, one, w->task->space, w->task, &w->view, tag, false,
                                done_if_checked, w);
    }
}

// ---- the action, resolved

bool walk_make_act(struct walk *w, struct expr_error *err)
{
    struct task *t = w->task;
    struct act *x = act_new(w->d, w->arena, t, t->space, t->step, t->address, t->attempts + 1);
    struct task *group = task_transaction(t);
    int64_t ns;

    if (group && group->walk && group->walk->act)
        x->at.transaction = group->walk->act->at.transaction;
    if (!step_environment(w->d, t, t->step, t->space, scope_of(w), w->arena, &x->at, err) ||
        !step_timeout(w, x->at.action->timeout_ms, &ns, err))
        return false;
    x->at.timeout_ms = ns / 1000000;
    x->quiet = t->aside;
    w->act = x;
    return act_resolve(x, scope_of(w), err);
}

// What reads `before` is shown as it is written: it is read only after the confirm.
static bool reads_before(struct walk *w)
{
    const struct node *n = w->task->step->action_node;

    if (w->task->step->before.count == 0 || w->before.kind == VALUE_MAP || w->task->auto_undo)
        return false;
    struct str written = str_slice(n->span.source->text, n->span.start, n->span.end);
    w->command = mask_text(w->d->mask, str_trim(written), w->arena, NULL);
    return true;
}

static void resolve_action(struct walk *w)
{
    struct expr_error err = { 0 };

    if (w->task->kind == TASK_GATE && w->d->options->dry_run) {
        dry_gate(w);
        return;
    }
    if (w->task->kind != TASK_ACTION) {
        by_hand_ask(w);
        return;
    }
    if (!walk_make_act(w, &err)) {
        if (reads_before(w))
            by_hand_ask(w);
        else if (w->d->options->dry_run)
            dry_unresolved(w, &err);
        else
            fail_expr(w, w->task->step->action_name.str.s ? "action" : "step", &err);
        return;
    }
    w->command = act_describe(w->act);
    if (w->d->options->dry_run && !dry_runs(w))
        dry_skip(w);
    else
        by_hand_ask(w);
}

// ---- confirm, approve

static void evaluate_before(struct walk *w);
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

static void declined(struct walk *w, const struct answer *a, bool skips)
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
    bool skips = a->kind == ANSWER_SKIP ||
                 (w->task->step->confirm && w->task->step->confirm->on_no == ON_NO_SKIP);

    w->asked = NULL;
    if (w->withdrawn)
        return;
    walk_waited(w);
    if (!yes) {
        if (a->kind == ANSWER_SKIP && a->by.n) {
            w->by = str_copy(w->arena, a->by);
            w->reason = str_copy(w->arena, a->text);
            walk_end(w, STATE_SKIPPED, NULL, false);
        } else {
            declined(w, a, skips);
        }
        return;
    }
    if (w->question->kind == QUESTION_CONFIRM)
        ask_approve(w);
    else
        evaluate_before(w);
}

void walk_confirm(struct walk *w)
{
    const struct confirm *c = w->task->step->confirm;
    struct expr_error err = { 0 };

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
    const struct approve *ap = w->task->step->approve;
    struct expr_error err = { 0 };

    if (!ap || w->task->intent || w->task->auto_undo || w->d->options->dry_run) {
        evaluate_before(w);
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

// ---- before

static void intend(struct walk *w);
static void next_before(struct walk *w);

static void put_before(struct walk *w, struct str key, struct value v)
{
    struct value_builder *b = value_map_start(w->arena);

    for (size_t i = 0; w->before.kind == VALUE_MAP && i < value_size(w->before); i++)
        value_put(b, w->before.map->entries[i].key, w->before.map->entries[i].value);
    value_put(b, value_string(key), v);
    w->before = value_finish(b);
    next_before(w);
}

static void before_read(void *arg, const struct outcome *o)
{
    struct walk *w = arg;
    const struct before *all = w->task->step->before.items;
    const struct before *now = &all[w->next_before - 1];
    struct judged j;
    struct value result = o->result;

    w->reading = NULL;
    if (w->withdrawn)
        return;
    if (o->verdict == VERDICT_CANCELLED) {
        w->message = STR("stopped while `before` was read");
        walk_end(w, STATE_CANCELLED, NULL, false);
        return;
    }
    w->view.result = &result;
    w->view.result_lost = VALUE_NONE;
    j = judge(w->d, now->check, o, scope_of(w), w->arena);
    w->view.result = NULL;
    if (j.ok) {
        put_before(w, now->entry.key.str, value_copy(w->arena, result));
        return;
    }
    w->message = str_format(w->arena, "`before.%.*s` could not be read: %.*s",
                            STR_ARG(now->entry.key.str), STR_ARG(j.message));
    w->known_failed = true;
    walk_failed(w);
}

static void read_before(struct walk *w, const struct before *b)
{
    struct task *t = w->task;
    struct expr_error err = { 0 };
    struct str address = str_format(w->arena, "%.*s.before.%.*s", STR_ARG(t->address),
                                    STR_ARG(b->entry.key.str));
    struct act *x = act_new(w->d, w->arena, NULL, t->space, b->check, address, 1);

    x->at.timeout_ms = 10 * 1000;
    x->at.grace_ms = 2000;
    if (!step_environment(w->d, t, b->check, t->space, scope_of(w), w->arena, &x->at, &err) ||
        !act_resolve(x, scope_of(w), &err)) {
        fail_expr(w, "before", &err);
        return;
    }
    w->reading = x;
    act_start(x, before_read, w);
}

static void next_before(struct walk *w)
{
    const struct list *list = &w->task->step->before;
    const struct before *all = list->items;
    struct expr_error err = { 0 };
    struct value v;

    if (w->next_before == list->count) {
        intend(w);
        return;
    }
    const struct before *b = &all[w->next_before++];
    if (b->check)
        read_before(w, b);
    else if (form_fill(b->value, scope_of(w), w->arena, &v, &err))
        put_before(w, b->entry.key.str, v);
    else
        fail_expr(w, "before", &err);
}

static void evaluate_before(struct walk *w)
{
    if (w->task->auto_undo || w->task->undoes || w->task->step->before.count == 0 ||
        w->before.kind == VALUE_MAP) {
        intend(w);
        return;
    }
    next_before(w);
}

// ---- the intent, and the action

void walk_act(struct walk *w)
{
    if (w->withdrawn)
        return;
    if (w->cancelled) {
        struct outcome o = { .verdict = VERDICT_CANCELLED, .not_started = true,
                             .message = STR("stopped before it began") };
        walk_outcome(w, &o);
        return;
    }
    act_start(w->act, walk_acted, w);
}

static void intent_is_durable(void *arg)
{
    struct walk *w = arg;

    w->intent_pending = false;
    walk_act(w);
}

// What was there before, and what a callee was given: a resume needs all of it.
static bool put_given(struct walk *w, struct value_builder *b, struct value with)
{
    struct lasting l = lasting_in(w->d, w->arena, b, w->task->aside);
    bool whole = true;

    if (w->before.kind == VALUE_MAP && !w->task->undoes)
        whole = lasting_put(&l, "before", w->before);
    if (with.kind == VALUE_MAP)
        whole &= lasting_put(&l, "with", with);
    lasting_end(&l);
    if (w->view.before_lost.kind == VALUE_LIST && !w->task->undoes)
        value_put_s(b, "lost", lost_names(w->arena, "before", w->view.before_lost));
    if (!whole)
        store_has_failed(w->d, STR("what a step needs again after a crash cannot be kept"));
    return whole;
}

bool emit_intent(struct walk *w, struct value with)
{
    struct task *t = w->task;
    struct value_builder *b = event_data(w->d);
    struct arena *a = w->arena;

    value_put_s(b, "step", value_string(t->address));
    value_put_s(b, "name", value_string(step_label(t->step, scope_of(w), a)));
    value_put_s(b, "attempt", value_int(t->attempts + 1));
    value_put_s(b, "effects", value_text(effects_word(step_effects(w->d->program, t->step))));
    if (t->kind == TASK_ACTION) {
        w->act->at.number = t->attempts + 1;
        if (w->intended)
            w->act->at.name = t->file;
        else if (!t->aside)  // what stands aside has no event of its own, and a name from the start
            w->act->at.name = str_format(a, "a%lld", (long long)next_seq(w->d));
        value_put_s(b, "action", value_text(w->act->at.action->name));
        value_put_s(b, "command", value_string(w->command));
        value_put_s(b, "file", value_string(w->act->at.name));
        if (action_needs_terminal(t->step))
            value_put_s(b, "tty", value_bool(true));
        if (w->act->at.job)  // not when it could not be resolved again after a crash
            program_put(w->d, &w->act->at, b);
    } else {
        value_put_s(b, "group", value_bool(true));
    }
    if (!put_given(w, b, with))
        return false;
    w->attempt_ms = loop_now_ms(w->d->loop);
    w->intended = false;  // the next attempt has an intent of its own
    emit(w->d, EVENT_STEP_START, b);
    return true;
}

static void begin_attempt(struct walk *w)
{
    if (!emit_intent(w, VALUE_NONE))
        return;
    w->intent_pending = true;
    when_durable(w->d, intent_is_durable, w);
}

static void ask_for_work(struct walk *w);

static bool resolve_again(struct walk *w)
{
    struct expr_error err = { 0 };

    if (w->task->kind != TASK_ACTION || w->task->step->before.count == 0 || w->task->auto_undo ||
        w->d->options->dry_run)
        return true;
    if (!walk_make_act(w, &err)) {
        fail_expr(w, "action", &err);
        return false;
    }
    w->command = act_describe(w->act);
    return true;
}

static void give_back(struct walk *w)
{
    struct driver *d = w->d;

    if (w->asked)
        ask_withdraw(w->asked);
    w->asked = NULL;
    w->withdrawn = true;
    run_give_back(d->run, w->task);
    walk_bury(w);
    pump(d);
}

// Backwards: the question that is on the screen is the first.
void walk_give_back_asked(struct driver *d)
{
    for (size_t i = run_task_count(d->run); i-- > 0;) {
        const struct task *t = run_task_at(d->run, i);
        if (t->walk && !t->ended && t->walk->asked && !t->walk->deciding &&
            !run_may_start(d->run, t))
            give_back(t->walk);
    }
}

static void intend(struct walk *w)
{
    if (!run_may_start(w->d->run, w->task)) {
        give_back(w);  // the run was stopped while it was asked about, or read
        return;
    }
    if (!resolve_again(w))
        return;
    switch (w->task->kind) {
    case TASK_GATE:
        gate_judge(w);
        break;
    case TASK_GROUP:
    case TASK_USE:
    case TASK_EACH:
        container_begin(w);
        break;
    case TASK_ACTION:
        if (w->act->at.action->asks) {
            ask_for_work(w);
            break;
        }
        begin_attempt(w);
        break;
    }
}

// ---- manual and prompt: the action is a person

static void work_answered(void *arg, const struct answer *a)
{
    struct walk *w = arg;
    struct outcome o = { .verdict = VERDICT_DONE, .rule = true };

    w->asked = NULL;
    if (w->withdrawn)
        return;
    walk_waited(w);
    if (a->kind == ANSWER_NONE || a->kind == ANSWER_NO || a->kind == ANSWER_STOP) {
        declined(w, a, false);
        return;
    }
    if (a->kind == ANSWER_SKIP) {
        w->by = str_copy(w->arena, a->by);
        w->reason = str_copy(w->arena, a->text);
        walk_end(w, STATE_SKIPPED, NULL, false);
        return;
    }
    if (w->question->kind == QUESTION_PROMPT) {
        struct value v;
        struct str why;
        const struct prompt_job *job = w->act->at.job;
        struct str dir = frame_of(w->task->space)->dir;
        if (!prompt_read(job, a->text, dir, w->arena, &v, &why)) {
            w->message = str_copy(w->arena, why);
            w->known_failed = w->declined = true;
            walk_failed(w);
            return;
        }
        o.result = prompt_result(w->arena, v);
    } else {
        const char *word = a->kind == ANSWER_NA ? "na" : a->kind == ANSWER_FAILED ? "failed" : "done";
        o.result = manual_result(w->arena, word, str_copy(w->arena, a->text),
                                 str_copy(w->arena, a->evidence));
        o.rule = a->kind != ANSWER_FAILED;
        if (!o.rule)
            o.message = str_format(w->arena, "a person says that it failed%s%.*s",
                                   a->text.n ? ": " : "", STR_ARG(a->text));
    }
    if (emit_intent(w, VALUE_NONE))
        walk_outcome(w, &o);
}

static void ask_for_work(struct walk *w)
{
    if (w->act->at.action == &action_prompt) {
        const struct prompt_job *job = w->act->at.job;
        w->question = question_about(w, QUESTION_PROMPT);
        w->question->message = job->message;
        w->question->choices = job->choices;
        w->question->choice_count = job->choice_count;
        w->question->input_type = (int)job->type;
        w->question->fallback = job->fallback;
        w->question->has_fallback = job->has_fallback;
    } else {
        const struct manual_job *job = w->act->at.job;
        w->question = question_about(w, QUESTION_MANUAL);
        w->question->message = job->instructions;
        w->question->items = job->items;
        w->question->item_count = job->item_count;
        w->question->evidence_wanted = job->evidence != EVIDENCE_NONE;
        w->question->evidence_is_file = job->evidence == EVIDENCE_FILE;
    }
    w->question->timeout_ms = w->act->at.timeout_ms;
    w->asked = ask(w->d, w->question, w->task, work_answered, w);
}

// ---- doors

void walk_begin(struct driver *d, struct task *t)
{
    if (intended_begin(d, t))
        return;
    struct walk *w = walk_new(d, t);
    if (!skip_by_flag(w))
        check_if(w);
}

// The action is resolved anew for each attempt, with the moment in which the step was
// reached: what was confirmed stays what is done.
void walk_retry(struct driver *d, struct task *t)
{
    struct walk *w = walk_new(d, t);
    struct expr_error err = { 0 };

    walk_sees_undone(w);
    if (t->kind != TASK_ACTION) {
        container_begin(w);
        return;
    }
    if (!walk_make_act(w, &err)) {
        fail_expr(w, "action", &err);
        return;
    }
    w->command = act_describe(w->act);
    begin_attempt(w);
}

void walk_block(struct driver *d, struct task *t)
{
    struct walk *w = walk_new(d, t);

    w->message = str_format(w->arena, "needs `%.*s`, which %s", STR_ARG(t->blocked_by->address),
                            t->blocked_by->by_person ? "a person skipped"
                                                     : state_word(t->blocked_by->state));
    walk_end(w, STATE_BLOCKED, NULL, false);
}
