// The loop of the keeper: it is asked, its children end, it tells.

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "loop/keeping.h"
#include "loop/marks.h"
#include "loop/wire.h"

enum { EVENTS = 64, RECEIVE = 64 * 1024, LOOKS = 30 };

// ---- telling

static void hang_up(struct keeping *k)
{
    if (k->gone)
        return;
    k->gone = true;
    epoll_ctl(k->epoll, EPOLL_CTL_DEL, k->socket, NULL);
    buf_free(&k->out);
    marks_hangup(k->marks);
}

static void choke(struct keeping *k, bool choked)
{
    struct epoll_event e = { choked ? 0 : EPOLLIN, { .ptr = &k->pipes } };

    if (k->choked != choked)
        epoll_ctl(k->epoll, EPOLL_CTL_MOD, k->pipes, &e);
    k->choked = choked;
}

static void want_writing(struct keeping *k, bool writing)
{
    struct epoll_event e = { EPOLLIN | (writing ? EPOLLOUT : 0), { .ptr = &k->socket } };

    if (k->writing != writing && !k->gone)
        epoll_ctl(k->epoll, EPOLL_CTL_MOD, k->socket, &e);
    k->writing = writing;
}

// The first [n] bytes, and a lot of room if it was needed only once.
static void forget(struct buf *b, size_t n)
{
    if (n == b->n && b->room > ROOM_MAX)
        buf_free(b);
    else
        buf_drop(b, n);
}

static void flush(struct keeping *k)
{
    size_t sent = 0;

    while (!k->gone && sent < k->out.n) {
        ssize_t n = send(k->socket, k->out.s + sent, k->out.n - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0 && errno != EINTR)
            hang_up(k);
        sent += n > 0 ? (size_t)n : 0;
    }
    if (!k->gone)
        forget(&k->out, sent);
    want_writing(k, k->out.n > 0);
    choke(k, k->out.n > OUT_MAX);
}

void keeping_tell(struct keeping *k, struct frame head, struct str body)
{
    if (k->gone)
        return;
    frame_put(&k->out, head, body);
    if (k->out.n > OUT_MAX)
        flush(k);
}

// ---- being asked

static struct task *find_task(struct keeping *k, uint32_t id)
{
    struct task *t = k->tasks;

    while (t && t->id != id)
        t = t->next;
    return t;
}

// One whose result was saved for want of memory is in a file by now.
static void settled(struct keeping *k, struct str name)
{
    struct arena *a = arena_new(NULL);
    struct task *t = k->tasks;

    while (t && !str_equal(t->spec.name, name))
        t = t->next;
    if (t && t->state == TASK_OVER)
        task_free(t);
    else if (!t)
        unlink(str_format(a, "%.*s/%.*s.result", STR_ARG(k->folder), STR_ARG(name)).s);
    arena_free(a);
}

static void stop_now(struct keeping *k)
{
    k->stopping = true;
    for (struct task *t = k->tasks; t; t = t->next)
        task_cancel(t, true);
}

// Of a child that was settled, nothing is known any more.
static void tell_lost(struct keeping *k, uint32_t id)
{
    struct buf body = BUF_EMPTY;

    put_result(&body, &(struct child_result){ .end = CHILD_LOST });
    keeping_tell(k, (struct frame){ .type = TELL_END, .id = id }, buf_str(&body));
    buf_free(&body);
}

static void answer(struct keeping *k, struct frame head, struct str body)
{
    struct task *t = find_task(k, head.id);
    struct taking taking = { body };

    switch (head.type) {
    case ASK_START:
        task_ask(k, head.id, body);
        break;
    case ASK_CANCEL:
        if (t)
            task_cancel(t, take_number(&taking));
        break;
    case ASK_KILL_LEFT:
        if (t)
            task_kill_left(t, take_number(&taking));
        else
            tell_lost(k, head.id);
        break;
    case ASK_SETTLED:
        settled(k, take_text(&taking));
        break;
    case ASK_STOP:
        k->stopping = true;
        break;
    case ASK_STOP_NOW:
        stop_now(k);
        break;
    default:
        k->broken = true;
    }
}

static void receive(struct keeping *k)
{
    struct frame head;
    struct str body;
    size_t at = 0;
    ssize_t n;

    do {
        n = recv(k->socket, buf_reserve(&k->in, RECEIVE), RECEIVE, MSG_DONTWAIT);
        k->in.n += n > 0 ? (size_t)n : 0;
    } while (n == RECEIVE || (n < 0 && errno == EINTR));
    bool gone = n == 0 || (n < 0 && errno != EAGAIN);
    buf_add(&k->in, STR(""));
    while (!k->broken && frame_next(buf_str(&k->in), &at, &head, &body, &k->broken))
        answer(k, head, body);
    forget(&k->in, at);
    if (gone || k->broken)
        hang_up(k);
}

// ---- children

// On ^Z a child that has the terminal stops, and nobody would ever continue it.
static void keep_going(struct keeping *k, pid_t pid, int signo)
{
    if (signo != SIGTSTP && signo != SIGTTIN && signo != SIGTTOU)
        return;
    for (struct task *t = k->tasks; t; t = t->next)
        if (t->pid == pid && t->spec.tty && t->kill == KILL_NOT && !terminal_is_lost(t))
            kill(-pid, SIGCONT);
}

