// `runbook @ssh-line`: keeps one connection open, for as long as somebody may use it.

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "action/shell/remote_line.h"

static void on_term(int signo)
{
    (void)signo;  // interrupts what blocks
}

int remote_line_users(const char *socket)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s.users", socket);
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
}

// ssh reads a % as the beginning of something else.
static void control_path(char *out, size_t room, const char *socket)
{
    size_t n = (size_t)snprintf(out, room, "ControlPath=");

    for (; *socket && n + 3 < room; socket++) {
        if (*socket == '%')
            out[n++] = '%';
        out[n++] = *socket;
    }
    out[n] = '\0';
}

static pid_t start(const char *host, const char *socket)
{
    char path[512];
    // clang-format off
    const char *const argv[] = {
        "ssh", "-M", "-N", "-T", "-x", "-o", "BatchMode=yes", "-o", "ConnectTimeout=15",
        "-o", "ControlPersist=no", "-o", "ClearAllForwardings=yes", "-o", "RemoteCommand=none",
        "-o", "PermitLocalCommand=yes", "-o", "LocalCommand=echo ready",
        "-o", "ServerAliveInterval=10", "-o", "ServerAliveCountMax=3", "-o", path,
        "--", host, NULL
    };
    // clang-format on
    posix_spawnattr_t attr;
    sigset_t none;
    pid_t pid;

    control_path(path, sizeof(path), socket);
    sigemptyset(&none);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attr, &none);
    int error = posix_spawnp(&pid, "ssh", NULL, &attr, (char **)(uintptr_t)argv, environ);
    posix_spawnattr_destroy(&attr);
    return error ? -1 : pid;
}

// Until the connection ends, we are told to end, or the interpreter is gone: true then.
static bool wait_for_end(pid_t ssh, pid_t interpreter, const sigset_t *open)
{
    struct pollfd fds[] = { { pidfd_open(ssh, 0), POLLIN, 0 },
                            { pidfd_open(interpreter, 0), POLLIN, 0 } };

    if (fds[1].fd < 0)
        return true;
    return ppoll(fds, 2, NULL, open) > 0 && !fds[0].revents;
}

// Scripts that run on without an interpreter still need it.
static void wait_for_users(const char *socket)
{
    int fd = remote_line_users(socket);

    while (fd >= 0 && flock(fd, LOCK_EX) != 0 && errno == EINTR)
        ;
}

static void remove_files(const char *socket)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s.users", socket);
    unlink(path);
    unlink(socket);
}

int remote_line_worker(int argc, char **argv)
{
    struct sigaction term = { .sa_handler = on_term };
    sigset_t blocked, open;
    int status = 0;

    if (argc != 4)
        return 2;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, &open);
    sigaction(SIGTERM, &term, NULL);
    pid_t ssh = start(argv[1], argv[2]);
    if (ssh < 0)
        return 255;
    if (wait_for_end(ssh, (pid_t)atoi(argv[3]), &open))
        wait_for_users(argv[2]);
    kill(ssh, SIGTERM);
    waitpid(ssh, &status, 0);
    remove_files(argv[2]);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}
