#include <pty.h>
#include <sys/resource.h>
#include <termios.h>

#include "tests/unit/keeping.h"

static void set_true(void *arg)
{
    *(bool *)arg = true;
}

static struct ran *run_with(struct setting *s, const char *script, int64_t timeout_ms,
                            int64_t grace_ms)
{
    struct child_spec spec = spec_of(script);

    spec.timeout_ms = timeout_ms;
    spec.grace_ms = grace_ms;
    return run_spec(s, spec);
}

static int64_t number_in(const struct buf *text)
{
    return atoll(text->s ? text->s : "0");
}

// Turns the loop until [ran] has written something.
static void wait_output(struct setting *s, struct ran *ran)
{
    while (ran->out->n == 0 && !ran->ends && loop_turn(s->loop))
        ;
}

// ---- timeouts

TEST(a_child_that_ignores_everything_is_killed_after_its_grace)
{
    struct setting *s = new_setting();
    struct ran *ran = run_with(s, "trap '' TERM INT HUP; while :; do sleep 1; done", 1000, 150);

    CHECK(ran->r.end == CHILD_SIGNALLED && ran->r.status == SIGKILL && ran->r.timed_out);
    CHECK(ran->r.took_ms >= 1150 && ran->r.took_ms < 20000);
    CHECK(ran->r.left_count == 0);
}

TEST(a_child_that_obeys_ends_with_its_timeout)
{
    struct setting *s = new_setting();
    struct ran *ran = run_with(s, "trap 'echo bye; exit 5' TERM; sleep 100 & wait", 1000, 60000);

    CHECK(exited(ran, 5) && ran->r.timed_out && !ran->r.cancelled);
    CHECK_STR(buf_str(ran->out), "bye\n");
    CHECK(ran->r.took_ms < 60000);
}

TEST(a_child_that_was_stopped_is_continued_to_end_it)
{
    struct setting *s = new_setting();
    struct ran *ran = run_with(s, "trap 'exit 6' TERM; kill -STOP $$; sleep 100", 1000, 60000);

    CHECK(exited(ran, 6) && ran->r.timed_out);
}

TEST(what_left_the_group_is_killed_too)
{
    struct setting *s = new_setting();
    struct ran *ran = run_with(
        s,
        "setsid sh -c 'trap \"\" TERM; echo $$; while :; do sleep 1; done' & "
        "wait",
        200, 100);

    CHECK(ran->r.timed_out);
    CHECK(number_in(ran->out) > 1 && !lives(number_in(ran->out)));
    CHECK(ran->r.left_count == 0 && !ran->r.cannot_kill);
}

TEST(what_changed_its_session_environment_and_parent_is_killed_too)
{
    struct setting *s = new_setting();
    struct ran *ran = run_with(s, "(env -i setsid sh -c 'echo $$; exec sleep 100' &) ; sleep 100",
                               300, 100);

    CHECK(ran->r.timed_out);
    CHECK(number_in(ran->out) > 1 && !lives(number_in(ran->out)));
}

TEST(what_starts_itself_again_is_killed_for_good)
{
    struct setting *s = new_setting();
    struct str script = str_format(scratch, "%.*s/again", STR_ARG(s->folder));
    int fd = open(script.s, O_WRONLY | O_CREAT, 0700);
    static const char text[] = "#!/bin/bash\ntrap 'setsid \"$0\" & exit' TERM\nsleep 0.02\n"
                               "setsid \"$0\" &\n";

    CHECK(write(fd, text, sizeof text - 1) > 0);
    close(fd);
    struct ran *ran = run_with(s, str_format(scratch, "%s & sleep 100", script.s).s, 150, 50);
    CHECK(ran->r.timed_out && !ran->r.cannot_kill);
    // The brackets keep the pattern from finding itself.
    CHECK(system(str_format(scratch, "pgrep -f '%.*s/[a]gain' >/dev/null", STR_ARG(s->folder)).s) !=
          0);
}

TEST(a_cancelled_child_gets_its_grace_or_none)
{
    struct setting *s = new_setting();
    struct ran *polite = begin(s, spec_of("trap 'echo bye; exit 7' TERM; echo; sleep 100 & wait"));

    wait_output(s, polite);
    child_cancel(polite->child, false);
    wait_end(s, polite);
    CHECK(exited(polite, 7) && polite->r.cancelled && !polite->r.timed_out);
    struct ran *once = begin(s, spec_of("trap '' TERM; echo; sleep 100 & wait"));
    wait_output(s, once);
    child_cancel(once->child, false);
    child_cancel(once->child, true);
    wait_end(s, once);
    CHECK(once->r.end == CHILD_SIGNALLED && once->r.status == SIGKILL && once->r.cancelled);
    child_cancel(once->child, true);
}

static void limit(struct setting *s, __rlimit_resource_t what, rlim_t most, struct rlimit *before)
{
    CHECK(prlimit((pid_t)keeper_pid(s->keeper), what, NULL, before) == 0);
    CHECK(prlimit((pid_t)keeper_pid(s->keeper), what, &(struct rlimit){ most, before->rlim_max },
                  NULL) == 0);
}

static void turn_for(struct setting *s, int64_t ms)
{
    bool over = false;
    struct arena *a = arena_new(scratch);

    loop_timer(s->loop, a, clock_boot_ms() + ms, set_true, &over);
    while (!over && loop_turn(s->loop))
        ;
    arena_free(a);
}

