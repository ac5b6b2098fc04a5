#include "value/time.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"

enum { DAY = 86400 };

// Days since 1970-01-01 of a date of the proleptic Gregorian calendar. Years begin in
// March here, so that the leap day is the last of a year.
static int64_t days_from_date(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void date_from_days(int64_t days, struct civil *c)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;

    c->day = (int)(of_year - (153 * month + 2) / 5 + 1);
    c->month = (int)(month < 10 ? month + 3 : month - 9);
    c->year = (int)(year + era * 400 + (c->month <= 2));
}

struct civil civil_from(int64_t seconds)
{
    struct civil c = { 0 };
    int64_t days = seconds / DAY, rest = seconds % DAY;

    if (rest < 0)
        rest += DAY, days--;
    date_from_days(days, &c);
    c.hour = (int)(rest / 3600);
    c.minute = (int)(rest / 60 % 60);
    c.second = (int)(rest % 60);
    c.weekday = (int)((days % 7 + 11) % 7);
    c.yearday = (int)(days - days_from_date(c.year, 1, 1));
    return c;
}

int64_t civil_seconds(int year, int month, int day, int hour, int minute, int second)
{
    return days_from_date(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
}

// A fixed number of digits at [*at]; moves behind them.
static bool digits(struct str s, size_t *at, int count, int *out)
{
    *out = 0;
    for (int i = 0; i < count; i++, (*at)++) {
        if (*at >= s.n || s.s[*at] < '0' || s.s[*at] > '9')
            return false;
        *out = *out * 10 + (s.s[*at] - '0');
    }
    return true;
}

static bool expect(struct str s, size_t *at, const char *any)
{
    for (; *any; any++)
        if (*at < s.n && s.s[*at] == *any)
            return ++*at, true;
    return false;
}

static bool fraction(struct str s, size_t *at, uint32_t *nanos)
{
    uint32_t unit = 100000000;
    size_t start = *at;

    *nanos = 0;
    for (; *at < s.n && s.s[*at] >= '0' && s.s[*at] <= '9'; (*at)++, unit /= 10)
        *nanos += (uint32_t)(s.s[*at] - '0') * unit;
    return *at > start && *at - start <= 9;
}

// offset = "Z" | ("+" | "-") HH ":" MM
static bool offset(struct str s, size_t *at, int *seconds)
{
    int hours, minutes;

    *seconds = 0;
    if (expect(s, at, "Zz"))
        return true;
    bool west = *at < s.n && s.s[*at] == '-';
    if (!expect(s, at, "+-") || !digits(s, at, 2, &hours) || !expect(s, at, ":") ||
        !digits(s, at, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *seconds = (west ? -1 : 1) * (hours * 3600 + minutes * 60);
    return true;
}

static bool is_date(const struct civil *c)
{
    if (c->month < 1 || c->month > 12 || c->day < 1)
        return false;
    struct civil back = civil_from(civil_seconds(c->year, c->month, c->day, 0, 0, 0));
    return back.month == c->month && back.day == c->day;
}

bool timestamp_parse(struct str s, int64_t *seconds, uint32_t *nanos)
{
    struct civil c = { 0 };
    size_t at = 0;
    int east;

    *nanos = 0;
    if (!digits(s, &at, 4, &c.year) || !expect(s, &at, "-") || !digits(s, &at, 2, &c.month) ||
        !expect(s, &at, "-") || !digits(s, &at, 2, &c.day) || !expect(s, &at, "Tt") ||
        !digits(s, &at, 2, &c.hour) || !expect(s, &at, ":") || !digits(s, &at, 2, &c.minute) ||
        !expect(s, &at, ":") || !digits(s, &at, 2, &c.second))
        return false;
    if (expect(s, &at, ".") && !fraction(s, &at, nanos))
        return false;
    if (!offset(s, &at, &east) || at != s.n || !is_date(&c) || c.hour > 23 || c.minute > 59 ||
        c.second > 59)
        return false;
    *seconds = civil_seconds(c.year, c.month, c.day, c.hour, c.minute, c.second) - east;
    return *seconds >= TIMESTAMP_FIRST && *seconds <= TIMESTAMP_LAST;
}

// ".5" for half a second, nothing for none.
static void write_fraction(uint32_t nanos, struct buf *out)
{
    char text[12];
    int n = snprintf(text, sizeof text, ".%09u", nanos);

    if (nanos == 0)
        return;
    while (text[n - 1] == '0')
        n--;
    buf_add(out, (struct str){ text, (size_t)n });
}

void timestamp_write(int64_t seconds, uint32_t nanos, struct buf *out)
{
    struct civil c = civil_from(seconds);

    buf_format(out, "%04d-%02d-%02dT%02d:%02d:%02d", c.year, c.month, c.day, c.hour, c.minute,
               c.second);
    write_fraction(nanos, out);
    buf_add_c(out, 'Z');
}

#define UNIT(literal)                  \
    {                                  \
        (literal), sizeof(literal) - 1 \
    }

static const struct unit {
    struct str name;
    int64_t nanoseconds;
} units[] = {
    { UNIT("ns"), 1 },           { UNIT("us"), 1000 },         { UNIT("\xC2\xB5s"), 1000 },
    { UNIT("\xCE\xBCs"), 1000 }, { UNIT("ms"), 1000000 },      { UNIT("s"), 1000000000 },
    { UNIT("m"), 60000000000 },  { UNIT("h"), 3600000000000 }, { UNIT("d"), 86400000000000 },
};

// The longest name that stands at [at]: "ms" is not "m".
static const struct unit *unit_at(struct str s, size_t at)
{
    const struct unit *best = NULL;

    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        struct str name = units[i].name;
        if (name.n <= s.n - at && memcmp(s.s + at, name.s, name.n) == 0 &&
            (!best || name.n > best->name.n))
            best = &units[i];
    }
    return best;
}

// number = digits [ "." digits ] | "." digits, as whole nanoseconds of the unit behind it.
static bool number_with_unit(struct str s, size_t *at, __int128 *sum)
{
    __int128 whole = 0, part = 0, scale = 1;
    size_t start = *at, seen = 0;

    for (; *at < s.n && s.s[*at] >= '0' && s.s[*at] <= '9'; (*at)++, seen++)
        if ((whole = whole * 10 + (s.s[*at] - '0')) > (__int128)INT64_MAX + 1)
            return false;
    if (expect(s, at, "."))
        for (; *at < s.n && s.s[*at] >= '0' && s.s[*at] <= '9'; (*at)++, seen++)
            if (scale < 1000000000000000)
                part = part * 10 + (s.s[*at] - '0'), scale *= 10;
    const struct unit *unit = unit_at(s, *at);
    if (!seen || !unit || *at == start)
        return false;
    *at += unit->name.n;
    *sum += whole * unit->nanoseconds + part * unit->nanoseconds / scale;
    return *sum <= (__int128)INT64_MAX + 1;
}

bool duration_parse_cel(struct str s, int64_t *nanoseconds)
{
    size_t at = 0;
    __int128 sum = 0;
    bool negative = s.n && s.s[0] == '-';

    expect(s, &at, "+-");
    if (str_is(str_slice(s, at, s.n), "0"))
        return *nanoseconds = 0, true;
    if (at == s.n)
        return false;
    while (at < s.n)
        if (!number_with_unit(s, &at, &sum))
            return false;
    if (negative)
        sum = -sum;
    *nanoseconds = (int64_t)sum;
    return sum <= INT64_MAX;
}

void duration_write_cel(int64_t nanoseconds, struct buf *out)
{
    uint64_t size = nanoseconds < 0 ? -(uint64_t)nanoseconds : (uint64_t)nanoseconds;

    buf_format(out, "%s%llu", nanoseconds < 0 ? "-" : "", (unsigned long long)(size / 1000000000));
    write_fraction((uint32_t)(size % 1000000000), out);
    buf_add_c(out, 's');
}
