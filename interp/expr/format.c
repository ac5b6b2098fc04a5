#include "expr/format.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "value/number.h"
#include "value/time.h"

struct clause {
    char letter;
    int precision;  // of %f and %e
};

static bool refuse(struct eval *ev, const struct clause *c, struct value v, const char *wants)
{
    return eval_fail(ev, "`%%%c` takes %s, not %s", c->letter, wants, value_kind_words(v.kind));
}

static bool special_double(double d, struct buf *out)
{
    if (!isnan(d) && !isinf(d))
        return false;
    buf_add_s(out, isnan(d) ? "NaN" : d > 0 ? "Infinity" : "-Infinity");
    return true;
}

static bool write_value(struct eval *ev, const struct clause *c, struct value v, struct buf *out);

static bool write_list(struct eval *ev, const struct clause *c, struct value v, struct buf *out)
{
    buf_add_c(out, '[');
    for (size_t i = 0; i < v.list->count; i++) {
        buf_add_s(out, i ? ", " : "");
        if (!write_value(ev, c, v.list->items[i], out))
            return false;
    }
    buf_add_c(out, ']');
    return true;
}

struct shown {
    struct str key, value;
};

static int by_key(const void *a, const void *b)
{
    return str_compare(((const struct shown *)a)->key, ((const struct shown *)b)->key);
}

static bool shown(struct eval *ev, const struct clause *c, struct value v, struct str *out)
{
    struct buf text = BUF_EMPTY;
    bool ok = write_value(ev, c, v, &text);

    *out = buf_take(&text, ev->arena);
    return ok;
}

// The entries are sorted by the text of their keys, so that the text is always the same.
static bool write_map(struct eval *ev, const struct clause *c, struct value v, struct buf *out)
{
    size_t count = v.map->count;

    if (!eval_take(ev, count * sizeof(struct shown)))
        return false;
    struct shown *all = NEW_ARRAY(ev->arena, struct shown, count);
    for (size_t i = 0; i < count; i++)
        if (!shown(ev, c, v.map->entries[i].key, &all[i].key) ||
            !shown(ev, c, v.map->entries[i].value, &all[i].value))
            return false;
    qsort(all, count, sizeof *all, by_key);
    buf_add_c(out, '{');
    for (size_t i = 0; i < count; i++) {
        buf_add_s(out, i ? ", " : "");
        buf_add(out, all[i].key);
        buf_add_s(out, ": ");
        buf_add(out, all[i].value);
    }
    buf_add_c(out, '}');
    return true;
}

// %s of anything that can be written.
static bool write_value(struct eval *ev, const struct clause *c, struct value v, struct buf *out)
{
    struct str text;

    if (!eval_step(ev) || out->n > (size_t)ev->memory)
        return eval_take(ev, out->n);
    switch (v.kind) {
    case VALUE_NULL:
        buf_add_s(out, "null");
        return true;
    case VALUE_DOUBLE:
        if (!special_double(v.d, out))
            double_write(v.d, out);
        return true;
    case VALUE_DURATION:
        duration_write_cel(v.i, out);
        return true;
    case VALUE_TIMESTAMP:
        timestamp_write(v.i, v.nanos, out);
        return true;
    case VALUE_BYTES:
    case VALUE_TYPE:
        buf_add(out, v.s);
        return true;
    case VALUE_LIST:
        return write_list(ev, c, v, out);
    case VALUE_MAP:
        return write_map(ev, c, v, out);
    default:
        if (!value_to_text(v, ev->arena, &text))
            return refuse(ev, c, v, "what can be written as text");
        buf_add(out, text);
        return true;
    }
}

static bool write_decimal(struct eval *ev, const struct clause *c, struct value v, struct buf *out)
{
    if (v.kind == VALUE_DOUBLE && special_double(v.d, out))
        return true;
    if (v.kind == VALUE_DOUBLE) {
        double_write(v.d, out);
        return true;
    }
    if (v.kind == VALUE_INT)
        buf_format(out, "%lld", (long long)v.i);
    else if (v.kind == VALUE_UINT)
        buf_format(out, "%llu", (unsigned long long)v.u);
    else
        return refuse(ev, c, v, "a whole number");
    return true;
}

