#include "report/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "report/tty_inside.h"

enum { LOOK_AGAIN_MS = 500, HANG_UP_MS = 30 * 1000, LONGEST_LINE = 64 * 1024 };

static void close_tty(void *arg)
{
    struct tty *t = arg;

    tty_rest(t);
    if (t->watch)
        watch_stop(t->watch);
    close(t->fd);
}

struct tty *tty_open(struct arena *a, struct loop *l)
{
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return NULL;
    struct tty *t = NEW(a, struct tty);
    *t = (struct tty){ .arena = a, .loop = l, .fd = fd, .typed = buf_in(a) };
    arena_defer(a, close_tty, t);
    // Looking at the terminal from the background must not stop us.
    signal(SIGTTOU, SIG_IGN);
    signal(SIGTTIN, SIG_IGN);
    return t;
}

int tty_fd(const struct tty *t)
{
    return t->fd;
}

void tty_forget(struct tty *t)
{
    buf_clear(t->typed);
    tcflush(t->fd, TCIFLUSH);
}

static bool is_behind(const struct tty *t)
{
    pid_t front = tcgetpgrp(t->fd);

    return front > 0 && front != getpgrp();
}

// A program may have left the terminal in a mode in which no line ever ends.
static void take_mode(struct tty *t)
{
    struct termios mode;

    if (tcgetattr(t->fd, &mode) < 0)
        return;
    t->mode = mode;
    mode.c_lflag |= ICANON | ECHO | ISIG;
    if (t->reader.hidden)
        mode.c_lflag = (mode.c_lflag & ~(tcflag_t)ECHO) | ECHONL;
    mode.c_iflag |= ICRNL;
    t->mode_changed = mode.c_lflag != t->mode.c_lflag || mode.c_iflag != t->mode.c_iflag;
    if (t->mode_changed)
        tcsetattr(t->fd, TCSANOW, &mode);
}

static void give_back_mode(struct tty *t)
{
    if (t->mode_changed)
        tcsetattr(t->fd, TCSANOW, &t->mode);
    t->mode_changed = false;
}

static void look_again(void *arg);

static void stand_behind(struct tty *t)
{
    watch_change(t->watch, 0);
    if (!t->behind && t->reader.behind)
        t->reader.behind(t->reader.arg);
    t->behind = true;
    t->timer = loop_timer(t->loop, t->arena, loop_now_ms(t->loop) + LOOK_AGAIN_MS, look_again, t);
}

static void look_again(void *arg)
{
    struct tty *t = arg;

    if (!t->listening)
        return;
    if (is_behind(t)) {
        stand_behind(t);
        return;
    }
    take_mode(t);
    watch_change(t->watch, WATCH_READ);
    if (t->behind && t->reader.ahead)
        t->reader.ahead(t->reader.arg);
    t->behind = false;
}

static void end_listening(void *arg)
{
    struct tty *t = arg;
    struct tty_reader r = t->reader;

    tty_rest(t);
    r.gone(r.arg);
}

// Gives out the lines that are whole. The reader may stop listening at any of them.
static void give_lines(struct tty *t)
{
    while (t->listening) {
        struct str typed = buf_str(t->typed);
        size_t end = 0;
        while (end < typed.n && typed.s[end] != '\n' && typed.s[end] != '\r')
            end++;
        if (end == typed.n)
            return;
        struct str line = str_copy(t->arena, str_slice(typed, 0, end));
        buf_drop(t->typed, end + 1);
        t->reader.line(t->reader.arg, line);
    }
}

static bool is_hung_up(const struct tty *t)
{
    struct pollfd p = { .fd = t->fd };

    return poll(&p, 1, 0) > 0 && (p.revents & POLLHUP);
}

static bool ignores_hang_up(void)
{
    struct sigaction now;

    return sigaction(SIGHUP, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

// Nobody said no: the line is gone. The signal that says so comes a little later, often only when
// the shell that started us has ended by it; and it is for it to say what happens. Who ignores it
// has come to the end of the input.
static void wait_for_signal(struct tty *t)
{
    int64_t wait_ms = ignores_hang_up() ? 0 : HANG_UP_MS;

    watch_change(t->watch, 0);
    t->timer = loop_timer(t->loop, t->arena, loop_now_ms(t->loop) + wait_ms, end_listening, t);
}

static void on_readable(void *arg, int events)
{
    struct tty *t = arg;
    char bytes[4096];

    (void)events;
    if (is_behind(t)) {
        stand_behind(t);
        return;
    }
    ssize_t n = read(t->fd, bytes, sizeof bytes);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    // From the background a read fails as on a terminal that is gone.
    if (n < 0 && is_behind(t)) {
        stand_behind(t);
        return;
    }
    if (n <= 0 && is_hung_up(t)) {
        wait_for_signal(t);
        return;
    }
    if (n <= 0 || t->typed->n > LONGEST_LINE) {
        end_listening(t);
        return;
    }
    buf_add(t->typed, (struct str){ bytes, (size_t)n });
    give_lines(t);
}

void tty_listen(struct tty *t, const struct tty_reader *r)
{
    tty_rest(t);
    t->reader = *r;
    t->listening = true;
    if (!t->watch)
        t->watch = loop_watch(t->loop, t->arena, t->fd, 0, on_readable, t);
    look_again(t);
}

void tty_rest(struct tty *t)
{
    if (!t->listening)
        return;
    t->listening = t->behind = false;
    watch_change(t->watch, 0);
    if (t->timer)
        timer_stop(t->timer);
    t->timer = NULL;
    give_back_mode(t);
}
