// The process that goes on with one run: `runbook resume RUN --detach`.

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "cli/taking.h"
#include "loop/loop.h"
#include "report/harmless.h"
#include "report/lines.h"

extern char **environ;

struct running {
    struct job job;
    void (*ended)(struct taking *t, struct str run, int code, int signo);
};

// ---- its command line

enum { WORDS = 24 };

static void add(const char **words, size_t *n, const char *word)
{
    if (*n < WORDS - 1)
        words[(*n)++] = word;
}

// Only what was said on our own command line: a password of a project's store is in none.
static void add_words(struct taking *t, const struct run_row *row, struct arena *a,
                      const char **words)
{
    struct invocation *v = t->v;
    size_t n = 0;

    add(words, &n, "runbook");
    add(words, &n, "resume");
    add(words, &n, str_copy(a, row->id).s);
    add(words, &n, "--detach");
    add(words, &n, "--no-input");
    add(words, &n, "--progress=plain");
    add(words, &n, "--color=never");
    if (flag_given(v, "store")) {
        add(words, &n, "--store");
        add(words, &n, str_copy(a, flag_text(v, "store")).s);
    }
    if (flag_given(v, "q"))
        add(words, &n, "-q");
    if (flag_given(v, "v"))
        add(words, &n, "-v");
}

// Ours, with who takes it, what it was when it was looked at, what for, and the claim.
static char **environment(const struct taking *t, const struct run_row *row, bool calls,
                          const struct claim *claim, struct arena *a)
{
    size_t n = 0;

    while (environ[n])
        n++;
    char **all = NEW_ARRAY(a, char *, n + 2);
    for (size_t i = 0; i < n; i++)
        all[i] = environ[i];
    all[n] = (char *)(uintptr_t)str_format(a, "RUNBOOK_WORKER=%.*s %.*s %s %.*s", STR_ARG(t->name),
                                           STR_ARG(row->ended), calls ? "call" : "go",
                                           STR_ARG(claim->mark))
                 .s;
    return all;
}

// A session of its own, so that no signal and no terminal of ours reaches it.
static int spawn(const char **words, char **env, int said, int *pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t none, all;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&files, said, 2);
    posix_spawnattr_init(&how);
    posix_spawnattr_setflags(&how,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigdefault(&how, &all);
    posix_spawnattr_setsigmask(&how, &none);
    int error = posix_spawn(pid, "/proc/self/exe", &files, &how, (char **)(uintptr_t)words, env);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    return error;
}

// ---- what it says, and its end

static void print_line(struct str line, void *arg)
{
    const struct job *j = arg;
    struct arena *a = arena_new(NULL);

    fprintf(stderr, "%.*s | %.*s\n", STR_ARG(j->run), STR_ARG(harmless_text(line, a)));
    arena_free(a);
}

static void unlink_job(struct job *j)
{
    struct job **link = &j->taking->jobs;

    while (*link != j)
        link = &(*link)->next;
    *link = j->next;
    j->taking->job_count--;
}

// Its standard error is closed when it and all that it handed it to are gone; its keeper has
// another. So its end is near.
static void reap(void *arg)
{
    struct job *j = arg;
    struct running *r = (struct running *)j;
    struct taking *t = j->taking;
    int status = 0;

    while (waitpid(j->pid, &status, 0) < 0 && errno == EINTR)
        ;
    int signo = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    int code = signo ? 128 + signo : WEXITSTATUS(status);
    lines_end(j->lines, print_line, j);
    unlink_job(j);
    store_claim_drop(t->store, &j->claim);
    r->ended(t, j->run, code, signo);
    arena_free(j->arena);
}

static void read_some(void *arg, int events)
{
    struct job *j = arg;
    char bytes[8192];
    ssize_t n = read(j->fd, bytes, sizeof bytes);

    (void)events;
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n > 0) {
        lines_feed(j->lines, (struct str){ bytes, (size_t)n }, 0, print_line, j);
        return;
    }
    watch_stop(j->watch);
    close(j->fd);
    loop_later(j->taking->loop, reap, j);
}

bool job_start(struct taking *t, const struct run_row *row, bool calls, const struct claim *claim,
               void (*ended)(struct taking *t, struct str run, int code, int signo))
{
    struct arena *a = arena_new(t->v->arena);
    struct running *r = NEW(a, struct running);
    const char *words[WORDS] = { NULL };
    int ends[2];

    *r = (struct running){ .job = { .taking = t, .arena = a, .claim = *claim }, .ended = ended };
    r->job.run = r->job.claim.run = str_copy(a, claim->run);
    r->job.claim.mark = str_copy(a, claim->mark);
    r->job.lines = NEW(a, struct lines);
    *r->job.lines = (struct lines){ .all = true };
    add_words(t, row, a, words);
    int error = pipe2(ends, O_CLOEXEC) < 0 ? errno : 0;
    if (!error) {
        error = spawn(words, environment(t, row, calls, claim, a), ends[1], &r->job.pid);
        close(ends[1]);
        if (error)
            close(ends[0]);
    }
    if (error) {
        arena_free(a);
        errno = error;
        return false;
    }
    r->job.fd = ends[0];
    r->job.watch = loop_watch(t->loop, a, ends[0], WATCH_READ, read_some, &r->job);
    r->job.next = t->jobs;
    t->jobs = &r->job;
    t->job_count++;
    return true;
}

void jobs_stop(struct taking *t)
{
    for (const struct job *j = t->jobs; j; j = j->next)
        kill(j->pid, SIGTERM);
}
