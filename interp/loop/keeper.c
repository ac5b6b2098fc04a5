// main() of `runbook @keeper SOCKET MARKS PATH`: two descriptors, and the path of the marks.

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "loop/keeping.h"
#include "loop/marks.h"
#include "loop/spawn.h"
#include "loop/wire.h"

enum { EVENTS = 64, RECEIVE = 64 * 1024, LOOKS = 30 };

// ---- telling

static void hang_up(struct keeping *k)
{
    if (k->gone)
        return;
    k->gone = true;
    epoll_ctl(k->epoll, EPOLL_CTL_DEL, k->socket, NULL);
    buf_free(&k->out);
    marks_hangup(k->marks);
}

static void choke(struct keeping *k, bool choked)
{
    struct epoll_event e = { choked ? 0 : EPOLLIN, { .ptr = &k->pipes } };

    if (k->choked != choked)
        epoll_ctl(k->epoll, EPOLL_CTL_MOD, k->pipes, &e);
    k->choked = choked;
}

static void want_writing(struct keeping *k, bool writing)
{
    struct epoll_event e = { EPOLLIN | (writing ? EPOLLOUT : 0), { .ptr = &k->socket } };

    if (k->writing != writing && !k->gone)
        epoll_ctl(k->epoll, EPOLL_CTL_MOD, k->socket, &e);
    k->writing = writing;
}

// The first [n] bytes, and a lot of room if it was needed only once.
static void forget(struct buf *b, size_t n)
{
    if (n == b->n && b->room > ROOM_MAX)
        buf_free(b);
    else
        buf_drop(b, n);
}

static void flush(struct keeping *k)
{
    size_t sent = 0;

    while (!k->gone && sent < k->out.n) {
        ssize_t n = send(k->socket, k->out.s + sent, k->out.n - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0 && errno != EINTR)
            hang_up(k);
        sent += n > 0 ? (size_t)n : 0;
    }
    if (!k->gone)
        forget(&k->out, sent);
    want_writing(k, k->out.n > 0);
    choke(k, k->out.n > OUT_MAX);
}

void keeping_tell(struct keeping *k, struct frame head, struct str body)
{
    if (k->gone)
        return;
    frame_put(&k->out, head, body);
    if (k->out.n > OUT_MAX)
        flush(k);
}

// ---- being asked

static struct task *find_task(struct keeping *k, uint32_t id)
{
    struct task *t = k->tasks;

    while (t && t->id != id)
        t = t->next;
    return t;
}

// One whose result was saved for want of memory is in a file by now.
static void settled(struct keeping *k, struct str name)
{
    struct arena *a = arena_new(NULL);
    struct task *t = k->tasks;

    while (t && !str_equal(t->spec.name, name))
        t = t->next;
    if (t && t->state == TASK_OVER)
        task_free(t);
    else if (!t)
        unlink(str_format(a, "%.*s/%.*s.result", STR_ARG(k->folder), STR_ARG(name)).s);
    arena_free(a);
}

static void stop_now(struct keeping *k)
{
    k->stopping = true;
    for (struct task *t = k->tasks; t; t = t->next)
        task_cancel(t, true);
}

// Of a child that was settled, nothing is known any more.
static void tell_lost(struct keeping *k, uint32_t id)
{
    struct buf body = BUF_EMPTY;

    put_result(&body, &(struct child_result){ .end = CHILD_LOST });
    keeping_tell(k, (struct frame){ .type = TELL_END, .id = id }, buf_str(&body));
    buf_free(&body);
}

static void answer(struct keeping *k, struct frame head, struct str body)
{
    struct task *t = find_task(k, head.id);
    struct taking taking = { body };

    switch (head.type) {
    case ASK_START:
        task_ask(k, head.id, body);
        break;
    case ASK_CANCEL:
        if (t)
            task_cancel(t, take_number(&taking));
        break;
    case ASK_KILL_LEFT:
        if (t)
            task_kill_left(t, take_number(&taking));
        else
            tell_lost(k, head.id);
        break;
    case ASK_SETTLED:
        settled(k, take_text(&taking));
        break;
    case ASK_STOP:
        k->stopping = true;
        break;
    case ASK_STOP_NOW:
        stop_now(k);
        break;
    default:
        k->broken = true;
    }
}

static void receive(struct keeping *k)
{
    struct frame head;
    struct str body;
    size_t at = 0;
    ssize_t n;

    do {
        n = recv(k->socket, buf_reserve(&k->in, RECEIVE), RECEIVE, MSG_DONTWAIT);
        k->in.n += n > 0 ? (size_t)n : 0;
    } while (n == RECEIVE || (n < 0 && errno == EINTR));
    bool gone = n == 0 || (n < 0 && errno != EAGAIN);
    buf_add(&k->in, STR(""));
    while (!k->broken && frame_next(buf_str(&k->in), &at, &head, &body, &k->broken))
        answer(k, head, body);
    forget(&k->in, at);
    if (gone || k->broken)
        hang_up(k);
}

