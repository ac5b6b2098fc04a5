// Conversions: int(), uint(), double(), string(), bytes(), bool(), duration(), timestamp().

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "expr/function.h"
#include "value/number.h"
#include "value/semver.h"
#include "value/time.h"

static bool identity(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    (void)ev, (void)count;
    *out = args[0];
    return true;
}

static bool not_readable(struct eval *ev, struct value text, const char *as)
{
    return eval_fail(ev, "%s is not %s", value_show(text, ev->arena, 60).s, as);
}

static bool out_of_range(struct eval *ev, struct value v, const char *type)
{
    return eval_fail(ev, "%s is beyond what %s can hold", value_show(v, ev->arena, 60).s, type);
}

static bool int_from_uint(struct eval *ev, const struct value *args, size_t count,
                          struct value *out)
{
    (void)count;
    *out = value_int((int64_t)args[0].u);
    return args[0].u <= INT64_MAX || out_of_range(ev, args[0], "an int");
}

// Both ends of the range are left out: a double cannot tell them from what is beyond.
static bool int_from_double(struct eval *ev, const struct value *args, size_t count,
                            struct value *out)
{
    double d = args[0].d;

    (void)count;
    if (!(d > -0x1p63 && d < 0x1p63))
        return out_of_range(ev, args[0], "an int");
    *out = value_int((int64_t)d);
    return true;
}

// A whole number in decimal digits, with a sign if [may_sign].
static bool read_digits(struct str s, bool may_sign, bool *negative, uint64_t *out)
{
    size_t at = 0;

    *out = 0;
    *negative = may_sign && s.n && s.s[0] == '-';
    if (may_sign && s.n && (s.s[0] == '-' || s.s[0] == '+'))
        at++;
    if (at == s.n)
        return false;
    for (; at < s.n; at++)
        if (s.s[at] < '0' || s.s[at] > '9' || __builtin_mul_overflow(*out, 10, out) ||
            __builtin_add_overflow(*out, (uint64_t)(s.s[at] - '0'), out))
            return false;
    return true;
}

static bool int_from_string(struct eval *ev, const struct value *args, size_t count,
                            struct value *out)
{
    bool negative;
    uint64_t u;

    (void)count;
    if (!read_digits(args[0].s, true, &negative, &u) || u > (uint64_t)INT64_MAX + negative)
        return not_readable(ev, args[0], "a whole number");
    *out = value_int(negative ? (int64_t)-u : (int64_t)u);
    return true;
}

static bool int_from_timestamp(struct eval *ev, const struct value *args, size_t count,
                               struct value *out)
{
    (void)ev, (void)count;
    *out = value_int(args[0].i);
    return true;
}

static bool uint_from_int(struct eval *ev, const struct value *args, size_t count,
                          struct value *out)
{
    (void)count;
    *out = value_uint((uint64_t)args[0].i);
    return args[0].i >= 0 || out_of_range(ev, args[0], "a uint");
}

static bool uint_from_double(struct eval *ev, const struct value *args, size_t count,
                             struct value *out)
{
    double d = args[0].d;

    (void)count;
    if (!(d >= 0 && d < 0x1p64))
        return out_of_range(ev, args[0], "a uint");
    *out = value_uint((uint64_t)d);
    return true;
}

static bool uint_from_string(struct eval *ev, const struct value *args, size_t count,
                             struct value *out)
{
    bool negative;
    uint64_t u;

    (void)count;
    if (!read_digits(args[0].s, false, &negative, &u))
        return not_readable(ev, args[0], "a whole number without a sign");
    *out = value_uint(u);
    return true;
}

static bool double_from_number(struct eval *ev, const struct value *args, size_t count,
                               struct value *out)
{
    (void)ev, (void)count;
    *out = value_double(value_as_double(args[0]));
    return true;
}

static bool double_from_string(struct eval *ev, const struct value *args, size_t count,
                               struct value *out)
{
    struct str s = str_copy(ev->arena, args[0].s);
    char *end = NULL;

    (void)count;
    bool starts = s.n && !strchr(" \t\n\r\f\v", s.s[0]);
    *out = value_double(starts ? strtod(s.s, &end) : 0);
    return (starts && end == s.s + s.n) || not_readable(ev, args[0], "a number");
}

static bool bool_from_string(struct eval *ev, const struct value *args, size_t count,
                             struct value *out)
{
    static const char *const yes[] = { "1", "t", "T", "true", "True", "TRUE" };
    static const char *const no[] = { "0", "f", "F", "false", "False", "FALSE" };

    (void)count;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        if (str_is(args[0].s, yes[i]))
            return *out = value_bool(true), true;
        if (str_is(args[0].s, no[i]))
            return *out = value_bool(false), true;
    }
    return not_readable(ev, args[0], "true or false");
}

