// What is handed to the keeper ahead: when it is started, and when it never is.

#include "tests/unit/keeping.h"

enum { ROOM = 7 };

struct held {
    struct ran ran;  // first: it is what the end is told to
    int told, started;
    struct held *others;  // of which some have ended when it is told
    int ended_before;
};

static void on_room(void *arg, bool started)
{
    struct held *h = arg;

    h->told++;
    h->started += started;
    h->ended_before = h->others ? h->others->ran.ends : 0;
}

static struct child_spec in_room(const char *script)
{
    struct child_spec spec = spec_of(script);

    spec.room = ROOM;
    return spec;
}

static struct held *new_held(void)
{
    struct held *h = NEW(scratch, struct held);

    h->ran.out = buf_in(scratch);
    h->ran.err = buf_in(scratch);
    return h;
}

static struct held *start_spec(struct setting *s, struct child_spec spec)
{
    struct held *h = new_held();

    h->ran.child = child_start(s->keeper, scratch, &spec, ran_output, ran_end, &h->ran);
    return h;
}

static struct held *hold_spec(struct setting *s, struct child_spec spec, struct held *behind)
{
    struct held *h = new_held();

    h->others = behind;
    h->ran.child = child_hold(s->keeper, scratch, &spec, on_room, ran_output, ran_end, h);
    return h;
}

static struct held *hold(struct setting *s, const char *script, struct held *behind)
{
    return hold_spec(s, in_room(script), behind);
}

static struct str file_of(const struct setting *s, const char *name)
{
    return str_format(scratch, "%.*s/%s", STR_ARG(s->folder), name);
}

static bool is_there(const struct setting *s, const char *name)
{
    return access(file_of(s, name).s, F_OK) == 0;
}

static void make(const struct setting *s, const char *name)
{
    fclose(fopen(file_of(s, name).s, "w"));
}

// A script that ends, as [then] says, when [file] is there.
static const char *until(const struct setting *s, const char *file, const char *then)
{
    return str_format(scratch, "while [ ! -e %s ]; do sleep 0.005; done; %s", file_of(s, file).s,
                      then)
        .s;
}

static const char *touch(const struct setting *s, const char *file)
{
    return str_format(scratch, "echo >>%s", file_of(s, file).s).s;
}

// The keeper has done all that it was asked for before.
static void ask_something(struct setting *s)
{
    struct child_spec spec = in_room("exit 0");  // which surprises nobody

    spec.room = ROOM + 2;
    run_spec(s, spec);
}

static void turn_until_told(struct setting *s, struct held *h)
{
    while (!h->told && loop_turn(s->loop))
        ;
}

// Also when it has ended meanwhile.
static void wait_over(struct setting *s, struct held *h)
{
    while (!h->ran.ends && loop_turn(s->loop))
        ;
}

// ---- there is room

TEST(what_is_held_starts_in_the_place_of_one_that_ended_well)
{
    struct setting *s = new_setting();
    struct held *a = start_spec(s, in_room(until(s, "go", "exit 0")));
    struct held *b = hold(s, "echo b; exit 4", a);

    ask_something(s);
    CHECK(!b->told && !a->ran.ends);
    make(s, "go");
    turn_until_told(s, b);
    CHECK(exited(&a->ran, 0) && b->started == 1);
    CHECK(b->ended_before == 1);  // the end of the one is heard before the start of the other
    wait_over(s, b);
    CHECK(exited(&b->ran, 4) && b->told == 1);
    CHECK_STR(buf_str(b->ran.out), "b\n");
}

TEST(the_first_that_was_handed_over_is_the_first_and_each_takes_one_place)
{
    struct setting *s = new_setting();
    struct held *a = start_spec(s, in_room(until(s, "go", "exit 0")));
    struct held *b = hold(s, until(s, "go-b", "exit 0"), a);
    struct held *c = hold(s, touch(s, "c"), b);

    make(s, "go");
    turn_until_told(s, b);
    ask_something(s);
    CHECK(b->started == 1 && !c->told && !is_there(s, "c"));
    child_go(c->ran.child);
    wait_over(s, c);
    CHECK(is_there(s, "c") && exited(&c->ran, 0));
    make(s, "go-b");
    wait_over(s, b);
}

TEST(whoever_follows_is_started_without_a_word_from_us)
{
    struct setting *s = new_setting();
    struct held *before = start_spec(s, in_room(until(s, "go", "exit 0"))), *all[20];

    for (size_t i = 0; i < 20; i++)
        all[i] = before = hold(s, touch(s, "trace"), before);
    make(s, "go");
    // Nothing is heard or said here meanwhile.
    CHECK(comes_true(str_format(scratch, "test \"$(cat %s | wc -l)\" = 20", file_of(s, "trace").s).s));
    for (size_t i = 0; i < 20; i++) {
        turn_until_told(s, all[i]);
        CHECK(all[i]->started == 1 && all[i]->ended_before == 1);
    }
    wait_over(s, all[19]);
}

