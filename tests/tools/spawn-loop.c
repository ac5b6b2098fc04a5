// spawn-loop COUNT PARALLEL COMMAND...: starts a command so many times, so many at once,
// with posix_spawn, and waits for all of them. The baseline of tests/bench/steps.sh: what
// the machine needs for the processes alone.

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

extern char **environ;

static void start(char **command)
{
    pid_t pid;

    if (posix_spawnp(&pid, command[0], NULL, NULL, command, environ) != 0) {
        perror(command[0]);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    long count = atol(argv[1]), room = atol(argv[2]);

    for (; count > 0; count--) {
        if (room > 0)
            room--;
        else
            wait(NULL);
        start(argv + 3);
    }
    while (wait(NULL) > 0)
        ;
    return 0;
}