static bool string_from_any(struct eval *ev, const struct value *args, size_t count,
                            struct value *out)
{
    struct value v = args[0];
    struct buf text = BUF_EMPTY;

    (void)count;
    if (v.kind == VALUE_TIMESTAMP)
        timestamp_write(v.i, v.nanos, &text);
    else if (v.kind == VALUE_DURATION)
        duration_write_cel(v.i, &text);
    else if (v.kind == VALUE_SEMVER || v.kind == VALUE_TYPE || v.kind == VALUE_IDENT)
        buf_add(&text, v.kind == VALUE_SEMVER ? v.semver->text : v.s);
    else {
        struct str s = STR("");
        value_to_text(v, ev->arena, &s);
        buf_add(&text, s);
    }
    bool ok = eval_text(ev, text.s, text.n, out);
    buf_free(&text);
    return ok;
}

static bool string_from_bytes(struct eval *ev, const struct value *args, size_t count,
                              struct value *out)
{
    (void)count;
    if (utf8_invalid(args[0].s) != SIZE_MAX)
        return eval_fail(ev, "the bytes are not UTF-8 text");
    *out = value_string(args[0].s);
    return true;
}

static bool bytes_from_string(struct eval *ev, const struct value *args, size_t count,
                              struct value *out)
{
    (void)ev, (void)count;
    *out = value_bytes(args[0].s);
    return true;
}

static bool duration_from_string(struct eval *ev, const struct value *args, size_t count,
                                 struct value *out)
{
    int64_t ns;

    (void)count;
    if (!duration_parse_cel(args[0].s, &ns))
        return not_readable(ev, args[0], "a duration (30s, 5m, 1h30m, 500ms)");
    *out = value_duration(ns);
    return true;
}

static bool timestamp_from_string(struct eval *ev, const struct value *args, size_t count,
                                  struct value *out)
{
    int64_t seconds;
    uint32_t nanos;

    (void)count;
    if (!timestamp_parse(args[0].s, &seconds, &nanos))
        return not_readable(ev, args[0], "a timestamp (2026-09-21T14:02:11Z)");
    *out = value_timestamp(seconds, nanos);
    return true;
}

static bool timestamp_from_int(struct eval *ev, const struct value *args, size_t count,
                               struct value *out)
{
    (void)count;
    *out = value_timestamp(args[0].i, 0);
    return (args[0].i >= TIMESTAMP_FIRST && args[0].i <= TIMESTAMP_LAST) ||
           out_of_range(ev, args[0], "a timestamp (the years 1 to 9999)");
}

static bool semver_from_string(struct eval *ev, const struct value *args, size_t count,
                               struct value *out)
{
    struct semver v;

    (void)count;
    if (!semver_parse(args[0].s, &v))
        return not_readable(ev, args[0], "a version (1.2.3)");
    if (!eval_take(ev, sizeof v))
        return false;
    struct semver *copy = NEW(ev->arena, struct semver);
    *copy = v;
    *out = (struct value){ .kind = VALUE_SEMVER, .semver = copy };
    return true;
}

static bool ident_from_string(struct eval *ev, const struct value *args, size_t count,
                              struct value *out)
{
    (void)count;
    if (!args[0].s.n || str_find(args[0].s, '\0') != SIZE_MAX ||
        utf8_invalid(args[0].s) != SIZE_MAX)
        return not_readable(ev, args[0], "a name that SQL can have");
    *out = (struct value){ .kind = VALUE_IDENT, .s = args[0].s };
    return true;
}

