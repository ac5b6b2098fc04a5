// What the keeper costs: programs started through it, beside a bare posix_spawn() loop.
//
//     keeper-bench [COUNT [AT_ONCE [PROGRAM]]]

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "loop/child.h"

extern char **environ;

struct bench {
    int left, running, at_once;
    const char *program;
    struct loop *loop;
    struct keeper *keeper;
    struct arena *arena;
    struct str *env;
    int64_t failed;
};

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// Of us and all that we waited for.
static double processor(void)
{
    double sum = 0;
    struct rusage u;

    for (int who = RUSAGE_CHILDREN; who <= RUSAGE_SELF; who++) {
        getrusage(who, &u);
        sum += (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
               (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
    }
    return sum;
}

static double bare(const struct bench *b)
{
    char *argv[] = { (char *)(uintptr_t)b->program, NULL };
    double from = seconds();
    int running = 0;

    for (int left = b->left; left || running;) {
        for (pid_t pid; left && running < b->at_once; left--, running++)
            if (posix_spawn(&pid, b->program, NULL, NULL, argv, environ))
                abort();
        wait(NULL);
        running--;
    }
    return seconds() - from;
}

static void start_some(struct bench *b);

struct one {
    struct bench *bench;
    struct arena *arena;
    struct str name;
};

static void free_one(void *arg)
{
    struct one *one = arg;
    struct bench *b = one->bench;

    keeper_settled(b->keeper, one->name);
    arena_free(one->arena);
    b->running--;
    start_some(b);
}

static void ended(void *arg, const struct child_result *r)
{
    struct one *one = arg;

    if (r->end != CHILD_EXITED || r->status != 0) {
        if (one->bench->failed++ < 5)
            printf("%.*s: end %d, status %d, error %d\n", STR_ARG(one->name), r->end, r->status,
                   r->error);
    }
    loop_later(one->bench->loop, free_one, one);
}

static void start_some(struct bench *b)
{
    for (; b->left && b->running < b->at_once; b->left--, b->running++) {
        struct arena *a = arena_new(b->arena);
        struct one *one = NEW(a, struct one);
        struct str argv[] = { str_from(b->program), { NULL, 0 } };
        struct child_spec spec = { .name = str_format(a, "step.%d", b->left),
                                   .argv = argv,
                                   .env = b->env,
                                   .dir = STR("/"),
                                   .timeout_ms = 900000,
                                   .grace_ms = 10000 };
        *one = (struct one){ b, a, spec.name };
        child_start(b->keeper, a, &spec, NULL, ended, one);
    }
}

static double kept(struct bench b, struct str folder)
{
    size_t count = 0;

    b.arena = arena_new(NULL);
    while (environ[count])
        count++;
    b.env = NEW_ARRAY(b.arena, struct str, count + 1);
    for (size_t i = 0; i < count; i++)
        b.env[i] = str_from(environ[i]);
    double from = seconds();
    b.loop = loop_new(b.arena);
    b.keeper = keeper_start(b.loop, b.arena, folder, 0);
    if (!b.keeper)
        abort();
    start_some(&b);
    while (b.running && loop_turn(b.loop))
        ;
    keeper_stop(b.keeper, 10000);
    double took = seconds() - from;
    if (b.failed)
        printf("%lld failed\n", (long long)b.failed);
    arena_free(b.arena);
    return took;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "@keeper") == 0)
        return keeper_main(argc - 1, argv + 1);
    struct bench b = { .left = argc > 1 ? atoi(argv[1]) : 10000,
                       .at_once = argc > 2 ? atoi(argv[2]) : 2,
                       .program = argc > 3 ? argv[3] : "/bin/true" };
    char folder[] = "/tmp/keeper-bench-XXXXXX";

    if (!mkdtemp(folder))
        return 1;
    double with = kept(b, str_from(folder)), used = processor();
    double without = bare(&b), used_bare = processor() - used;
    rmdir(folder);
    printf("%d x %s, %d at once: %.3f s through the keeper, %.3f s bare, ratio %.2f\n", b.left,
           b.program, b.at_once, with, without, with / without);
    printf("processor time: %.3f s through the keeper, %.3f s bare, ratio %.2f\n", used, used_bare,
           used / used_bare);
    return 0;
}
