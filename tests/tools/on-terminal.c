// Runs a program on a terminal of its own, and types.
//
//     on-terminal [-s COLUMNSxROWS] [-e SEE TYPE]... [-w SEE COLUMNSxROWS]... [-x SEE] [-r] COMMAND...
//
// -e waits until SEE was shown and types TYPE (\n, \r, \003, \004 understood); -w waits and
// resizes the terminal; -x waits and hangs up. Prints what stands on the screen in the end, rows that were painted over left
// out (-r: every byte); the exit status is that of the program, 128 + n for a signal, 99
// when something was never seen.

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

#include "base/buf.h"
#include "base/clock.h"

enum { PATIENCE_MS = 20000, PAUSE_MS = 200 };

struct turn {
    char what;  // 'e': type, 'w': resize, 'x': hang up
    const char *see, *type;
};

struct talk {
    int master;
    struct buf seen;
    size_t from;
    bool ended;
};

static void hear(struct talk *t, int wait_ms)
{
    struct pollfd p = { .fd = t->master, .events = POLLIN };
    char bytes[4096];

    if (poll(&p, 1, wait_ms) <= 0)
        return;
    ssize_t n = read(t->master, bytes, sizeof bytes);
    if (n > 0)
        buf_add(&t->seen, (struct str){ bytes, (size_t)n });
    else
        t->ended = true;
}

static bool wait_to_see(struct talk *t, const char *text)
{
    int64_t deadline = clock_boot_ms() + PATIENCE_MS;

    for (;;) {
        size_t at = str_search(str_slice(buf_str(&t->seen), t->from, t->seen.n), str_from(text));
        if (at != SIZE_MAX) {
            t->from += at + strlen(text);
            return true;
        }
        if (t->ended || clock_boot_ms() > deadline)
            return false;
        hear(t, 100);
    }
}

// What is typed at once after the prompt would be thrown away with what came before it.
static void pause_a_little(struct talk *t)
{
    int64_t until = clock_boot_ms() + PAUSE_MS;

    while (!t->ended && clock_boot_ms() < until)
        hear(t, 20);
}

static void type(struct talk *t, const char *text)
{
    for (; *text; text++) {
        char c = *text;
        if (c == '\\' && text[1] == 'n')
            c = '\n', text++;
        else if (c == '\\' && text[1] == 'r')
            c = '\r', text++;
        else if (c == '\\' && text[1] == '0')
            c = (char)strtol(text + 1, (char **)&text, 8), text--;
        (void)!write(t->master, &c, 1);
    }
}

static void resize(struct talk *t, const char *to)
{
    struct winsize size = { 0 };

    sscanf(to, "%hux%hu", &size.ws_col, &size.ws_row);
    ioctl(t->master, TIOCSWINSZ, &size);
}

static void take_turn(struct talk *t, const struct turn *turn)
{
    if (turn->what == 'x') {
        t->ended = true;
        return;
    }
    pause_a_little(t);
    if (turn->what == 'w')
        resize(t, turn->type);
    else
        type(t, turn->type);
}

static _Noreturn void be_program(const struct talk *t, int slave, char **argv)
{
    close(t->master);
    login_tty(slave);
    signal(SIGHUP, SIG_DFL);  // whoever runs the tests may have begun with nohup
    setenv("TERM", "xterm", 1);
    setenv("LANG", "C.UTF-8", 1);
    execvp(argv[0], argv);
    _exit(127);
}

// Rows as they stand: behind the last "\r\x1b[K" of each.
static void print_rows(struct str text)
{
    static const char wipe[] = "\r\x1b[K";

    while (text.n) {
        size_t end = str_find(text, '\n');
        struct str row = end == SIZE_MAX ? text : str_slice(text, 0, end);
        text = end == SIZE_MAX ? STR("") : str_slice(text, end + 1, text.n);
        for (size_t at; (at = str_search(row, str_from(wipe))) != SIZE_MAX;)
            row = str_slice(row, at + sizeof wipe - 1, row.n);
        if (row.n && row.s[row.n - 1] == '\r')
            row.n--;
        printf("%.*s%s", STR_ARG(row), end == SIZE_MAX ? "" : "\n");
    }
}

static int status_of(pid_t pid)
{
    int status;

    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
    struct winsize size = { .ws_row = 24, .ws_col = 80 };
    struct turn turns[64];
    size_t count = 0;
    struct talk t = { 0 };
    bool raw = false, missed = false;
    int slave, i = 1;

    for (; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "-r") == 0) {
            raw = true;
        } else if (strcmp(argv[i], "-s") == 0) {
            sscanf(argv[++i], "%hux%hu", &size.ws_col, &size.ws_row);
        } else if (count < 64) {
            turns[count] = (struct turn){ argv[i][1], argv[i + 1], argv[i + 2] };
            i += turns[count++].what == 'x' ? 1 : 2;
        }
    }
    if (openpty(&t.master, &slave, NULL, NULL, &size) < 0)
        return 99;
    pid_t pid = fork();
    if (pid == 0)
        be_program(&t, slave, argv + i);
    close(slave);
    for (size_t k = 0; k < count && !missed; k++) {
        missed = !wait_to_see(&t, turns[k].see);
        if (missed)  // nobody would ever end the program
            fprintf(stderr, "on-terminal: never seen: %s\n", turns[k].see), t.ended = true;
        else
            take_turn(&t, &turns[k]);
    }
    while (!t.ended)
        hear(&t, 100);
    close(t.master);
    if (raw)
        fwrite(t.seen.s, 1, t.seen.n, stdout);
    else
        print_rows(buf_str(&t.seen));
    buf_free(&t.seen);
    int status = status_of(pid);
    return missed ? 99 : status;
}
