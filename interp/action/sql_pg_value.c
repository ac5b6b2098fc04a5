#include "action/sql_pg_value.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "value/json.h"
#include "value/number.h"
#include "value/time.h"

// Of pg_type.dat; they never change.
enum {
    PG_BOOL = 16,
    PG_BYTEA = 17,
    PG_INT8 = 20,
    PG_INT2 = 21,
    PG_INT4 = 23,
    PG_TEXT = 25,
    PG_OID = 26,
    PG_JSON = 114,
    PG_FLOAT4 = 700,
    PG_FLOAT8 = 701,
    PG_TIMESTAMP = 1114,
    PG_TIMESTAMPTZ = 1184,
    PG_INTERVAL = 1186,
    PG_NUMERIC = 1700,
    PG_JSONB = 3802,
};

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

static unsigned item_of(unsigned array)
{
    for (size_t i = 0; arrays[i].array; i++)
        if (arrays[i].array == array)
            return arrays[i].item;
    return 0;
}

static unsigned array_of(unsigned item)
{
    for (size_t i = 0; arrays[i].array; i++)
        if (arrays[i].item == item)
            return arrays[i].array;
    return 0;
}

// ---- coming in

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
        for (size_t i = 2; i + 1 < text.n; i += 2)
            to[n++] = (char)(hex_digit(text.s[i]) << 4 | hex_digit(text.s[i + 1]));
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

static struct value array_items(unsigned item, struct str s, size_t *at, struct arena *a);

// One item of an array: a nested one, "quoted", NULL, or plain.
static struct value array_item(unsigned item, struct str s, size_t *at, struct arena *a)
{
    struct buf *b = buf_in(a);

    if (skip(s, at, '{'))
        return array_items(item, s, at, a);
    bool quoted = skip(s, at, '"');
    while (*at < s.n && (quoted ? s.s[*at] != '"' : !strchr(",}", s.s[*at]))) {
        *at += s.s[*at] == '\\' && *at + 1 < s.n;
        buf_add_c(b, s.s[(*at)++]);
    }
    *at += quoted;
    if (!quoted && str_is(buf_str(b), "NULL"))
        return VALUE_NONE;
    return pg_value_of(item, str_copy(a, buf_str(b)), a);
}

static struct value array_items(unsigned item, struct str s, size_t *at, struct arena *a)
{
    struct value_builder *list = value_list_start(a);

    while (*at < s.n && !skip(s, at, '}')) {
        value_add(list, array_item(item, s, at, a));
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
    return array_items(item, s, &at, a);
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
        return item_of(type) ? array_value(item_of(type), text, a) : value_string(text);
    }
}

// ---- going out

static bool refuse(struct str *why, struct value v, struct arena *a)
{
    *why = str_format(a, "%s cannot be a value in SQL", value_kind_words(v.kind));
    return false;
}

static bool text_parameter(struct str s, struct arena *a, struct pg_parameter *out, struct str *why)
{
    if (str_find(s, '\0') != SIZE_MAX) {
        *why = STR("a text with a NUL cannot be a value in SQL");
        return false;
    }
    *out = (struct pg_parameter){ 0, str_copy(a, s).s };
    return true;
}

static struct pg_parameter int_parameter(int64_t i, struct arena *a)
{
    bool small = i >= INT32_MIN && i <= INT32_MAX;

    return (struct pg_parameter){ small ? PG_INT4 : PG_INT8,
                                  str_format(a, "%lld", (long long)i).s };
}

static struct pg_parameter uint_parameter(uint64_t u, struct arena *a)
{
    if (u <= INT64_MAX)
        return int_parameter((int64_t)u, a);
    return (struct pg_parameter){ PG_NUMERIC, str_format(a, "%llu", (unsigned long long)u).s };
}

static struct pg_parameter double_parameter(double d, struct arena *a)
{
    return (struct pg_parameter){ PG_FLOAT8, str_format(a, "%.17g", d).s };
}

static struct pg_parameter bytes_parameter(struct str s, struct arena *a)
{
    struct buf *b = buf_in(a);

