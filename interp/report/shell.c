#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "report/tty_inside.h"

extern char **environ;

struct visit {
    struct tty *tty;
    pid_t pid;
    struct termios mode;
    void (*then)(void *arg);
    void *arg;
};

static void wait_for_shell(void *arg)
{
    struct visit *v = arg;

    while (waitpid(v->pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

// The terminal is ours again, as it was.
static void come_back(void *arg)
{
    struct visit *v = arg;

    tcsetpgrp(v->tty->fd, getpgrp());
    tcsetattr(v->tty->fd, TCSADRAIN, &v->mode);
    v->then(v->arg);
}

static char **environment_with(struct arena *a, struct str more)
{
    size_t n = 0;

    while (environ[n])
        n++;
    char **all = NEW_ARRAY(a, char *, n + 2);
    memcpy(all, environ, n * sizeof *all);
    all[n] = (char *)str_copy(a, more).s;
    return all;
}

// A shell of its own process group, in front, with the signals of a program that was
// started from a terminal.
static int spawn_shell(struct tty *t, const char *shell, char *const *env, pid_t *pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t all, none;
    char *argv[] = { (char *)shell, NULL };

    sigfillset(&all);
    sigemptyset(&none);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&how);
    posix_spawn_file_actions_addtcsetpgrp_np(&files, t->fd);
    for (int fd = 0; fd < 3; fd++)
        posix_spawn_file_actions_addopen(&files, fd, "/dev/tty", O_RDWR, 0);
    posix_spawnattr_setpgroup(&how, 0);
    posix_spawnattr_setsigdefault(&how, &all);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                                       POSIX_SPAWN_SETSIGMASK);
    int error = posix_spawnp(pid, shell, &files, &how, argv, env);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&how);
    return error;
}

bool tty_shell(struct tty *t, struct str environment, void (*then)(void *arg), void *arg)
{
    const char *shell = getenv("SHELL");
    struct visit *v = NEW(t->arena, struct visit);

    *v = (struct visit){ .tty = t, .then = then, .arg = arg };
    tty_rest(t);
    if (tcgetattr(t->fd, &v->mode) < 0)
        return false;
    char **env = environment_with(t->arena, environment);
    if (spawn_shell(t, shell && *shell ? shell : "/bin/sh", env, &v->pid))
        return false;
    loop_work(t->loop, wait_for_shell, come_back, v);
    return true;
}