static void reaped(struct keeping *k, pid_t pid, int status)
{
    known_forget(k, pid);
    for (struct task *t = k->tasks; t; t = t->next) {
        t->look = true;
        if (t->pid == pid && !t->ended)
            task_reaped(t, status);
    }
}

static bool reap(struct keeping *k)
{
    bool any = false;
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
        if (WIFSTOPPED(status))
            keep_going(k, pid, WSTOPSIG(status));
        else
            reaped(k, pid, status);
        any = true;
    }
    // Whatever has lost its parent is our child, so that nobody is below us either.
    k->childless = pid < 0 && errno == ECHILD;
    return any;
}

static void signalled(struct keeping *k)
{
    struct signalfd_siginfo info[8];

    if (read(k->signals, info, sizeof info) > 0)
        reap(k);
}

// A process closes its pipes a few microseconds before it ends: to look again at once is
// cheaper than to be woken twice.
static void expect_end(struct keeping *k)
{
    for (int i = 0; i < LOOKS; i++)
        if (reap(k))
            return;
}

static bool is_about_to_end(const struct task *t)
{
    return !t->ended && t->out[0].fd < 0 && t->out[1].fd < 0;
}

static void read_pipes(struct keeping *k)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(k->pipes, events, EVENTS, 0);

    for (int i = 0; i < n; i++)
        outlet_read(events[i].data.ptr);
    for (int i = 0; i < n; i++)
        if (is_about_to_end(((struct outlet *)events[i].data.ptr)->task)) {
            expect_end(k);
            return;
        }
}

// ---- the loop

// What is due soon. Most of that is about children that end sooner, and so is not worth an alarm.
static int near_ms(const struct keeping *k)
{
    int64_t rest = k->due_ms - clock_boot_ms();

    return rest > NEAR_MS ? -1 : rest > 0 ? (int)rest : 0;
}

// On boot time. One that comes too early is cheaper than one that is moved for every child.
static void set_alarm(struct keeping *k)
{
    struct itimerspec when = { 0 };

    if (k->due_ms >= k->alarm_ms || near_ms(k) >= 0)
        return;
    when.it_value.tv_sec = k->due_ms / 1000;
    when.it_value.tv_nsec = k->due_ms % 1000 * 1000000 + 1;  // 0 would disarm it
    timerfd_settime(k->clock, TFD_TIMER_ABSTIME, &when, NULL);
    k->alarm_ms = k->due_ms;
}

// Something should have been done long ago: we were stopped, or the machine slept.
static void look_around(struct keeping *k)
{
    if (k->now_ms - ABSENT_MS < k->due_ms)
        return;
    for (struct task *t = k->tasks; t; t = t->next)
        if (t->state == TASK_RUNNING)
            task_awake(t);
}

void keeping_wait(struct keeping *k)
{
    struct epoll_event events[8];
    uint64_t expirations;
    int n = epoll_wait(k->epoll, events, 8, near_ms(k));

    k->now_ms = clock_boot_ms();
    // After a pause of ours, what has ended meanwhile is not late.
    if (k->now_ms >= k->due_ms)
        reap(k);
    look_around(k);
    for (int i = 0; i < n; i++) {
        if (events[i].data.ptr == &k->clock && read(k->clock, &expirations, 8) > 0)
            k->alarm_ms = INT64_MAX;
        if (events[i].data.ptr == &k->signals)
            signalled(k);
        if (events[i].data.ptr == &k->pipes && !k->choked)
            read_pipes(k);
        if (events[i].data.ptr == &k->socket && !k->gone)
            receive(k);
    }
}

static bool is_busy(const struct keeping *k)
{
    const struct task *t = k->tasks;

    while (t && t->state == TASK_OVER)
        t = t->next;
    return t;
}

static bool is_too_much(const struct keeping *k)
{
    return k->unsettled > UNSETTLED_MAX || k->unsettled_bytes > UNSETTLED_BYTES;
}

// When the interpreter is gone, nothing more is started, and results are left for the next
// one. So are those that it did not settle before it stopped us, and the oldest when there
// are too many.
static void tidy(struct keeping *k)
{
    bool all = k->gone || (k->stopping && !is_busy(k));

    for (struct task *t = k->tasks, *next; t; t = next) {
        next = t->next;
        if (t->state == TASK_ASKED && k->gone)
            task_free(t);
        else if (t->state == TASK_OVER && (all || is_too_much(k)))
            task_save(t);
    }
}

bool keeping_tick(struct keeping *k)
{
    k->due_ms = INT64_MAX;
    for (struct task *t = k->tasks; t; t = t->next) {
        int64_t its = task_tick(t);
        k->due_ms = its < k->due_ms ? its : k->due_ms;
    }
    flush(k);
    tidy(k);
    set_alarm(k);
    return is_busy(k) || !(k->gone || (k->stopping && k->out.n == 0));
}