// ---- children

// On ^Z a child that has the terminal stops, and nobody would ever continue it.
static void keep_going(struct keeping *k, pid_t pid, int signo)
{
    if (signo != SIGTSTP && signo != SIGTTIN && signo != SIGTTOU)
        return;
    for (struct task *t = k->tasks; t; t = t->next)
        if (t->pid == pid && t->spec.tty && t->kill == KILL_NOT && !terminal_is_lost(t))
            kill(-pid, SIGCONT);
}

static void reaped(struct keeping *k, pid_t pid, int status)
{
    known_forget(k, pid);
    for (struct task *t = k->tasks; t; t = t->next) {
        t->look = true;
        if (t->pid == pid && !t->ended)
            task_reaped(t, status);
    }
}

static bool reap(struct keeping *k)
{
    bool any = false;
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
        if (WIFSTOPPED(status))
            keep_going(k, pid, WSTOPSIG(status));
        else
            reaped(k, pid, status);
        any = true;
    }
    // Whatever has lost its parent is our child, so that nobody is below us either.
    k->childless = pid < 0 && errno == ECHILD;
    return any;
}

static void signalled(struct keeping *k)
{
    struct signalfd_siginfo info[8];

    if (read(k->signals, info, sizeof info) > 0)
        reap(k);
}

// A process closes its pipes a few microseconds before it ends: to look again at once is
// cheaper than to be woken twice.
static void expect_end(struct keeping *k)
{
    for (int i = 0; i < LOOKS; i++)
        if (reap(k))
            return;
}

static bool is_about_to_end(const struct task *t)
{
    return !t->ended && t->out[0].fd < 0 && t->out[1].fd < 0;
}

static void read_pipes(struct keeping *k)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(k->pipes, events, EVENTS, 0);

    for (int i = 0; i < n; i++)
        outlet_read(events[i].data.ptr);
    for (int i = 0; i < n; i++)
        if (is_about_to_end(((struct outlet *)events[i].data.ptr)->task)) {
            expect_end(k);
            return;
        }
}

// ---- the loop

// What is due soon. Most of that is about children that end sooner, and so is not worth an alarm.
static int near_ms(const struct keeping *k)
{
    int64_t rest = k->due_ms - clock_boot_ms();

    return rest > NEAR_MS ? -1 : rest > 0 ? (int)rest : 0;
}

// On boot time. One that comes too early is cheaper than one that is moved for every child.
static void set_alarm(struct keeping *k)
{
    struct itimerspec when = { 0 };

    if (k->due_ms >= k->alarm_ms || near_ms(k) >= 0)
        return;
    when.it_value.tv_sec = k->due_ms / 1000;
    when.it_value.tv_nsec = k->due_ms % 1000 * 1000000 + 1;  // 0 would disarm it
    timerfd_settime(k->clock, TFD_TIMER_ABSTIME, &when, NULL);
    k->alarm_ms = k->due_ms;
}

// Something should have been done long ago: we were stopped, or the machine slept.
static void look_around(struct keeping *k)
{
    if (k->now_ms - ABSENT_MS < k->due_ms)
        return;
    for (struct task *t = k->tasks; t; t = t->next)
        if (t->state == TASK_RUNNING)
            task_awake(t);
}

static void wait_for_something(struct keeping *k)
{
    struct epoll_event events[8];
    uint64_t expirations;
    int n = epoll_wait(k->epoll, events, 8, near_ms(k));

    k->now_ms = clock_boot_ms();
    // After a pause of ours, what has ended meanwhile is not late.
    if (k->now_ms >= k->due_ms)
        reap(k);
    look_around(k);
    for (int i = 0; i < n; i++) {
        if (events[i].data.ptr == &k->clock && read(k->clock, &expirations, 8) > 0)
            k->alarm_ms = INT64_MAX;
        if (events[i].data.ptr == &k->signals)
            signalled(k);
        if (events[i].data.ptr == &k->pipes && !k->choked)
            read_pipes(k);
        if (events[i].data.ptr == &k->socket && !k->gone)
            receive(k);
    }
}

static bool is_busy(const struct keeping *k)
{
    const struct task *t = k->tasks;

    while (t && t->state == TASK_OVER)
        t = t->next;
    return t;
}

static bool is_too_much(const struct keeping *k)
{
    return k->unsettled > UNSETTLED_MAX || k->unsettled_bytes > UNSETTLED_BYTES;
}

// When the interpreter is gone, nothing more is started, and results are left for the next
// one. So are those that it did not settle before it stopped us, and the oldest when there
// are too many.
static void tidy(struct keeping *k)
{
    bool all = k->gone || (k->stopping && !is_busy(k));

    for (struct task *t = k->tasks, *next; t; t = next) {
        next = t->next;
        if (t->state == TASK_ASKED && k->gone)
            task_free(t);
        else if (t->state == TASK_OVER && (all || is_too_much(k)))
            task_save(t);
    }
}

