#include "loop/loop.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "tests/unit/test.h"

// What happened, in letters.
static struct buf *story;

#define WORD(w) ((void *)(uintptr_t)(w))

static void tell(void *arg)
{
    buf_add_s(story, arg);
}

static struct loop *new_virtual(void)
{
    story = buf_in(scratch);
    return loop_new_virtual(scratch, 1000);
}

static struct loop *new_real(void)
{
    story = buf_in(scratch);
    return loop_new(scratch);
}

static struct loop *(*const kinds[])(void) = { new_virtual, new_real };

#define EACH_KIND(l)                  \
    for (size_t k_ = 0; k_ < 2; k_++) \
        for (struct loop *l = kinds[k_](); l; l = NULL)

static void run(struct loop *l)
{
    while (loop_turn(l))
        ;
}

TEST(a_loop_without_anything_to_wait_for_says_so)
{
    EACH_KIND(l)
    {
        CHECK(!loop_turn(l));
        CHECK(!loop_poll(l));
        struct timer *t = loop_timer(l, scratch, loop_now_ms(l) + 100000, tell, WORD("x"));
        CHECK(loop_poll(l));
        timer_stop(t);
        timer_stop(t);
        CHECK(!loop_turn(l));
        CHECK_STR(buf_str(story), "");
    }
}

TEST(timers_fire_in_the_order_they_are_due)
{
    EACH_KIND(l)
    {
        int64_t now = loop_now_ms(l);
        loop_timer(l, scratch, now + 3, tell, WORD("d"));
        loop_timer(l, scratch, now + 1, tell, WORD("b"));
        loop_timer(l, scratch, now + 3, tell, WORD("e"));
        loop_timer(l, scratch, now - 5, tell, WORD("a"));
        loop_timer(l, scratch, now + 2, tell, WORD("c"));
        run(l);
        CHECK_STR(buf_str(story), "abcde");
    }
}

TEST(many_timers_keep_their_order_when_some_are_stopped)
{
    struct loop *l = new_virtual();
    struct timer *timers[500];
    char want[501], *names = NEW_ARRAY(scratch, char, 1000), *w = want;

    srand(3);
    for (int i = 0; i < 500; i++) {
        int due = i * 7 % 500;
        names[due * 2] = (char)('a' + due % 26);
        timers[due] = loop_timer(l, scratch, 2000 + due, tell, &names[due * 2]);
    }
    for (int due = 0; due < 500; due++) {
        if (rand() % 3 == 0)
            timer_stop(timers[due]);
        else
            *w++ = (char)('a' + due % 26);
    }
    *w = '\0';
    run(l);
    CHECK_STR(buf_str(story), want);
}

TEST(virtual_time_jumps_to_the_next_timer)
{
    struct loop *l = new_virtual();

    loop_timer(l, scratch, 1000 + 3600 * 1000, tell, WORD("x"));
    CHECK(loop_poll(l));
    CHECK(loop_now_ms(l) == 1000);
    CHECK(loop_turn(l));
    CHECK(loop_now_ms(l) == 1000 + 3600 * 1000);
    CHECK_STR(buf_str(story), "x");
}

TEST(real_timers_never_fire_early)
{
    struct loop *l = new_real();
    int64_t due = clock_boot_ms() + 20;

    loop_timer(l, scratch, due, tell, WORD("x"));
    run(l);
    CHECK(clock_boot_ms() >= due);
    CHECK(loop_now_ms(l) >= due);
    CHECK_STR(buf_str(story), "x");
}

TEST(a_due_time_that_changes_is_noticed)
{
    struct loop *l = new_real();
    int64_t now = clock_boot_ms();
    struct timer *late = loop_timer(l, scratch, now + 3600 * 1000, tell, WORD("late"));

    loop_poll(l);
    loop_timer(l, scratch, now + 5, tell, WORD("soon"));
    while (buf_str(story).n == 0 && loop_turn(l))
        ;
    CHECK(clock_boot_ms() < now + 3600 * 1000);
    timer_stop(late);
    CHECK_STR(buf_str(story), "soon");
}

struct pair {
    struct timer *other;
    struct loop *loop;
};

static void stop_other(void *arg)
{
    struct pair *p = arg;

    timer_stop(p->other);
    buf_add_s(story, "stopped");
}

TEST(a_timer_that_is_stopped_by_one_due_with_it_does_not_fire)
{
    EACH_KIND(l)
    {
        struct pair p = { 0 };
        loop_timer(l, scratch, loop_now_ms(l), stop_other, &p);
        p.other = loop_timer(l, scratch, loop_now_ms(l), tell, WORD("x"));
        run(l);
        CHECK_STR(buf_str(story), "stopped");
    }
}

static void free_arena(void *arg)
{
    buf_add_s(story, "freed");
    arena_free(arg);
}

