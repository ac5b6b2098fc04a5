#include "tests/unit/keeping.h"

#include <sys/resource.h>
#include <sys/syscall.h>

static struct ran *run_argv(struct setting *s, const struct str *argv)
{
    struct child_spec spec = spec_of("");

    spec.argv = argv;
    return run_spec(s, spec);
}

#define ARGV(...) ((struct str[]){ __VA_ARGS__, { NULL, 0 } })

// A file in the folder of [s] with [mode].
static struct str new_file(struct setting *s, const char *name, const char *text, mode_t mode)
{
    struct str path = str_format(scratch, "%.*s/%s", STR_ARG(s->folder), name);
    int fd = open(path.s, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);

    CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    fchmod(fd, mode);
    close(fd);
    return path;
}

static bool not_started(const struct ran *ran, int error)
{
    bool so = ran->ends == 1 && ran->r.end == CHILD_NOT_STARTED && ran->r.error == error;

    if (!so)
        printf("# end %d, error %d, not %d\n", ran->r.end, ran->r.error, error);
    return so && ran->out->n == 0;
}

TEST(what_cannot_be_executed_is_not_started_and_says_why)
{
    struct setting *s = new_setting();
    struct str plain = new_file(s, "plain", "#!/bin/sh\n", 0600);
    struct str garbage = new_file(s, "garbage", "\x01\x02\x03", 0700);
    struct str lost = new_file(s, "lost", "#!/no/such/interpreter\n", 0700);

    CHECK(not_started(run_argv(s, ARGV(STR("/no/such/program"))), ENOENT));
    CHECK(not_started(run_argv(s, ARGV(STR("no-such-program"))), ENOENT));
    CHECK(not_started(run_argv(s, ARGV(plain)), EACCES));
    CHECK(not_started(run_argv(s, ARGV(STR("/tmp"))), EACCES));
    CHECK(not_started(run_argv(s, ARGV(garbage)), ENOEXEC));
    CHECK(not_started(run_argv(s, ARGV(lost)), ENOENT));
}

TEST(a_program_that_is_being_written_is_not_started)
{
    struct setting *s = new_setting();
    struct str busy = new_file(s, "busy", "#!/bin/sh\n", 0700);
    int fd = open(busy.s, O_WRONLY | O_CLOEXEC);

    CHECK(not_started(run_argv(s, ARGV(busy)), ETXTBSY));
    close(fd);
    CHECK(exited(run_argv(s, ARGV(busy)), 0));
}

TEST(arguments_that_are_too_long_are_not_started)
{
    struct setting *s = new_setting();
    char *big = NEW_ARRAY(scratch, char, 200000);

    memset(big, 'x', 199999);
    CHECK(not_started(run_argv(s, ARGV(STR("/bin/true"), str_from(big))), E2BIG));
    CHECK(exited(run(s, "true"), 0));
}

TEST(a_folder_that_is_not_there_is_told_apart_from_the_program)
{
    struct setting *s = new_setting();
    struct child_spec spec = spec_of("true");
    struct str file = new_file(s, "file", "", 0600);
    static const char *const reasons[] = { "/no/such/folder", NULL };

    spec.dir = str_from(reasons[0]);
    struct ran *ran = run_spec(s, spec);
    CHECK(not_started(ran, ENOENT) && ran->r.bad_dir);
    spec.dir = file;
    ran = run_spec(s, spec);
    CHECK(not_started(ran, ENOTDIR) && ran->r.bad_dir);
    ran = run_argv(s, ARGV(STR("/no/such/program")));
    CHECK(not_started(ran, ENOENT) && !ran->r.bad_dir);
}

TEST(a_child_without_a_terminal_to_give_is_not_started)
{
    // In a session without one, as under cron.
    struct setting *s = new_setting();
    struct child_spec spec = spec_of("true");
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);

    spec.tty = true;
    if (tty < 0)
        CHECK(not_started(run_spec(s, spec), ENXIO));
    else
        close(tty);
}

TEST(every_exit_status_is_told_exactly)
{
    struct setting *s = new_setting();

    for (int status = 0; status < 256; status += 17)
        CHECK(exited(run(s, str_format(scratch, "exit %d", status).s), status));
}

