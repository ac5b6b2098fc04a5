// After a crash: what became of an attempt that has an intent and no result
// (execution.md section 2): not started, known, still running, or unknown.

#include "action/sql/transaction.h"
#include "base/arena.h"
#include "base/shell_word.h"
#include "exec/walk.h"

enum { LOOK_EVERY_MS = 200 };

static void look(void *arg);

struct act *settle_act(struct walk *w)
{
    struct task *t = w->task;
    struct act *x = act_new(w->d, w->arena, t, t->space, t->step, t->address, t->attempts);

    x->at.name = t->file;
    x->at.scope = view_scope(&w->view);
    x->quiet = t->aside;
    act_heard(x, t->more->heard);
    return x;
}

static void begin_again(struct walk *w, bool never_started)
{
    struct driver *d = w->d;

    w->task->walk = NULL;
    w->withdrawn = true;
    run_not_started(d->run, w->task, never_started);
    pump(d);
}

static void start_again(struct walk *w)
{
    begin_again(w, false);
}

static bool may_run_again(const struct walk *w)
{
    return step_is_idempotent(w->d->program, w->task->step) || w->task->step->more->done_if;
}

// As a shell takes it: the brackets of an instance are quoted.
static struct str mark(struct walk *w, const char *state)
{
    struct str said = str_format(w->arena, "%.*s=%s", STR_ARG(w->task->address), state);

    return str_find(said, '[') == SIZE_MAX ? said : shell_word(w->arena, said);
}

static void not_known(struct walk *w, struct str message)
{
    if (may_run_again(w)) {
        start_again(w);
        return;
    }
    run_settled(w->d->run, w->task);
    w->is_unknown = true;
    w->message = message.n ? message
                           : STR("the run was interrupted in it, and what became of it is "
                                 "not known");
    struct str with = w->d->options->reach;
    w->help = str_format(w->arena,
                         "look, then say `runbook resume %.*s --mark %.*s%.*s` (it took effect) or "
                         "`--mark %.*s` (it did not)",
                         STR_ARG(w->d->id), STR_ARG(mark(w, "done")), STR_ARG(with),
                         STR_ARG(mark(w, "failed")));
    walk_end(w, STATE_UNKNOWN, "stop", false);
}

static void settled(void *arg, const struct outcome *o)
{
    struct walk *w = arg;

    if (o->verdict == VERDICT_UNKNOWN) {
        not_known(w, str_copy(w->arena, o->message));
        return;
    }
    run_settled(w->d->run, w->task);
    walk_outcome(w, o);
}

static void adopt(struct walk *w, const struct child_result *r)
{
    struct act *x = w->act;

    // By the clock of its keeper: it ended then, whenever somebody came to see it.
    w->began_ms = loop_now_ms(w->d->loop) - r->took_ms;
    x->then = settled;
    x->arg = w;
    x->running = true;
    x->next = w->d->acts;
    w->d->acts = x;
    if (!attempt_adopt(&x->at, r)) {
        act_forget(x);
        not_known(w, STR(""));
    }
}

// What an action finds out without a process: a transaction that was not committed left
// nothing behind, so it is as if it had not been started.
static void found_out(void *arg, const struct outcome *o)
{
    struct walk *w = arg;

    if (o->verdict == VERDICT_FAILED)
        start_again(w);
    else
        settled(w, o);
}

static void ask_the_action(struct walk *w)
{
    struct act *x = w->act;
    const struct action *action = x->at.action;

    if (!action->settle) {
        if (action->needs_process)
            start_again(w);
        else
            not_known(w, STR(""));
        return;
    }
    x->then = found_out;
    x->arg = w;
    x->running = true;
    x->next = w->d->acts;
    w->d->acts = x;
    action->settle(&x->at, w->task->more->notes);
}

static void still_running(struct walk *w, const struct child_result *r)
{
    struct driver *d = w->d;
    struct buf pids = BUF_EMPTY;

    for (size_t i = 0; i < r->left_count && i < 3; i++)
        buf_format(&pids, "%s %lld", i ? "," : " (pid", (long long)r->left[i].pid);
    if (pids.n)
        buf_add_s(&pids, r->left_count > 3 ? ", ...)" : ")");
    if (!w->timed_out)
        say(d, "%.*s is still running%.*s under its own timeout; waiting for it",
            STR_ARG(w->task->address), STR_ARG(buf_str(&pids)));
    buf_free(&pids);
    w->timed_out = true;  // said once
    if (run_interrupted(d->run) && !w->cancelled && !w->interrupted)
        say(d, "%.*s is let finish; a second signal would stop it half done",
            STR_ARG(w->task->address));
    w->interrupted = run_interrupted(d->run);
    if (!w->cancelled)
        containers_hold_time(w);
    if (w->cancelled)  // by a second signal, or the time of the run or of a group
        child_stop(d->folder, w->task->file);
    else
        child_hold_timeout(d->folder, w->task->file);
    w->timer = loop_timer(d->loop, w->arena, loop_now_ms(d->loop) + LOOK_EVERY_MS, look, w);
}

static enum adoption look_here(const struct walk *w, struct arena *a, struct child_result *r)
{
    return w->task->elsewhere ? ADOPT_UNKNOWN : child_adopt(w->d->folder, w->task->file, a, r);
}

static void look(void *arg)
{
    struct walk *w = arg;
    struct child_result r = { 0 };

    bool acted = w->task->more->acted.kind != VALUE_NULL;

    w->timer = NULL;
    if (!w->act->at.action->needs_process) {
        (acted ? walk_verify_again : ask_the_action)(w);
        return;
    }
    struct arena *a = arena_new(w->arena);  // given back while it still runs, for hours maybe
    enum adoption what = look_here(w, a, &r);
    if (acted && what != ADOPT_KNOWN) {
        walk_verify_again(w);
        return;
    }
    switch (what) {
    case ADOPT_NOT_STARTED:
        begin_again(w, true);
        break;
    case ADOPT_KNOWN:
        intended_began(w);
        adopt(w, &r);
        break;
    case ADOPT_UNKNOWN:  // the action may know whom to ask: a push, the remote
        intended_began(w);
        if (w->act->at.action->settle)
            ask_the_action(w);
        else
            not_known(w, STR(""));
        break;
    case ADOPT_RUNNING:
        intended_began(w);
        still_running(w, &r);
        break;
    }
    if (what == ADOPT_RUNNING)
        arena_free(a);
    else
        w->timed_out = false;
}

static void group_settled(struct attempt *at, const struct outcome *o)
{
    struct act *x = at->owner;
    struct walk *w = x->arg;

    if (o->verdict == VERDICT_DONE) {
        run_settled(w->d->run, w->task);
        container_committed(w);
    } else if (o->verdict == VERDICT_FAILED) {
        start_again(w);
    } else {
        not_known(w, str_copy(w->arena, o->message));
    }
}

void walk_settle(struct driver *d, struct task *t)
{
    struct walk *w = walk_new(d, t);

    w->act = settle_act(w);
    if (t->kind == TASK_GROUP && task_is_committed(t)) {
        run_settled(d->run, t);
        container_committed(w);
        return;
    }
    if (t->kind == TASK_GROUP) {
        w->act->arg = w;
        transaction_settle(&w->act->at, t->step->more->transaction->str, t->more->notes,
                           group_settled);
        return;
    }
    containers_wait(d, t);
    look(w);
}
