// The processes of a task, wherever they have gone.
//
// The keeper is the subreaper of all children, so whatever loses its parent becomes a
// child of the keeper: an orphan. Whose it is, is told by the box in which it lives, where
// there are boxes, else by its session and process group (the child leads its own), else by
// RUNBOOK_STEP in its environment, else by there being only one task that can have started
// it. Everything below an orphan is that task's too, and so is all that is in its box.

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "loop/keeping.h"
#include "loop/marks.h"

enum { FREEZE_ROUNDS = 10 };

static struct known *find_known(struct keeping *k, int64_t pid)
{
    for (size_t i = 0; i < k->known_count; i++)
        if (k->known[i].pid == pid)
            return &k->known[i];
    return NULL;
}

void known_forget(struct keeping *k, int64_t pid)
{
    struct known *old = find_known(k, pid);

    if (old)
        *old = k->known[--k->known_count];
}

static void known_orphan(struct keeping *k, const struct process *p, uint32_t task)
{
    if (k->known_count == k->known_room) {
        k->known_room = k->known_room ? k->known_room * 2 : 16;
        k->known = realloc(k->known, k->known_room * sizeof *k->known);
        if (!k->known)
            abort();
    }
    k->known[k->known_count++] = (struct known){ p->pid, p->start, task };
}

static struct task *main_process(struct keeping *k, int64_t pid)
{
    for (struct task *t = k->tasks; t; t = t->next)
        if (t->pid == pid && !t->ended)
            return t;
    return NULL;
}

static bool is_in_group(const struct process *p, const struct task *t)
{
    return t->pid && (p->session == t->pid || p->group == t->pid) && p->start >= t->from;
}

static struct task *find_task(struct keeping *k, uint32_t id)
{
    struct task *t = k->tasks;

    while (t && t->id != id)
        t = t->next;
    return t;
}

// Nothing of a task that is over is in the box of another.
static struct task *in_whose_box(struct keeping *k, int64_t pid, bool *foreign)
{
    const struct box *b = k->cgroup ? cgroup_box_of(k->cgroup, pid) : NULL;
    struct task *t = k->tasks;

    while (b && t && t->box != b)
        t = t->next;
    *foreign = b && !t;
    return b ? t : NULL;
}

// The task whose box, group or marker it has. *foreign: it has that of one of ours that was
// settled long ago.
static struct task *clear_owner(struct keeping *k, const struct process *p, bool *foreign)
{
    struct task *owner = in_whose_box(k, p->pid, foreign);
    struct str marker = STR("");

    if (owner || *foreign)
        return owner;
    struct arena *a = arena_new(NULL);
    for (struct task *t = k->tasks; t && !owner; t = t->next)
        if (is_in_group(p, t))
            owner = t;
    if (!owner && process_env(p->pid, MARKER_VARIABLE, a, &marker))
        for (struct task *t = k->tasks; t && !owner; t = t->next)
            if (str_equal(marker, t->marker))
                owner = t;
    *foreign = !owner && marker.n && str_starts(marker, marks_marker(k->marks_path, STR(""), a).s);
    arena_free(a);
    return owner;
}

// What an earlier task left running may have started anything since.
static bool earlier_ones_live(struct keeping *k)
{
    for (size_t i = 0; i < k->known_count; i++)
        if (!find_task(k, k->known[i].task))
            return true;
    return false;
}

// The only task that can have started it; NULL if there are several or none.
static struct task *only_candidate(struct keeping *k, const struct process *p, bool *several)
{
    struct task *only = NULL;

    for (struct task *t = k->tasks; t; t = t->next) {
        bool over = t->state == TASK_OVER && t->left_count == 0;
        if (!t->pid || t->from > p->start || over)
            continue;
        *several |= only != NULL;
        only = t;
    }
    *several |= only && earlier_ones_live(k);
    return *several ? NULL : only;
}

static enum belongs belongs(struct task *t, const struct process *orphan)
{
    struct keeping *k = t->keeping;
    struct known *known = find_known(k, orphan->pid);
    bool several = false, foreign = false;

    if (known && known->start != orphan->start) {
        known_forget(k, orphan->pid);
        known = NULL;
    }
    if (!known) {
        struct task *owner = clear_owner(k, orphan, &foreign);
        if (!owner && !foreign)
            owner = only_candidate(k, orphan, &several);
        if (owner || several)
            known_orphan(k, orphan, owner ? owner->id : 0);
        known = find_known(k, orphan->pid);
    }
    if (!known)
        return BELONGS_NOT;
    if (known->task == 0)
        return orphan->start >= t->from ? BELONGS_PERHAPS : BELONGS_NOT;
    return known->task == t->id ? BELONGS : BELONGS_NOT;
}

// Without the list of children, a look at everything has to do.
static const int64_t *orphans(struct keeping *k, struct arena *a)
{
    const int64_t *children = process_children(k->children, a);

    if (children)
        return children;
    struct processes all = process_all(a);
    int64_t *pids = NEW_ARRAY(a, int64_t, all.count + 1), me = getpid();
    for (size_t i = 0, n = 0; i < all.count; i++)
        if (all.items[i].parent == me)
            pids[n++] = all.items[i].pid;
    return pids;
}

enum belongs task_strays(struct task *t)
{
    if (t->keeping->childless)
        return BELONGS_NOT;
    if (t->box && !box_is_empty(t->box))
        return BELONGS;
    struct arena *a = t->keeping->brief;
    enum belongs most = BELONGS_NOT;
    struct process p;