TEST(a_signal_is_not_an_exit_status)
{
    struct setting *s = new_setting();
    struct ran *ran = run(s, "kill -SEGV $$");

    CHECK(ran->r.end == CHILD_SIGNALLED && ran->r.status == SIGSEGV);
    CHECK(exited(run(s, "exit 139"), 139));
}

TEST(the_program_is_looked_for_in_the_path_of_the_child)
{
    struct setting *s = new_setting();
    struct child_spec spec = spec_of("");
    struct str mine = new_file(s, "mine", "#!/bin/sh\necho $0\n", 0700);
    struct str path = str_format(scratch, "PATH=/no/such:%.*s:/bin", STR_ARG(s->folder));

    spec.argv = ARGV(STR("mine"));
    spec.env = ARGV(path);
    CHECK_STR(str_trim(buf_str(run_spec(s, spec)->out)), mine.s);
    // An empty part is the child's folder, not ours.
    spec.env = ARGV(STR("PATH=:/bin"));
    spec.dir = s->folder;
    CHECK(exited(run_spec(s, spec), 0));
}

TEST(standard_input_is_empty_or_what_was_given)
{
    struct setting *s = new_setting();
    struct child_spec spec = spec_of("md5sum; cat");
    struct buf *big = buf_in(scratch);

    CHECK_STR(buf_str(run(s, "cat; echo end")->out), "end\n");
    spec.input = STR("line\n");
    spec.argv = shell("read a; echo \"<$a>\"; cat; echo nope > /dev/stdin");
    CHECK_STR(buf_str(run_spec(s, spec)->out), "<line>\n");
    for (int i = 0; i < 100000; i++)
        buf_format(big, "%d", i);
    spec = spec_of("wc -c");
    spec.input = buf_str(big);
    CHECK_STR(buf_str(run_spec(s, spec)->out), "488890\n");
    spec = spec_of("exit 4");  // and does not read it
    spec.input = buf_str(big);
    CHECK(exited(run_spec(s, spec), 4));
}

TEST(the_environment_is_the_one_given_and_a_marker)
{
    struct setting *s = new_setting();
    struct child_spec spec = spec_of("");

    spec.argv = ARGV(STR("/usr/bin/env"));
    spec.env = ARGV(STR("A=1"), STR("RUNBOOK_STEP=outer"), STR("B=two\nlines"));
    struct str out = buf_str(run_spec(s, spec)->out);
    CHECK(str_starts(out, "A=1\nB=two\nlines\nRUNBOOK_STEP="));
    CHECK(str_search(out, STR("outer")) == SIZE_MAX);
    CHECK(str_search(out, str_format(scratch, "/%.*s\n", STR_ARG(spec.name))) != SIZE_MAX);
}

// All 64, also the two that the C library keeps to itself, and those of real time; by its own
// number, what the kernel calls a sigaction.
static void ignore_all(uint64_t before[65][8])
{
    static const uint64_t ignored[8] = { (uint64_t)(uintptr_t)SIG_IGN };

    for (int signo = 1; signo <= 64; signo++)
        syscall(SYS_rt_sigaction, signo, ignored, before[signo], 8);
}

static void ignore_as_before(uint64_t before[65][8])
{
    for (int signo = 1; signo <= 64; signo++)
        syscall(SYS_rt_sigaction, signo, before[signo], NULL, 8);
}

TEST(a_child_has_every_signal_as_it_is_by_default)
{
    uint64_t before[65][8] = { 0 };
    sigset_t all, mask;
    struct setting *s = new_setting();

    sigfillset(&all);
    ignore_all(before);
    sigprocmask(SIG_SETMASK, &all, &mask);
    struct setting *under_nohup = new_setting();
    struct child_spec sed = spec_of("");
    sed.argv = ARGV(STR("/bin/sed"), STR("-n"), STR("/^Sig[BIC]/p"), STR("/proc/self/status"));
    struct ran *ran = run_spec(under_nohup, sed);
    sed.name = STR("plain");
    struct ran *plain = run_spec(s, sed);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    ignore_as_before(before);
    CHECK_STR(buf_str(ran->out), "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n"
                                 "SigCgt:\t0000000000000000\n");
    CHECK_STR(buf_str(plain->out), buf_str(ran->out).s);
}

