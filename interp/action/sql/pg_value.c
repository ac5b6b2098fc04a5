#include "action/sql/pg_value.h"

#include <stdlib.h>
#include <string.h>

#include "action/sql/pg_type.h"
#include "base/arena.h"
#include "base/buf.h"
#include "value/json.h"
#include "value/number.h"
#include "value/time.h"

// Arrays, and what they are of.
static const struct {
    unsigned array, item;
} arrays[] = {
    { 1000, PG_BOOL },
    { 1001, PG_BYTEA },
    { 1005, PG_INT2 },
    { 1007, PG_INT4 },
    { 1016, PG_INT8 },
    { 1028, PG_OID },
    { 1021, PG_FLOAT4 },
    { 1022, PG_FLOAT8 },
    { 1231, PG_NUMERIC },
    { 199, PG_JSON },
    { 3807, PG_JSONB },
    { 1115, PG_TIMESTAMP },
    { 1185, PG_TIMESTAMPTZ },
    { 1009, PG_TEXT },  // text, and what is given as its text:
    { 1015, PG_TEXT },  // varchar
    { 1014, PG_TEXT },  // char(n)
    { 1003, PG_TEXT },  // name
    { 1182, PG_TEXT },  // date
    { 1183, PG_TEXT },  // time
    { 1187, PG_TEXT },  // interval
    { 2951, PG_TEXT },  // uuid
    { 0, 0 },
};

unsigned pg_item_of(unsigned array)
{
    for (size_t i = 0; arrays[i].array; i++)
        if (arrays[i].array == array)
            return arrays[i].item;
    return 0;
}

unsigned pg_array_of(unsigned item)
{
    for (size_t i = 0; arrays[i].array; i++)
        if (arrays[i].item == item)
            return arrays[i].array;
    return 0;
}

// The digits of a number without what does not count: signs +, zeros at both ends.
static struct str plain_digits(struct str s, struct arena *a)
{
    struct buf *b = buf_in(a);
    size_t from = 0, to = s.n;
    bool minus = s.n && s.s[0] == '-';

    from += minus;
    if (str_find(s, '.') != SIZE_MAX) {
        while (to > from && s.s[to - 1] == '0')
            to--;
        to -= to > from && s.s[to - 1] == '.';
    }
    while (from + 1 < to && s.s[from] == '0' && s.s[from + 1] != '.')
        from++;
    struct str digits = str_slice(s, from, to);
    if (minus && !str_is(digits, "0"))
        buf_add_c(b, '-');
    buf_add(b, digits);
    return str_copy(a, buf_str(b));
}

static struct value numeric_value(struct str text, struct arena *a)
{
    double d = strtod(text.s, NULL);
    struct buf *b = buf_in(a);

    if (text.n == 0 || strchr("NIi", text.s[0]) || str_starts(text, "-I"))
        return value_double(d);
    double_write(d, b);
    if (str_equal(plain_digits(text, a), plain_digits(buf_str(b), a)))
        return value_double(d);
    return value_string(text);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// \x48656c6c6f, or the older form: \ooo for a byte, \\ for a backslash.
static struct value bytes_value(struct str text, struct arena *a)
{
    char *to = NEW_ARRAY(a, char, text.n + 1);
    size_t n = 0;

    if (str_starts(text, "\\x")) {
        for (size_t i = 2; i + 1 < text.n; i += 2) {
            int high = hex_digit(text.s[i]), low = hex_digit(text.s[i + 1]);
            if (high < 0 || low < 0)
                return value_string(text);
            to[n++] = (char)(high << 4 | low);
        }
        return value_bytes((struct str){ to, n });
    }
    for (size_t i = 0; i < text.n; i++) {
        if (text.s[i] != '\\') {
            to[n++] = text.s[i];
        } else if (i + 3 < text.n && text.s[i + 1] != '\\') {
            to[n++] = (char)strtol(str_copy(a, str_slice(text, i + 1, i + 4)).s, NULL, 8);
            i += 3;
        } else {
            to[n++] = text.s[i++];
        }
    }
    return value_bytes((struct str){ to, n });
}

static bool number_at(struct str s, size_t *at, size_t least, int *out)
{
    size_t from = *at;

    *out = 0;
    for (; *at < s.n && s.s[*at] >= '0' && s.s[*at] <= '9' && *at - from < 9; ++*at)
        *out = *out * 10 + s.s[*at] - '0';
    return *at - from >= least;
}

static bool skip(struct str s, size_t *at, char c)
{
    bool is = *at < s.n && s.s[*at] == c;

    *at += is;
    return is;
}

static uint32_t fraction(struct str s, size_t *at)
{
    uint32_t nanos = 0, unit = 100000000;

    for (; *at < s.n && s.s[*at] >= '0' && s.s[*at] <= '9'; ++*at, unit /= 10)
        nanos += (uint32_t)(s.s[*at] - '0') * unit;
    return nanos;
}

// +02, +05:30, +05:53:28; seconds east.
static int offset(struct str s, size_t *at)
{
    int hours = 0, minutes = 0, seconds = 0;
    bool west = *at < s.n && s.s[*at] == '-';

    if (!west && (*at >= s.n || s.s[*at] != '+'))
        return 0;
    ++*at;
    number_at(s, at, 1, &hours);
    if (skip(s, at, ':') && number_at(s, at, 2, &minutes) && skip(s, at, ':'))
        number_at(s, at, 2, &seconds);
    int east = hours * 3600 + minutes * 60 + seconds;
    return west ? -east : east;
}

// "2026-09-21 14:02:11.204+00". What is not of that form (infinity, BC, another
// DateStyle) stays text.
static struct value timestamp_value(struct str s)
{
    int year, month, day, hour, minute, second;
    size_t at = 0;

