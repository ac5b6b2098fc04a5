// The loop of the program: libuv for descriptors, signals and threads.
//
// libuv's own timers run on CLOCK_MONOTONIC, which stands still while the machine sleeps.
// So the next due time is given to one timerfd on boot time, which fires as soon as the
// machine is awake again.

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <uv.h>

#include "base/arena.h"
#include "base/clock.h"
#include "loop/engine.h"
#include "loop/works.h"

struct real {
    struct loop *loop;
    uv_loop_t uv;
    uv_async_t async;
    uv_async_t work_over;  // from the threads of [works]
    struct works *works;
    int alarm_fd;
    uv_poll_t alarm;
    int64_t alarm_ms;  // when it is set for; INT64_MAX: not set
    bool closing;
};

static void *must(void *memory)
{
    if (!memory) {
        fputs("runbook: out of memory\n", stderr);
        abort();
    }
    return memory;
}

static void alarmed(uv_poll_t *handle, int status, int events)
{
    struct real *r = handle->data;
    uint64_t expirations;

    (void)status, (void)events;
    if (read(r->alarm_fd, &expirations, sizeof expirations) > 0)
        r->alarm_ms = INT64_MAX;
}

static void set_alarm(struct real *r, int64_t due_ms)
{
    struct itimerspec when = { 0 };

    if (due_ms == r->alarm_ms)
        return;
    if (due_ms != INT64_MAX) {
        when.it_value.tv_sec = due_ms / 1000;
        when.it_value.tv_nsec = due_ms % 1000 * 1000000;
    }
    timerfd_settime(r->alarm_fd, TFD_TIMER_ABSTIME, &when, NULL);
    r->alarm_ms = due_ms;
}

// The alarm counts as alive only here, so that libuv looks, whatever else there is.
static void wait_until(void *self, int64_t until_ms)
{
    struct real *r = self;
    bool look = until_ms <= clock_boot_ms();

    if (!look)
        set_alarm(r, until_ms);
    uv_ref((uv_handle_t *)&r->alarm);
    uv_run(&r->uv, look ? UV_RUN_NOWAIT : UV_RUN_ONCE);
    uv_unref((uv_handle_t *)&r->alarm);
    r->loop->now_ms = clock_boot_ms();
}

// A descriptor that epoll does not take (a regular file) can always be read and written.
struct watching {
    uv_poll_t poll;
    uv_idle_t always;
    struct watch *watch;  // NULL: stopped
    bool plain;           // [always] is used instead of [poll]
};

static void free_watching(uv_handle_t *handle)
{
    free(handle->data);
}

static void change(void *arg, int events);

static void polled(uv_poll_t *handle, int status, int events)
{
    struct watching *g = handle->data;
    struct watch *w = g->watch;
    int happened = 0;

    if (!w)
        return;
    w->loop->now_ms = clock_boot_ms();
    if (events & (UV_READABLE | UV_DISCONNECT))
        happened |= WATCH_READ;
    if (events & UV_WRITABLE)
        happened |= WATCH_WRITE;
    if (status < 0) {  // libuv has stopped watching; the next read or write tells why
        happened = w->events;
        change(g, w->events);
    }
    if (happened & w->events)
        w->fn(w->arg, happened & w->events);
}

static void always_ready(uv_idle_t *handle)
{
    struct watching *g = handle->data;

    if (g->watch)
        g->watch->fn(g->watch->arg, g->watch->events);
}

// libuv makes what it watches non-blocking. We do not want that: the terminal and what
// else we were started with are shared with other programs.
static int init_poll(uv_loop_t *uv, uv_poll_t *poll, int fd)
{
    int flags = fcntl(fd, F_GETFL);
    int error = uv_poll_init(uv, poll, fd);

    if (flags >= 0 && !(flags & O_NONBLOCK))
        fcntl(fd, F_SETFL, flags);
    return error;
}

static void *watch(void *self, struct watch *w)
{
    struct real *r = self;
    struct watching *g = must(calloc(1, sizeof *g));

    g->watch = w;
    int error = init_poll(&r->uv, &g->poll, w->fd);
    assert(error == 0 || error == UV_EPERM);  // else: watched twice, or not open
    if (error) {
        g->plain = true;
        uv_idle_init(&r->uv, &g->always);
    }
    g->poll.data = g->always.data = g;
    return g;
}

static void change(void *arg, int events)
{
    struct watching *g = arg;

    if (g->plain && events)
        uv_idle_start(&g->always, always_ready);
    else if (g->plain)
        uv_idle_stop(&g->always);
    else if (events)
        uv_poll_start(&g->poll,
                      (events & WATCH_READ ? UV_READABLE : 0) |
                          (events & WATCH_WRITE ? UV_WRITABLE : 0),
                      polled);
    else
        uv_poll_stop(&g->poll);
}

static void unwatch(void *arg)
{
    struct watching *g = arg;

    g->watch = NULL;
    uv_close(g->plain ? (uv_handle_t *)&g->always : (uv_handle_t *)&g->poll, free_watching);
}

