// main() of `runbook @keeper SOCKET MARKS PATH`: two descriptors, and the path of the marks.
//
// What it makes of the process that it is, once, so that its children need not be rid of it.

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/arena.h"
#include "loop/keeping.h"
#include "loop/marks.h"
#include "loop/spawn.h"

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
                           .brief = arena_new(a),
                           .socket = atoi(argv[1]),
                           .marks = atoi(argv[2]),
                           .marks_path = str_from(argv[3]),
                           .terminal.fd = -1,
                           .alarm_ms = INT64_MAX,
                           .stack = NEW_ARRAY(a, char, SPAWN_STACK) };
    k->folder = folder_of(k->marks_path);
    k->variable = str_format(a, MARKER_VARIABLE "=%s", marks_marker(k->marks_path, STR(""), a).s);
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
    k->marks_head = marks_head(k->marks);
    bool ready = k->marks_head >= 0 && marks_sync(k->marks, k->marks_path);
    k->unsynced = ready ? 0 : errno;
    while (keeping_tick(k))
        keeping_wait(k);
    finish(k);
    arena_free(a);
    return 0;
}
