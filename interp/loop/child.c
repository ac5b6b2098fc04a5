#include "loop/child.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "loop/adopt.h"
#include "loop/launch.h"
#include "loop/marks.h"
#include "loop/wire.h"

enum {
    RECEIVE = 256 * 1024,
    STOP_NOW_MS = 8000,  // how long the keeper may take to kill all; longer than it tries
};

struct keeper {
    struct loop *loop;
    pid_t pid;   // 0: reaped
    int socket;  // -1: closed
    struct str marks;
    struct watch *watch;
    struct buf in, out;
    bool full;  // the socket took not all of [out]
    struct child *children;  // those that somebody waits for
    uint32_t last_id;
    bool lost;
    bool calling;  // inside a callback of a child
};

struct child {
    struct child *next;
    struct keeper *keeper;
    struct arena *arena;
    uint32_t id;
    struct str name;
    int64_t pid;
    bool waiting;  // in keeper->children
    void (*on_output)(void *arg, enum stream stream, struct str bytes);
    void (*on_end)(void *arg, const struct child_result *r);
    void *arg;
};

// ---- sending

static void lose(struct keeper *k);

static void watch_as_needed(struct keeper *k)
{
    if (!k->watch)
        return;
    watch_change(k->watch, WATCH_READ | (k->full ? WATCH_WRITE : 0));
    watch_idle(k->watch, !k->children && !k->full);
}

static void flush(struct keeper *k)
{
    size_t sent = 0;

    while (k->socket >= 0 && sent < k->out.n) {
        ssize_t n = send(k->socket, k->out.s + sent, k->out.n - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EINTR)
            break;  // full, or the keeper is lost: reading will tell
        sent += n > 0 ? (size_t)n : 0;
    }
    buf_drop(&k->out, sent);
    k->full = k->out.n > 0;
    watch_as_needed(k);
}

static void ask(struct keeper *k, enum frame_type type, uint32_t id, struct str body)
{
    if (k->socket >= 0)
        frame_put(&k->out, (struct frame){ .type = type, .id = id }, body);
}

static void ask_number(struct keeper *k, enum frame_type type, uint32_t id, int64_t number)
{
    struct buf body = BUF_EMPTY;

    put_number(&body, number);
    ask(k, type, id, buf_str(&body));
    buf_free(&body);
    flush(k);
}

// ---- children

static void wait_for(struct child *c)
{
    c->waiting = true;
    c->next = c->keeper->children;
    c->keeper->children = c;
    watch_as_needed(c->keeper);
}

static void forget(struct child *c)
{
    struct child **link = &c->keeper->children;

    if (!c->waiting)
        return;
    while (*link != c)
        link = &(*link)->next;
    *link = c->next;
    c->waiting = false;
    watch_as_needed(c->keeper);
}

static struct child *find(struct keeper *k, uint32_t id)
{
    struct child *c = k->children;

    while (c && c->id != id)
        c = c->next;
    return c;
}

static void end(struct child *c, const struct child_result *r)
{
    struct keeper *k = c->keeper;

    forget(c);
    k->calling = true;
    c->on_end(c->arg, r);
    k->calling = false;
}

// ---- hearing

static void hear_end(struct child *c, struct str body)
{
    struct arena *a = arena_new(NULL);
    struct taking taking = { body };
    struct child_result r;
    bool fine = take_result(&taking, &r, a);

    assert(fine);
    (void)fine;
    end(c, &r);
    arena_free(a);
}

static void hear(struct keeper *k, struct frame head, struct str body)
{
    struct child *c = find(k, head.id);
    struct taking taking = { body };

    if (!c)
        return;  // nobody waits for it any more
    if (head.type == TELL_STARTED)
        c->pid = take_number(&taking);
    if (head.type == TELL_OUTPUT && c->on_output) {
        k->calling = true;
        c->on_output(c->arg, (enum stream)head.stream, body);
        k->calling = false;
    }
    if (head.type == TELL_END)
        hear_end(c, body);
}