struct trapping {
    uv_signal_t signal;
    struct trap *trap;  // NULL: stopped
};

static void signalled(uv_signal_t *handle, int signo)
{
    struct trapping *g = handle->data;

    if (!g->trap)
        return;
    g->trap->loop->now_ms = clock_boot_ms();
    g->trap->fn(g->trap->arg, signo);
}

static void *trap(void *self, struct trap *t)
{
    struct real *r = self;
    struct trapping *g = must(calloc(1, sizeof *g));

    g->trap = t;
    uv_signal_init(&r->uv, &g->signal);
    g->signal.data = g;
    uv_unref((uv_handle_t *)&g->signal);
    uv_signal_start(&g->signal, signalled, t->signo);
    return g;
}

static void untrap(void *arg)
{
    struct trapping *g = arg;

    g->trap = NULL;
    uv_close((uv_handle_t *)&g->signal, free_watching);
}

static void tell_done(void *self, void (*done)(void *arg), void *arg)
{
    struct real *r = self;

    r->loop->waiting--;
    r->loop->now_ms = clock_boot_ms();
    if (!r->closing)
        done(arg);
}

static void work_over(uv_async_t *handle)
{
    struct real *r = handle->data;

    works_collect(r->works, tell_done, r);
}

static void tell_work_over(void *arg)
{
    struct real *r = arg;

    uv_async_send(&r->work_over);
}

// Where there can be no thread of its own, one of libuv's four.
struct job {
    uv_work_t request;
    struct real *real;
    void (*work)(void *arg);
    void (*done)(void *arg);
    void *arg;
};

static void in_shared_thread(uv_work_t *request)
{
    struct job *j = request->data;

    j->work(j->arg);
}

static void after_shared_work(uv_work_t *request, int status)
{
    struct job *j = request->data;

    (void)status;
    tell_done(j->real, j->done, j->arg);
    free(j);
}

static void work_shared(struct real *r, void (*fn)(void *arg), void (*done)(void *arg), void *arg)
{
    struct job *j = must(calloc(1, sizeof *j));

    *j = (struct job){ .real = r, .work = fn, .done = done, .arg = arg };
    j->request.data = j;
    uv_queue_work(&r->uv, &j->request, in_shared_thread, after_shared_work);
}

static void work(void *self, bool apart, void (*fn)(void *arg), void (*done)(void *arg), void *arg)
{
    struct real *r = self;

    r->loop->waiting++;
    if (!works_start(r->works, apart, fn, done, arg))
        work_shared(r, fn, done, arg);
}

static void woken(uv_async_t *handle)
{
    struct real *r = handle->data;

    r->loop->now_ms = clock_boot_ms();
    if (r->loop->on_wake && !r->closing)
        r->loop->on_wake(r->loop->wake_arg);
}

static void wake(void *self)
{
    struct real *r = self;

    uv_async_send(&r->async);
}

static const struct engine engine = {
    .wait = wait_until,
    .watch = watch,
    .change = change,
    .unwatch = unwatch,
    .trap = trap,
    .untrap = untrap,
    .work = work,
    .wake = wake,
};

// Works that are still running are waited for, since they use what the caller frees next.
static void close_real(void *arg)
{
    struct real *r = arg;

    r->closing = true;
    works_free(r->works, tell_done, r);
    uv_close((uv_handle_t *)&r->work_over, NULL);
    uv_close((uv_handle_t *)&r->async, NULL);
    uv_close((uv_handle_t *)&r->alarm, NULL);
    uv_run(&r->uv, UV_RUN_DEFAULT);
    int busy = uv_loop_close(&r->uv);
    assert(!busy);  // else something was not stopped
    (void)busy;
    close(r->alarm_fd);
    free(r);
}

// Without these few descriptors there is nothing that we could do.
static void need(bool fine, const char *what)
{
    if (fine)
        return;
    perror(what);
    abort();
}

struct loop *loop_new(struct arena *a)
{
    struct real *r = must(calloc(1, sizeof *r));

    r->loop = loop_on(a, &engine);
    r->loop->self = r;
    need(uv_loop_init(&r->uv) == 0, "runbook: epoll");
    need(uv_async_init(&r->uv, &r->async, woken) == 0, "runbook: eventfd");
    r->alarm_fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    need(r->alarm_fd >= 0, "runbook: timerfd");
    uv_poll_init(&r->uv, &r->alarm, r->alarm_fd);
    need(uv_async_init(&r->uv, &r->work_over, work_over) == 0, "runbook: eventfd");
    r->works = must(works_new(tell_work_over, r));
    r->async.data = r->work_over.data = r->alarm.data = r;
    uv_unref((uv_handle_t *)&r->async);
    uv_unref((uv_handle_t *)&r->work_over);
    uv_poll_start(&r->alarm, UV_READABLE, alarmed);
    uv_unref((uv_handle_t *)&r->alarm);
    r->alarm_ms = INT64_MAX;
    r->loop->now_ms = clock_boot_ms();
    arena_defer(a, close_real, r);
    return r->loop;
}