TEST(a_child_starts_with_nothing_of_ours_but_what_it_needs)
{
    struct setting *s = new_setting();
    int inherited = open("/dev/null", O_RDONLY);  // not close-on-exec
    struct setting *with_open = new_setting();
    struct ran *ran = run(s, "ls /proc/self/fd | wc -l; ulimit -Sc; ulimit -Sn;"
                             "ps -o sid=,pgid=,pid= -p $$ | tr -s ' '");
    struct rlimit files;

    getrlimit(RLIMIT_NOFILE, &files);
    struct str out = buf_str(ran->out);
    CHECK(str_starts(out, "4\n0\n"));
    CHECK(str_search(out, str_format(scratch, "\n0\n%llu\n", (unsigned long long)files.rlim_cur)) !=
          SIZE_MAX);
    long long pid = (long long)child_pid(ran->child);
    CHECK(str_search(out, str_format(scratch, "%lld %lld %lld", pid, pid, pid)) != SIZE_MAX);
    CHECK_STR(buf_str(run(with_open, "ls /proc/self/fd | wc -l")->out), "4\n");
    CHECK_STR(buf_str(run(s, "ls /dev/tty >/dev/null && : </dev/tty && echo tty")->out), "");
    close(inherited);
}

TEST(nothing_that_was_written_before_the_end_is_lost)
{
    struct setting *s = new_setting();

    // More than the pipe holds, and the last bytes just before the end.
    struct ran *ran = run(s, "head -c 3000000 /dev/zero | tr '\\0' x; printf end");
    CHECK(ran->out->n == 3000003);
    CHECK(str_ends(buf_str(ran->out), "xend"));
}

TEST(bytes_are_told_as_they_are)
{
    struct setting *s = new_setting();
    struct str out = buf_str(run(s, "printf '\\0\\377\\r\\n\\x80'")->out);

    CHECK(out.n == 5 && memcmp(out.s, "\0\377\r\n\x80", 5) == 0);
}

static long memory_kb(int64_t pid)
{
    FILE *f = fopen(str_format(scratch, "/proc/%lld/statm", (long long)pid).s, "re");
    long all = 0, resident = 0;

    CHECK(f && fscanf(f, "%ld %ld", &all, &resident) == 2);
    fclose(f);
    return resident * 4;
}

TEST(a_child_that_writes_faster_than_we_read_waits)
{
    struct setting *s = new_setting();
    struct ran *ran = begin(s, spec_of("head -c 30000000 /dev/zero"));

    while (child_pid(ran->child) == 0)
        loop_turn(s->loop);
    // Nobody turns the loop now: it sleeps, with most of it unwritten.
    long before = memory_kb(keeper_pid(s->keeper));
    CHECK(comes_true(str_format(scratch, "grep -q '^State:.S' /proc/%lld/status",
                                (long long)child_pid(ran->child))
                         .s));
    CHECK(ran->out->n < 1000000);
    wait_end(s, ran);
    CHECK(exited(ran, 0));
    CHECK(ran->out->n == 30000000);
    CHECK(memory_kb(keeper_pid(s->keeper)) < before + 20000);
}

TEST(many_children_run_at_once)
{
    struct setting *s = new_setting();
    struct ran *all[100];

    for (int i = 0; i < 100; i++)
        all[i] = begin(s, spec_of(str_format(scratch, "echo %d; exit %d", i, i).s));
    for (int i = 0; i < 100; i++) {
        if (!all[i]->ends)
            wait_end(s, all[i]);
        CHECK(exited(all[i], i));
        CHECK_STR(buf_str(all[i]->out), str_format(scratch, "%d\n", i).s);
    }
}

TEST(a_child_is_killed_when_nobody_waits_for_it_any_more)
{
    struct setting *s = new_setting();
    struct arena *a = arena_new(scratch);
    struct child_spec spec = spec_of("sleep 100");
    struct ran ran = { .out = buf_in(scratch), .err = buf_in(scratch) };
    struct child *c = child_start(s->keeper, a, &spec, ran_output, ran_end, &ran);

    while (child_pid(c) == 0)
        loop_turn(s->loop);
    int64_t pid = child_pid(c);
    arena_free(a);
    CHECK(dies(pid));
    CHECK(exited(run(s, "true"), 0));
    CHECK(ran.ends == 0);
}

TEST(an_idle_keeper_is_nothing_to_wait_for)
{
    struct setting *s = new_setting();

    CHECK(!loop_turn(s->loop));
    run(s, "true");
    CHECK(!loop_turn(s->loop));
}
