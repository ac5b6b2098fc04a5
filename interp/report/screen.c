#include "report/screen.h"

#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "report/harmless.h"
#include "report/patience.h"

// More than this is not kept while a question is open; the journal has it.
enum { HELD_MOST = 256 * 1024 };

struct screen {
    struct arena *arena;
    int fd;
    struct look look;
    bool gone;
    bool stalled;       // nobody reads
    int64_t waited_ms;  // for who reads what steps print, less a tenth of what went by since
    int64_t waited_at_ms;
    struct buf *status;     // as it stands there now, or is wanted
    size_t status_columns;  // 0: there is none on the screen
    unsigned taken;
    struct buf *held;
    size_t dropped;  // lines that were not held
};

struct screen *screen_new(struct arena *a, int fd, struct look look)
{
    struct screen *s = NEW(a, struct screen);

    *s = (struct screen){
        .arena = a, .fd = fd, .look = look, .status = buf_in(a), .held = buf_in(a)
    };
    return s;
}

const struct look *screen_look(const struct screen *s)
{
    return &s->look;
}

bool screen_is_gone(const struct screen *s)
{
    return s->gone;
}

bool screen_is_behind(const struct screen *s)
{
    pid_t front = s->look.columns ? tcgetpgrp(s->fd) : -1;

    return front > 0 && front != getpgrp();
}

size_t screen_columns(struct screen *s)
{
    if (s->look.columns && isatty(s->fd))
        s->look.columns = look_columns(s->fd);
    return s->look.columns;
}

// No more than what a descriptor takes without waiting, when it says that it takes something.
enum { CHUNK = 1024, PATIENCE_MS = 5000, OUTPUT_WAITS_MS = 2000 };

// A reader that has stopped reading is waited for once, then no more until it reads again:
// signals, timeouts and the next step do not wait for it.
static void write_all(struct screen *s, struct str text)
{
    static const char missed[] =
        "\n... nobody read for a while; `runbook logs` has what was left out\n";

    if (s->gone || !text.n)
        return;
    bool again = s->stalled && patience_is_read(s->fd, 0);
    if (s->stalled && !again)
        return;
    enum patience_end end = again ? patience_write(s->fd, STR(missed), CHUNK, PATIENCE_MS)
                                  : PATIENCE_WRITTEN;
    if (end == PATIENCE_WRITTEN)
        end = patience_write(s->fd, text, CHUNK, PATIENCE_MS);
    s->stalled = end == PATIENCE_STALLED;
    s->gone = end == PATIENCE_GONE;
}

// Takes the status off the screen. After a resize it may have come to stand on several rows.
static void wipe_status(struct screen *s, struct buf *out)
{
    // In the background what was ours is the shell's now.
    if (s->status_columns && screen_is_behind(s))
        s->status_columns = 0;
    if (!s->status_columns)
        return;
    size_t width = screen_columns(s);
    for (size_t rows = width ? (s->status_columns - 1) / width : 0; rows; rows--)
        buf_add_s(out, "\r\x1b[K\x1b[A");
    buf_add_s(out, "\r\x1b[K");
    s->status_columns = 0;
}

// The columns of a text with our own colours in it.
static size_t columns_of(struct str text)
{
    size_t n = 0, from = 0, at = 0;

    for (; at < text.n; at++)
        if (text.s[at] == '\x1b') {
            n += columns(str_slice(text, from, at));
            while (at < text.n && text.s[at] != 'm')
                at++;
            from = at + 1;
        }
    return n + (from < text.n ? columns(str_slice(text, from, text.n)) : 0);
}

static void add_status(struct screen *s, struct buf *out)
{
    if (!s->look.repaint || !s->status->n || screen_is_behind(s))
        return;
    buf_add(out, buf_str(s->status));
    s->status_columns = columns_of(buf_str(s->status));
}

static void hold(struct screen *s, struct str line)
{
    if (s->held->n + line.n > HELD_MOST) {
        s->dropped++;
        return;
    }
    buf_add(s->held, line);
    buf_add_c(s->held, '\n');
}

void screen_line(struct screen *s, struct str line)
{
    struct buf out = BUF_EMPTY;

    if (s->taken) {
        hold(s, line);
        return;
    }
    wipe_status(s, &out);
    buf_add(&out, line);
    buf_add_c(&out, '\n');
    add_status(s, &out);
    write_all(s, buf_str(&out));
    buf_free(&out);
}

// A reader may be slow and never stop. What a step prints waits for it two seconds, and then no
// more than a tenth of the time, since meanwhile nobody takes what the step goes on printing.
bool screen_output(struct screen *s, struct str line)
{
    int64_t began_ms = clock_boot_ms(), spare_ms = (began_ms - s->waited_at_ms) / 10;

    if (spare_ms) {
        s->waited_ms = s->waited_ms > spare_ms ? s->waited_ms - spare_ms : 0;
        s->waited_at_ms = began_ms;
    }
    int64_t left_ms = s->waited_ms < OUTPUT_WAITS_MS ? OUTPUT_WAITS_MS - s->waited_ms : 0;
    bool read = s->taken || patience_is_read(s->fd, (int)left_ms);
    if (read)
        screen_line(s, line);
    s->waited_ms += clock_boot_ms() - began_ms;
    return read;
}

void screen_status(struct screen *s, struct str line)
{
    struct buf out = BUF_EMPTY;

    buf_clear(s->status);
    buf_add(s->status, line);
    if (s->taken || !s->look.repaint)
        return;
    wipe_status(s, &out);
    add_status(s, &out);
    write_all(s, buf_str(&out));
    buf_free(&out);
}

void screen_take(struct screen *s)
{
    struct buf out = BUF_EMPTY;

    if (s->taken++ == 0)
        wipe_status(s, &out);
    write_all(s, buf_str(&out));
    buf_free(&out);
}

void screen_give_back(struct screen *s)
{
    struct buf out = BUF_EMPTY;

    if (!s->taken || --s->taken)
        return;
    buf_add(&out, buf_str(s->held));
    if (s->dropped)
        buf_format(&out, "(%zu lines that came meanwhile are not shown; they are in the logs)\n",
                   s->dropped);
    add_status(s, &out);
    write_all(s, buf_str(&out));
    buf_free(&out);
    buf_clear(s->held);
    s->dropped = 0;
}

void screen_put(struct screen *s, struct str text)
{
    write_all(s, text);
}
