// For the tests of processes: this test program is its own keeper, and a child is run and
// waited for in one line.

#pragma once

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "loop/child.h"
#include "loop/process.h"
#include "tests/unit/test.h"

// Before main(): `this-program @keeper ...`.
__attribute__((constructor)) static void be_keeper(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "@keeper") == 0)
        exit(keeper_main(argc - 1, argv + 1));
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static void remove_folder(void *arg)
{
    nftw(arg, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

// An empty folder that is removed with [scratch].
static struct str new_folder(void)
{
    struct str folder = str_copy(scratch, STR("/tmp/keeper-test-XXXXXX"));
    char *path = (char *)(uintptr_t)folder.s;

    if (!mkdtemp(path))
        abort();
    arena_defer(scratch, remove_folder, path);
    return folder;
}

struct setting {
    struct loop *loop;
    struct keeper *keeper;
    struct str folder;
};

static void stop_setting(void *arg)
{
    struct setting *s = arg;

    keeper_stop(s->keeper, 0);
}

static struct setting *new_setting(void)
{
    struct setting *s = NEW(scratch, struct setting);

    s->folder = new_folder();
    s->loop = loop_new(scratch);
    s->keeper = keeper_start(s->loop, scratch, s->folder, 0);
    if (!s->keeper)
        abort();
    arena_defer(scratch, stop_setting, s);
    return s;
}

struct ran {
    struct child *child;
    struct child_result r;
    struct buf *out, *err;
    int ends;         // how often it was told
    struct str left;  // commands, each followed by a comma
};

static void ran_output(void *arg, enum stream stream, struct str bytes)
{
    struct ran *ran = arg;

    buf_add(stream == STREAM_STDOUT ? ran->out : ran->err, bytes);
}

static void ran_end(void *arg, const struct child_result *r)
{
    struct ran *ran = arg;
    struct buf left = BUF_EMPTY;
    struct left_process *kept = NEW_ARRAY(scratch, struct left_process, r->left_count);

    ran->ends++;
    ran->r = *r;
    for (size_t i = 0; i < r->left_count; i++) {
        kept[i] = r->left[i];
        kept[i].command = str_copy(scratch, r->left[i].command);
        buf_format(&left, "%.*s%s,", STR_ARG(r->left[i].command),
                   r->left[i].alive ? "" : " (gone)");
    }
    ran->r.left = kept;
    ran->left = buf_take(&left, scratch);
}

static const struct str environment[] = { { "PATH=/usr/local/bin:/usr/bin:/bin", 33 },
                                          { NULL, 0 } };

// argv of a shell that runs [script].
static const struct str *shell(const char *script)
{
    struct str *argv = NEW_ARRAY(scratch, struct str, 4);

    argv[0] = STR("/bin/bash");
    argv[1] = STR("-c");
    argv[2] = str_from(script);
    return argv;
}

static struct child_spec spec_of(const char *script)
{
    static int number;

    return (struct child_spec){ .name = str_format(scratch, "test.%d", ++number),
                                .argv = shell(script),
                                .env = environment,
                                .dir = STR("/"),
                                .timeout_ms = 20000,
                                .grace_ms = 5000 };
}

static struct ran *begin(struct setting *s, struct child_spec spec)
{
    struct ran *ran = NEW(scratch, struct ran);

    ran->out = buf_in(scratch);
    ran->err = buf_in(scratch);
    ran->child = child_start(s->keeper, scratch, &spec, ran_output, ran_end, ran);
    return ran;
}

static void wait_end(struct setting *s, struct ran *ran)
{
    int ends = ran->ends;

    while (ran->ends == ends && loop_turn(s->loop))
        ;
}

static struct ran *run_spec(struct setting *s, struct child_spec spec)
{
    struct ran *ran = begin(s, spec);

    wait_end(s, ran);
    return ran;
}

static struct ran *run(struct setting *s, const char *script)
{
    return run_spec(s, spec_of(script));
}

static bool exited(const struct ran *ran, int status)
{
    bool so = ran->ends == 1 && ran->r.end == CHILD_EXITED && ran->r.status == status;

    if (!so)
        printf("# ends %d, end %d, status %d, error %d\n", ran->ends, ran->r.end, ran->r.status,
               ran->r.error);
    return so;
}

// Waits until [script] succeeds, at most a minute.
__attribute__((unused)) static bool comes_true(const char *script)
{
    int64_t due = clock_boot_ms() + 60000;

    do {
        if (system(script) == 0)
            return true;
        usleep(5000);
    } while (clock_boot_ms() < due);
    return false;
}

__attribute__((unused)) static bool lives(int64_t pid)
{
    struct process p;

    return process_read(pid, &p) && !p.ended;
}

__attribute__((unused)) static bool dies(int64_t pid)
{
    int64_t due = clock_boot_ms() + 60000;

    while (lives(pid) && clock_boot_ms() < due)
        usleep(2000);
    return !lives(pid);
}
