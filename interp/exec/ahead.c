// Intents written ahead (execution.md section 2): in a parallel group whose steps are short,
// the next ones are resolved and their intents made durable while others run, so that they
// start at once when there is room.
//
// Only for a step of which nothing can change until then: what it does reads no results, no
// time and no person. And only for one that runs a process, because the keeper knows of those
// whether they were started.

#include "base/arena.h"
#include "exec/walk.h"

// A commit takes about a millisecond. Beside a longer step it does not count, and an intent
// that waits for long would be one more that is in doubt after a power cut.
enum { SHORT_MS = 100 };

// ---- what can be known ahead

static bool is_fixed_name(const struct step *s, struct str name)
{
    static const char *const names[] = { "inputs", "vars", "secrets", "env", NULL };
    struct str as = s->more->for_each && s->more->for_each->as.str.n ? s->more->for_each->as.str
                                                                     : STR("item");

    for (const char *const *n = names; *n; n++)
        if (str_is(name, *n))
            return true;
    return s->more->for_each && (str_equal(name, as) || str_is(name, "index"));
}

static bool is_read_before_start(const char *key)
{
    static const char *const keys[] = { "action", "env", "dir", "as", "timeout", "kill_grace",
                                        "name", NULL };
    const char *const *k = keys;

    while (*k && !str_is(str_from(key), *k))
        k++;
    return *k;
}

struct looking {
    const struct step *step;
    bool fixed;
};

static void look_at(const struct expr *e, const char *key, void *ctx)
{
    struct looking *l = ctx;
    size_t count;
    const struct expr_ref *refs = expr_refs(e, &count);

    for (size_t i = 0; i < count && is_read_before_start(key); i++)
        l->fixed = l->fixed && is_fixed_name(l->step, refs[i].path[0]);
}

static bool reads_only_what_is_fixed(struct driver *d, const struct step *s)
{
    struct looking l = { s, true };
    struct span at = s->span;

    if (d->ahead.looked_at == s)  // the instances of a list come one after the other
        return d->ahead.is_fixed;
    if (str_search(str_slice(at.source->text, at.start, at.end), STR("${{")) != SIZE_MAX)
        step_each_expr(s, look_at, &l);
    d->ahead.looked_at = s;
    return d->ahead.is_fixed = l.fixed;
}

static bool is_plain(const struct step *s)
{
    return !s->more->done_if && !s->more->confirm && !s->more->approve &&
           s->more->before.count == 0;
}

static bool stands_plainly(const struct task *t)
{
    const struct defaults *def = space_top(t->space)->module->rb->defaults;

    for (const struct task *at = t->in->owner; at; at = at->in->owner) {
        const struct step *s = at->step;
        if (at->kind != TASK_EACH && (s->more->env.count || s->more->dir || s->more->as ||
                                    !amount_is_literal(s->more->kill_grace)))
            return false;
        if (s->more->transaction)
            return false;
    }
    return !def || (amount_is_literal(def->timeout) && amount_is_literal(def->kill_grace));
}

static bool may_be_intended(struct driver *d, const struct task *t)
{
    const struct step *s = t->step;

    return t->kind == TASK_ACTION && s->action->needs_process && !s->action->asks &&
           !action_needs_terminal(s) && !t->undoes && !t->aside && !t->auto_undo && is_plain(s) &&
           !walk_asks_if(t) && stands_plainly(t) && reads_only_what_is_fixed(d, s);
}

static bool may_intend(const struct driver *d)
{
    const struct run_options *o = d->options;

    return d->journal && !d->store_failed && !d->signals && !d->over && !d->suspended &&
           !o->dry_run && !(o->manual && !d->run_all) && !o->skip_count && !o->from.n;
}

// ---- ahead

static void is_durable(void *arg)
{
    struct walk *w = arg;

    w->intent_pending = false;
    if (w->intended_begun)
        walk_act(w);
}

static void tell_intent(struct walk *w)
{
    struct value_builder *b = event_data(w->d);

    w->act->at.name = str_format(w->arena, "a%lld", (long long)next_seq(w->d));
    value_put_s(b, "step", value_string(w->task->address));
    value_put_s(b, "attempt", value_int(1));
    value_put_s(b, "command", value_string(w->command));
    value_put_s(b, "file", value_string(w->act->at.name));
    emit(w->d, EVENT_STEP_INTENT, b);
}

static void intend(struct driver *d, struct task *t)
{
    struct expr_error err = { 0 };
    struct walk *w = walk_new(d, t);

    t->walk = NULL;
    if (!walk_make_act(w, &err)) {  // it is told when the step is reached
        walk_bury(w);
        return;
    }
    w->command = act_describe(w->act);
    w->intended = w->intent_pending = true;
    t->ahead = w;
    tell_intent(w);
    when_durable_late(d, is_durable, NULL, w);
}

void intend_ahead(struct driver *d)
{
    struct task *t;

    while (may_intend(d) && (t = run_next_to_intend(d->run, SHORT_MS)))
        if (may_be_intended(d, t))
            intend(d, t);
}

static bool is_ready(const struct task *t)
{
    return t->ahead && !t->ahead->intent_pending;
}

bool intents_suffice(const struct driver *d)
{
    return d->acts && may_intend(d) && run_intends_enough(d->run, is_ready);
}

// ---- when there is room

bool intended_begin(struct driver *d, struct task *t)
{
    struct walk *w = t->ahead;

    if (!w)
        return false;
    t->ahead = NULL;
    t->walk = w;
    w->now = w->view.scope.now = now_value();
    w->began_ms = loop_now_ms(d->loop);
    w->intended_begun = true;
    if (!emit_intent(w, VALUE_NONE))
        return true;
    if (w->intent_pending)
        commit_hurry(d);
    else
        walk_act(w);
    return true;
}

// After a crash, when it turns out that it was started: the start is journalled late.
void intended_began(struct walk *w)
{
    struct expr_error err = { 0 };
    struct act *earlier = w->act;

    if (!w->task->intended)
        return;
    if (walk_make_act(w, &err))
        w->command = act_describe(w->act);
    w->intended = true;
    emit_intent(w, VALUE_NONE);
    earlier->at.number = w->act->at.number;
    w->act = earlier;
}