TEST(without_descriptors_a_start_is_tried_again_until_its_timeout)
{
    struct setting *s = new_setting();
    struct rlimit before;
    struct child_spec spec = spec_of("echo hello");

    run(s, "true");
    limit(s, RLIMIT_NOFILE, 8, &before);
    spec.timeout_ms = 60;
    struct ran *never = run_spec(s, spec);
    CHECK(never->r.end == CHILD_NOT_STARTED && never->r.error == EMFILE);
    struct ran *late = begin(s, spec_of("echo hello"));
    turn_for(s, 50);
    CHECK(late->ends == 0);
    prlimit((pid_t)keeper_pid(s->keeper), RLIMIT_NOFILE, &before, NULL);
    wait_end(s, late);
    CHECK(exited(late, 0));
    CHECK_STR(buf_str(late->out), "hello\n");
}

TEST(siblings_are_left_alone)
{
    struct setting *s = new_setting();
    struct ran *other = begin(
        s, spec_of("(setsid sh -c 'echo $$; exec sleep 100' &); read x < /dev/null; sleep 100"));

    wait_output(s, other);
    run_with(s, "sleep 100", 50, 50);
    CHECK(lives(number_in(other->out)) && other->ends == 0);
    child_cancel(other->child, true);
    wait_end(s, other);
    CHECK(!lives(number_in(other->out)));
}

// ---- what is left running

// A daemon, its pid on standard output, once it is what it wants to be.
#define DAEMON "setsid sleep 100 & echo $!; until grep -q ^sleep /proc/$!/cmdline; do :; done; "

TEST(a_daemon_that_holds_the_pipe_does_not_hold_up_the_end)
{
    struct setting *s = new_setting();
    int64_t from = clock_boot_ms();
    struct ran *ran = run(s, DAEMON);

    CHECK(exited(ran, 0));
    CHECK(clock_boot_ms() - from < 1000);
    CHECK(lives(number_in(ran->out)));
    CHECK_STR(ran->left, "sleep 100,");
    CHECK(ran->r.left_count == 1 && ran->r.left[0].pid == number_in(ran->out));
    // A later child has nothing to do with it.
    CHECK(run(s, "true")->r.left_count == 0);
    kill((pid_t)number_in(ran->out), SIGKILL);
}

TEST(a_daemon_outlives_the_keeper)
{
    struct setting *s = new_setting();
    struct ran *ran = run(s, "setsid sleep 100 >/dev/null 2>&1 & echo $!");

    keeper_stop(s->keeper, 1000);
    CHECK(number_in(ran->out) > 1 && lives(number_in(ran->out)));
    kill((pid_t)number_in(ran->out), SIGKILL);
}

TEST(what_a_failure_leaves_is_killed_and_named)
{
    struct setting *s = new_setting();
    struct ran *ran = run(s, DAEMON "exit 1");

    CHECK(exited(ran, 1));
    CHECK(number_in(ran->out) > 1 && !lives(number_in(ran->out)));
    CHECK_STR(ran->left, "sleep 100 (gone),");
}

TEST(what_a_success_leaves_is_killed_when_asked)
{
    struct setting *s = new_setting();
    struct child_spec spec = spec_of("sleep 100 & echo $!; exit 3");

    spec.left = LEFT_KILL;
    spec.ok_exit = (const int[]){ 0, 3, -1 };
    struct ran *ran = run_spec(s, spec);
    CHECK(exited(ran, 3));
    CHECK(number_in(ran->out) > 1 && !lives(number_in(ran->out)));
    spec.left = LEFT_KEEP;
    spec.name = STR("kept");
    ran = run_spec(s, spec);
    CHECK(lives(number_in(ran->out)));
    kill((pid_t)number_in(ran->out), SIGKILL);
}

TEST(what_was_left_can_be_killed_later)
{
    struct setting *s = new_setting();
    struct ran *ran = run(s, DAEMON);

    CHECK_STR(ran->left, "sleep 100,");
    child_kill_left(ran->child, 1000, ran_end, ran);
    wait_end(s, ran);
    CHECK(ran->ends == 2 && ran->r.end == CHILD_EXITED && ran->r.status == 0);
    CHECK_STR(ran->left, "sleep 100 (gone),");
    CHECK(!lives(number_in(ran->out)));
}

TEST(of_what_was_settled_nothing_can_be_killed_any_more)
{
    struct setting *s = new_setting();
    struct child_spec spec = spec_of(DAEMON);
    struct ran *ran = run_spec(s, spec);

    keeper_settled(s->keeper, spec.name);
    child_kill_left(ran->child, 1000, ran_end, ran);
    wait_end(s, ran);
    CHECK(ran->ends == 2 && ran->r.end == CHILD_LOST && ran->r.left_count == 0);
    CHECK(lives(number_in(ran->out)));
    kill((pid_t)number_in(ran->out), SIGKILL);
}

TEST(a_process_that_ends_soon_after_is_not_left)
{
    struct setting *s = new_setting();
    struct ran *ran = run(s, "sleep 0.05 & exit 0");

    CHECK(exited(ran, 0));
    CHECK_STR(ran->left, "");
}

// ---- without the rights of root

// A program that any user may run and that is root's then, wholly.
static struct str new_sudo(void)
{
    struct str folder = new_folder();
    struct str path = str_format(scratch, "%.*s/sudo", STR_ARG(folder));

    CHECK(system(str_format(scratch, "chmod 755 %s; cp /bin/bash %s; chmod 4755 %s", folder.s,
                            path.s, path.s)
                     .s) == 0);
    return path;
}

// Runs this program as "nobody" with [argument] and tells its exit status.
static int as_nobody(const char *what, struct str folder, const char *argument)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        if (chown(folder.s, 65534, 65534) || setresgid(65534, 65534, 65534) ||
            setresuid(65534, 65534, 65534))
            _exit(126);
        execl("/proc/self/exe", "test", what, folder.s, argument, NULL);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

struct held {
    int times, error;
    struct str name;
};