    if (!number_at(s, &at, 4, &year) || !skip(s, &at, '-') || !number_at(s, &at, 2, &month) ||
        !skip(s, &at, '-') || !number_at(s, &at, 2, &day) || !skip(s, &at, ' ') ||
        !number_at(s, &at, 2, &hour) || !skip(s, &at, ':') || !number_at(s, &at, 2, &minute) ||
        !skip(s, &at, ':') || !number_at(s, &at, 2, &second))
        return value_string(s);
    uint32_t nanos = skip(s, &at, '.') ? fraction(s, &at) : 0;
    int64_t seconds = civil_seconds(year, month, day, hour, minute, second) - offset(s, &at);
    if (at != s.n || seconds < TIMESTAMP_FIRST || seconds > TIMESTAMP_LAST)
        return value_string(s);
    return value_timestamp(seconds, nanos);
}

static struct value json_value(struct str text, struct arena *a)
{
    struct value v;
    struct json_error error;

    // json (not jsonb) may repeat keys, which we refuse to choose from.
    return json_read(text, a, &v, &error) ? v : value_string(text);
}

enum { DIMENSIONS_MOST = 6 };  // of an array; the server has no more

static struct value array_items(unsigned item, int depth, struct str s, size_t *at,
                                struct arena *a);

// One item of an array: a nested one, "quoted", NULL, or plain.
static struct value array_item(unsigned item, int depth, struct str s, size_t *at, struct arena *a)
{
    struct buf *b = buf_in(a);

    if (depth < DIMENSIONS_MOST && skip(s, at, '{'))
        return array_items(item, depth + 1, s, at, a);
    bool quoted = skip(s, at, '"');
    while (*at < s.n && (quoted ? s.s[*at] != '"' : s.s[*at] != ',' && s.s[*at] != '}')) {
        *at += s.s[*at] == '\\' && *at + 1 < s.n;
        buf_add_c(b, s.s[(*at)++]);
    }
    *at += quoted;
    if (!quoted && str_is(buf_str(b), "NULL"))
        return VALUE_NONE;
    return pg_value_of(item, str_copy(a, buf_str(b)), a);
}

static struct value array_items(unsigned item, int depth, struct str s, size_t *at, struct arena *a)
{
    struct value_builder *list = value_list_start(a);

    while (*at < s.n && !skip(s, at, '}')) {
        value_add(list, array_item(item, depth, s, at, a));
        skip(s, at, ',');
    }
    return value_finish(list);
}

// {1,2,3}; [0:2]={...} when it does not begin at 1.
static struct value array_value(unsigned item, struct str s, struct arena *a)
{
    size_t at = str_find(s, '{');

    if (at == SIZE_MAX)
        return value_string(s);
    at++;
    return array_items(item, 1, s, &at, a);
}

struct value pg_value_of(unsigned type, struct str text, struct arena *a)
{
    switch (type) {
    case PG_BOOL:
        return value_bool(str_is(text, "t"));
    case PG_INT2:
    case PG_INT4:
    case PG_INT8:
    case PG_OID:
        return value_int(strtoll(text.s, NULL, 10));
    case PG_FLOAT4:
    case PG_FLOAT8:
        return value_double(strtod(text.s, NULL));
    case PG_NUMERIC:
        return numeric_value(text, a);
    case PG_BYTEA:
        return bytes_value(text, a);
    case PG_TIMESTAMP:
    case PG_TIMESTAMPTZ:
        return timestamp_value(text);
    case PG_JSON:
    case PG_JSONB:
        return json_value(text, a);
    default:
        return pg_item_of(type) ? array_value(pg_item_of(type), text, a) : value_string(text);
    }
}
