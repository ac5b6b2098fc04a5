#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"

struct str str_from(const char *c_string)
{
    return c_string ? (struct str){ c_string, strlen(c_string) } : STR("");
}

struct str str_copy(struct arena *a, struct str s)
{
    char *copy = NEW_ARRAY(a, char, s.n + 1);

    if (s.n)
        memcpy(copy, s.s, s.n);
    return (struct str){ copy, s.n };
}

// Most texts are short, and formatting is what takes the time, not the copy.
struct str str_format(struct arena *a, const char *format, ...)
{
    char shorter[512];
    va_list args;

    va_start(args, format);
    int n = vsnprintf(shorter, sizeof shorter, format, args);
    va_end(args);

    struct str text = { shorter, (size_t)n };
    if (text.n < sizeof shorter)
        return str_copy(a, text);
    char *longer = NEW_ARRAY(a, char, text.n + 1);
    va_start(args, format);
    vsnprintf(longer, text.n + 1, format, args);
    va_end(args);
    return (struct str){ longer, text.n };
}

bool str_equal(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.s, b.s, a.n) == 0);
}

bool str_is(struct str s, const char *c_string)
{
    if (s.n && s.s[0] != c_string[0])  // as most words do: their length need not be found
        return false;
    return str_equal(s, str_from(c_string));
}

bool str_starts(struct str s, const char *prefix)
{
    size_t n = strlen(prefix);

    return s.n >= n && memcmp(s.s, prefix, n) == 0;
}

bool str_ends(struct str s, const char *suffix)
{
    size_t n = strlen(suffix);

    return s.n >= n && memcmp(s.s + s.n - n, suffix, n) == 0;
}

int str_compare(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.s, b.s, n) : 0;

    return order ? order : (a.n > b.n) - (a.n < b.n);
}

struct str str_slice(struct str s, size_t from, size_t to)
{
    if (to > s.n)
        to = s.n;
    if (from > to)
        from = to;
    return (struct str){ s.s + from, to - from };
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct str str_trim(struct str s)
{
    while (s.n && is_space(s.s[0]))
        s.s++, s.n--;
    while (s.n && is_space(s.s[s.n - 1]))
        s.n--;
    return s;
}

size_t str_find(struct str s, char c)
{
    const char *at = s.n ? memchr(s.s, c, s.n) : NULL;

    return at ? (size_t)(at - s.s) : SIZE_MAX;
}

size_t str_search(struct str s, struct str part)
{
    const char *at = s.n ? memmem(s.s, s.n, part.s, part.n) : NULL;

    return at ? (size_t)(at - s.s) : SIZE_MAX;
}

// Three rows of the usual edit-distance table at a time. Names are short, so anything
// longer than a row is simply far away.
size_t str_distance(struct str a, struct str b)
{
    size_t rows[3][64], *above2 = rows[0], *above = rows[1], *row = rows[2];

    if (b.n + 1 > sizeof rows[0] / sizeof rows[0][0])
        return (size_t)-1;
    for (size_t j = 0; j <= b.n; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t *oldest = above2;
        above2 = above;
        above = row;
        row = oldest;
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t best = above[j - 1] + (a.s[i - 1] != b.s[j - 1]);
            if (above[j] + 1 < best)
                best = above[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            bool swapped = i > 1 && j > 1 && a.s[i - 1] == b.s[j - 2] && a.s[i - 2] == b.s[j - 1];
            if (swapped && above2[j - 2] + 1 < best)
                best = above2[j - 2] + 1;
            row[j] = best;
        }
    }
    return row[b.n];
}

// How many bytes follow the first, and the smallest code point that may be
// written with that many.
static int tail_length(unsigned char first, uint32_t *bits, uint32_t *least)
{
    if (first < 0x80)
        return *bits = first, *least = 0, 0;
    if (first >= 0xC2 && first < 0xE0)
        return *bits = first & 0x1F, *least = 0x80, 1;
    if (first >= 0xE0 && first < 0xF0)
        return *bits = first & 0x0F, *least = 0x800, 2;
    if (first >= 0xF0 && first < 0xF5)
        return *bits = first & 0x07, *least = 0x10000, 3;
    return -1;
}

bool utf8_next(struct str s, size_t *at, uint32_t *code)
{
    if (*at >= s.n)
        return false;
    uint32_t bits, least;
    int tail = tail_length((unsigned char)s.s[*at], &bits, &least);

    if (tail < 0 || s.n - *at <= (size_t)tail)
        return false;
    for (int i = 1; i <= tail; i++) {
        unsigned char c = (unsigned char)s.s[*at + (size_t)i];
        if ((c & 0xC0) != 0x80)
            return false;
        bits = bits << 6 | (c & 0x3F);
    }
    if (bits < least || bits > 0x10FFFF || (bits >= 0xD800 && bits <= 0xDFFF))
        return false;
    *at += (size_t)tail + 1;
    *code = bits;
    return true;
}

size_t utf8_put(uint32_t code, char out[4])
{
    if (code < 0x80)
        return out[0] = (char)code, 1;
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

size_t utf8_invalid(struct str s)
{
    uint32_t code;

    for (size_t at = 0; at < s.n;) {
        if ((unsigned char)s.s[at] < 0x80)
            at++;
        else if (!utf8_next(s, &at, &code))
            return at;
    }
    return SIZE_MAX;
}

size_t utf8_length(struct str s)
{
    size_t count = 0;
    uint32_t code;

    for (size_t at = 0; at < s.n; count++)
        if (!utf8_next(s, &at, &code))
            at++;
    return count;
}
