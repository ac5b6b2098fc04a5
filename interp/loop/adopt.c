// What became of an attempt whose interpreter has died.

#include <signal.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "loop/adopt.h"
#include "loop/cgroup.h"
#include "loop/process.h"
#include "loop/results.h"
#include "loop/wire.h"

// What is in the box of the attempt is of it, whatever it has done to itself.
static bool is_among(const int64_t *pids, int64_t pid)
{
    while (*pids && *pids != pid)
        pids++;
    return *pids;
}

static bool is_of(const struct process *p, const struct marks *m, struct arena *a)
{
    const struct marked *main = &m->process;
    struct str marker;

    if (main->pid && p->pid == main->pid)
        return p->start >= main->from && p->start <= main->to;
    if (main->pid && (p->session == main->pid || p->group == main->pid) && p->start >= main->from)
        return true;
    return process_env(p->pid, MARKER_VARIABLE, a, &marker) && str_equal(marker, m->marker);
}

void adopt_left(const struct marks *m, struct arena *a, struct child_result *r)
{
    struct arena *temporary = arena_new(NULL);
    struct processes all = process_all(temporary);
    const int64_t *boxed = box_pids_at(m->box, temporary);
    struct left_process *left = NEW_ARRAY(a, struct left_process, all.count);

    r->left = left;
    r->left_count = 0;
    for (size_t i = 0; i < all.count; i++)
        if (is_among(boxed, all.items[i].pid) || is_of(&all.items[i], m, temporary))
            left[r->left_count++] = (struct left_process){
                .pid = all.items[i].pid,
                .command = process_command(all.items[i].pid, a),
                .alive = true,
            };
    arena_free(temporary);
}

static bool known(struct str folder, struct str name, const struct marks *m, struct arena *a,
                  struct child_result *out)
{
    struct taking noted = { m->result };

    if (result_load(folder, name, a, out))
        return true;
    return m->result.n && take_result(&noted, out, a);
}

// What was started by a keeper whose marks are lost is known by its environment.
static void find_unmarked(struct str folder, struct str name, struct marks *m, struct arena *a,
                          struct child_result *r)
{
    for (long i = 1; i <= m->keepers + 1 && !r->left_count; i++) {
        m->marker = marks_marker_of(folder, i, name, a);
        adopt_left(m, a, r);
    }
}

// Such as a result that was cut, or something that no keeper wrote.
static bool has_anything(struct str folder, struct str name, struct arena *a)
{
    return access(str_format(a, "%.*s/%.*s.result", STR_ARG(folder), STR_ARG(name)).s, F_OK) == 0;
}

// In this order: a keeper that lives while we look at its lock leaves the result later;
// one that does not has left it before.
enum adoption child_adopt(struct str folder, struct str name, struct arena *a,
                          struct child_result *out)
{
    struct marks m;

    *out = (struct child_result){ .end = CHILD_LOST };
    marks_read(folder, name, a, &m);
    if (known(folder, name, &m, a, out))
        return ADOPT_KNOWN;
    if (m.started && !m.failed && !m.other_boot)
        adopt_left(&m, a, out);
    else if (!m.started && !m.complete && !m.other_boot)
        find_unmarked(folder, name, &m, a, out);
    if (m.keeper_lives || out->left_count || (!m.started && m.may_start))
        return ADOPT_RUNNING;
    if (known(folder, name, &m, a, out))  // by a keeper that is not known to live
        return ADOPT_KNOWN;
    bool proven = m.complete && (!m.started || m.failed) && !has_anything(folder, name, a);
    return proven ? ADOPT_NOT_STARTED : ADOPT_UNKNOWN;
}

// The keeper of an attempt that is waited for: one that was stopped would be waited for in vain.
static void wake_keeper(const struct marks *m, struct arena *a)
{
    struct processes all = process_all(a);

    for (size_t i = 0; m->keeper_lives && i < all.count; i++)
        if (all.items[i].stopped && process_has_word(all.items[i].pid, STR("@keeper")) &&
            process_has_word(all.items[i].pid, m->path))
            kill((pid_t)all.items[i].pid, SIGCONT);
}

static void signal_left(const struct child_result *r, int signo)
{
    for (size_t i = 0; i < r->left_count; i++)
        kill((pid_t)r->left[i].pid, signo);
}

enum { KILLED_MS = 5000 };  // what lives so long after KILL does not end by it

// What lives of it is asked to end the first time, and made to after its grace.
static void press(const struct marks *m, struct str name, struct arena *a)
{
    struct child_result r = { 0 };
    int64_t now = clock_boot_ms();

    adopt_left(m, a, &r);
    if (!m->asked_ms) {
        marks_asked(m, name, now);
        signal_left(&r, SIGTERM);
        signal_left(&r, SIGCONT);
    } else if (now >= m->asked_ms + m->process.grace_ms) {
        signal_left(&r, SIGKILL);
    }
}

static bool is_hopeless(const struct marks *m)
{
    return m->asked_ms && clock_boot_ms() >= m->asked_ms + m->process.grace_ms + KILLED_MS;
}

bool child_is_hopeless(struct str folder, struct str name)
{
    struct arena *a = arena_new(NULL);
    struct marks m;

    marks_read(folder, name, a, &m);
    bool hopeless = is_hopeless(&m);
    arena_free(a);
    return hopeless;
}

int64_t child_alive(struct str folder, struct str name)
{
    struct arena *a = arena_new(NULL);
    struct child_result r = { 0 };
    struct marks m;

    marks_read(folder, name, a, &m);
    if (m.started && !m.failed && !m.other_boot)
        adopt_left(&m, a, &r);
    int64_t pid = r.left_count ? r.left[0].pid : 0;
    arena_free(a);
    return pid;
}

bool child_hold_timeout(struct str folder, struct str name)
{
    struct arena *a = arena_new(NULL);
    struct marks m;

    marks_read(folder, name, a, &m);
    wake_keeper(&m, a);
    bool due = m.process.due_ms && clock_boot_ms() >= m.process.due_ms;
    bool hopeless = due && !m.keeper_lives && !m.other_boot && is_hopeless(&m);
    if (due && !m.keeper_lives && !m.other_boot)
        press(&m, name, a);
    arena_free(a);
    return hopeless;
}

void child_stop(struct str folder, struct str name)
{
    struct arena *a = arena_new(NULL);
    struct marks m;

    marks_read(folder, name, a, &m);
    wake_keeper(&m, a);
    struct child_result r = { 0 };
    if (!m.started && !m.complete && !m.other_boot)
        find_unmarked(folder, name, &m, a, &r);
    if ((m.started && !m.failed && !m.other_boot) || r.left_count)
        press(&m, name, a);
    arena_free(a);
}

void keeper_clean(struct str folder)
{
    marks_clean(folder);
}