TEST(an_arena_stops_what_it_owns_even_in_its_own_callback)
{
    EACH_KIND(l)
    {
        struct arena *a = arena_new(scratch);
        loop_timer(l, a, loop_now_ms(l), free_arena, a);
        loop_timer(l, a, loop_now_ms(l), tell, WORD("x"));
        loop_timer(l, a, loop_now_ms(l) + 1, tell, WORD("y"));
        run(l);
        CHECK_STR(buf_str(story), "freed");
    }
}

static void again(void *arg)
{
    struct pair *p = arg;

    if (buf_str(story).n < 5)
        p->other = loop_timer(p->loop, scratch, 0, again, p);
    buf_add_s(story, "a");
}

TEST(a_timer_set_again_for_at_once_waits_for_the_next_turn)
{
    EACH_KIND(l)
    {
        struct pair p = { .loop = l };
        loop_timer(l, scratch, 0, again, &p);
        CHECK(loop_turn(l));
        CHECK_STR(buf_str(story), "a");
        CHECK(loop_turn(l));
        CHECK_STR(buf_str(story), "aa");
        run(l);
    }
}

static void later_again(void *arg)
{
    buf_add_s(story, "1");
    loop_later(arg, tell, WORD("3"));
    buf_add_s(story, "2");
}

TEST(later_is_after_what_runs_now_and_in_order)
{
    EACH_KIND(l)
    {
        loop_later(l, later_again, l);
        loop_later(l, tell, WORD(","));
        run(l);
        CHECK_STR(buf_str(story), "12,3");
    }
}

static void work(void *arg)
{
    *(int *)arg += 1;
}

static void work_done(void *arg)
{
    buf_format(story, "%d", *(int *)arg);
}

TEST(work_is_done_before_done_is_called)
{
    EACH_KIND(l)
    {
        int n = 1;
        loop_work(l, work, work_done, &n);
        run(l);
        CHECK_STR(buf_str(story), "2");
    }
}

TEST(a_loop_that_is_freed_waits_for_its_work)
{
    struct arena *a = arena_new(scratch);
    struct loop *l = loop_new(a);
    int n[20] = { 0 }, sum = 0;

    story = buf_in(scratch);
    for (int i = 0; i < 20; i++)
        loop_work(l, work, work_done, &n[i]);
    arena_free(a);
    for (int i = 0; i < 20; i++)
        sum += n[i];
    CHECK(sum == 20);
    CHECK_STR(buf_str(story), "");
}

static void meet(void *arg)
{
    pthread_barrier_wait(arg);
}

static void met(void *arg)
{
    (void)arg;
    buf_add_c(story, '.');
}

TEST(works_may_wait_for_each_other)
{
    pthread_barrier_t all;
    struct loop *l = new_real();

    pthread_barrier_init(&all, NULL, 20);
    for (int i = 0; i < 20; i++)
        loop_work(l, meet, met, &all);
    run(l);
    CHECK_STR(buf_str(story), "....................");
    pthread_barrier_destroy(&all);
}

static int ask[2], answer[2];

static void answer_when_asked(void *arg)
{
    char c;

    (void)arg;
    if (read(ask[0], &c, 1) == 1)
        (void)!write(answer[1], &c, 1);
}

TEST(a_loop_that_is_freed_does_not_wait_for_work_apart)
{
    struct arena *a = arena_new(scratch);
    struct loop *l = loop_new(a);
    int n = 1;
    char c = 'x';

    story = buf_in(scratch);
    CHECK(pipe(ask) == 0 && pipe(answer) == 0);
    loop_work_apart(l, answer_when_asked, met, NULL);
    loop_work(l, work, work_done, &n);
    arena_free(a);
    CHECK(n == 2);
    CHECK(write(ask[1], &c, 1) == 1);
    CHECK(read(answer[0], &c, 1) == 1);
    CHECK_STR(buf_str(story), "");
}

TEST(work_apart_is_told_like_any_other)
{
    EACH_KIND(l)
    {
        int n = 1;
        loop_work_apart(l, work, work_done, &n);
        run(l);
        CHECK_STR(buf_str(story), "2");
    }
}

static void *wake_from_thread(void *arg)
{
    loop_wake(arg);
    return NULL;
}

TEST(a_thread_wakes_the_loop)
{
    EACH_KIND(l)
    {
        pthread_t thread;
        struct timer *t = loop_timer(l, scratch, loop_now_ms(l) + 60000, tell, WORD("late"));
        loop_on_wake(l, tell, WORD("woken"));
        pthread_create(&thread, NULL, wake_from_thread, l);
        pthread_join(thread, NULL);
        CHECK(loop_turn(l));
        CHECK_STR(buf_str(story), "woken");
        timer_stop(t);
        CHECK(!loop_poll(l));
    }
}

struct reader {
    struct watch *watch;
    int fd;
};

