// `runbook @ssh`: keeps one script on another machine, and knows how it ended.

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "action/shell/remote.h"
#include "action/shell/remote_line.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"

enum { DRAIN_MS = 200, CHUNK = 64 * 1024 };

struct line {
    struct buf job;     // still to be sent
    int to, from, err;  // of ssh; -1: closed
    pid_t pid;
    char nonce[33];
    bool hello, over;
    int status;                 // of the script, once [over]
    struct buf held;            // of standard output, in which the end may begin
    int64_t grace_ms, kill_ms;  // when KILL is sent; 0: not asked to stop
    bool killed;
    const char *file, *socket;
};

static volatile sig_atomic_t asked_to_stop;

static void on_term(int signo)
{
    (void)signo;
    asked_to_stop = 1;
}

static void say_end(const struct line *l, enum remote_end end)
{
    int fd = open(l->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct str word = remote_word(end);

    if (fd < 0 || write(fd, word.s, word.n) != (ssize_t)word.n)
        fprintf(stderr, "runbook: cannot write %s: %s\n", l->file, strerror(errno));
    if (fd >= 0)
        close(fd);
}

static void write_all(int fd, const char *s, size_t n)
{
    while (n) {
        ssize_t wrote = write(fd, s, n);
        if (wrote < 0 && errno != EINTR)
            return;
        if (wrote > 0)
            s += wrote, n -= (size_t)wrote;
    }
}

static void read_all(int fd, struct buf *out)
{
    for (;;) {
        ssize_t n = read(fd, buf_reserve(out, CHUNK), CHUNK);
        if (n == 0 || (n < 0 && errno != EINTR))
            return;
        out->n += n > 0 ? (size_t)n : 0;
    }
}

// ---- ssh

static void make_nonce(char nonce[33])
{
    unsigned char bytes[16];

    if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
        abort();
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(nonce + 2 * i, 3, "%02x", bytes[i]);
}

static const char *const ssh_words[] = {
    "ssh",
    "-T",
    "-x",
    "-o",
    "BatchMode=yes",
    "-o",
    "ConnectTimeout=15",
    "-o",
    "ControlMaster=no",
    "-o",
    "ClearAllForwardings=yes",
    "-o",
    "PermitLocalCommand=no",
    "-o",
    "RemoteCommand=none",
    "-o",
    "ServerAliveInterval=10",
    "-o",
    "ServerAliveCountMax=3",
    "--",
};
enum { SSH_WORDS = sizeof(ssh_words) / sizeof(*ssh_words) };

// The words before the host. [users] is held for as long as we live.
static size_t use_line(const struct line *l, char **argv)
{
    size_t n = SSH_WORDS - 1;  // without "--"

    memcpy(argv, ssh_words, sizeof(ssh_words));
    if (l->socket) {
        int users = remote_line_users(l->socket);
        if (users >= 0)
            flock(users, LOCK_SH);
        argv[n++] = (char *)(uintptr_t) "-S";
        argv[n++] = (char *)(uintptr_t)l->socket;
    }
    argv[n++] = (char *)(uintptr_t) "--";
    return n;
}

// TERM is ours to handle: ssh would break the line on which the other side confirms. Only
// in the child it is ignored: here one that is pending would be lost.
static _Noreturn void become(char **argv, const int *stdio)
{
    signal(SIGTERM, SIG_IGN);
    for (int i = 0; i < 3; i++)
        dup2(stdio[i], i);
    execvp("ssh", argv);
    fprintf(stderr, "runbook: cannot start ssh: %s\n", strerror(errno));
    _exit(255);
}

static bool start(struct line *l, char *host)
{
    char *argv[SSH_WORDS + 6] = { 0 };
    int in[2], out[2], err[2];

    size_t n = use_line(l, argv);
    argv[n++] = host;
    argv[n++] = (char[]){ "bash" };
    argv[n] = (char[]){ "-s" };
    if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
        return false;
    l->pid = fork();
    if (l->pid == 0)
        become(argv, (const int[]){ in[0], out[1], err[1] });
    close(in[0]), close(out[1]), close(err[1]);
    l->to = in[1], l->from = out[0], l->err = err[0];
    fcntl(l->to, F_SETFL, O_NONBLOCK);
    return l->pid > 0;
}

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void send_more(struct line *l)
{
    ssize_t n = write(l->to, l->job.s, l->job.n);

    if (n > 0)
        buf_drop(&l->job, (size_t)n);
    else if (n < 0 && errno != EAGAIN && errno != EINTR)
        close_end(&l->to);
}

// ---- what the other side says

static void pass(struct line *l, size_t n)
{
    write_all(STDOUT_FILENO, l->held.s, n);
    buf_drop(&l->held, n);
}

// Drops all up to the hello of the other side, such as what a start-up file printed.
static void look_for_hello(struct line *l, struct buf *job)
{
    struct str hello = { (char[48]){ 0 }, 0 };
    char text[48];

    hello.n = (size_t)snprintf(text, sizeof(text), "%s hello\n", l->nonce);
    hello.s = text;
    size_t at = str_search(buf_str(&l->held), hello);
    if (at == SIZE_MAX)
        return;
    buf_drop(&l->held, at + hello.n);
    l->hello = true;
    buf_add(&l->job, buf_str(job));
}

// Passes on what cannot be the beginning of the end.
static void look_for_end(struct line *l)
{
    char text[48];
    size_t n = (size_t)snprintf(text, sizeof(text), "\n%s exit ", l->nonce);
    size_t at = str_search(buf_str(&l->held), (struct str){ text, n });

    if (at == SIZE_MAX) {
        size_t keep = l->held.n < n ? l->held.n : n - 1;
        while (keep && memcmp(l->held.s + l->held.n - keep, text, keep) != 0)
            keep--;
        pass(l, l->held.n - keep);
        return;
    }
    pass(l, at);
    if (!memchr(l->held.s + n, '\n', l->held.n - n))
        return;
    l->status = atoi(l->held.s + n);
    l->over = true;
}

static void hear(struct line *l, struct buf *job)
{
    ssize_t n = read(l->from, buf_reserve(&l->held, CHUNK), CHUNK);

    if (n <= 0) {
        if (n == 0 || errno != EINTR)
            close_end(&l->from);
        return;
    }
    l->held.n += (size_t)n;
    if (!l->hello)
        look_for_hello(l, job);
    if (l->hello)
        look_for_end(l);
}

static void hear_errors(struct line *l)
{
    char chunk[8192];
    ssize_t n = read(l->err, chunk, sizeof(chunk));

    if (n > 0)
        write_all(STDERR_FILENO, chunk, (size_t)n);
    else if (n == 0 || errno != EINTR)
        close_end(&l->err);
}

// ---- stopping

// The keeper kills us when the grace is over; the other side must have been killed, and
// have said so, before that.
static void stop(struct line *l)
{
    int64_t margin = l->grace_ms * 2 / 5;

    if (!l->hello) {
        kill(l->pid, SIGKILL);  // nothing was sent
        close_end(&l->from);
        return;
    }
    l->kill_ms = clock_boot_ms() + l->grace_ms - (margin < 2000 ? margin : 2000);
    buf_add_s(&l->job, "TERM\n");
}

static void stop_now(struct line *l)
{
    if (l->killed || !l->kill_ms || clock_boot_ms() < l->kill_ms)
        return;
    l->killed = true;
    buf_add_s(&l->job, "KILL\n");
}

static struct timespec until_kill(const struct line *l)
{
    int64_t ms = l->kill_ms && !l->killed ? l->kill_ms - clock_boot_ms() : 3600 * 1000;

    ms = ms < 0 ? 0 : ms;
    return (struct timespec){ ms / 1000, ms % 1000 * 1000000 };
}

static void turn(struct line *l, struct buf *job, const sigset_t *open)
{
    struct pollfd fds[] = { { l->from, POLLIN, 0 },
                            { l->err, POLLIN, 0 },
                            { l->job.n ? l->to : -1, POLLOUT, 0 } };
    struct timespec wait = until_kill(l);

    if (ppoll(fds, 3, &wait, open) > 0) {
        if (fds[2].revents)
            send_more(l);
        if (fds[1].revents)
            hear_errors(l);
        if (fds[0].revents)
            hear(l, job);
    }
    if (asked_to_stop == 1) {
        asked_to_stop = 2;
        stop(l);
    }
    stop_now(l);
}

// What the script wrote to standard error comes beside its end, not before it.
static void drain_errors(struct line *l)
{
    struct pollfd fd = { l->err, POLLIN, 0 };

    while (l->err >= 0 && poll(&fd, 1, DRAIN_MS) > 0)
        hear_errors(l), fd.fd = l->err;
}

static int finish(struct line *l)
{
    int status = 0;

    if (l->hello && !l->over)
        pass(l, l->held.n);
    drain_errors(l);
    close_end(&l->to);
    if (l->over)
        kill(l->pid, SIGKILL);
    waitpid(l->pid, &status, 0);
    say_end(l, l->over ? REMOTE_ENDED : l->hello ? REMOTE_LOST : REMOTE_UNREACHABLE);
    return l->over ? l->status : 255;
}

int remote_worker(int argc, char **argv)
{
    struct line l = { .to = -1, .from = -1, .err = -1 };
    struct buf job = BUF_EMPTY;
    sigset_t term, open;

    if (argc != 4 && argc != 5)
        return 2;
    l.socket = argv[4];
    l.grace_ms = atoll(argv[2]);
    l.file = argv[3];
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, &open);
    signal(SIGTERM, on_term);
    signal(SIGPIPE, SIG_IGN);
    read_all(STDIN_FILENO, &job);
    make_nonce(l.nonce);
    buf_format(&l.job, "__rb_nonce=%s; printf '%%s hello\\n' $__rb_nonce\n", l.nonce);
    if (!start(&l, argv[1])) {
        fprintf(stderr, "runbook: cannot start ssh: %s\n", strerror(errno));
        say_end(&l, REMOTE_UNREACHABLE);
        return 255;
    }
    while (!l.over && l.from >= 0)
        turn(&l, &job, &open);
    int status = finish(&l);
    buf_free(&l.job);
    buf_free(&l.held);
    buf_free(&job);
    return status;
}