    for (const int64_t *pid = orphans(t->keeping, a); *pid && most < BELONGS; pid++) {
        if (main_process(t->keeping, *pid) || !process_read(*pid, &p) || p.ended)
            continue;
        enum belongs b = belongs(t, &p);
        if (b > most)
            most = b;
    }
    arena_empty(a);
    return most;
}

static bool is_seed(struct task *t, const struct process *p, bool perhaps)
{
    if ((p->pid == t->pid && !t->ended) || is_in_group(p, t))
        return true;
    if (p->parent != getpid() || main_process(t->keeping, p->pid))
        return false;
    return belongs(t, p) >= (perhaps ? BELONGS_PERHAPS : BELONGS);
}

static int by_pid(const void *x, const void *y)
{
    const struct process *a = x, *b = y;

    return (a->pid > b->pid) - (a->pid < b->pid);
}

static const struct process *find_process(const struct processes *sorted, int64_t pid)
{
    const struct process wanted = { .pid = pid };

    return sorted->count ? bsearch(&wanted, sorted->items, sorted->count, sizeof wanted, by_pid)
                         : NULL;
}

// Process ids in rising order.
struct pids {
    const int64_t *items;
    size_t count;
};

static int by_number(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;

    return (a > b) - (a < b);
}

static bool is_among(const struct pids *some, int64_t pid)
{
    return some->count && bsearch(&pid, some->items, some->count, sizeof pid, by_number);
}

static struct pids in_box(const struct task *t, struct arena *a)
{
    struct pids held = { t->box ? box_pids(t->box, a) : NULL, 0 };

    while (held.items && held.items[held.count])
        held.count++;
    return held;
}

// All below what is marked is marked. Who is younger than its parent mostly has a larger number,
// so that one round and one to see that it was enough will do.
static void mark_below(const struct processes *all, bool *ours)
{
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < all->count; i++) {
            const struct process *parent =
                ours[i] ? NULL : find_process(all, all->items[i].parent);
            if (parent && ours[parent - all->items])
                ours[i] = more = true;
        }
    }
}

struct processes task_processes(struct task *t, bool perhaps, struct arena *a)
{
    struct pids held = in_box(t, a);
    struct processes all = process_all(a);
    bool *ours = NEW_ARRAY(a, bool, all.count + 1);
    size_t count = 0;

    if (all.count)
        qsort(all.items, all.count, sizeof *all.items, by_pid);
    for (size_t i = 0; i < all.count; i++)
        ours[i] = is_among(&held, all.items[i].pid) || is_seed(t, &all.items[i], perhaps);
    mark_below(&all, ours);
    // /proc may hide what belongs to others, but our own child is there for certain.
    bool hidden = t->pid && !t->ended && !find_process(&all, t->pid);
    struct process *some = NEW_ARRAY(a, struct process, all.count + 1);
    for (size_t i = 0; i < all.count; i++)
        if (ours[i])
            some[count++] = all.items[i];
    if (hidden)
        some[count++] = (struct process){ .pid = t->pid, .start = t->from };
    return (struct processes){ some, count };
}

static size_t signal_each(struct processes ours, int signo, size_t *denied)
{
    size_t alive = 0;

    *denied = 0;
    for (size_t i = 0; i < ours.count; i++) {
        if (kill((pid_t)ours.items[i].pid, signo) == 0) {
            alive++;
        } else if (errno == EPERM) {
            alive++;
            ++*denied;
        }
    }
    return alive;
}

size_t task_signal(struct task *t, int signo, size_t *denied)
{
    struct arena *a = arena_new(NULL);
    size_t alive;

    // At once for those in the group, so that none sees another end first. Not after the
    // leader was reaped: its number may be somebody else's by then.
    if (t->pid && !t->ended)
        kill(-t->pid, signo);
    // Else what forks all the time would be ahead of us.
    if (t->box)
        box_hold(t->box, true);
    alive = signal_each(task_processes(t, false, a), signo, denied);
    if (t->box)
        box_hold(t->box, false);
    arena_free(a);
    return alive;
}

// What the kernel kills by itself needs no signal of ours, which may not be allowed.
static struct processes without(struct processes all, const struct pids *held, struct arena *a)
{
    struct processes some = { NEW_ARRAY(a, struct process, all.count + 1), 0 };

    for (size_t i = 0; i < all.count; i++)
        if (!is_among(held, all.items[i].pid))
            some.items[some.count++] = all.items[i];
    return some;
}

// A box first, all at once. The others are stopped, until no new ones appear: what is stopped
// cannot fork.
size_t task_kill(struct task *t, size_t *denied)
{
    struct arena *a = arena_new(NULL);
    struct processes ours = { 0 };
    size_t before = 0, alive;
    bool killed = t->box && box_kill(t->box);
    struct pids held = killed ? in_box(t, a) : (struct pids){ 0 };

    for (int i = 0; i < FREEZE_ROUNDS; i++) {
        ours = task_processes(t, false, a);
        if (killed)
            ours = without(ours, &held, a);
        if (ours.count <= before)
            break;
        before = ours.count;
        signal_each(ours, SIGSTOP, denied);
    }
    if (t->pid && !t->ended)
        kill(-t->pid, SIGKILL);
    alive = signal_each(ours, SIGKILL, denied);
    alive += killed && !box_is_empty(t->box);
    arena_free(a);
    return alive;
}
