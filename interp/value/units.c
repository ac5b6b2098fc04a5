// Durations and sizes as runbooks write them.

#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "value/value.h"

struct unit {
    const char *name;
    int64_t factor;
};

// The largest first, for writing.
static const struct unit duration_units[] = {
    { "d", 86400000000000 }, { "h", 3600000000000 }, { "m", 60000000000 },
    { "s", 1000000000 },     { "ms", 1000000 },
};

static const struct unit size_units[] = {
    { "TiB", INT64_C(1) << 40 }, { "GiB", 1 << 30 }, { "MiB", 1 << 20 }, { "KiB", 1 << 10 },
    { "GB", 1000000000 },        { "MB", 1000000 },  { "KB", 1000 },     { "B", 1 },
};

// A whole number at [*at]; moves behind it.
static bool whole_number(struct str s, size_t *at, int64_t *out)
{
    size_t start = *at;

    for (*out = 0; *at < s.n && s.s[*at] >= '0' && s.s[*at] <= '9'; (*at)++)
        if (__builtin_mul_overflow(*out, 10, out) ||
            __builtin_add_overflow(*out, s.s[*at] - '0', out))
            return false;
    return *at > start;
}

static struct str letters(struct str s, size_t *at)
{
    size_t start = *at;

    while (*at < s.n && ((s.s[*at] | 32) >= 'a' && (s.s[*at] | 32) <= 'z'))
        (*at)++;
    return str_slice(s, start, *at);
}

static const struct unit *find_unit(const struct unit *units, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_is(name, units[i].name))
            return &units[i];
    return NULL;
}

// duration = (number unit)+, larger units first, none twice
bool duration_parse(struct str s, int64_t *nanoseconds)
{
    enum { COUNT = sizeof duration_units / sizeof *duration_units };
    const struct unit *last = NULL;
    int64_t sum = 0;

    for (size_t at = 0; at < s.n;) {
        int64_t n;
        if (!whole_number(s, &at, &n))
            return false;
        const struct unit *unit = find_unit(duration_units, COUNT, letters(s, &at));
        if (!unit || (last && unit <= last) || __builtin_mul_overflow(n, unit->factor, &n) ||
            __builtin_add_overflow(sum, n, &sum))
            return false;
        last = unit;
    }
    *nanoseconds = sum;
    return last != NULL;
}

// Below a second one unit is enough: 500ms, 1.5ms, 20us, 3ns.
static void write_short(uint64_t ns, struct buf *out)
{
    uint64_t unit = ns >= 1000000 ? 1000000 : ns >= 1000 ? 1000 : 1;
    char fraction[8];
    int n = snprintf(fraction, sizeof fraction, ".%0*u", unit == 1000000 ? 6 : 3,
                     (unsigned)(ns % unit));

    while (fraction[n - 1] == '0')
        n--;
    buf_format(out, "%llu", (unsigned long long)(ns / unit));
    if (unit > 1 && n > 1)
        buf_add(out, (struct str){ fraction, (size_t)n });
    buf_add_s(out, unit == 1000000 ? "ms" : unit == 1000 ? "us" : "ns");
}

// From a second on: 1d2h, 90s is 1m30s, and what is left of a second behind a point.
static void write_long(uint64_t rest, struct buf *out)
{
    char text[32];

    for (size_t i = 0; i < 3; i++) {
        uint64_t unit = (uint64_t)duration_units[i].factor;
        if (rest >= unit)
            buf_format(out, "%llu%s", (unsigned long long)(rest / unit), duration_units[i].name);
        rest %= unit;
    }
    if (rest == 0)
        return;
    int n = snprintf(text, sizeof text, "%u.%09u", (unsigned)(rest / 1000000000),
                     (unsigned)(rest % 1000000000));
    while (text[n - 1] == '0')
        n--;
    buf_format(out, "%.*ss", text[n - 1] == '.' ? n - 1 : n, text);
}

struct str duration_text(struct arena *a, int64_t nanoseconds)
{
    struct buf out = BUF_EMPTY;
    uint64_t size = nanoseconds < 0 ? -(uint64_t)nanoseconds : (uint64_t)nanoseconds;

    if (nanoseconds < 0)
        buf_add_c(&out, '-');
    if (size == 0)
        buf_add_s(&out, "0s");
    else if (size < 1000000000)
        write_short(size, &out);
    else
        write_long(size, &out);
    return buf_take(&out, a);
}

bool size_parse(struct str s, int64_t *bytes)
{
    enum { COUNT = sizeof size_units / sizeof *size_units };
    size_t at = 0;

    if (!whole_number(s, &at, bytes))
        return false;
    const struct unit *unit = find_unit(size_units, COUNT, letters(s, &at));
    return unit && at == s.n && !__builtin_mul_overflow(*bytes, unit->factor, bytes);
}