    buf_add_s(b, "\\x");
    for (size_t i = 0; i < s.n; i++)
        buf_format(b, "%02x", (unsigned char)s.s[i]);
    return (struct pg_parameter){ PG_BYTEA, str_copy(a, buf_str(b)).s };
}

static struct pg_parameter time_parameter(struct value v, struct arena *a)
{
    struct buf *b = buf_in(a);

    if (v.kind == VALUE_TIMESTAMP) {
        timestamp_write(v.i, v.nanos, b);
        return (struct pg_parameter){ PG_TIMESTAMPTZ, str_copy(a, buf_str(b)).s };
    }
    int64_t seconds = v.i / 1000000000, rest = v.i % 1000000000;
    buf_format(b, "%s%lld.%09lld seconds", v.i < 0 ? "-" : "", llabs(seconds), llabs(rest));
    return (struct pg_parameter){ PG_INTERVAL, str_copy(a, buf_str(b)).s };
}

static void add_item(struct buf *b, const char *text)
{
    if (!text) {
        buf_add_s(b, "NULL");
        return;
    }
    buf_add_c(b, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buf_add_c(b, '\\');
        buf_add_c(b, *text);
    }
    buf_add_c(b, '"');
}

// The type of the whole array when [item] joins those before it: the wider int, or one
// that is the same. False if they do not go together.
static bool join_type(unsigned *type, unsigned item)
{
    bool ints = (*type == PG_INT4 || *type == PG_INT8) && (item == PG_INT4 || item == PG_INT8);

    if (ints)
        *type = *type == PG_INT8 || item == PG_INT8 ? PG_INT8 : PG_INT4;
    return ints || *type == item;
}

// An array if all items are of one simple type, else jsonb.
static bool list_parameter(struct value v, struct arena *a, struct pg_parameter *out,
                           struct str *why)
{
    struct buf *b = buf_in(a);
    unsigned type = 0;
    bool same = true, typed = false;

    buf_add_c(b, '{');
    for (size_t i = 0; i < value_size(v) && same; i++) {
        struct value item = value_item(v, i);
        struct pg_parameter p = { 0 };
        same = item.kind != VALUE_LIST && item.kind != VALUE_MAP;
        if (same && !pg_parameter_of(item, a, &p, why))
            return false;
        same = same && (!p.text || !typed || join_type(&type, p.type));
        type = p.text && !typed ? p.type : type;
        typed |= p.text != NULL;
        buf_add_s(b, i ? "," : "");
        add_item(b, p.text);
    }
    buf_add_c(b, '}');
    *out = (struct pg_parameter){ array_of(type), str_copy(a, buf_str(b)).s };
    if (!same)
        *out = (struct pg_parameter){ PG_JSONB, json_text(v, a).s };
    return true;
}

bool pg_parameter_of(struct value v, struct arena *a, struct pg_parameter *out, struct str *why)
{
    *out = (struct pg_parameter){ 0 };
    switch (v.kind) {
    case VALUE_NULL:
        return true;
    case VALUE_OPTIONAL:
        return !v.optional || pg_parameter_of(*v.optional, a, out, why);
    case VALUE_BOOL:
        *out = (struct pg_parameter){ PG_BOOL, v.b ? "t" : "f" };
        return true;
    case VALUE_INT:
        *out = int_parameter(v.i, a);
        return true;
    case VALUE_UINT:
        *out = uint_parameter(v.u, a);
        return true;
    case VALUE_DOUBLE:
        *out = double_parameter(v.d, a);
        return true;
    case VALUE_STRING:
        return text_parameter(v.s, a, out, why);
    case VALUE_SEMVER:
        return text_parameter(v.semver->text, a, out, why);
    case VALUE_BYTES:
        *out = bytes_parameter(v.s, a);
        return true;
    case VALUE_DURATION:
    case VALUE_TIMESTAMP:
        *out = time_parameter(v, a);
        return true;
    case VALUE_LIST:
        return list_parameter(v, a, out, why);
    case VALUE_MAP:
        *out = (struct pg_parameter){ PG_JSONB, json_text(v, a).s };
        return true;
    default:
        return refuse(why, v, a);
    }
}
