// The keeper, as the interpreter has it: started, asked, heard, lost, stopped.

#include "loop/keeper_line.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "loop/adopt.h"
#include "loop/launch.h"

enum {
    RECEIVE = 256 * 1024,
    STOP_NOW_MS = 8000,  // how long the keeper may take to kill all; longer than it tries
};

// ---- sending

void line_watch_as_needed(struct keeper *k)
{
    if (!k->watch)
        return;
    watch_change(k->watch, WATCH_READ | (k->full ? WATCH_WRITE : 0));
    watch_idle(k->watch, !k->children && !k->full);
}

void line_flush(struct keeper *k)
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
    line_watch_as_needed(k);
}

void line_ask(struct keeper *k, enum frame_type type, uint32_t id, struct str body)
{
    if (k->socket >= 0)
        frame_put(&k->out, (struct frame){ .type = type, .id = id }, body);
}

void line_ask_number(struct keeper *k, enum frame_type type, uint32_t id, int64_t number)
{
    struct buf body = BUF_EMPTY;

    put_number(&body, number);
    line_ask(k, type, id, buf_str(&body));
    buf_free(&body);
    line_flush(k);
}

static struct child *find(struct keeper *k, uint32_t id)
{
    struct child *c = k->children;

    while (c && c->id != id)
        c = c->next;
    return c;
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
    child_end(c, &r);
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
    if (head.type == TELL_HELD && k->held)
        k->held(k->held_arg, c->name, (int)take_number(&taking));
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
        line_flush(k);
    if ((events & WATCH_READ) && !receive(k))
        line_lose(k);
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
    k->full = false;
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

// One that hangs in the kernel is not waited for.
static void reap_soon(struct keeper *k)
{
    enum { MOST_MS = 2000 };

    for (int i = 0; k->pid && i < MOST_MS; i++) {
        reap(k, WNOHANG);
        if (k->pid)
            usleep(1000);
    }
    k->pid = 0;
}

static struct child *oldest(struct keeper *k)
{
    struct child *first = k->children;

    for (struct child *c = first; c; c = c->next)
        if (c->id < first->id)
            first = c;
    return first;
}

static void tell_change(void *arg)
{
    struct keeper *k = arg;
    int64_t was = k->told, is = keeper_pid(k);

    k->told = is;
    if (was != is && k->changed && !k->stopped)
        k->changed(k->changed_arg, was, is);
}

// In a later turn: when it is known whether another one is needed at once. To nobody it would
// only be something to wait for.
static void tell_change_soon(struct keeper *k)
{
    if (k->changed)
        loop_timer(k->loop, k->arena, 0, tell_change, k);
}

void line_lose(struct keeper *k)
{
    struct child *c;

    close_socket(k);
    if (k->pid)
        kill(k->pid, SIGKILL);
    reap_soon(k);
    // Those that are asked for from here on are the next keeper's.
    for (uint32_t last = k->last_id; (c = oldest(k)) && c->id <= last;)
        child_lose(c);
    tell_change_soon(k);
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

// False with errno.
bool line_start_keeper(struct keeper *k)
{
    int marks = marks_create(k->folder, (struct marks_of){ k->from, k->before }, k->arena,
                             &k->marks);

    if (marks < 0)
        return false;
    bool launched = launch(k, marks);
    int error = errno;
    close(marks);
    if (!launched) {
        errno = error;
        return false;
    }
    k->before++;
    k->watch = loop_watch(k->loop, k->arena, k->socket, WATCH_READ, ready, k);
    line_watch_as_needed(k);
    tell_change_soon(k);
    return true;
}

struct keeper *keeper_start(struct loop *l, struct arena *a, struct str folder, int64_t from)
{
    struct keeper *k = NEW(a, struct keeper);

    *k = (struct keeper){
        .loop = l, .arena = a, .folder = str_copy(a, folder), .socket = -1, .from = from
    };
    if (!line_start_keeper(k))
        return NULL;
    k->told = k->pid;
    arena_defer(a, drop_keeper, k);
    return k;
}

int64_t keeper_pid(const struct keeper *k)
{
    return k->socket >= 0 ? k->pid : 0;
}

void keeper_on_change(struct keeper *k, void (*fn)(void *arg, int64_t was, int64_t is), void *arg)
{
    k->changed = fn;
    k->changed_arg = arg;
}

void keeper_on_held(struct keeper *k, void (*fn)(void *arg, struct str name, int error), void *arg)
{
    k->held = fn;
    k->held_arg = arg;
}

void keeper_on_unwell(struct keeper *k,
                      void (*fn)(void *arg, enum unwell how, int64_t pid, int64_t wait_ms),
                      void *arg)
{
    k->unwell = fn;
    k->unwell_arg = arg;
}

void keeper_settled(struct keeper *k, struct str name)
{
    struct buf body = BUF_EMPTY;

    // Not in a hurry: goes with what is asked next.
    put_text(&body, name);
    line_ask(k, ASK_SETTLED, 0, buf_str(&body));
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
            line_flush(k);
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
    reap_soon(k);
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
    k->stopped = true;
    if (k->socket < 0)
        return;
    line_ask_number(k, ASK_STOP, 0, 0);
    pulse_hurry(k);
    if (!hear_until(k, clock_boot_ms() + wait_ms)) {
        line_ask_number(k, ASK_STOP_NOW, 0, 0);
        if (!hear_until(k, clock_boot_ms() + STOP_NOW_MS))
            kill_all(k);
    }
    if (k->children) {
        line_lose(k);
    } else {
        close_socket(k);
        reap(k, 0);
    }
}
