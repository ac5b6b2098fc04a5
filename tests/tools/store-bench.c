// How long the store takes.
//
//     store-bench STORE runs N      list N runs
//     store-bench STORE events N    take a run of N events, all checked
//     store-bench STORE steps N     spawn N processes one after the other, bare, and again
//                                   with a result and the next intent committed in between

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "base/arena.h"
#include "loop/loop.h"
#include "store/store.h"
#include "tests/unit/store_opens.h"

extern char **environ;

static struct arena *arena;
static struct diags ds;
static struct store *store;
static struct loop *loop;

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(bool fine)
{
    if (fine)
        return;
    fprintf(stderr, "%s\n", ds.first ? ds.first->message.s : "failed");
    exit(1);
}

static void add(struct journal *j, const char *type)
{
    struct arena *a = arena_new(NULL);

    journal_add(j, str_from(type),
                str_format(a,
                           "{\"v\":1,\"seq\":%d,\"ts\":\"2026-09-21T14:02:11.204Z\",\"run\":"
                           "\"7kq2f\",\"type\":\"%s\",\"step\":\"restore\",\"attempt\":1,"
                           "\"state\":\"succeeded\",\"took_ms\":831204,\"result\":{\"exit\":0}}",
                           (int)journal_next_seq(j), type));
    arena_free(a);
}

static void list_runs(int n)
{
    const struct run_row *rows;
    size_t count;

    for (int i = 0; i < n; i++) {
        struct arena *a = arena_new(NULL);
        struct journal *j;
        struct run_row row = { .runbook = STR("deploy"),
                               .state = STR("final"),
                               .started = STR("2026-09-21T14:02:11.204Z") };
        must(journal_create(store, a, STR(""), &j, &ds) == STORE_OK);
        journal_row(j, &row);
        must(journal_commit_now(j, &ds));
        journal_close(j);
        arena_free(a);
    }
    double start = now();
    must(store_runs(store, arena, 0, &rows, &count, &ds) == STORE_OK);
    printf("%zu runs listed in %.0f ms\n", count, (now() - start) * 1e3);
}

static void take_long_run(int n)
{
    struct journal *j;

    must(journal_create(store, arena, STR("long"), &j, &ds) == STORE_OK);
    for (int i = 0; i < n; i++)
        add(j, "step.end");
    must(journal_commit_now(j, &ds));
    journal_close(j);
    double start = now();
    must(journal_open(store, STR("long"), arena, &j, &ds) == STORE_OK);
    printf("a run of %d events taken in %.0f ms\n", n, (now() - start) * 1e3);
    journal_close(j);
}

static void spawn(void)
{
    char name[] = "true", *argv[] = { name, NULL };
    pid_t pid;

    must(posix_spawn(&pid, "/bin/true", NULL, NULL, argv, environ) == 0);
    waitpid(pid, NULL, 0);
}

static void is_durable(void *arg, bool ok)
{
    must(ok);
    *(bool *)arg = true;
}

static double steps(struct journal *j, int n)
{
    double start = now();

    for (int i = 0; i < n; i++) {
        bool durable = !j;
        if (j) {
            add(j, "step.end");
            add(j, "step.start");
            journal_commit(j, is_durable, &durable);
        }
        while (!durable)
            loop_turn(loop);
        spawn();
    }
    return now() - start;
}

static void journal_steps(int n)
{
    struct journal *j;

    must(journal_create(store, arena, STR(""), &j, &ds) == STORE_OK);
    double bare = steps(NULL, n), with = steps(j, n);
    journal_close(j);
    printf("%d steps: bare %.2f s, journalled %.2f s, %.2fx, %.0f us a commit\n", n, bare, with,
           with / bare, (with - bare) / n * 1e6);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    arena = arena_new(NULL);
    ds = (struct diags){ .arena = arena };
    loop = loop_new(arena);
    store = store_open(arena, loop, str_from(argv[1]), true, &ds);
    must(store != NULL);
    int n = atoi(argv[3]);
    if (*argv[2] == 'r')
        list_runs(n);
    else if (*argv[2] == 'e')
        take_long_run(n);
    else
        journal_steps(n);
    arena_free(arena);
    return 0;
}