static void note_held(void *arg, struct str name, int error)
{
    struct held *h = arg;

    *h = (struct held){ h->times + 1, error, str_copy(scratch, name) };
}

// One that is held is told, the others wait for the same; and again when it was over meanwhile.
TEST(that_nothing_can_be_started_is_told_once)
{
    struct setting *s = new_setting();
    struct held held = { 0 };
    struct rlimit before;

    keeper_on_held(s->keeper, note_held, &held);
    run(s, "true");
    for (int i = 1; i <= 2; i++) {
        limit(s, RLIMIT_NOFILE, 8, &before);
        struct ran *one = begin(s, spec_of("echo hello")), *other = begin(s, spec_of("echo hello"));
        while (held.times < i && loop_turn(s->loop))
            ;
        turn_for(s, 100);
        CHECK(held.times == i && held.error == EMFILE && held.name.n && !one->ends && !other->ends);
        prlimit((pid_t)keeper_pid(s->keeper), RLIMIT_NOFILE, &before, NULL);
        wait_end(s, one);
        wait_end(s, other);
    }
    CHECK(held.times == 2);
}

static int denied(struct str folder, const char *sudo)
{
    struct setting s = { .loop = loop_new(scratch), .folder = folder };
    struct child_spec spec = spec_of(
        str_format(scratch, "%s -p -c 'exec setpriv --reuid=0 --regid=0 --clear-groups sleep 20'",
                   sudo)
            .s);

    s.keeper = keeper_start(s.loop, scratch, folder, 0);
    spec.timeout_ms = 300;
    spec.grace_ms = 100;
    struct ran *ran = run_spec(&s, spec);
    bool fine = ran->r.end == CHILD_LOST && ran->r.timed_out && ran->r.cannot_kill &&
                ran->r.left_count == 1 && ran->r.left[0].alive &&
                str_is(ran->r.left[0].command, "sleep 20");
    if (!fine)
        printf("# end %d, %zu left: %.*s\n", ran->r.end, ran->r.left_count, STR_ARG(ran->left));
    // What cannot be killed does not keep the keeper.
    keeper_stop(s.keeper, 1000);
    return fine ? 0 : 1;
}

static int crowded(struct str folder)
{
    struct setting s = { .loop = loop_new(scratch), .folder = folder };
    struct rlimit before;

    s.keeper = keeper_start(s.loop, scratch, folder, 0);
    run(&s, "true");
    limit(&s, RLIMIT_NPROC, 1, &before);
    struct ran *ran = begin(&s, spec_of("echo hello"));
    turn_for(&s, 50);
    CHECK(ran->ends == 0);
    prlimit((pid_t)keeper_pid(s.keeper), RLIMIT_NPROC, &before, NULL);
    wait_end(&s, ran);
    CHECK(exited(ran, 0));
    keeper_stop(s.keeper, 1000);
    return failures ? 1 : 0;
}

__attribute__((constructor)) static void be_nobody(int argc, char **argv)
{
    int status;

    if (argc < 3 || (strcmp(argv[1], "@denied") != 0 && strcmp(argv[1], "@crowded") != 0))
        return;
    scratch = arena_new(NULL);
    status = argv[1][1] == 'd' ? denied(str_from(argv[2]), argv[3]) : crowded(str_from(argv[2]));
    arena_free(scratch);
    fflush(stdout);
    _exit(status);
}

TEST(what_may_not_be_signalled_is_named)
{
    if (geteuid() == 0)
        CHECK(as_nobody("@denied", new_folder(), new_sudo().s) == 0);
}

TEST(without_processes_a_start_is_tried_again)
{
    if (geteuid() == 0)
        CHECK(as_nobody("@crowded", new_folder(), "") == 0);
}

// ---- a terminal

static int with_terminal(struct str folder)
{
    struct setting s = { .loop = loop_new(scratch), .folder = folder };
    struct child_spec spec = spec_of("stty -echo; echo \"$(ps -o pgid=,tpgid= -p $$ | tr -s ' ')\";"
                                     "read x; echo \"<$x>\"; kill -TSTP $$; echo on; exit 5");
    struct termios before, after;

    tcgetattr(0, &before);
    s.keeper = keeper_start(s.loop, scratch, folder, 0);
    spec.tty = true;
    struct ran *ran = run_spec(&s, spec);
    tcgetattr(0, &after);
    printf("end %d %d\n", ran->r.end, ran->r.status);
    printf("ours %d\n", tcgetpgrp(0) == getpgrp());
    printf("modes %d\n", memcmp(&before, &after, sizeof before) == 0);
    printf("output %d\n", ran->out->n == 0);
    keeper_stop(s.keeper, 1000);
    return 0;
}

__attribute__((constructor)) static void be_in_terminal(int argc, char **argv)
{
    if (argc != 3 || strcmp(argv[1], "@terminal") != 0)
        return;
    scratch = arena_new(NULL);
    with_terminal(str_from(argv[2]));
    arena_free(scratch);
    fflush(stdout);
    _exit(0);
}

TEST(a_child_has_the_terminal_and_gives_it_back_as_it_was)
{
    struct str folder = new_folder();
    struct buf *seen = buf_in(scratch);
    int master;
    pid_t pid = forkpty(&master, NULL, NULL, NULL);
    ssize_t n;

    if (pid == 0) {
        execl("/proc/self/exe", "test", "@terminal", folder.s, NULL);
        _exit(127);
    }
    CHECK(write(master, "hello\n", 6) == 6);
    while ((n = read(master, buf_reserve(seen, 1000), 1000)) > 0)
        seen->n += (size_t)n;
    buf_add(seen, STR(""));
    waitpid(pid, NULL, 0);
    close(master);
    static const char *const want[] = { "<hello>", "on\r\n",  "end 0 5",
                                        "ours 1",  "modes 1", "output 1" };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        CHECK(str_search(buf_str(seen), str_from(want[i])) != SIZE_MAX);
    if (failures)
        printf("# %.*s\n", STR_ARG(buf_str(seen)));
}

