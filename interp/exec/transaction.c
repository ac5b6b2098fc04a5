// A group that is one transaction: begun before its steps, committed or rolled back behind them.

#include "action/sql/transaction.h"
#include "base/arena.h"
#include "exec/lasting.h"
#include "exec/walk.h"

static void transaction_began(struct attempt *at, const struct outcome *o)
{
    struct act *x = at->owner;
    struct walk *w = x->arg;

    if (w->withdrawn)
        return;
    if (o->verdict == VERDICT_DONE) {
        container_children(w, VALUE_NONE);
        return;
    }
    w->message = str_copy(w->arena, o->message);
    w->help = str_copy(w->arena, o->help);
    walk_failed(w);
}

void container_transaction(struct walk *w)
{
    struct task *t = w->task;
    struct expr_error err = { 0 };
    struct act *x = act_new(w->d, w->arena, t, t->space, t->step, t->address, t->attempts + 1);
    int64_t ns = 0;

    x->arg = w;
    w->act = x;
    if (!step_timeout(w, 0, &ns, &err)) {
        fail_expr(w, "timeout", &err);
        return;
    }
    x->at.timeout_ms = ns / 1000000;
    x->at.scope = scope_of(w);
    transaction_begin(&x->at, t->step->more->transaction->str, STR(""), transaction_began);
}

// Children of a transaction take the state that the transaction came to.
static bool settle_children(struct walk *w, enum state state)
{
    struct driver *d = w->d;

    for (size_t i = 0; i < run_task_count(d->run); i++) {
        struct task *t = run_task_at(d->run, i);
        bool inside = false;
        for (struct task *at = t->in->owner; at; at = at->in->owner)
            inside |= at == w->task;
        if (!inside || !t->ended || t->state != STATE_PROVISIONAL)
            continue;
        struct value_builder *b = event_data(d);
        value_put_s(b, "step", value_string(t->address));
        value_put_s(b, "attempt", value_int(t->attempts));
        value_put_s(b, "state", value_text(state_word(state)));
        value_put_s(b, "took_ms", value_int(t->took_ms));
        struct lasting l = lasting_in(d, w->arena, b, t->aside);
        bool whole = t->result.kind != VALUE_MAP || lasting_put(&l, "result", t->result);
        if (t->more->outputs.kind == VALUE_MAP)
            whole = whole && lasting_put(&l, "outputs", t->more->outputs);
        if (!whole) {
            result_is_unkept(d, t);
            return false;
        }
        lasting_end(&l);
        if (state == STATE_CANCELLED)
            value_put_s(b, "message", value_text("rolled back"));
        emit(d, EVENT_STEP_END, b);
    }
    return true;
}

// The transaction was committed before a crash, as the server says.
void container_committed(struct walk *w)
{
    if (settle_children(w, STATE_SUCCEEDED))
        container_work_over(w, STATE_SUCCEEDED);
}

static void committed(struct attempt *at, const struct outcome *o)
{
    struct act *x = at->owner;
    struct walk *w = x->arg;

    if (o->verdict == VERDICT_DONE) {
        container_committed(w);
        return;
    }
    w->is_unknown = o->verdict == VERDICT_UNKNOWN;
    if (!settle_children(w, w->is_unknown ? STATE_UNKNOWN : STATE_CANCELLED))
        return;
    w->message = str_copy(w->arena, o->message);
    w->help = str_copy(w->arena, o->help);
    at->transaction = NULL;
    walk_failed(w);
}

bool container_commit(struct walk *w)
{
    if (!w->task->step->more->transaction || w->d->options->dry_run || !w->act)
        return false;
    transaction_commit(&w->act->at, committed);
    return true;
}

static void rolled_back(struct attempt *at, const struct outcome *o)
{
    struct act *x = at->owner;
    struct walk *w = x->arg;

    (void)o;
    at->transaction = NULL;
    if (settle_children(w, STATE_CANCELLED))
        walk_failed(w);
}

// The work of a container went wrong: a transaction is rolled back before anything else.
void container_failed(struct walk *w)
{
    if (w->act && w->act->at.transaction) {
        transaction_rollback(&w->act->at, rolled_back);
        return;
    }
    walk_failed(w);
}
