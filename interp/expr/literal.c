#include "expr/literal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static bool whole_number(struct str digits, uint64_t *out)
{
    bool is_hex = digits.n > 2 && (digits.s[1] | 32) == 'x';
    uint64_t base = is_hex ? 16 : 10;

    *out = 0;
    for (size_t i = is_hex ? 2 : 0; i < digits.n; i++) {
        char c = digits.s[i];
        uint64_t digit = (uint64_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
        if (__builtin_mul_overflow(*out, base, out) || __builtin_add_overflow(*out, digit, out))
            return false;
    }
    return true;
}

static bool read_int(struct str digits, bool negative, struct value *out, const char **problem)
{
    uint64_t u;
    uint64_t limit = (uint64_t)INT64_MAX + negative;

    *problem = "the number does not fit into an int (64 bits)";
    if (!whole_number(digits, &u) || u > limit)
        return false;
    *out = value_int(negative ? (int64_t)-u : (int64_t)u);
    return true;
}

static bool read_uint(struct str digits, struct value *out, const char **problem)
{
    uint64_t u;

    *problem = "the number does not fit into a uint (64 bits)";
    if (!whole_number(str_slice(digits, 0, digits.n - 1), &u))
        return false;
    *out = value_uint(u);
    return true;
}

static bool read_double(struct str digits, bool negative, struct arena *a, struct value *out)
{
    double d = strtod(str_copy(a, digits).s, NULL);

    *out = value_double(negative ? -d : d);
    return true;
}

// An escape behind its backslash, at [*at]. A code point or, in bytes, an octet.
struct escape {
    char letter;
    uint8_t digits, base;
    char stands_for;
};

static const struct escape escapes[] = {
    { 'a', 0, 0, '\a' }, { 'b', 0, 0, '\b' }, { 'f', 0, 0, '\f' },  { 'n', 0, 0, '\n' },
    { 'r', 0, 0, '\r' }, { 't', 0, 0, '\t' }, { 'v', 0, 0, '\v' },  { '\\', 0, 0, '\\' },
    { '?', 0, 0, '?' },  { '"', 0, 0, '"' },  { '\'', 0, 0, '\'' }, { '`', 0, 0, '`' },
    { 'x', 2, 16, 0 },   { 'X', 2, 16, 0 },   { 'u', 4, 16, 0 },    { 'U', 8, 16, 0 },
};

static int digit_value(char c, int base)
{
    int digit = c >= '0' && c <= '9'                 ? c - '0'
                : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                     : 99;

    return digit < base ? digit : -1;
}

static bool read_digits(struct str s, size_t *at, int count, int base, uint32_t *code)
{
    *code = 0;
    for (int i = 0; i < count; i++, (*at)++) {
        int digit = *at < s.n ? digit_value(s.s[*at], base) : -1;
        if (digit < 0)
            return false;
        *code = *code * (uint32_t)base + (uint32_t)digit;
    }
    return true;
}

static bool read_escape(struct str s, size_t *at, uint32_t *code, char *letter)
{
    *letter = *at < s.n ? s.s[*at] : '\0';
    if (*letter >= '0' && *letter <= '3')
        return read_digits(s, at, 3, 8, code);
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++) {
        const struct escape *e = &escapes[i];
        if (e->letter != *letter)
            continue;
        ++*at;
        *code = (unsigned char)e->stands_for;
        return !e->digits || read_digits(s, at, e->digits, e->base, code);
    }
    return false;
}

static bool is_scalar(uint32_t code)
{
    return code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
}

// The quotes and prefixes taken off; [raw] is whether backslashes are only themselves.
static struct str inside(struct str s, bool *raw)
{
    size_t i = (s.s[0] | 32) == 'b';

    *raw = (s.s[i] | 32) == 'r';
    i += *raw;
    size_t quotes = s.n >= i + 6 && s.s[i + 1] == s.s[i] && s.s[i + 2] == s.s[i] ? 3 : 1;
    return str_slice(s, i + quotes, s.n - quotes);
}

static bool read_quoted(struct str s, bool is_bytes, struct arena *a, struct str *out,
                        const char **problem, size_t *place)
{
    bool raw;
    struct str body = inside(s, &raw);
    char *text = NEW_ARRAY(a, char, body.n + 4);
    size_t n = 0;

    for (size_t at = 0; at < body.n;) {
        uint32_t code;
        char letter;
        if (raw || body.s[at] != '\\') {
            text[n++] = body.s[at++];
            continue;
        }
        *place = (size_t)(body.s - s.s) + at++;
        *problem = "an unknown escape; a backslash itself is written \\\\";
        if (!read_escape(body, &at, &code, &letter))
            return false;
        *problem = "no such character";
        if (is_bytes && (letter | 32) == 'u')
            return false;
        if (is_bytes)
            text[n++] = (char)code;
        else if (is_scalar(code))
            n += utf8_put(code, text + n);
        else
            return false;
    }
    *out = (struct str){ text, n };
    return true;
}

bool literal_read(struct token t, bool negative, struct arena *a, struct value *out,
                  const char **problem, size_t *at)
{
    struct str s;

    *at = 0;
    switch (t.kind) {
    case TOKEN_INT:
        return read_int(t.text, negative, out, problem);
    case TOKEN_UINT:
        return read_uint(t.text, out, problem);
    case TOKEN_DOUBLE:
        return read_double(t.text, negative, a, out);
    default:
        if (!read_quoted(t.text, t.kind == TOKEN_BYTES, a, &s, problem, at))
            return false;
        *out = t.kind == TOKEN_BYTES ? value_bytes(s) : value_string(s);
        return true;
    }
}