// ---- another interpreter, which can be killed

struct other {
    pid_t pid;
    FILE *out;
    struct str folder;
    long long keeper, child;  // process ids
};

static void tell_end(void *arg, const struct child_result *r)
{
    printf("end %d\n", r->status);
    fflush(stdout);
    (void)arg;
}

// Child "a" is over when this goes on; "b" runs [script].
static void interpret(const char *folder, const char *settle, const char *script)
{
    scratch = arena_new(NULL);
    struct setting s = { .loop = loop_new(scratch), .folder = str_from(folder) };
    struct mask *mask = mask_new(scratch);
    struct child_spec a = spec_of("echo secret-of-a; exit 3"), b = spec_of(script);

    mask_add(mask, STR("secret-of-a"));
    mask_add(mask, STR("secret-of-b"));
    a.mask = b.mask = mask;
    if (strcmp(settle, "timeout") == 0)
        b.timeout_ms = b.grace_ms = 200;
    a.name = STR("a");
    b.name = STR("b");
    s.keeper = keeper_start(s.loop, scratch, s.folder, 0);
    if (strcmp(settle, "at once") != 0)
        CHECK(exited(run_spec(&s, a), 3));
    if (strcmp(settle, "keep") != 0)
        keeper_settled(s.keeper, a.name);
    struct child *c = child_start(s.keeper, scratch, &b, NULL, tell_end, NULL);
    while (child_pid(c) == 0 && loop_turn(s.loop))
        ;
    printf("%lld %lld\n", (long long)keeper_pid(s.keeper), (long long)child_pid(c));
    fflush(stdout);
    while (loop_turn(s.loop))
        ;
    pause();
}

__attribute__((constructor)) static void be_interpreter(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "@interpreter") == 0) {
        interpret(argv[2], argv[3], argv[4]);
        exit(0);
    }
}

static void end_other(void *arg)
{
    struct other *o = arg;

    kill(o->pid, SIGKILL);
    waitpid(o->pid, NULL, 0);
    fclose(o->out);
}

static struct other *new_other(const char *settle, const char *script)
{
    struct other *o = NEW(scratch, struct other);
    int ends[2];

    o->folder = new_folder();
    CHECK(pipe2(ends, O_CLOEXEC) == 0);
    o->pid = fork();
    if (o->pid == 0) {
        dup2(ends[1], 1);
        execl("/proc/self/exe", "other", "@interpreter", o->folder.s, settle, script, NULL);
        _exit(127);
    }
    close(ends[1]);
    o->out = fdopen(ends[0], "r");
    arena_defer(scratch, end_other, o);
    CHECK(fscanf(o->out, "%lld %lld", &o->keeper, &o->child) == 2);
    return o;
}

static void kill_hard(pid_t pid)
{
    kill(pid, SIGKILL);
    CHECK(dies(pid));
}

static enum adoption adopt(const struct other *o, const char *name, struct child_result *r)
{
    return child_adopt(o->folder, str_from(name), scratch, r);
}

// Asks again while it is running, for at most a minute.
static enum adoption adopt_later(const struct other *o, const char *name, struct child_result *r)
{
    int64_t due = clock_boot_ms() + 60000;
    enum adoption got;

    while ((got = adopt(o, name, r)) == ADOPT_RUNNING && clock_boot_ms() < due)
        usleep(5000);
    return got;
}

static bool exists(const struct other *o, const char *file)
{
    return access(str_format(scratch, "%.*s/%s", STR_ARG(o->folder), file).s, F_OK) == 0;
}

// Each session has a keeper, so its marks were taken away.
TEST(without_any_marks_nothing_is_known)
{
    struct child_result r;

    CHECK(child_adopt(new_folder(), STR("a"), scratch, &r) == ADOPT_UNKNOWN);
    CHECK(child_adopt(STR("/no/such/folder"), STR("a"), scratch, &r) == ADOPT_UNKNOWN);
}

TEST(a_running_child_is_adopted_when_it_has_ended)
{
    struct other *o = new_other(
        "keep", "echo begin secret-of-b; while [ ! -e /tmp/go.$PPID ]; do sleep 0.01; done;"
                "rm /tmp/go.$PPID; echo end secret-of-b >&2; exit 9");
    struct child_result r;

    kill_hard(o->pid);
    CHECK(adopt(o, "b", &r) == ADOPT_RUNNING);
    CHECK(r.left_count >= 1 && r.left[0].pid == o->child);
    CHECK(!exists(o, "b.result"));
    fclose(fopen(str_format(scratch, "/tmp/go.%lld", o->keeper).s, "w"));
    CHECK(adopt_later(o, "b", &r) == ADOPT_KNOWN);
    CHECK(r.end == CHILD_EXITED && r.status == 9 && !r.timed_out);
    CHECK_STR(r.adopted_stdout, "begin ***\n");
    CHECK_STR(r.adopted_stderr, "end ***\n");
    CHECK(adopt(o, "c", &r) == ADOPT_NOT_STARTED);
    CHECK(dies(o->keeper));
    keeper_clean(o->folder);
    CHECK(!exists(o, "keeper.1"));
}

