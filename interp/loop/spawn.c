#include "loop/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "loop/marks.h"
#include "loop/program.h"

// What the child is given, and what it tells: our memory is its own.
struct start {
    const struct spawn *spawn;
    const char *program;
    char **argv, **env;
    int error;  // errno; 0: no call of it has failed
};

static char **c_strings(const struct str *texts, struct arena *a, size_t extra)
{
    size_t count = 0;

    while (texts[count].s)
        count++;
    char **all = NEW_ARRAY(a, char *, count + extra + 1);
    for (size_t i = 0; i < count; i++)
        all[i] = (char *)(uintptr_t)texts[i].s;
    return all;
}

// With the marker, and without one that we were given ourselves.
static char **environment(const struct spawn *s, struct arena *a)
{
    char **env = c_strings(s->spec->env, a, 1), **to = env;

    for (char **from = env; *from; from++)
        if (strncmp(*from, MARKER_VARIABLE "=", sizeof MARKER_VARIABLE) != 0)
            *to++ = *from;
    *to++ = (char *)(uintptr_t)s->marker.s;
    *to = NULL;
    return env;
}

// ---- in the child: system calls, and nothing that changes our memory but [errno]

static bool take_stdio(const struct spawn *s)
{
    for (int i = 0; i < 3; i++)
        if (s->stdio[i] != i && dup2(s->stdio[i], i) < 0)
            return false;
    return !s->spec->tty || tcsetpgrp(0, getpid()) == 0;
}

// Before it can start anything. One that cannot be held so is found as without a box.
static void enter_box(const struct spawn *s)
{
    if (s->door > 0)
        (void)!write(s->door, "0", 1);
}

static bool prepare(const struct spawn *s)
{
    sigset_t none;

    sigemptyset(&none);
    enter_box(s);
    return (s->spec->tty ? setpgid(0, 0) == 0 : setsid() > 0) && take_stdio(s) &&
           (!s->files || setrlimit(RLIMIT_NOFILE, s->files) == 0) &&
           (!s->spec->dir.n || chdir(s->spec->dir.s) == 0) &&
           sigprocmask(SIG_SETMASK, &none, NULL) == 0;
}

// Its return is the end of the child.
static int become(void *arg)
{
    struct start *st = arg;

    if (prepare(st->spawn))
        execve(st->program, st->argv, st->env);
    st->error = errno;
    return 127;
}

// ---- in the keeper

// A child that was killed before its program is one that was started: it is reaped as such.
static int start(struct spawn *s, const char *program, struct arena *a)
{
    struct start st = { .spawn = s,
                        .program = program,
                        .argv = c_strings(s->spec->argv, a, 0),
                        .env = environment(s, a) };
    pid_t pid = clone(become, s->stack + SPAWN_STACK, CLONE_VM | CLONE_VFORK | SIGCHLD, &st);

    if (pid < 0)
        return errno;
    if (st.error)
        waitpid(pid, NULL, 0);
    else
        s->pid = pid;
    return st.error;
}

static bool is_bad_dir(struct str dir)
{
    struct stat st;

    return dir.n && (stat(dir.s, &st) || !S_ISDIR(st.st_mode) ||
                     faccessat(AT_FDCWD, dir.s, X_OK, AT_EACCESS));
}

bool spawn(struct spawn *s)
{
    struct arena *a = s->arena;
    // posix_spawnp() would look in our PATH, not in the child's, and clone once a folder.
    const char *program = program_find(s->spec->argv[0], s->spec->env, s->spec->dir, a, &s->error);

    s->pid = 0;
    if (program)
        s->error = start(s, program, a);
    s->bad_dir = s->error && !spawn_may_retry(s->error) && is_bad_dir(s->spec->dir);
    arena_empty(a);
    return s->error == 0;
}

bool spawn_may_retry(int error)
{
    return error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE;
}