// Does all that is due. False: nothing is left to do.
static bool tick(struct keeping *k)
{
    k->due_ms = INT64_MAX;
    for (struct task *t = k->tasks; t; t = t->next) {
        int64_t its = task_tick(t);
        k->due_ms = its < k->due_ms ? its : k->due_ms;
    }
    flush(k);
    tidy(k);
    set_alarm(k);
    return is_busy(k) || !(k->gone || (k->stopping && k->out.n == 0));
}

static void add_event(struct keeping *k, int *fd)
{
    struct epoll_event e = { EPOLLIN, { .ptr = fd } };

    epoll_ctl(k->epoll, EPOLL_CTL_ADD, *fd, &e);
}

// No core of ours or a child's, since it would hold secrets; and nobody looks into us.
static void be_discreet(void)
{
    struct rlimit core;

    prctl(PR_SET_NAME, "runbook-keeper");
    prctl(PR_SET_DUMPABLE, 0);
    getrlimit(RLIMIT_CORE, &core);
    core.rlim_cur = 0;
    setrlimit(RLIMIT_CORE, &core);
}

// Its soft part only, for which no rights are needed. Children get what we got: programs
// that use select() cannot bear more.
static void raise_file_limit(struct keeping *k)
{
    getrlimit(RLIMIT_NOFILE, &k->files);
    k->raised = k->files.rlim_cur < k->files.rlim_max &&
                setrlimit(RLIMIT_NOFILE,
                          &(struct rlimit){ k->files.rlim_max, k->files.rlim_max }) == 0;
}

// Past the C library, which keeps two signals to itself. The disposition is the first member of
// what the kernel calls a sigaction.
static void take_signals(void)
{
    static const uint64_t all = UINT64_MAX, none[8];
    uint64_t action[8];

    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof all);
    for (int signo = 1; signo <= 64; signo++)
        if (syscall(SYS_rt_sigaction, signo, NULL, action, sizeof all) == 0 &&
            action[0] == (uint64_t)(uintptr_t)SIG_IGN)
            syscall(SYS_rt_sigaction, signo, none, NULL, sizeof all);
}

static void open_all(struct keeping *k)
{
    char path[64];
    sigset_t child;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    k->children = open(path, O_RDONLY | O_CLOEXEC);
    k->signals = signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC);
    k->clock = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    k->epoll = epoll_create1(EPOLL_CLOEXEC);
    k->pipes = epoll_create1(EPOLL_CLOEXEC);
    add_event(k, &k->socket);
    add_event(k, &k->signals);
    add_event(k, &k->clock);
    add_event(k, &k->pipes);
}

static struct str folder_of(struct str path)
{
    size_t n = path.n;

    while (n > 0 && path.s[n - 1] != '/')
        n--;
    return str_slice(path, 0, n > 1 ? n - 1 : n);
}

static void finish(struct keeping *k)
{
    if (!k->gone && !k->left_results)
        unlink(k->marks_path.s);
    while (k->tasks)
        task_free(k->tasks);
    if (k->cgroup)
        cgroup_close(k->cgroup);
    free(k->known);
    buf_free(&k->in);
    buf_free(&k->out);
}

// What was inherited by mistake would go on to the children.
static void close_others(int one, int other)
{
    unsigned low = (unsigned)(one < other ? one : other);
    unsigned high = (unsigned)(one < other ? other : one);

    if (low > 3)
        close_range(3, low - 1, 0);
    if (high > low + 1)
        close_range(low + 1, high - 1, 0);
    close_range(high + 1, ~0U, 0);
}

int keeper_main(int argc, char **argv)
{
    struct arena *a = arena_new(NULL);
    struct keeping *k = NEW(a, struct keeping);

    if (argc != 4) {
        fputs("runbook: @keeper is started by runbook itself\n", stderr);
        return 2;
    }
    *k = (struct keeping){ .arena = a,
                           .socket = atoi(argv[1]),
                           .marks = atoi(argv[2]),
                           .marks_path = str_from(argv[3]),
                           .terminal.fd = -1,
                           .alarm_ms = INT64_MAX,
                           .stack = NEW_ARRAY(a, char, SPAWN_STACK) };
    k->folder = folder_of(k->marks_path);
    k->tasks_end = &k->tasks;
    close_others(k->socket, k->marks);
    fcntl(k->socket, F_SETFD, FD_CLOEXEC);
    fcntl(k->marks, F_SETFD, FD_CLOEXEC);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    take_signals();
    be_discreet();
    raise_file_limit(k);
    open_all(k);
    k->cgroup = cgroup_new(a);
    k->unsynced = marks_sync(k->marks, k->marks_path) ? 0 : errno;
    while (tick(k))
        wait_for_something(k);
    finish(k);
    arena_free(a);
    return 0;
}
