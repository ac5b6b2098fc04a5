// The terminal, as the keeper lends it to a child.
//
// Nothing but the child touches it meanwhile; what it does to modes and to the screen is put
// right when it has ended, also when it was killed in the middle of an editor, and also when
// the interpreter is dead. Then a shell may long have the terminal: its modes are its own.

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loop/keeping.h"

// Colours, character set, wrapping, cursor, keys, mouse and pasting as they usually are.
static const char usual[] = "\x1b[0m\x1b(B\x0f\x1b[4l\x1b[?7h\x1b[?25h\x1b[?1l\x1b>"
                            "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1006l\x1b[?2004l";
// What was killed could not leave its own screen: that and its margins go, and where the
// cursor then is cannot be known, so that what follows stands below everything.
static const char abandoned[] = "\x1b[?1049l\x1b[r\x1b[999;1H\r\n";

bool terminal_is_free(const struct task *t)
{
    int fd = t->keeping->terminal.fd >= 0 ? -1 : open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

    // No terminal at all is an error that terminal_take() finds.
    if (fd < 0)
        return t->keeping->terminal.fd < 0;
    pid_t front = tcgetpgrp(fd);
    close(fd);
    return front <= 0 || front == getpgid(getppid());
}

int terminal_take(struct task *t)
{
    struct terminal *m = &t->keeping->terminal;

    if (m->fd >= 0) {
        errno = EBUSY;
        return -1;
    }
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    m->fd = fd;
    m->group = tcgetpgrp(fd);
    tcgetattr(fd, &m->modes);
    return fd;
}

// By the environment of the child; we have none.
static bool is_dumb(const struct task *t)
{
    struct str term = STR("");

    for (const struct str *e = t->spec.env; e && e->s; e++)
        if (str_starts(*e, "TERM="))
            term = str_slice(*e, 5, e->n);
    return !term.n || str_is(term, "dumb");
}

static void tidy(const struct task *t, int fd)
{
    bool killed = t->kill != KILL_NOT || WIFSIGNALED(t->status);

    if (is_dumb(t))
        return;
    if (killed)
        (void)!write(fd, abandoned, sizeof abandoned - 1);
    (void)!write(fd, usual, sizeof usual - 1);
}

// A shell takes the terminal back when the interpreter, its job, dies.
static bool is_taken(const struct task *t, const struct terminal *m)
{
    pid_t front = tcgetpgrp(m->fd);

    return t->keeping->gone && front > 0 && front != m->group && front != t->pid &&
           kill(-front, 0) == 0;
}

// SIGTTOU, which would stop us for this, is blocked. The group may be gone by now; then the
// shell takes the terminal by itself.
void terminal_give_back(struct task *t)
{
    struct terminal *m = &t->keeping->terminal;

    if (m->fd < 0)
        return;
    if (!is_taken(t, m)) {
        if (m->group > 0)
            tcsetpgrp(m->fd, m->group);
        tcsetattr(m->fd, TCSANOW, &m->modes);
    }
    if (t->pid)
        tidy(t, m->fd);
    close(m->fd);
    m->fd = -1;
}

bool terminal_is_lost(const struct task *t)
{
    return t->keeping->terminal.fd >= 0 && is_taken(t, &t->keeping->terminal);
}