static void read_some(void *arg, int events)
{
    struct reader *r = arg;
    char bytes[4];
    ssize_t n = read(r->fd, bytes, sizeof bytes);

    CHECK(events == WATCH_READ);
    if (n > 0)
        buf_add(story, (struct str){ bytes, (size_t)n });
    else
        watch_stop(r->watch);
}

static void close_fd(void *arg)
{
    close(*(int *)arg);
}

static int *new_pipe(void)
{
    int *ends = NEW_ARRAY(scratch, int, 2);

    CHECK(pipe2(ends, O_CLOEXEC) == 0);
    arena_defer(scratch, close_fd, &ends[0]);
    return ends;
}

TEST(a_pipe_is_read_until_it_ends)
{
    struct loop *l = new_real();
    int *ends = new_pipe();
    struct reader r = { .fd = ends[0] };

    r.watch = loop_watch(l, scratch, r.fd, WATCH_READ, read_some, &r);
    CHECK(write(ends[1], "hello world", 11) == 11);
    close(ends[1]);
    run(l);
    CHECK_STR(buf_str(story), "hello world");
    watch_stop(r.watch);
}

TEST(a_watch_of_nothing_waits_for_nothing)
{
    struct loop *l = new_real();
    int *ends = new_pipe();
    struct reader r = { .fd = ends[0] };

    r.watch = loop_watch(l, scratch, r.fd, WATCH_READ, read_some, &r);
    CHECK(write(ends[1], "x", 1) == 1);
    close(ends[1]);
    watch_change(r.watch, 0);
    CHECK(!loop_turn(l));
    CHECK_STR(buf_str(story), "");
    watch_change(r.watch, WATCH_READ);
    run(l);
    CHECK_STR(buf_str(story), "x");
}

static void tell_events(void *arg, int events)
{
    struct reader *r = arg;

    buf_format(story, "%d", events);
    watch_stop(r->watch);
}

TEST(a_pipe_without_a_reader_is_reported_to_who_would_write)
{
    struct loop *l = new_real();
    int *ends = new_pipe();
    struct reader r = { .fd = dup(ends[1]) };

    close(ends[1]);
    close(ends[0]);
    ends[0] = -1;
    r.watch = loop_watch(l, scratch, r.fd, WATCH_WRITE, tell_events, &r);
    run(l);
    CHECK_STR(buf_str(story), "2");
    close(r.fd);
}

TEST(a_regular_file_is_always_ready)
{
    struct loop *l = new_real();
    struct reader r = { .fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC) };

    r.watch = loop_watch(l, scratch, r.fd, WATCH_READ, tell_events, &r);
    run(l);
    CHECK_STR(buf_str(story), "1");
    close(r.fd);
}

TEST(watching_leaves_a_descriptor_as_it_was)
{
    struct loop *l = new_real();
    int *ends = new_pipe();
    struct reader r = { .fd = ends[0] };

    r.watch = loop_watch(l, scratch, r.fd, WATCH_READ, tell_events, &r);
    CHECK(!(fcntl(ends[0], F_GETFL) & O_NONBLOCK));
    watch_stop(r.watch);
    CHECK(!(fcntl(ends[0], F_GETFL) & O_NONBLOCK));
    close(ends[1]);
}

TEST(two_watches_that_stop_each_other_do_not_meet)
{
    struct loop *l = new_real();
    int *a = new_pipe(), *b = new_pipe();
    struct reader one = { .fd = a[0] }, two = { .fd = b[0] };

    // Each stops the other's watch, whichever is called first.
    two.watch = loop_watch(l, scratch, one.fd, WATCH_READ, tell_events, &one);
    one.watch = loop_watch(l, scratch, two.fd, WATCH_READ, tell_events, &two);
    close(a[1]);
    close(b[1]);
    loop_poll(l);
    CHECK_STR(buf_str(story), "1");
    watch_stop(one.watch);
    watch_stop(two.watch);
}

static void trapped(void *arg, int signo)
{
    buf_format(story, "%s%d", (const char *)arg, signo == SIGUSR1);
}

TEST(a_signal_is_trapped_until_the_trap_is_stopped)
{
    struct loop *l = new_real();
    struct arena *a = arena_new(scratch);
    struct trap *t = loop_trap(l, a, SIGUSR1, trapped, WORD("t"));

    loop_trap(l, a, SIGUSR1, trapped, WORD("u"));
    kill(getpid(), SIGUSR1);
    for (int i = 0; i < 100 && buf_str(story).n < 4; i++)
        loop_poll(l);
    CHECK(str_is(buf_str(story), "t1u1") || str_is(buf_str(story), "u1t1"));
    CHECK(!loop_turn(l));
    trap_stop(t);
    trap_stop(t);
    kill(getpid(), SIGUSR1);
    for (int i = 0; i < 100 && buf_str(story).n < 6; i++)
        loop_poll(l);
    CHECK(str_ends(buf_str(story), "u1") && buf_str(story).n == 6);
    arena_free(a);
}
