// Text that grows.
//
// A buf owns its bytes with malloc, so that growing does not fill an arena with
// its earlier selves. Give it to an arena with buf_in(), or call buf_free(); what
// is to be kept is copied out with buf_take(). A NUL always follows the last byte.

#pragma once

#include <stdarg.h>

#include "base/str.h"

struct buf {
    char *s;
    size_t n, room;
};

#define BUF_EMPTY ((struct buf){ 0 })

// An empty buf that is freed with [a].
struct buf *buf_in(struct arena *a);
void buf_free(struct buf *b);

void buf_add(struct buf *b, struct str s);
void buf_add_c(struct buf *b, char c);
void buf_add_s(struct buf *b, const char *c_string);
void buf_add_number(struct buf *b, int64_t n);  // in decimal; printf() is slow
void buf_add_utf8(struct buf *b, uint32_t code);
void buf_format(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vformat(struct buf *b, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

// Room for [n] more bytes; write there, then add to [n] yourself.
char *buf_reserve(struct buf *b, size_t n);
// Forgets the first [n] bytes.
void buf_drop(struct buf *b, size_t n);
void buf_clear(struct buf *b);

struct str buf_str(const struct buf *b);                 // a view; valid until the next change
struct str buf_take(struct buf *b, struct arena *a);     // a copy in [a]; the buf is freed
