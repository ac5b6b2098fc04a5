// The processes of a task, wherever they have gone.
//
// The keeper is the subreaper of all children, so whatever loses its parent becomes a
// child of the keeper: an orphan. Whose it is, is told by its session and process group
// (the child leads its own), else by RUNBOOK_STEP in its environment, else by there being
// only one task that can have started it. Everything below an orphan is that task's too.

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

// The task whose group or marker it has. *foreign: it has the marker of one of ours that
// was settled long ago.
static struct task *clear_owner(struct keeping *k, const struct process *p, bool *foreign)
{
    struct arena *a = arena_new(NULL);
    struct task *owner = NULL;
    struct str marker = STR("");

    for (struct task *t = k->tasks; t && !owner; t = t->next)
        if (is_in_group(p, t))
            owner = t;
    if (!owner && process_env(p->pid, "RUNBOOK_STEP", a, &marker))
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
    struct arena *a = arena_new(NULL);
    enum belongs most = BELONGS_NOT;
    struct process p;

    for (const int64_t *pid = orphans(t->keeping, a); *pid && most < BELONGS; pid++) {
        if (main_process(t->keeping, *pid) || !process_read(*pid, &p) || p.ended)
            continue;
        enum belongs b = belongs(t, &p);
        if (b > most)
            most = b;
    }
    arena_free(a);
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

static bool is_taken(const struct processes *some, int64_t pid)
{
    for (size_t i = 0; i < some->count; i++)
        if (some->items[i].pid == pid)
            return true;
    return false;
}

struct processes task_processes(struct task *t, bool perhaps, struct arena *a)
{
    struct processes all = process_all(a);
    struct processes ours = { NEW_ARRAY(a, struct process, all.count + 1), 0 };

    for (size_t i = 0; i < all.count; i++)
        if (is_seed(t, &all.items[i], perhaps))
            ours.items[ours.count++] = all.items[i];
    for (size_t before = SIZE_MAX; before != ours.count;) {
        before = ours.count;
        for (size_t i = 0; i < all.count; i++)
            if (!is_taken(&ours, all.items[i].pid) && is_taken(&ours, all.items[i].parent))
                ours.items[ours.count++] = all.items[i];
    }
    // /proc may hide what belongs to others, but our own child is there for certain.
    if (t->pid && !t->ended && !is_taken(&ours, t->pid))
        ours.items[ours.count++] = (struct process){ .pid = t->pid, .start = t->from };
    return ours;
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
    alive = signal_each(task_processes(t, false, a), signo, denied);
    arena_free(a);
    return alive;
}

// Stopped first, until no new ones appear: what is stopped cannot fork.
size_t task_kill(struct task *t, size_t *denied)
{
    struct arena *a = arena_new(NULL);
    struct processes ours = { 0 };
    size_t before = 0, alive;

    for (int i = 0; i < FREEZE_ROUNDS; i++) {
        ours = task_processes(t, false, a);
        if (ours.count <= before)
            break;
        before = ours.count;
        signal_each(ours, SIGSTOP, denied);
    }
    if (t->pid && !t->ended)
        kill(-t->pid, SIGKILL);
    alive = signal_each(ours, SIGKILL, denied);
    arena_free(a);
    return alive;
}