TEST(a_result_that_was_told_but_not_settled_is_left)
{
    struct other *o = new_other("keep", "sleep 100");
    struct child_result r;

    kill_hard(o->pid);
    CHECK(adopt_later(o, "a", &r) == ADOPT_KNOWN);
    CHECK(r.end == CHILD_EXITED && r.status == 3);
    CHECK_STR(r.adopted_stdout, "***\n");
    kill_hard((pid_t)o->child);
    CHECK(adopt_later(o, "b", &r) == ADOPT_KNOWN);
    CHECK(r.end == CHILD_SIGNALLED && r.status == SIGKILL);
}

TEST(a_settled_result_is_not_left)
{
    struct other *o = new_other("settle", "sleep 0.05");
    struct child_result r;

    kill_hard(o->pid);
    CHECK(adopt_later(o, "b", &r) == ADOPT_KNOWN);
    CHECK(dies(o->keeper));
    CHECK(!exists(o, "a.result"));
    CHECK(adopt(o, "a", &r) == ADOPT_UNKNOWN);  // nobody asks about what has an outcome
}

TEST(a_timeout_holds_without_the_interpreter)
{
    struct other *o = new_other("settle", "trap '' TERM; exec sleep 100");
    struct child_result r;

    // The whole timeout is long: SIGSTOP to the child would not do, so only that it is kept.
    kill_hard(o->pid);
    CHECK(adopt(o, "b", &r) == ADOPT_RUNNING);
    kill_hard((pid_t)o->child);
    CHECK(adopt_later(o, "b", &r) == ADOPT_KNOWN);
}

TEST(what_may_still_be_started_is_not_called_not_started)
{
    struct other *o = new_other("settle", "sleep 100");
    struct child_result r;

    // It lives, and could ask its keeper for "c" at any moment.
    CHECK(adopt(o, "c", &r) == ADOPT_RUNNING);
    kill_hard(o->pid);
    CHECK(adopt_later(o, "c", &r) == ADOPT_NOT_STARTED);
    kill_hard((pid_t)o->child);
}

TEST(a_child_that_outlives_its_keeper_is_running_and_then_unknown)
{
    struct other *o = new_other("settle", "exec setsid -f sleep 100 & wait; exec sleep 100");
    struct child_result r;

    kill((pid_t)o->keeper, SIGKILL);
    kill(o->pid, SIGKILL);
    CHECK(dies(o->keeper) && dies(o->pid));
    CHECK(adopt(o, "b", &r) == ADOPT_RUNNING);
    kill_hard((pid_t)o->child);
    // What has left the group is known by its environment.
    CHECK(comes_true("pgrep -f 'sleep 100' >/dev/null"));
    CHECK(adopt(o, "b", &r) == ADOPT_RUNNING);
    CHECK(r.left_count == 1 && str_is(r.left[0].command, "sleep 100"));
    kill_hard((pid_t)r.left[0].pid);
    CHECK(adopt(o, "b", &r) == ADOPT_UNKNOWN);
    CHECK(r.left_count == 0);
    CHECK(adopt(o, "c", &r) == ADOPT_NOT_STARTED);
}

TEST(the_timeout_of_a_child_without_a_keeper_is_held_by_who_waits_for_it)
{
    struct other *o = new_other("timeout",
                                "trap 'echo term > /dev/null' TERM; while :; do sleep 0.02; done");
    struct child_result r;

    kill((pid_t)o->keeper, SIGKILL);
    kill(o->pid, SIGKILL);
    CHECK(dies(o->keeper) && dies(o->pid));
    int64_t due = clock_boot_ms() + 60000;
    while (adopt(o, "b", &r) == ADOPT_RUNNING && clock_boot_ms() < due) {
        child_hold_timeout(o->folder, STR("b"));
        usleep(5000);
    }
    CHECK(!lives(o->child));
    CHECK(adopt(o, "b", &r) == ADOPT_UNKNOWN);
}

// Starts an interpreter that has "b" append to the file "effects", and after [us] kills it
// and its keeper, or it alone.
static struct other *cut_after(int us, bool keeper_too)
{
    struct other *o = NEW(scratch, struct other);
    struct arena *a = arena_new(scratch);
    struct str script;

    o->folder = new_folder();
    script = str_format(scratch, "echo >> %s/effects", o->folder.s);
    o->pid = fork();
    if (o->pid == 0) {
        dup2(open("/dev/null", O_WRONLY), 1);
        execl("/proc/self/exe", "other", "@interpreter", o->folder.s, "at once", script.s, NULL);
        _exit(127);
    }
    usleep((useconds_t)us);
    struct processes all = process_all(a);
    kill(o->pid, SIGKILL);
    for (size_t i = 0; keeper_too && i < all.count; i++)
        if (all.items[i].parent == o->pid)
            kill((pid_t)all.items[i].pid, SIGKILL);
    waitpid(o->pid, NULL, 0);
    arena_free(a);
    return o;
}

TEST(at_no_instant_is_what_took_effect_called_not_started)
{
    int count[ADOPT_UNKNOWN + 1] = { 0 };
    struct child_result r;

    // Later and later; then, by the machine, until it was late and early enough at least once.
    for (int i = 0; i < 400; i++) {
        bool never_early = count[ADOPT_NOT_STARTED] == 0,
             never_late = count[ADOPT_NOT_STARTED] == i;
        if (i >= 24 && !never_early && !never_late)
            break;
        struct other *o = cut_after(i >= 24 && never_early ? 0 : i * 500, i % 3);
        enum adoption got = adopt_later(o, "b", &r);
        bool effect = exists(o, "effects");
        count[got]++;
        CHECK(got != ADOPT_RUNNING);
        CHECK(!(got == ADOPT_NOT_STARTED && effect));
        CHECK(!(got == ADOPT_KNOWN && !effect));
    }
    printf("# %d not started, %d known, %d unknown\n", count[ADOPT_NOT_STARTED], count[ADOPT_KNOWN],
           count[ADOPT_UNKNOWN]);
    // Else it was always too early or too late, and nothing was tested.
    CHECK(count[ADOPT_NOT_STARTED] > 0 && count[ADOPT_KNOWN] + count[ADOPT_UNKNOWN] > 0);
}