// False: the keeper is gone.
static bool receive(struct keeper *k)
{
    struct frame head;
    struct str body;
    bool broken = false;
    size_t at = 0;
    ssize_t n = recv(k->socket, buf_reserve(&k->in, RECEIVE), RECEIVE, MSG_DONTWAIT);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    k->in.n += (size_t)n;
    while (frame_next(buf_str(&k->in), &at, &head, &body, &broken))
        hear(k, head, body);
    buf_drop(&k->in, at);
    return n > 0 && !broken;
}

static void ready(void *arg, int events)
{
    struct keeper *k = arg;

    if (events & WATCH_WRITE)
        flush(k);
    if ((events & WATCH_READ) && !receive(k))
        lose(k);
}

// ---- the end of the keeper

static void close_socket(struct keeper *k)
{
    if (k->watch)
        watch_stop(k->watch);
    k->watch = NULL;
    if (k->socket >= 0)
        close(k->socket);
    k->socket = -1;
    buf_free(&k->in);
    buf_free(&k->out);
}

static void reap(struct keeper *k, int options)
{
    pid_t got;

    if (k->pid == 0)
        return;
    do {
        got = waitpid(k->pid, NULL, options);
    } while (got < 0 && errno == EINTR);
    if (got != 0)
        k->pid = 0;
}

static void lose_child(struct child *c)
{
    struct arena *a = arena_new(NULL);
    struct child_result r = { .end = CHILD_LOST };
    struct marks m;

    marks_read_one(c->keeper->marks, c->name, a, &m);
    if (!m.started || m.failed)
        r = (struct child_result){ .end = CHILD_NOT_STARTED, .error = EPIPE };
    else
        adopt_left(&m, a, &r);
    end(c, &r);
    arena_free(a);
}

static struct child *oldest(struct keeper *k)
{
    struct child *first = k->children;

    for (struct child *c = first; c; c = c->next)
        if (c->id < first->id)
            first = c;
    return first;
}

// It has closed its end, so it has ended or is about to.
static void lose(struct keeper *k)
{
    struct child *c;

    k->lost = true;
    close_socket(k);
    if (k->pid)
        kill(k->pid, SIGKILL);
    reap(k, 0);
    // Those that are asked for from here on are refused in a later turn.
    for (uint32_t last = k->last_id; (c = oldest(k)) && c->id <= last;)
        lose_child(c);
}

static void drop_keeper(void *arg)
{
    struct keeper *k = arg;

    close_socket(k);
    reap(k, WNOHANG);
}

// ---- starting the keeper

static bool launch(struct keeper *k, int marks)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
        return false;
    assert(ends[0] > 2 && ends[1] > 2 && marks > 2);
    int error = launch_keeper(ends[1], marks, k->marks, &k->pid);
    close(ends[1]);
    k->socket = ends[0];
    if (error) {
        close(ends[0]);
        k->socket = -1;
        errno = error;
    }
    return !error;
}

struct keeper *keeper_start(struct loop *l, struct arena *a, struct str folder)
{
    struct keeper *k = NEW(a, struct keeper);

    *k = (struct keeper){ .loop = l, .socket = -1 };
    int marks = marks_create(folder, a, &k->marks);
    if (marks < 0)
        return NULL;
    bool launched = launch(k, marks);
    int error = errno;
    close(marks);
    if (!launched) {
        unlink(k->marks.s);
        errno = error;
        return NULL;
    }
    k->watch = loop_watch(l, a, k->socket, WATCH_READ, ready, k);
    watch_idle(k->watch, true);
    arena_defer(a, drop_keeper, k);
    return k;
}

int64_t keeper_pid(const struct keeper *k)
{
    return k->pid;
}

void keeper_settled(struct keeper *k, struct str name)
{
    struct buf body = BUF_EMPTY;

    // Not in a hurry: goes with what is asked next.
    put_text(&body, name);
    ask(k, ASK_SETTLED, 0, buf_str(&body));
    buf_free(&body);
}

// ---- stopping the keeper

