// The life of a task: asked, running, killed perhaps, over.

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "loop/keeping.h"
#include "loop/marks.h"
#include "loop/spawn.h"
#include "loop/wire.h"

static void set_marker(struct task *t)
{
    struct str before = t->keeping->variable, name = t->spec.name;
    char *variable = NEW_ARRAY(t->arena, char, before.n + name.n + 1);

    memcpy(variable, before.s, before.n);
    memcpy(variable + before.n, name.s, name.n);
    t->variable = (struct str){ variable, before.n + name.n };
    t->marker = str_slice(t->variable, sizeof MARKER_VARIABLE, t->variable.n);
}

void task_ask(struct keeping *k, uint32_t id, struct str body)
{
    struct arena *a = arena_new(k->arena);
    struct task *t = NEW(a, struct task);
    struct taking taking = { str_copy(a, body) };

    *t = (struct task){ .keeping = k, .arena = a, .id = id, .asked_ms = k->now_ms };
    for (int i = 0; i < 2; i++)
        t->out[i] = (struct outlet){ .task = t, .stream = (enum stream)i, .fd = -1 };
    if (!take_spec(&taking, &t->spec, a)) {
        k->broken = true;
        arena_free(a);
        return;
    }
    set_marker(t);
    *k->tasks_end = t;
    k->tasks_end = &t->next;
}

// ---- starting

static void not_started(struct task *t, int error, bool bad_dir)
{
    t->result.error = error;
    t->result.bad_dir = bad_dir;
    task_over(t);
}

// A file in memory: a pipe would have to be fed, and nobody may be there to read it.
static int open_input(struct str input)
{
    if (input.n == 0)
        return NULL_DEVICE;
    int fd = memfd_create("stdin", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    for (ssize_t n; fd >= 0 && input.n; input = str_slice(input, (size_t)n, input.n)) {
        n = write(fd, input.s, input.n);
        if (n < 0) {
            close(fd);
            return -1;
        }
    }
    if (fd >= 0) {
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
        lseek(fd, 0, SEEK_SET);
    }
    return fd;
}

static bool open_outlets(struct task *t, int stdio[3])
{
    for (int i = 0; i < 2; i++) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC))
            return false;
        fcntl(ends[0], F_SETFL, O_NONBLOCK);
        t->out[i].fd = ends[0];
        stdio[i + 1] = ends[1];
    }
    return true;
}

// The child's ends, of which we need none once it runs.
static void close_stdio(struct task *t, const int stdio[3])
{
    if (t->spec.tty)
        return;
    for (int i = 0; i < 3; i++)
        if (stdio[i] >= 0 && stdio[i] != NULL_DEVICE)
            close(stdio[i]);
}

static bool open_stdio(struct task *t, int stdio[3])
{
    if (t->spec.tty) {
        stdio[0] = stdio[1] = stdio[2] = terminal_take(t);
        return stdio[0] >= 0;
    }
    stdio[0] = open_input(t->spec.input);
    return stdio[0] >= 0 && open_outlets(t, stdio);
}

// Not in a hurry, since most children end soon, and that wakes the interpreter anyway.
void task_tell_started(struct task *t)
{
    struct buf body = BUF_EMPTY;

    if (t->told || !t->pid)
        return;
    t->told = true;
    put_number(&body, t->pid);
    keeping_tell(t->keeping, (struct frame){ .type = TELL_STARTED, .id = t->id }, buf_str(&body));
    buf_free(&body);
}

static void running(struct task *t, pid_t pid)
{
    struct keeping *k = t->keeping;

    t->pid = pid;
    k->childless = k->held = false;
    t->to = process_ticks();
    t->started_ms = clock_boot_ms();
    t->due_ms = t->spec.timeout_ms ? t->started_ms + t->spec.timeout_ms : 0;
    t->state = TASK_RUNNING;
    marks_pid(
        k->marks, t->spec.name,
        &(struct marked){ .pid = pid,
                          .from = t->from,
                          .to = t->to,
                          .due_ms = t->due_ms,
                          .grace_ms = t->spec.grace_ms });
}

// Why there is nothing to be seen of it. Once, until something can be started again.
static void tell_held(struct task *t, int error)
{
    struct keeping *k = t->keeping;
    struct buf body = BUF_EMPTY;

    if (k->held || k->now_ms - t->asked_ms < HELD_MS)
        return;
    k->held = true;
    put_number(&body, error);
    keeping_tell(k, (struct frame){ .type = TELL_HELD, .id = t->id }, buf_str(&body));
    buf_free(&body);
}