TEST(one_that_cannot_be_started_has_had_its_turn)
{
    struct setting *s = new_setting();
    struct held *a = start_spec(s, in_room(until(s, "go", "exit 0")));
    struct child_spec spec = in_room("");
    struct str argv[] = { STR("/no/such/program"), { NULL, 0 } };

    spec.argv = argv;
    struct held *b = hold_spec(s, spec, a);
    struct held *c = hold(s, touch(s, "c"), b);
    make(s, "go");
    turn_until_told(s, b);
    wait_over(s, b);
    CHECK(b->started == 1 && b->ran.r.end == CHILD_NOT_STARTED && b->ran.r.error == ENOENT);
    ask_something(s);
    CHECK(!c->told && !is_there(s, "c"));
}

TEST(its_time_runs_from_its_start)
{
    struct setting *s = new_setting();
    struct held *a = start_spec(s, in_room(until(s, "go", "exit 0")));
    struct child_spec spec = in_room("exit 0");

    spec.timeout_ms = 300;
    struct held *b = hold_spec(s, spec, a);
    usleep(400000);
    make(s, "go");
    turn_until_told(s, b);
    wait_over(s, b);
    CHECK(exited(&b->ran, 0) && !b->ran.r.timed_out);
}

// ---- there is none

// How the one before it ends: each is for us to judge first.
TEST(behind_any_other_end_nothing_starts_by_itself)
{
    static const struct {
        const char *what, *script;
        int64_t room, timeout_ms;
        bool cancel;
    } rows[] = {
        { "a failure", "exit 3", ROOM, 0, false },
        { "a signal", "kill -9 $$", ROOM, 0, false },
        { "a timeout", "trap 'exit 0' TERM; sleep 100 & wait", ROOM, 50, false },
        { "something of it lives", "setsid -f sleep 3; exit 0", ROOM, 0, false },
        { "of no room", "exit 0", 0, 0, false },
        { "of another room", "exit 0", ROOM + 1, 0, false },
        { "cancelled", "trap 'exit 0' TERM; echo on; sleep 100 & wait", ROOM, 0, true },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct setting *s = new_setting();
        struct child_spec spec = in_room(until(s, "go", rows[i].script));
        spec.room = rows[i].room;
        spec.timeout_ms = rows[i].timeout_ms ? rows[i].timeout_ms : spec.timeout_ms;
        spec.left = LEFT_KEEP;
        if (rows[i].timeout_ms)
            make(s, "go");
        struct held *a = start_spec(s, spec), *b = hold(s, touch(s, "b"), a);
        make(s, "go");
        while (rows[i].cancel && a->ran.out->n == 0 && loop_turn(s->loop))
            ;
        if (rows[i].cancel)
            child_cancel(a->ran.child, false);
        wait_over(s, a);
        ask_something(s);
        CHECK(!b->told && !is_there(s, "b"));
        if (b->told || is_there(s, "b"))
            printf("# behind: %s\n", rows[i].what);
        child_go(b->ran.child);
        wait_over(s, b);
        CHECK(exited(&b->ran, 0) && is_there(s, "b") && !b->told);
        for (size_t k = 0; k < a->ran.r.left_count; k++)
            kill((pid_t)a->ran.r.left[k].pid, SIGKILL);
    }
}

// A failure that we have not heard of, and then a good end.
TEST(a_good_end_behind_a_failure_makes_no_room_for_what_was_held_before)
{
    struct setting *s = new_setting();
    struct held *bad = start_spec(s, in_room(until(s, "go-bad", "exit 1")));
    struct held *good = start_spec(s, in_room(until(s, "go-good", "exit 0")));
    struct held *b = hold(s, touch(s, "b"), NULL);

    make(s, "go-bad");
    wait_over(s, bad);
    make(s, "go-good");
    wait_over(s, good);
    ask_something(s);
    CHECK(!b->told && !is_there(s, "b"));
    child_drop(b->ran.child);
    turn_until_told(s, b);
    CHECK(b->started == 0 && !is_there(s, "b"));
}

TEST(who_has_heard_of_the_failure_may_hold_again)
{
    struct setting *s = new_setting();
    struct held *bad = start_spec(s, in_room("exit 1"));
    struct held *good = start_spec(s, in_room(until(s, "go", "exit 0")));

    wait_over(s, bad);
    struct held *b = hold(s, touch(s, "b"), good);
    make(s, "go");
    turn_until_told(s, b);
    CHECK(b->started == 1);
    wait_over(s, b);
    CHECK(is_there(s, "b"));
}

// ---- taken back

TEST(what_was_dropped_is_not_started_and_leaves_nothing)
{
    struct setting *s = new_setting();
    struct held *a = start_spec(s, in_room(until(s, "go", "exit 0")));
    struct child_spec spec = in_room(touch(s, "b"));
    struct held *b = hold_spec(s, spec, a);
    struct child_result r;

    child_drop(b->ran.child);
    turn_until_told(s, b);
    CHECK(b->told == 1 && b->started == 0);
    make(s, "go");
    wait_over(s, a);
    keeper_stop(s->keeper, 5000);
    CHECK(!is_there(s, "b") && !b->ran.ends);
    CHECK(child_adopt(s->folder, spec.name, scratch, &r) == ADOPT_NOT_STARTED);
}

