// Whether the keeper is well, looked at while somebody waits for what it keeps.
//
// It holds timeouts and kills, so one that is stopped (SIGSTOP) or hangs (a frozen control group, a
// disk that does not answer) would hold up the third signal as well as the timeout of a step. One
// that is stopped is told to go on. One from which an end is overdue is killed, with what it should
// have ended: how that ended is not known then.

#include <signal.h>
#include <unistd.h>

#include "base/arena.h"
#include "loop/adopt.h"
#include "loop/keeper_line.h"
#include "loop/process.h"

enum {
    PULSE_MS = 1000,
    SLACK_MS = 30 * 1000,  // behind the time at which a keeper that is well has killed everything
    SLOW_MS = 8000,        // of that, after which it is said what is waited for
    SLEPT_MS = 5000,       // so late a pulse is only when the machine slept, or we were stopped
    GONE_MS = 1000,        // what was killed has that long to be gone
};

static void beat(void *arg);

static void next_beat(struct keeper *k)
{
    struct arena *a = k->beats[k->beat++ % 2];  // the last timer is in the other one

    arena_empty(a);
    k->beat_ms = loop_now_ms(k->loop) + PULSE_MS;
    k->pulse = loop_timer(k->loop, a, k->beat_ms, beat, k);
}

void pulse_begin(struct keeper *k)
{
    for (int i = 0; i < 2 && !k->beats[i]; i++)
        k->beats[i] = arena_new(k->arena);
    if (!k->pulse)
        next_beat(k);
}

void pulse_end(struct keeper *k)
{
    if (k->pulse)
        timer_stop(k->pulse);
    k->pulse = NULL;
}

static bool is_stopped(const struct keeper *k)
{
    struct process p;

    return k->pid && k->socket >= 0 && process_read(k->pid, &p) && p.stopped;
}

static void tell(const struct keeper *k, enum unwell how, int64_t wait_ms)
{
    if (k->unwell)
        k->unwell(k->unwell_arg, how, k->pid, wait_ms);
}

static void wake(struct keeper *k)
{
    tell(k, UNWELL_STOPPED, 0);
    kill(k->pid, SIGCONT);
    k->was_stopped = false;
}

void pulse_hurry(struct keeper *k)
{
    if (is_stopped(k))
        wake(k);
}

void pulse_started(struct child *c)
{
    c->late_ms = c->within_ms ? loop_now_ms(c->keeper->loop) + c->within_ms + SLACK_MS : 0;
}

void pulse_cancelled(struct child *c, bool at_once)
{
    int64_t late = loop_now_ms(c->keeper->loop) + (at_once ? 0 : c->grace_ms) + SLACK_MS;

    if (!c->late_ms || late < c->late_ms)
        c->late_ms = late;
    pulse_hurry(c->keeper);
}

static bool is_late(const struct child *c)
{
    return c->late_ms && loop_now_ms(c->keeper->loop) >= c->late_ms;
}

// Until the first is late; INT64_MAX: none will be.
static int64_t time_left(const struct keeper *k)
{
    int64_t left = INT64_MAX;

    for (const struct child *c = k->children; c; c = c->next)
        if (c->late_ms && c->late_ms - loop_now_ms(k->loop) < left)
            left = c->late_ms - loop_now_ms(k->loop);
    return left;
}

// What of it lives gets KILL.
static bool kill_child(const struct child *c)
{
    struct arena *a = arena_new(NULL);
    struct child_result r = { 0 };
    struct marks m;

    marks_read_one(c->marks, c->name, a, &m);
    if (m.started && !m.failed)
        adopt_left(&m, a, &r);
    for (size_t i = 0; i < r.left_count; i++)
        kill((pid_t)r.left[i].pid, SIGKILL);
    arena_free(a);
    return r.left_count;
}

// And what should have ended by now. What else it keeps goes on, as when a keeper dies by itself.
static void give_up(struct keeper *k)
{
    tell(k, UNWELL_KILLED, 0);
    kill(k->pid, SIGKILL);
    for (struct child *c = k->children; c; c = c->next)
        for (int i = 0; is_late(c) && i < GONE_MS; i++) {
            if (!kill_child(c))
                break;
            usleep(1000);
        }
    line_lose(k);
}

static void had_no_time(struct keeper *k)
{
    int64_t now = loop_now_ms(k->loop);

    if (now < k->beat_ms + SLEPT_MS)
        return;
    for (struct child *c = k->children; c; c = c->next)
        if (c->late_ms && c->late_ms < now + c->grace_ms + SLACK_MS)
            c->late_ms = now + c->grace_ms + SLACK_MS;
}

static void beat(void *arg)
{
    struct keeper *k = arg;

    k->pulse = NULL;
    if (!k->children || k->socket < 0)
        return;
    had_no_time(k);
    bool stopped = is_stopped(k), again = stopped && k->was_stopped;
    k->was_stopped = stopped;
    if (again)
        wake(k);
    int64_t left = time_left(k);
    if (left <= SLACK_MS - SLOW_MS && left > 0 && !k->slow)
        tell(k, UNWELL_SLOW, left);
    k->slow = left <= SLACK_MS - SLOW_MS;
    if (left <= 0)
        give_up(k);
    if (!k->pulse && k->children)
        next_beat(k);
}