static bool may_retry(struct task *t, int error)
{
    int64_t most = t->spec.timeout_ms ? t->spec.timeout_ms : RETRY_FOR_MS;

    return spawn_may_retry(error) && t->keeping->now_ms - t->asked_ms < most;
}

// 0 where there are no boxes.
static int open_box(struct task *t)
{
    if (!t->box && t->keeping->cgroup)
        t->box = box_take(t->keeping->cgroup);
    int door = t->box ? box_door(t->box) : 0;
    return door > 0 ? door : 0;
}

static void start(struct task *t)
{
    struct keeping *k = t->keeping;
    struct spawn s = { .spec = &t->spec,
                       .marker = t->variable,
                       .stdio = { -1, -1, -1 },
                       .door = open_box(t),
                       .arena = k->brief,
                       .stack = k->stack,
                       .files = k->raised ? &k->files : NULL };
    bool opened = open_stdio(t, s.stdio);
    int error = errno;

    t->from = process_ticks();
    if (s.door)
        marks_box(k->marks, t->spec.name, box_path(t->box));
    if (opened && (k->unsynced || !marks_start(k->marks, k->marks_head, t->spec.name))) {
        error = k->unsynced ? k->unsynced : errno;
        opened = false;
    }
    if (opened && spawn(&s)) {
        running(t, s.pid);
    } else {
        if (t->spec.tty && opened)
            terminal_give_back(t);
        for (int i = 0; i < 2; i++)
            outlet_close(&t->out[i]);
        error = opened ? s.error : error;
        marks_failed(k->marks, t->spec.name);
        if (may_retry(t, error)) {
            t->retry_ms = k->now_ms + RETRY_MS;
            tell_held(t, error);
        } else {
            not_started(t, error, s.bad_dir);
        }
    }
    close_stdio(t, s.stdio);
    if (s.door)
        close(s.door);
}

// One that is to have the terminal waits until that is free; its time does not run yet.
static void start_in_turn(struct task *t)
{
    if (t->spec.tty && !terminal_is_free(t))
        t->retry_ms = t->keeping->now_ms + TURN_MS;
    else
        start(t);
}

// ---- stopping

static void force(struct task *t)
{
    size_t denied, alive = task_kill(t, &denied);

    if (t->kill != KILL_FORCED)
        t->give_up_ms = t->keeping->now_ms + KILL_FOR_MS;
    t->kill = KILL_FORCED;
    t->kill_ms = t->keeping->now_ms + KILL_EVERY_MS;
    t->look = true;
    // Those of another user had their grace. Others may take a moment to die.
    if (alive > 0 && (alive == denied || t->keeping->now_ms >= t->give_up_ms))
        t->kill = KILL_GAVE_UP;
}

static void stop(struct task *t, int64_t grace_ms)
{
    size_t denied;

    if (t->kill != KILL_NOT && grace_ms > 0)
        return;
    if (t->ended)
        task_note_left(t);
    if (grace_ms <= 0) {
        force(t);
        return;
    }
    task_signal(t, SIGTERM, &denied);
    task_signal(t, SIGCONT, &denied);
    t->kill = KILL_ASKED;
    t->kill_ms = t->keeping->now_ms + grace_ms;
}

void task_cancel(struct task *t, bool at_once)
{
    if (t->state == TASK_OVER || (t->ended && t->kill == KILL_NOT))
        return;
    if (!t->ended)
        t->result.cancelled = true;
    if (t->state == TASK_ASKED)
        not_started(t, ECANCELED, false);
    else if (t->kill < KILL_FORCED)
        stop(t, at_once ? 0 : t->spec.grace_ms);
}

void task_kill_left(struct task *t, int64_t grace_ms)
{
    if (t->state != TASK_OVER)
        return;
    task_reopen(t);
    t->kill_left = true;
    t->spec.grace_ms = grace_ms;
    t->kill = KILL_NOT;
    t->look = true;
}

void task_reaped(struct task *t, int status)
{
    t->ended = true;
    t->look = true;
    t->status = status;
    t->ended_ms = clock_boot_ms();
    t->result.took_ms = t->ended_ms - t->started_ms;
    if (t->spec.tty)
        terminal_give_back(t);
}