static const char *boot(void)
{
    return clock_boot_id(scratch).s;
}

// keeper.[number] of the session that began at [from] and lost [before] keepers, with [lines], each
// with its place before it.
static void put_marks(struct str folder, int number, const char *boot_id, int from, int before,
                      const char *lines)
{
    FILE *f = fopen(str_format(scratch, "%.*s/keeper.%d", STR_ARG(folder), number).s, "w");
    struct stat st;

    CHECK(f && fstat(fileno(f), &st) == 0);
    fprintf(f, "keeper 3 %012d %s 1 %d %d %llu\n", 0, boot_id, from, before,
            (unsigned long long)st.st_ino);
    while (*lines) {
        int n = (int)strcspn(lines, "\n");
        n += lines[n] == '\n';
        fprintf(f, "%ld %.*s", ftell(f), n, lines);
        lines += n;
    }
    long size = ftell(f);
    CHECK(fseek(f, 9, SEEK_SET) == 0 && fprintf(f, "%012ld", size) == 12);
    fclose(f);
}

// Everything died at the same instant; then the file of marks has these lines.
static struct other *left_with(const char *boot_id, const char *lines)
{
    struct other *o = NEW(scratch, struct other);

    o->folder = new_folder();
    put_marks(o->folder, 1, boot_id, 0, 0, lines);
    return o;
}

// Does [script] in its folder.
static struct other *spoiled(struct other *o, const char *script)
{
    CHECK(system(str_format(scratch, "cd %.*s && %s", STR_ARG(o->folder), script).s) == 0);
    return o;
}

TEST(each_instant_leaves_marks_that_say_what_may_have_happened)
{
    static const struct {
        const char *marks;
        enum adoption want;
    } rows[] = {
        { "", ADOPT_NOT_STARTED },
        { "start", ADOPT_NOT_STARTED },  // the keeper dies in the middle of the line
        { "start b", ADOPT_NOT_STARTED },
        { "start bb\n", ADOPT_NOT_STARTED },
        { "start b\n", ADOPT_UNKNOWN },
        { "start b\nfailed b\n", ADOPT_NOT_STARTED },
        { "start b\nfailed b\nstart b\n", ADOPT_UNKNOWN },
        { "start b\npid 1999999 5 6 0 0 b\n", ADOPT_UNKNOWN },
        { "start b\npid 1 5000000 5000001 0 0 b\n", ADOPT_UNKNOWN },  // another process by now
        { "hangup\n", ADOPT_NOT_STARTED },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct child_result r;
        enum adoption got = adopt(left_with(boot(), rows[i].marks), "b", &r);
        if (got != rows[i].want)
            printf("# %s: %d\n", rows[i].marks, got);
        CHECK(got == rows[i].want);
    }
}

TEST(after_another_boot_a_missing_mark_means_nothing)
{
    struct child_result r;

    CHECK(adopt(left_with("another-boot", ""), "b", &r) == ADOPT_UNKNOWN);
    CHECK(adopt(left_with("another-boot", "start b\npid 1 0 99999999 0 0 b\n"), "b", &r) ==
          ADOPT_UNKNOWN);
    CHECK(r.left_count == 0);
    // It may have been tried again.
    CHECK(adopt(left_with("another-boot", "start b\nfailed b\n"), "b", &r) == ADOPT_UNKNOWN);
}

// What a later session noted in this boot proves nothing of an earlier one.
TEST(after_another_boot_an_earlier_session_stays_in_doubt)
{
    struct other *o = left_with("another-boot", "start a5\nnext 2 40\n");
    struct child_result r;

    put_marks(o->folder, 2, boot(), 40, 0, "start a41\n");
    CHECK(adopt(o, "a5", &r) == ADOPT_UNKNOWN && adopt(o, "a6", &r) == ADOPT_UNKNOWN);
    CHECK(adopt(o, "a41", &r) == ADOPT_UNKNOWN && adopt(o, "a42", &r) == ADOPT_NOT_STARTED);
}

TEST(marks_that_are_not_whole_prove_nothing)
{
    static const char *const how[] = {
        "rm keeper.1",
        ": >keeper.1",
        "sed -i /a5/d keeper.1",           // a copy in its place
        "cp keeper.1 c; mv c keeper.1",
        "sed /a5/d keeper.1 >c; cat c >keeper.1",  // in its place
        "sed 1d keeper.1 >c; cat c >keeper.1",
        "truncate -s -1 keeper.1",                  // its tail
        "sed '$d' keeper.1 >c; cat c >keeper.1",
        "head -1 keeper.1 >c; cat c >keeper.1",
        "rm keeper.1; mkfifo keeper.1",
        "mv keeper.1 c; ln -s c keeper.1",
        "rm keeper.1; mkdir keeper.1",
        "mkfifo a6.result",
        "mkdir a6.result",
        ": >a6.result",
    };

    for (size_t i = 0; i < sizeof how / sizeof *how; i++) {
        struct other *o = left_with(boot(), "start a5\npid 1 5 6 0 0 a5\nstart a7\n");
        struct child_result r;
        CHECK(adopt(o, "a6", &r) == ADOPT_NOT_STARTED);
        spoiled(o, how[i]);
        if (adopt(o, "a6", &r) != ADOPT_UNKNOWN)
            printf("# %s\n", how[i]);
        CHECK(adopt(o, "a5", &r) == ADOPT_UNKNOWN && adopt(o, "a6", &r) == ADOPT_UNKNOWN);
    }
}

