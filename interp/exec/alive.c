// Processes of earlier sessions that may still run though no keeper waits for them, or that none
// can kill: nothing is started again and nothing is undone over them (execution.md section 1,
// promise 4). An abort stops them; who goes on waits for them under their own timeout.

#include "base/arena.h"
#include "exec/session.h"
#include "value/fields.h"

enum {
    LOOK_EVERY_MS = 100,
    PATIENCE_MS = 60 * 1000,  // behind the grace of most steps
};

bool task_may_live(const struct task *t)
{
    return (t->dangling || t->state == STATE_UNKNOWN) && t->kind == TASK_ACTION &&
           t->step->action->needs_process && !t->elsewhere && t->file.n;
}

static void wake(void *arg)
{
    *(bool *)arg = true;
}

static void rest(struct driver *d)
{
    bool woken = false;
    struct timer *timer = loop_timer(d->loop, d->arena, loop_now_ms(d->loop) + LOOK_EVERY_MS, wake,
                                     &woken);

    while (!woken && !d->signals && loop_turn(d->loop))
        ;
    timer_stop(timer);
}

// 0 when nothing of it lives, or a pid; -1 when it lives and its pid is not known.
static int64_t pid_of(struct driver *d, struct str file)
{
    struct arena *a = arena_new(NULL);
    struct child_result r;
    bool lives = child_adopt(d->folder, file, a, &r) == ADOPT_RUNNING;
    int64_t pid = !lives ? 0 : r.left_count ? r.left[0].pid : -1;

    arena_free(a);
    return pid;
}

static void tell_live(struct driver *d, struct str address, int64_t pid, bool stops)
{
    struct str who = pid > 0 ? str_format(d->arena, " (pid %lld)", (long long)pid) : STR("");

    if (stops)
        say(d, "%.*s is still running%.*s; it is stopped", STR_ARG(address), STR_ARG(who));
    else
        say(d, "%.*s, of which it is not known what became, is still running%.*s; waiting for it "
               "under its own timeout",
            STR_ARG(address), STR_ARG(who));
}

static bool cannot_end(struct driver *d, struct str address, int64_t pid, bool stops)
{
    const char *what = stops ? "aborted" : d->undo.asked ? "undone" : "resumed";
    struct diag *e = diag_error(d->diags, DIAG_PREFLIGHT, (struct span){ 0 },
                                "run %.*s is not %s: `%.*s` still runs (pid %lld) and cannot be "
                                "stopped",
                                STR_ARG(d->id), what, STR_ARG(address), (long long)pid);

    diag_help(d->diags, e, "end it by hand, then say the same again");
    return false;
}

// True when it is gone.
static bool end_of(struct driver *d, const struct in_doubt *t, bool stops)
{
    int64_t until = loop_now_ms(d->loop) + PATIENCE_MS, pid;
    bool told = false, hopeless = false;

    while (!d->signals) {
        pid = pid_of(d, t->file);
        if (!pid)
            return true;
        if (!told)
            tell_live(d, t->address, pid, stops);
        told = true;
        if (hopeless || (stops && loop_now_ms(d->loop) >= until))
            return cannot_end(d, t->address, pid, stops);
        if (stops)
            child_stop(d->folder, t->file);
        else
            hopeless = child_hold_timeout(d->folder, t->file);
        rest(d);
    }
    return false;
}

// A check changes nothing, so nobody waits for what it still does: it is stopped.
static bool end_of_check(struct driver *d, struct value one)
{
    struct str address = text_of(one, "step"), file = text_of(one, "file");
    bool told = false;

    for (int64_t pid; !d->signals && (pid = child_alive(d->folder, file)) != 0; rest(d)) {
        if (!told)
            tell_live(d, address, pid, true);
        told = true;
        if (child_is_hopeless(d->folder, file))
            return cannot_end(d, address, pid, d->aborting);
        child_stop(d->folder, file);
    }
    return !d->signals;
}

void alive_note(struct driver *d)
{
    struct earlier *e = &d->earlier;

    e->in_doubt = NEW_ARRAY(d->arena, struct in_doubt, run_task_count(d->run) + 1);
    e->in_doubt_count = 0;
    for (size_t i = 0; i < run_task_count(d->run); i++) {
        const struct task *t = run_task_at(d->run, i);
        if (t->state == STATE_UNKNOWN && task_may_live(t))
            e->in_doubt[e->in_doubt_count++] = (struct in_doubt){ t->address, t->file };
    }
}

int marks_wait(struct driver *d)
{
    const struct run_options *o = d->options;

    for (size_t i = 0; i < o->mark_count; i++) {
        const struct task *t = run_find(d->run, o->marks[i].id);
        int64_t pid = t && task_may_live(t) ? pid_of(d, t->file) : 0;
        if (!pid)
            continue;
        struct str who = pid > 0 ? str_format(d->arena, " (pid %lld)", (long long)pid) : STR("");
        struct diag *e = diag_error(d->diags, DIAG_PREFLIGHT, (struct span){ 0 },
                                    "`%.*s` still runs%.*s, so nobody can say yet what became of "
                                    "it; nothing was done",
                                    STR_ARG(t->address), STR_ARG(who));
        diag_help(d->diags, e,
                  "say `runbook resume %.*s%.*s` to wait for it; when it has ended, look, and then "
                  "say --mark",
                  STR_ARG(d->id), STR_ARG(o->reach));
        return CODE_UNKNOWN;
    }
    return 0;
}

static int end_all(struct driver *d, bool stops)
{
    const struct earlier *e = &d->earlier;
    bool gone = true;

    run_hold(d->run, true);
    for (size_t i = 0; e->alive.kind == VALUE_LIST && i < value_size(e->alive) && gone; i++)
        gone = end_of_check(d, value_item(e->alive, i));
    for (size_t i = 0; i < e->in_doubt_count && gone; i++)
        gone = end_of(d, &e->in_doubt[i], stops);
    // What has no outcome yet is settled, and waited for, as an order of the run.
    for (size_t i = 0; stops && i < run_task_count(d->run) && gone; i++) {
        const struct task *t = run_task_at(d->run, i);
        if (t->dangling && task_may_live(t))
            gone = end_of(d, &(struct in_doubt){ t->address, t->file }, stops);
    }
    run_hold(d->run, false);
    d->over = d->suspended = false;
    return gone ? 0 : d->signals ? d->signal_code : CODE_UNKNOWN;
}

int alive_stop(struct driver *d)
{
    return end_all(d, true);
}

int alive_wait(struct driver *d)
{
    return end_all(d, false);
}