static bool succeeded(const struct task *t)
{
    if (!WIFEXITED(t->status) || t->result.timed_out || t->result.cancelled)
        return false;
    for (const int *ok = t->spec.ok_exit; *ok >= 0; ok++)
        if (*ok == WEXITSTATUS(t->status))
            return true;
    return false;
}

static bool must_kill(const struct task *t)
{
    return t->kill_left || t->spec.left == LEFT_KILL || !succeeded(t);
}

static bool is_killing(const struct task *t)
{
    return t->kill == KILL_ASKED || t->kill == KILL_FORCED;
}

static bool has_timed_out(const struct task *t)
{
    return t->state == TASK_RUNNING && t->due_ms && !t->ended && t->kill == KILL_NOT &&
           t->keeping->now_ms >= t->due_ms;
}

static int64_t later(int64_t due_ms, int64_t now_ms, int64_t whole_ms)
{
    int64_t least = now_ms + (whole_ms < AWAKE_MS ? whole_ms : AWAKE_MS);

    return due_ms > least ? due_ms : least;
}

// The time in which it could not run, since nothing did, counts. But nobody is in time then.
void task_awake(struct task *t)
{
    if (t->due_ms)
        t->due_ms = later(t->due_ms, t->keeping->now_ms, t->spec.timeout_ms);
    if (t->kill == KILL_ASKED)
        t->kill_ms = later(t->kill_ms, t->keeping->now_ms, t->spec.grace_ms);
}

// What it left may be ending just now; only what goes on is worth naming or killing.
static bool is_lingering(struct task *t, bool drained)
{
    if (t->strays == BELONGS_NOT || t->kill != KILL_NOT)
        return false;
    if (drained && !t->drained_ms)
        t->drained_ms = t->keeping->now_ms;
    return !drained || t->keeping->now_ms < t->drained_ms + LINGER_MS;
}

static void consider_end(struct task *t)
{
    bool drained = task_drain(t);

    if (t->look)
        t->strays = task_strays(t);
    t->look = false;
    if (is_lingering(t, drained))
        return;
    if (t->strays == BELONGS && must_kill(t) && t->kill == KILL_NOT)
        stop(t, t->spec.grace_ms);
    if (drained && !(is_killing(t) && t->strays == BELONGS))
        task_over(t);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

// When something is due, if nothing happens before.
static int64_t next_due(const struct task *t)
{
    int64_t due = INT64_MAX;

    if (t->state == TASK_ASKED)
        return t->retry_ms;
    if (t->state == TASK_OVER)
        return INT64_MAX;
    if (!t->told)
        due = t->started_ms + TELL_MS;
    if (!t->watched && !t->ended)
        due = earlier(due, t->started_ms + WATCH_MS);
    if (t->due_ms && !t->ended && t->kill == KILL_NOT)
        due = earlier(due, t->due_ms);
    if (is_killing(t))
        due = earlier(due, t->kill_ms);
    if (t->ended && t->keeping->now_ms < t->ended_ms + DRAIN_MS)
        due = earlier(due, t->ended_ms + DRAIN_MS);
    if (t->drained_ms && t->keeping->now_ms < t->drained_ms + LINGER_MS)
        due = earlier(due, t->drained_ms + LINGER_MS);
    return due;
}

int64_t task_tick(struct task *t)
{
    struct keeping *k = t->keeping;

    if (t->state == TASK_ASKED && !k->gone && k->now_ms >= t->retry_ms)
        start_in_turn(t);
    if (t->state == TASK_RUNNING && k->now_ms >= t->started_ms + TELL_MS)
        task_tell_started(t);
    if (t->state == TASK_RUNNING && !t->ended && k->now_ms >= t->started_ms + WATCH_MS)
        task_watch(t);
    if (has_timed_out(t)) {
        t->result.timed_out = true;
        stop(t, t->spec.grace_ms);
    }
    if (t->state == TASK_RUNNING && is_killing(t) && k->now_ms >= t->kill_ms)
        force(t);
    if (t->state == TASK_RUNNING && t->ended)
        consider_end(t);
    else if (t->state == TASK_RUNNING && t->kill == KILL_GAVE_UP)
        task_over(t);
    return next_due(t);
}