// Of a session that lost its keepers, and of the one after it.
TEST(a_keeper_whose_file_is_gone_may_have_started_anything)
{
    struct child_result r;

    for (int gone = 0; gone <= 3; gone++) {
        struct other *o = left_with(boot(), "next 2 0\n");
        put_marks(o->folder, 2, boot(), 0, 1, "next 3 40\n");
        put_marks(o->folder, 3, boot(), 40, 0, "");
        if (gone)
            spoiled(o, str_format(scratch, "rm keeper.%d", gone).s);
        CHECK(adopt(o, "a6", &r) == (gone == 1 || gone == 2 ? ADOPT_UNKNOWN : ADOPT_NOT_STARTED));
        CHECK(adopt(o, "a41", &r) == (gone ? ADOPT_UNKNOWN : ADOPT_NOT_STARTED));
    }
}

TEST(a_result_with_numbers_that_no_process_has_is_none)
{
    static const struct {
        const char *numbers;  // end, status, error, bad folder, timed out, cancelled, took
        enum adoption want;
    } rows[] = {
        { "0 255 0 0 0 0 1", ADOPT_KNOWN },
        { "1 9 0 0 0 0 1", ADOPT_KNOWN },
        { "0 256 0 0 0 0 1", ADOPT_UNKNOWN },
        { "0 99999999999 0 0 0 0 1", ADOPT_UNKNOWN },
        { "0 4294967296 0 0 0 0 1", ADOPT_UNKNOWN },
        { "0 9999999999999999999 0 0 0 0 1", ADOPT_UNKNOWN },
        { "0 -1 0 0 0 0 1", ADOPT_UNKNOWN },
        { "1 65 0 0 0 0 1", ADOPT_UNKNOWN },
        { "4294967296 0 0 0 0 0 1", ADOPT_UNKNOWN },
        { "0 0 0 0 0 0 -1", ADOPT_UNKNOWN },
        { "0 0 99999 0 0 0 1", ADOPT_UNKNOWN },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct child_result r;
        struct other *o = left_with(boot(), "start b\n");
        spoiled(o, str_format(scratch,
                              "{ echo runbook result 1; printf '%%s\\n' %s 0 0 0 0: 0 0 0: 0 0; } "
                              ">b.result", rows[i].numbers).s);
        if (adopt(o, "b", &r) != rows[i].want)
            printf("# %s\n", rows[i].numbers);
        CHECK(adopt(o, "b", &r) == rows[i].want);
    }
}

TEST(what_runs_is_found_without_its_marks)
{
    struct other *o = new_other("settle", "exec sleep 100");
    struct child_result r;

    kill_hard(o->pid);
    spoiled(o, "rm keeper.1");
    CHECK(adopt(o, "b", &r) == ADOPT_RUNNING);
    CHECK(r.left_count == 1 && r.left[0].pid == o->child);
    child_stop(o->folder, STR("b"));
    CHECK(adopt_later(o, "b", &r) != ADOPT_NOT_STARTED && !lives(o->child));
}

// Whatever was noted by then of other attempts.
TEST(what_was_started_is_not_called_so_when_the_tail_of_the_marks_is_gone)
{
    for (int cut = 1; cut <= 3; cut++) {
        struct other *o = new_other("settle", "exec sleep 100");
        struct child_result r;

        kill_hard(o->keeper);
        kill_hard(o->pid);
        kill_hard(o->child);
        spoiled(o, str_format(scratch, "head -n -%d keeper.1 >c; cat c >keeper.1", cut).s);
        enum adoption got = adopt(o, "b", &r);
        if (got != ADOPT_UNKNOWN)
            printf("# %d lines cut: %d\n", cut, got);
        CHECK(got == ADOPT_UNKNOWN);
    }
}

TEST(a_result_that_cannot_be_written_is_kept_with_the_marks)
{
    struct other *o = new_other("settle", "echo secret-of-b; sleep 0.05; exit 4");
    struct child_result r;

    CHECK(mkdir(str_format(scratch, "%.*s/b.result", STR_ARG(o->folder)).s, 0700) == 0);
    kill_hard(o->pid);
    CHECK(adopt_later(o, "b", &r) == ADOPT_KNOWN);
    CHECK(r.end == CHILD_EXITED && r.status == 4 && r.output_lost);
    CHECK_STR(r.adopted_stdout, "");
}

TEST(a_result_is_for_its_owner_only_and_whole)
{
    struct other *o = new_other("settle", "sleep 0.05; head -c 3000000 /dev/zero");
    struct child_result r;
    struct stat st;

    kill_hard(o->pid);
    CHECK(adopt_later(o, "b", &r) == ADOPT_KNOWN);
    CHECK(stat(str_format(scratch, "%.*s/b.result", STR_ARG(o->folder)).s, &st) == 0);
    CHECK((st.st_mode & 0777) == 0600);
    CHECK(!exists(o, ".b.result"));
    // Head and tail of 1 MiB, less what may be the end or the rest of a secret.
    CHECK(r.adopted_cut[0] == 1 << 20);
    CHECK(r.adopted_left_out[0] + (int64_t)r.adopted_stdout.n == 3000000);
    CHECK(r.adopted_stdout.n > (2 << 20) - 200 && r.adopted_stdout.n <= 2 << 20);
}