// clang-format off
const struct function functions_convert[] = {
    { "bool", FUNCTION_FOLDS, T_BOOL, { T_BOOL }, identity, "The same.", "bool(true)" },
    { "bool", FUNCTION_FOLDS, T_BOOL, { T_STRING }, bool_from_string,
      "From text: true, True, TRUE, t, T, 1 and their opposites.", "bool('true')" },
    { "int", FUNCTION_FOLDS, T_INT, { T_INT }, identity, "The same.", "int(1) == 1" },
    { "int", FUNCTION_FOLDS, T_INT, { T_UINT }, int_from_uint,
      "From a uint, if it fits.", "int(1u) == 1" },
    { "int", FUNCTION_FOLDS, T_INT, { T_DOUBLE }, int_from_double,
      "From a double: what stands before the point.", "int(-3.9) == -3" },
    { "int", FUNCTION_FOLDS, T_INT, { T_STRING }, int_from_string,
      "From decimal digits.", "int('-12') == -12" },
    { "int", FUNCTION_FOLDS, T_INT, { T_TIMESTAMP }, int_from_timestamp,
      "The seconds since 1970.", "int(timestamp('1970-01-01T00:01:00Z')) == 60" },
    { "uint", FUNCTION_FOLDS, T_UINT, { T_UINT }, identity, "The same.", "uint(1u) == 1u" },
    { "uint", FUNCTION_FOLDS, T_UINT, { T_INT }, uint_from_int,
      "From an int that is not negative.", "uint(1) == 1u" },
    { "uint", FUNCTION_FOLDS, T_UINT, { T_DOUBLE }, uint_from_double,
      "From a double: what stands before the point.", "uint(3.9) == 3u" },
    { "uint", FUNCTION_FOLDS, T_UINT, { T_STRING }, uint_from_string,
      "From decimal digits.", "uint('12') == 12u" },
    { "double", FUNCTION_FOLDS, T_DOUBLE, { T_DOUBLE }, identity, "The same.", "double(1.5) == 1.5" },
    { "double", FUNCTION_FOLDS, T_DOUBLE, { T_INT }, double_from_number,
      "The nearest double.", "double(2) == 2.0" },
    { "double", FUNCTION_FOLDS, T_DOUBLE, { T_UINT }, double_from_number,
      "The nearest double.", "double(2u) == 2.0" },
    { "double", FUNCTION_FOLDS, T_DOUBLE, { T_STRING }, double_from_string,
      "From digits; also NaN and Infinity.", "double('1e3') == 1000.0" },
    { "string", FUNCTION_FOLDS, T_STRING, { T_STRING }, identity, "The same.", "string('a') == 'a'" },
    { "string", FUNCTION_FOLDS, T_STRING, { T_BOOL }, string_from_any,
      "`true` or `false`.", "string(true) == 'true'" },
    { "string", FUNCTION_FOLDS, T_STRING, { T_INT }, string_from_any,
      "Decimal digits.", "string(-1) == '-1'" },
    { "string", FUNCTION_FOLDS, T_STRING, { T_UINT }, string_from_any,
      "Decimal digits.", "string(123u) == '123'" },
    { "string", FUNCTION_FOLDS, T_STRING, { T_DOUBLE }, string_from_any,
      "The fewest digits that read back the same.", "string(0.1) == '0.1'" },
    { "string", FUNCTION_FOLDS, T_STRING, { T_BYTES }, string_from_bytes,
      "The text that the bytes are in UTF-8.", "string(b'abc') == 'abc'" },
    { "string", FUNCTION_FOLDS, T_STRING, { T_TIMESTAMP }, string_from_any,
      "RFC 3339 in UTC.", "string(timestamp(0)) == '1970-01-01T00:00:00Z'" },
    { "string", FUNCTION_FOLDS, T_STRING, { T_DURATION }, string_from_any,
      "In seconds.", "string(duration('1m30s')) == '90s'" },
    { "string", FUNCTION_FOLDS, T_STRING, { T_SEMVER }, string_from_any,
      "As it was written.", "string(semver('v1.2')) == 'v1.2'" },
    { "bytes", FUNCTION_FOLDS, T_BYTES, { T_BYTES }, identity, "The same.", "bytes(b'a') == b'a'" },
    { "bytes", FUNCTION_FOLDS, T_BYTES, { T_STRING }, bytes_from_string,
      "The text in UTF-8.", "bytes('abc') == b'abc'" },
    { "duration", FUNCTION_FOLDS, T_DURATION, { T_DURATION }, identity,
      "The same.", "duration(duration('1s')) == duration('1s')" },
    { "duration", FUNCTION_FOLDS, T_DURATION, { T_STRING }, duration_from_string,
      "From numbers with units: d, h, m, s, ms, us, ns.", "duration('1h30m') == duration('90m')" },
    { "timestamp", FUNCTION_FOLDS, T_TIMESTAMP, { T_TIMESTAMP }, identity,
      "The same.", "timestamp(timestamp(0)) == timestamp(0)" },
    { "timestamp", FUNCTION_FOLDS, T_TIMESTAMP, { T_STRING }, timestamp_from_string,
      "From RFC 3339.", "timestamp('1970-01-01T01:00:00+01:00') == timestamp(0)" },
    { "timestamp", FUNCTION_FOLDS, T_TIMESTAMP, { T_INT }, timestamp_from_int,
      "From seconds since 1970.", "timestamp(60) - timestamp(0) == duration('1m')" },
    { "semver", FUNCTION_FOLDS, T_SEMVER, { T_STRING }, semver_from_string,
      "A version, to be compared; it has the fields major, minor, patch and pre.",
      "semver('1.10.0') > semver('1.9.9')" },
    { "semver", FUNCTION_FOLDS, T_SEMVER, { T_SEMVER }, identity,
      "The same.", "semver(semver('1.2.3')).minor == 2" },
    { "ident", FUNCTION_FOLDS, T_IDENT, { T_STRING }, ident_from_string,
      "A name of a table or column, quoted where SQL takes it.", "type(ident('users')) != string" },
    { 0 },
};
// clang-format on
