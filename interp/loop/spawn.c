#include "loop/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "loop/program.h"

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
        if (strncmp(*from, "RUNBOOK_STEP=", 13) != 0)
            *to++ = *from;
    *to++ = (char *)(uintptr_t)str_format(a, "RUNBOOK_STEP=%.*s", STR_ARG(s->marker)).s;
    *to = NULL;
    return env;
}

static void set_attributes(posix_spawnattr_t *attr, bool tty)
{
    sigset_t none, all;
    short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(attr);
    posix_spawnattr_setflags(attr, flags | (tty ? POSIX_SPAWN_SETPGROUP : POSIX_SPAWN_SETSID));
    posix_spawnattr_setsigdefault(attr, &all);
    posix_spawnattr_setsigmask(attr, &none);
}

static void set_actions(posix_spawn_file_actions_t *actions, const struct spawn *s)
{
    posix_spawn_file_actions_init(actions);
    for (int i = 0; i < 3; i++)
        posix_spawn_file_actions_adddup2(actions, s->stdio[i], i);
    if (s->spec->tty)
        posix_spawn_file_actions_addtcsetpgrp_np(actions, 0);
    if (s->spec->dir.n)
        posix_spawn_file_actions_addchdir_np(actions, s->spec->dir.s);
}

// The limit is inherited, so it is lowered for as long as it takes to inherit it.
// Descriptors that are open stay so.
static int with_file_limit(struct spawn *s, const char *program,
                           const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attr,
                           struct arena *a)
{
    struct rlimit ours;

    if (s->files)
        prlimit(0, RLIMIT_NOFILE, s->files, &ours);
    int error = posix_spawn(&s->pid, program, actions, attr, c_strings(s->spec->argv, a, 0),
                            environment(s, a));
    if (s->files)
        setrlimit(RLIMIT_NOFILE, &ours);
    return error;
}

static bool is_bad_dir(struct str dir)
{
    struct stat st;

    return dir.n && (stat(dir.s, &st) || !S_ISDIR(st.st_mode) ||
                     faccessat(AT_FDCWD, dir.s, X_OK, AT_EACCESS));
}

bool spawn(struct spawn *s)
{
    struct arena *a = arena_new(NULL);
    // posix_spawnp() would look in our PATH, not in the child's, and clone once a folder.
    const char *program = program_find(s->spec->argv[0], s->spec->env, s->spec->dir, a, &s->error);

    s->pid = 0;
    if (program) {
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attr;
        set_attributes(&attr, s->spec->tty);
        set_actions(&actions, s);
        s->error = with_file_limit(s, program, &actions, &attr, a);
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attr);
    }
    s->bad_dir = s->error && !spawn_may_retry(s->error) && is_bad_dir(s->spec->dir);
    arena_free(a);
    return s->error == 0;
}

bool spawn_may_retry(int error)
{
    return error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE;
}