TEST(a_keeper_that_is_stopped_leaves_nothing_that_was_settled)
{
    struct setting *s = new_setting();
    struct child_spec one = spec_of("true"), two = spec_of("true");
    struct other o = { .folder = s->folder };
    struct child_result r;

    one.name = STR("one");
    two.name = STR("two");
    run_spec(s, one);
    run_spec(s, two);
    keeper_settled(s->keeper, one.name);
    keeper_stop(s->keeper, 1000);
    CHECK(!exists(&o, "one.result") && exists(&o, "two.result"));
    CHECK(adopt(&o, "two", &r) == ADOPT_KNOWN);
    s = new_setting();
    o.folder = s->folder;
    run_spec(s, one);
    keeper_settled(s->keeper, one.name);
    keeper_stop(s->keeper, 1000);
    CHECK(!exists(&o, "one.result"));
    keeper_clean(o.folder);
    CHECK(!exists(&o, "keeper.1"));
}

TEST(what_is_never_settled_does_not_fill_the_memory)
{
    struct setting *s = new_setting();
    struct other o = { .folder = s->folder };

    for (int i = 0; i < 40; i++) {
        struct child_spec spec = spec_of("");
        spec.argv = (struct str[]){ STR("/bin/true"), { NULL, 0 } };
        spec.name = str_format(scratch, "n%d", i);
        CHECK(exited(run_spec(s, spec), 0));
    }
    CHECK(exists(&o, "n0.result") && !exists(&o, "n39.result"));
    keeper_settled(s->keeper, STR("n0"));
    run(s, "true");
    CHECK(!exists(&o, "n0.result"));
}

// ---- the death of the keeper

TEST(when_the_keeper_is_killed_its_children_are_lost_and_named)
{
    struct setting *s = new_setting();
    struct child_spec spec = spec_of("");
    struct child_result r;

    spec.argv = (struct str[]){ STR("/bin/sleep"), STR("100"), { NULL, 0 } };
    struct ran *ran = begin(s, spec);

    while (child_pid(ran->child) == 0)
        loop_turn(s->loop);
    kill((pid_t)keeper_pid(s->keeper), SIGKILL);
    wait_end(s, ran);
    CHECK(ran->r.end == CHILD_LOST);
    CHECK_STR(ran->left, "/bin/sleep 100,");
    CHECK(ran->r.left_count == 1 && ran->r.left[0].pid == child_pid(ran->child));
    CHECK(child_adopt(s->folder, spec.name, scratch, &r) == ADOPT_RUNNING);
    kill_hard((pid_t)child_pid(ran->child));
    CHECK(child_adopt(s->folder, spec.name, scratch, &r) == ADOPT_UNKNOWN);
}

TEST(what_a_lost_keeper_had_not_started_the_next_one_starts)
{
    struct setting *s = new_setting();
    struct other o = { .folder = s->folder };

    run(s, "true");
    int64_t first = keeper_pid(s->keeper);
    kill((pid_t)first, SIGSTOP);
    struct ran *asked = begin(s, spec_of("echo once"));
    struct ran *queued = begin(s, spec_of("echo twice"));
    kill((pid_t)first, SIGKILL);
    wait_end(s, asked);
    wait_end(s, queued);
    CHECK(exited(asked, 0) && asked->ends == 1 && exited(queued, 0));
    CHECK_STR(buf_str(asked->out), "once\n");
    CHECK(keeper_pid(s->keeper) != first && exists(&o, "keeper.2") && !exists(&o, "keeper.3"));
}

TEST(a_keeper_that_is_lost_while_nothing_runs_is_replaced)
{
    struct setting *s = new_setting();

    for (int i = 0; i < 5; i++) {
        kill((pid_t)keeper_pid(s->keeper), SIGKILL);
        CHECK(exited(run(s, "true"), 0));
    }
}

TEST(what_was_cancelled_before_its_keeper_was_lost_is_not_started_by_the_next)
{
    struct setting *s = new_setting();

    kill((pid_t)keeper_pid(s->keeper), SIGSTOP);
    struct ran *asked = begin(s, spec_of("true"));
    child_cancel(asked->child, false);
    kill((pid_t)keeper_pid(s->keeper), SIGKILL);
    wait_end(s, asked);
    CHECK(asked->r.end == CHILD_NOT_STARTED && asked->r.cancelled);
}

TEST(when_no_keeper_can_be_started_either_a_child_is_lost)
{
    struct setting *s = new_setting();

    kill((pid_t)keeper_pid(s->keeper), SIGSTOP);
    struct ran *asked = begin(s, spec_of("true"));
    remove_folder((void *)(uintptr_t)s->folder.s);
    kill((pid_t)keeper_pid(s->keeper), SIGKILL);
    wait_end(s, asked);
    CHECK(asked->r.end == CHILD_LOST && asked->r.left_count == 0);
    CHECK(run(s, "true")->r.end == CHILD_LOST);
}

TEST(a_keeper_that_hangs_is_killed_with_all_that_it_has)
{
    struct setting *s = new_setting();
    struct ran *ran = begin(s, spec_of("sleep 100"));

    while (child_pid(ran->child) == 0)
        loop_turn(s->loop);
    keeper_stop(s->keeper, 50);
    CHECK(ran->ends == 1 && ran->r.end == CHILD_SIGNALLED && ran->r.cancelled);
    CHECK(!lives(child_pid(ran->child)));
}

TEST(a_keeper_ignores_what_is_meant_for_us)
{
    struct setting *s = new_setting();
    static const int signals[] = { SIGINT, SIGHUP, SIGTERM, SIGQUIT, SIGPIPE, SIGTSTP, SIGUSR1 };

    run(s, "true");
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        kill((pid_t)keeper_pid(s->keeper), signals[i]);
    CHECK(exited(run(s, "true"), 0));
    CHECK(getpgid((pid_t)keeper_pid(s->keeper)) == keeper_pid(s->keeper));
    CHECK(getsid((pid_t)keeper_pid(s->keeper)) == getsid(0));
}