// The keeper finds an end and what was asked before at the same time.
TEST(what_was_asked_before_the_end_is_noticed_counts)
{
    struct setting *s = new_setting();
    struct held *a = start_spec(s, in_room(until(s, "go", "exit 0")));
    struct held *b = hold(s, touch(s, "b"), a);

    while (child_pid(a->ran.child) == 0 && loop_turn(s->loop))
        ;
    kill((pid_t)keeper_pid(s->keeper), SIGSTOP);
    make(s, "go");
    CHECK(dies(child_pid(a->ran.child)));
    child_drop(b->ran.child);
    kill((pid_t)keeper_pid(s->keeper), SIGCONT);
    turn_until_told(s, b);
    wait_over(s, a);
    CHECK(b->started == 0 && !is_there(s, "b"));
}

TEST(what_was_dropped_too_late_is_told_to_have_started)
{
    struct setting *s = new_setting();
    struct held *a = start_spec(s, in_room(until(s, "go", "exit 0")));
    struct held *b = hold(s, touch(s, "b"), a);

    make(s, "go");
    CHECK(comes_true(str_format(scratch, "test -e %s", file_of(s, "b").s).s));
    child_drop(b->ran.child);
    turn_until_told(s, b);
    CHECK(b->told == 1 && b->started == 1);
    wait_over(s, b);
    CHECK(exited(&b->ran, 0));
}

TEST(a_keeper_that_is_stopped_drops_what_it_holds)
{
    struct setting *s = new_setting();
    struct held *a = start_spec(s, in_room("sleep 0.1"));
    struct held *b = hold(s, touch(s, "b"), a);

    keeper_stop(s->keeper, 5000);
    CHECK(exited(&a->ran, 0));
    CHECK(b->told == 1 && b->started == 0 && !is_there(s, "b"));
}

// ---- crashes

// Another process, which is killed. It tells the ids of its keeper and of what that runs.
static pid_t other_interpreter(struct str folder, const struct child_spec *a,
                               const struct child_spec *b, int64_t ids[2])
{
    struct setting s = { .folder = folder };
    int ends[2];

    CHECK(pipe2(ends, O_CLOEXEC) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        s.loop = loop_new(scratch);
        s.keeper = keeper_start(s.loop, scratch, folder);
        struct held *first = start_spec(&s, *a);
        hold_spec(&s, *b, first);
        while (child_pid(first->ran.child) == 0 && loop_turn(s.loop))
            ;
        ids[0] = keeper_pid(s.keeper);
        ids[1] = child_pid(first->ran.child);
        CHECK(write(ends[1], ids, 16) == 16);
        for (;;)
            pause();
    }
    CHECK(read(ends[0], ids, 16) == 16);
    close(ends[0]);
    close(ends[1]);
    return pid;
}

TEST(what_is_held_when_the_interpreter_dies_is_not_started)
{
    struct setting s = { .folder = new_folder() };
    struct child_spec a = in_room(until(&s, "go", "exit 0")), b = in_room(touch(&s, "b"));
    struct child_result r;
    int64_t ids[2];
    pid_t pid = other_interpreter(s.folder, &a, &b, ids);

    kill((pid_t)ids[0], SIGSTOP);
    // Both has happened when it looks: a place is free, and nobody is there any more.
    make(&s, "go");
    CHECK(dies(ids[1]));
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    kill((pid_t)ids[0], SIGCONT);
    CHECK(dies(ids[0]));
    CHECK(!is_there(&s, "b"));
    CHECK(child_adopt(s.folder, b.name, scratch, &r) == ADOPT_NOT_STARTED);
    CHECK(child_adopt(s.folder, a.name, scratch, &r) == ADOPT_KNOWN);
}

TEST(a_keeper_that_dies_has_dropped_what_it_held)
{
    struct setting *s = new_setting();
    struct held *a = start_spec(s, in_room("sleep 100"));
    struct held *b = hold(s, touch(s, "b"), a);

    while (child_pid(a->ran.child) == 0 && loop_turn(s->loop))
        ;
    kill((pid_t)keeper_pid(s->keeper), SIGKILL);
    wait_over(s, a);
    turn_until_told(s, b);
    CHECK(a->ran.r.end == CHILD_LOST);
    CHECK(b->told == 1 && b->started == 0 && !is_there(s, "b"));
    kill((pid_t)child_pid(a->ran.child), SIGKILL);
}

// The one that was released kills the keeper as its first deed: whatever of that was told, it is
// known to have been started, and nothing else is.
TEST(a_keeper_that_dies_just_behind_a_release_has_started_it)
{
    for (int i = 0; i < 20; i++) {
        struct setting *s = new_setting();
        struct held *a = start_spec(s, in_room(until(s, "go", "exit 0")));
        struct held *b = hold(s, "kill -9 $PPID; exit 0", a);
        struct held *c = hold(s, touch(s, "c"), NULL);
        make(s, "go");
        turn_until_told(s, b);
        wait_over(s, b);
        turn_until_told(s, c);
        CHECK(b->started == 1 && b->ran.r.end == CHILD_LOST);
        CHECK(c->started == 0 && !is_there(s, "c"));
    }
}
