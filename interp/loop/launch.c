#include "loop/launch.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>

#include "base/arena.h"

int launch_keeper(int socket, int marks, struct str path, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t all;
    struct arena *a = arena_new(NULL);
    const char *argv[] = {
        "runbook", "@keeper", str_format(a, "%d", socket).s, str_format(a, "%d", marks).s,
        path.s,    NULL
    };
    const char *library_path = getenv("LD_LIBRARY_PATH");
    const char *env[] = { NULL, NULL };

    if (library_path)
        env[0] = str_format(a, "LD_LIBRARY_PATH=%s", library_path).s;
    sigfillset(&all);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attr, &all);
    posix_spawn_file_actions_init(&actions);
    for (int fd = 0; fd < 3; fd++)
        posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
    // Onto themselves: that lets them through the exec.
    posix_spawn_file_actions_adddup2(&actions, socket, socket);
    posix_spawn_file_actions_adddup2(&actions, marks, marks);
    int error = posix_spawn(pid, "/proc/self/exe", &actions, &attr, (char **)(uintptr_t)argv,
                            (char **)(uintptr_t)env);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attr);
    arena_free(a);
    return error;
}
