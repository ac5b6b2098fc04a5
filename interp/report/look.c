#include "report/look.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool is_set(const char *name)
{
    const char *v = getenv(name);

    return v && *v && strcmp(v, "0") != 0 && strcasecmp(v, "false") != 0;
}

// By the variables that name the locale; the locale itself need not be installed.
static bool locale_is_utf8(void)
{
    static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *v = getenv(names[i]);
        if (v && *v)
            return strcasestr(v, "UTF-8") || strcasestr(v, "UTF8");
    }
    return false;
}

static bool wants_color(bool terminal, struct str said)
{
    const char *term = getenv("TERM");

    if (said.n)
        return str_is(said, "always") || (str_is(said, "auto") && terminal);
    if (getenv("NO_COLOR") && *getenv("NO_COLOR"))
        return false;
    if (is_set("FORCE_COLOR"))
        return true;
    return terminal && term && *term && strcmp(term, "dumb") != 0;
}

size_t look_columns(int fd)
{
    struct winsize size;

    if (!isatty(fd))
        return 0;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

struct look look_of(int fd, struct str color)
{
    const char *term = getenv("TERM");
    bool terminal = isatty(fd) == 1;
    bool dumb = !term || !*term || strcmp(term, "dumb") == 0;

    return (struct look){ .color = wants_color(terminal, color),
                          .utf8 = locale_is_utf8(),
                          .repaint = terminal && !dumb && !is_set("ACCESSIBLE"),
                          .columns = look_columns(fd) };
}

void ink(const struct look *l, enum ink color, struct str text, struct buf *out)
{
    static const char *const codes[] = {
        [INK_GOOD] = "\x1b[32m", [INK_BAD] = "\x1b[1;31m", [INK_WARN] = "\x1b[33m",
        [INK_DIM] = "\x1b[2m",   [INK_BOLD] = "\x1b[1m",   [INK_ASK] = "\x1b[1;36m",
    };
    bool colored = l->color && color != INK_PLAIN;

    if (colored)
        buf_add_s(out, codes[color]);
    buf_add(out, text);
    if (colored)
        buf_add_s(out, "\x1b[0m");
}

// clang-format off
static const struct sign signs[] = {
    { "pending",     "\xc2\xb7",     "-",     INK_DIM },
    { "waiting",     "\xe2\x97\x8c", "?",     INK_ASK },
    { "running",     "\xe2\x96\xb8", ">",     INK_PLAIN },
    { "provisional", "\xe2\x97\x87", "(ok)",  INK_PLAIN },
    { "succeeded",   "\xe2\x9c\x93", "ok",    INK_GOOD },
    { "satisfied",   "\xe2\x9c\x93", "ok",    INK_GOOD },
    { "skipped",     "\xe2\x80\x93", "skip",  INK_DIM },
    { "blocked",     "\xe2\x8a\x98", "block", INK_WARN, true },
    { "failed",      "\xe2\x9c\x97", "FAIL",  INK_BAD,  true },
    { "rescued",     "\xe2\x9c\x93", "resc",  INK_WARN },
    { "cancelled",   "\xe2\x9c\x97", "canc",  INK_WARN, true },
    { "unknown",     "?",            "????",  INK_BAD,  true },
    { "holds",         "\xe2\x9c\x93", "ok",    INK_GOOD },
    { "does not hold", "\xe2\x9c\x97", "NOT",   INK_BAD,  true },
    { "undone",      "\xe2\x86\xb6", "undo",  INK_GOOD },
    { "undo_failed", "\xe2\x9c\x97", "FAIL",  INK_BAD,  true },
    { "",            "\xc2\xb7",     "-",     INK_PLAIN },
};
// clang-format on

const struct sign *sign_of(struct str state)
{
    const struct sign *m = signs;

    while (*m->state && !str_is(state, m->state))
        m++;
    return m;
}

const char *sign_shown(const struct sign *m, const struct look *l)
{
    return l->utf8 ? m->utf8 : m->ascii;
}
