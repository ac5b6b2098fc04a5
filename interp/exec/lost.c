#include "exec/lost.h"

#include "base/arena.h"
#include "exec/walk.h"
#include "loop/process.h"

enum { LOOK_EVERY_MS = 100 };

struct lost {
    struct lost *next;
    struct str name, address;  // of the attempt; under which it is told
    bool check;                // it changes nothing, so nobody waits for it: it is stopped
    bool cannot_kill;
    struct process *left;      // as they were then
    size_t left_count;
};

void lost_note(struct act *x, const struct outcome *o)
{
    struct driver *d = x->d;
    struct lost *l;

    if (o->verdict != VERDICT_UNKNOWN || !x->at.action->needs_process)
        return;
    l = NEW(d->arena, struct lost);
    *l = (struct lost){ .next = d->lost,
                        .name = str_copy(d->arena, x->at.name),
                        .address = str_copy(d->arena, x->at.address),
                        .check = !x->task || x->task->aside,
                        .cannot_kill = !o->lost && o->left_count,
                        .left = NEW_ARRAY(d->arena, struct process, o->left_count + 1) };
    for (size_t i = 0; i < o->left_count; i++)
        if (o->left[i].alive && process_read(o->left[i].pid, &l->left[l->left_count]))
            l->left_count++;
    d->lost = l;
}

// 0: nothing of it lives.
static int64_t pid_of(const struct driver *d, const struct lost *l)
{
    struct process now;

    for (size_t i = 0; i < l->left_count; i++)
        if (process_read(l->left[i].pid, &now) && now.start == l->left[i].start && !now.ended)
            return now.pid;
    return child_alive(d->folder, l->name);
}

static bool is_at(const struct lost *l, struct str address)
{
    return address.n == 0 || str_equal(l->address, address) ||
           (l->address.n > address.n && l->address.s[address.n] == '.' &&
            str_equal(str_slice(l->address, 0, address.n), address));
}

// True when that was in vain.
static bool press(const struct driver *d, const struct lost *l)
{
    if (l->cannot_kill)
        return true;
    if (!l->check)
        return child_hold_timeout(d->folder, l->name);
    child_stop(d->folder, l->name);
    return child_is_hopeless(d->folder, l->name);
}

bool lost_lives(struct driver *d, struct str address, struct living *out)
{
    for (struct lost **link = &d->lost, *l; (l = *link);) {
        int64_t pid = is_at(l, address) ? pid_of(d, l) : 0;
        if (pid) {
            *out = (struct living){ l->address, pid, press(d, l) };
            return true;
        }
        if (is_at(l, address)) {
            forget_left(d, l->address);
            *link = l->next;
        } else {
            link = &l->next;
        }
    }
    return false;
}

struct value lost_checks(struct driver *d)
{
    struct value_builder *all = value_list_start(d->arena);

    for (const struct lost *l = d->lost; l; l = l->next) {
        if (!l->check || !pid_of(d, l))
            continue;
        struct value_builder *one = value_map_start(d->arena);
        value_put_s(one, "step", value_string(l->address));
        value_put_s(one, "file", value_string(l->name));
        value_add(all, value_finish(one));
    }
    return value_finish(all);
}

static void tell_wait(struct driver *d, const struct living *l, const char *what)
{
    if (!d->lost_told)
        say(d, "%.*s, of which it is not known what became, is still running (pid %lld); waiting "
               "for it before anything is %s",
            STR_ARG(l->address), (long long)l->pid, what);
    d->lost_told = true;
}

// ---- before an undo

static void wait_for_undo(void *arg);

static void undo_no_more(struct driver *d, const struct living *l)
{
    say(d, "%.*s still runs (pid %lld) and cannot be stopped; nothing is undone over it",
        STR_ARG(l->address), (long long)l->pid);
    run_stop_undo(d->run);
    run_over_live(d->run);
}

static bool undo_waits(struct driver *d)
{
    struct living l;

    if (d->signals || !lost_lives(d, STR(""), &l)) {
        d->lost_told = false;
        return false;
    }
    if (l.hopeless) {
        undo_no_more(d, &l);
        d->undo_next = NULL;
        return false;
    }
    tell_wait(d, &l, "undone");
    loop_timer(d->loop, d->arena, loop_now_ms(d->loop) + LOOK_EVERY_MS, wait_for_undo, d);
    return true;
}

static void wait_for_undo(void *arg)
{
    struct driver *d = arg;
    struct task *t;

    if (undo_waits(d))
        return;
    t = d->undo_next;
    d->undo_next = NULL;
    run_release_undo(d->run);
    if (t && !d->signals)  // else it is the next session's
        carry_undo(d, t);
    pump(d);
}

bool undo_is_held(struct driver *d, struct task *t)
{
    d->undo_next = t;
    if (undo_waits(d)) {
        run_hold_undo(d->run);
        return true;
    }
    bool given_up = !d->undo_next;
    d->undo_next = NULL;
    return given_up;
}

// ---- before another try

static void look_again(void *arg)
{
    struct walk *w = arg;

    w->timer = NULL;
    if (!w->withdrawn)
        walk_retry(w->d, w->task);
}

bool retry_is_held(struct walk *w)
{
    struct driver *d = w->d;
    bool holds_others = w->task->kind != TASK_ACTION && w->task->kind != TASK_GATE;
    struct living l;

    if (!d->lost || !lost_lives(d, holds_others ? STR("") : w->task->address, &l)) {
        d->lost_told = false;
        return false;
    }
    if (d->signals || run_interrupted(d->run) || l.hopeless) {
        w->is_unknown = true;
        w->message = str_format(w->arena,
                                "it is not known what became of it, and it still runs (pid %lld)",
                                (long long)l.pid);
        walk_decide(w);
        return true;
    }
    tell_wait(d, &l, "tried again");
    w->timer = loop_timer(d->loop, w->arena, loop_now_ms(d->loop) + LOOK_EVERY_MS, look_again, w);
    return true;
}