// Until it is gone or [due_ms].
static bool hear_until(struct keeper *k, int64_t due_ms)
{
    int64_t now;

    while ((now = clock_boot_ms()) < due_ms) {
        struct pollfd p = { k->socket, (short)(POLLIN | (k->out.n ? POLLOUT : 0)), 0 };
        int64_t wait = due_ms - now < 1000 ? due_ms - now : 1000;
        if (poll(&p, 1, (int)wait) <= 0)
            continue;
        if (p.revents & POLLOUT)
            flush(k);
        if ((p.revents & (POLLIN | POLLHUP | POLLERR)) && !receive(k))
            return true;
    }
    return false;
}

// The keeper hangs and is killed: so is all that it can have started.
static void kill_all(struct keeper *k)
{
    struct arena *a = arena_new(NULL);

    kill(k->pid, SIGKILL);
    reap(k, 0);
    for (struct child *c = k->children; c; c = c->next) {
        struct child_result r = { 0 };
        struct marks m;
        marks_read_one(k->marks, c->name, a, &m);
        if (m.started)
            adopt_left(&m, a, &r);
        for (size_t i = 0; i < r.left_count; i++)
            kill((pid_t)r.left[i].pid, SIGKILL);
    }
    arena_free(a);
}

void keeper_stop(struct keeper *k, int64_t wait_ms)
{
    assert(!k->calling);
    if (k->socket < 0)
        return;
    ask_number(k, ASK_STOP, 0, 0);
    if (!hear_until(k, clock_boot_ms() + wait_ms)) {
        ask_number(k, ASK_STOP_NOW, 0, 0);
        if (!hear_until(k, clock_boot_ms() + STOP_NOW_MS))
            kill_all(k);
    }
    if (k->children) {
        lose(k);
    } else {
        close_socket(k);
        reap(k, 0);
    }
}

// ---- asking for a child

static void abandon(void *arg)
{
    struct child *c = arg;

    if (!c->waiting)
        return;
    forget(c);
    ask_number(c->keeper, ASK_CANCEL, c->id, true);
}

static void refuse(void *arg)
{
    struct child *c = arg;

    if (c->waiting && c->keeper->socket < 0)
        lose_child(c);
    else if (c->waiting)
        end(c, &(struct child_result){ .end = CHILD_NOT_STARTED, .error = E2BIG });
}

static void ask_start(struct child *c, const struct child_spec *spec)
{
    struct buf body = BUF_EMPTY;

    put_spec(&body, spec);
    if (body.n > FRAME_MAX)
        loop_timer(c->keeper->loop, c->arena, 0, refuse, c);
    else
        ask(c->keeper, ASK_START, c->id, buf_str(&body));
    buf_free(&body);
    flush(c->keeper);
}

struct child *child_start(struct keeper *k, struct arena *a, const struct child_spec *spec,
                          void (*on_output)(void *arg, enum stream stream, struct str bytes),
                          void (*on_end)(void *arg, const struct child_result *r), void *arg)
{
    struct child *c = NEW(a, struct child);

    *c = (struct child){ .keeper = k,
                         .arena = a,
                         .id = ++k->last_id,
                         .name = str_copy(a, spec->name),
                         .on_output = on_output,
                         .on_end = on_end,
                         .arg = arg };
    wait_for(c);
    arena_defer(a, abandon, c);
    if (k->socket < 0)
        loop_timer(k->loop, a, 0, refuse, c);
    else
        ask_start(c, spec);
    return c;
}

void child_cancel(struct child *c, bool at_once)
{
    if (c->waiting)
        ask_number(c->keeper, ASK_CANCEL, c->id, at_once);
}

int64_t child_pid(const struct child *c)
{
    return c->pid;
}

void child_kill_left(struct child *c, int64_t grace_ms,
                     void (*on_end)(void *arg, const struct child_result *r), void *arg)
{
    assert(!c->waiting);
    c->on_output = NULL;
    c->on_end = on_end;
    c->arg = arg;
    wait_for(c);
    if (c->keeper->socket < 0)
        loop_timer(c->keeper->loop, c->arena, 0, refuse, c);
    else
        ask_number(c->keeper, ASK_KILL_LEFT, c->id, grace_ms);
}
