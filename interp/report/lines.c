#include "report/lines.h"

static void give(struct lines *l, struct str line, int64_t now_ms,
                 void (*see)(struct str line, void *arg), void *arg)
{
    if (l->second != now_ms / 1000) {
        l->second = now_ms / 1000;
        l->shown = 0;
    }
    l->shown += line.n + 1;
    if (l->shown > LINES_A_SECOND && !l->all)
        l->left_out++;
    else
        see(line, arg);
}

void lines_feed(struct lines *l, struct str bytes, int64_t now_ms,
                void (*see)(struct str line, void *arg), void *arg)
{
    while (bytes.n) {
        size_t end = str_find(bytes, '\n');
        size_t room = LINES_LONGEST - l->partial.n;
        size_t n = end != SIZE_MAX && end <= room ? end : bytes.n < room ? bytes.n : room;
        bool whole = n == end || l->partial.n + n == LINES_LONGEST;
        // Most lines come whole and need no copy.
        if (whole && !l->partial.n) {
            give(l, str_slice(bytes, 0, n), now_ms, see, arg);
        } else {
            buf_add(&l->partial, str_slice(bytes, 0, n));
            if (whole) {
                give(l, buf_str(&l->partial), now_ms, see, arg);
                buf_clear(&l->partial);
            }
        }
        bytes = str_slice(bytes, n + (n == end), bytes.n);
    }
}

void lines_end(struct lines *l, void (*see)(struct str line, void *arg), void *arg)
{
    if (l->partial.n)
        see(buf_str(&l->partial), arg);
    buf_free(&l->partial);
}

size_t lines_left_out(struct lines *l)
{
    size_t n = l->left_out;

    l->left_out = 0;
    return n;
}
