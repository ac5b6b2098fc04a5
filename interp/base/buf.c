#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static void free_buf(void *arg)
{
    buf_free(arg);
}

struct buf *buf_in(struct arena *a)
{
    struct buf *b = NEW(a, struct buf);

    arena_defer(a, free_buf, b);
    return b;
}

void buf_free(struct buf *b)
{
    free(b->s);
    *b = BUF_EMPTY;
}

char *buf_reserve(struct buf *b, size_t n)
{
    size_t need = b->n + n + 1;

    if (need > b->room) {
        size_t room = b->room * 2 > need ? b->room * 2 : need;
        if (room < 64)
            room = 64;
        char *s = realloc(b->s, room);
        if (!s) {
            fputs("runbook: out of memory\n", stderr);
            abort();
        }
        b->s = s;
        b->room = room;
    }
    return b->s + b->n;
}

void buf_add(struct buf *b, struct str s)
{
    char *to = buf_reserve(b, s.n);

    if (s.n)
        memcpy(to, s.s, s.n);
    b->n += s.n;
    b->s[b->n] = '\0';
}

void buf_add_c(struct buf *b, char c)
{
    buf_reserve(b, 1);
    b->s[b->n++] = c;
    b->s[b->n] = '\0';
}

void buf_add_s(struct buf *b, const char *c_string)
{
    buf_add(b, str_from(c_string));
}

void buf_add_number(struct buf *b, int64_t n)
{
    uint64_t rest = n < 0 ? -(uint64_t)n : (uint64_t)n;
    char digits[21], *end = digits + sizeof digits, *at = end;

    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (n < 0)
        *--at = '-';
    buf_add(b, (struct str){ at, (size_t)(end - at) });
}

void buf_add_utf8(struct buf *b, uint32_t code)
{
    char bytes[4];

    buf_add(b, (struct str){ bytes, utf8_put(code, bytes) });
}

// Into the room that there is; once more only when it was too little.
void buf_vformat(struct buf *b, const char *format, va_list args)
{
    va_list again;

    va_copy(again, args);
    char *to = buf_reserve(b, 63);
    size_t room = b->room - b->n, n = (size_t)vsnprintf(to, room, format, args);
    if (n >= room)
        vsnprintf(buf_reserve(b, n), n + 1, format, again);
    va_end(again);
    b->n += n;
}

void buf_format(struct buf *b, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    buf_vformat(b, format, args);
    va_end(args);
}

void buf_drop(struct buf *b, size_t n)
{
    if (n == 0)
        return;
    memmove(b->s, b->s + n, b->n - n + 1);
    b->n -= n;
}

void buf_clear(struct buf *b)
{
    b->n = 0;
    if (b->s)
        b->s[0] = '\0';
}

struct str buf_str(const struct buf *b)
{
    return b->s ? (struct str){ b->s, b->n } : STR("");
}

struct str buf_take(struct buf *b, struct arena *a)
{
    struct str s = str_copy(a, buf_str(b));

    buf_free(b);
    return s;
}