static bool write_point(struct eval *ev, const struct clause *c, struct value v, struct buf *out)
{
    if (!value_is_number(v))
        return refuse(ev, c, v, "a number");
    double d = value_as_double(v);
    if (special_double(d, out))
        return true;
    if (c->letter == 'f')
        buf_format(out, "%.*f", c->precision, d);
    else
        buf_format(out, "%.*e", c->precision, d);
    return true;
}

// The digits of [u] in a base that is a power of two.
static void write_bits(bool negative, uint64_t u, int bits, const char *digits, struct buf *out)
{
    char text[65];
    int at = 64;

    text[64] = '\0';
    do {
        text[--at] = digits[u & ((1u << bits) - 1)];
        u >>= bits;
    } while (u);
    buf_add_s(out, negative ? "-" : "");
    buf_add_s(out, text + at);
}

static void write_hex(struct str bytes, const char *digits, struct buf *out)
{
    for (size_t i = 0; i < bytes.n; i++) {
        buf_add_c(out, digits[(unsigned char)bytes.s[i] >> 4]);
        buf_add_c(out, digits[(unsigned char)bytes.s[i] & 15]);
    }
}

// %b, %o, %x and %X
static bool write_based(struct eval *ev, const struct clause *c, struct value v, struct buf *out)
{
    const char *digits = c->letter == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    int bits = c->letter == 'b' ? 1 : c->letter == 'o' ? 3 : 4;

    if (v.kind == VALUE_INT)
        write_bits(v.i < 0, v.i < 0 ? -(uint64_t)v.i : (uint64_t)v.i, bits, digits, out);
    else if (v.kind == VALUE_UINT)
        write_bits(false, v.u, bits, digits, out);
    else if (v.kind == VALUE_BOOL && bits == 1)
        buf_add_s(out, v.b ? "1" : "0");
    else if ((v.kind == VALUE_STRING || v.kind == VALUE_BYTES) && bits == 4)
        write_hex(v.s, digits, out);
    else
        return refuse(ev, c, v, bits == 4 ? "a whole number, text or bytes" : "a whole number");
    return true;
}

static bool write_clause(struct eval *ev, const struct clause *c, struct value v, struct buf *out)
{
    switch (c->letter) {
    case 's':
        return write_value(ev, c, v, out);
    case 'd':
        return write_decimal(ev, c, v, out);
    case 'f':
    case 'e':
        return write_point(ev, c, v, out);
    case 'b':
    case 'o':
    case 'x':
    case 'X':
        return write_based(ev, c, v, out);
    default:
        return eval_fail(ev, "`format` does not know `%%%c`", c->letter);
    }
}

// clause = "%" ["." digits] letter
static bool read_clause(struct eval *ev, struct str s, size_t *at, struct clause *c)
{
    c->precision = 6;
    if (*at < s.n && s.s[*at] == '.') {
        c->precision = 0;
        for (++*at; *at < s.n && s.s[*at] >= '0' && s.s[*at] <= '9' && c->precision < 1000; ++*at)
            c->precision = c->precision * 10 + (s.s[*at] - '0');
        if (c->precision > 100)
            return eval_fail(ev, "`format` gives at most 100 digits behind the point");
    }
    if (*at >= s.n)
        return eval_fail(ev,
                         "`format` has a `%%` with nothing behind it; a percent sign is `%%%%`");
    c->letter = s.s[(*at)++];
    return true;
}

bool format_text(struct eval *ev, struct str s, const struct value_list *args, struct buf *out)
{
    size_t used = 0;

    for (size_t at = 0; at < s.n;) {
        struct clause c;
        if (s.s[at] != '%') {
            buf_add_c(out, s.s[at++]);
            continue;
        }
        if (++at < s.n && s.s[at] == '%') {
            buf_add_c(out, s.s[at++]);
            continue;
        }
        if (!read_clause(ev, s, &at, &c))
            return false;
        if (used >= args->count)
            return eval_fail(ev, "`format` wants an item %zu in its list, which has %zu", used,
                             args->count);
        if (!write_clause(ev, &c, args->items[used++], out))
            return false;
    }
    return true;
}
