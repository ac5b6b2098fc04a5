// Points in time and durations taken apart.

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "expr/function.h"
#include "expr/zone.h"
#include "value/time.h"

// The calendar of a timestamp in the zone of the second argument, or in UTC.
static bool calendar(struct eval *ev, const struct value *args, size_t count, size_t zone_at,
                     struct civil *out, int64_t *east)
{
    *east = 0;
    if (count > zone_at) {
        struct value zone = args[zone_at];
        if (!eval_charge(ev, 20))
            return false;
        if (!zone_offset(zone.s, args[0].i, east))
            return eval_fail(ev, "there is no time zone %s", value_show(zone, ev->arena, 60).s);
    }
    *out = civil_from(args[0].i + *east);
    return true;
}

// One function for each part of the calendar.
#define PART(name, expression)                                                                   \
    static bool name(struct eval *ev, const struct value *args, size_t count, struct value *out) \
    {                                                                                            \
        struct civil c;                                                                          \
        int64_t east;                                                                            \
                                                                                                 \
        if (!calendar(ev, args, count, 1, &c, &east))                                            \
            return false;                                                                        \
        *out = value_int(expression);                                                            \
        return true;                                                                             \
    }

PART(full_year, c.year)
PART(month, c.month - 1)
PART(day_of_year, c.yearday)
PART(day_of_month, c.day - 1)
PART(date, c.day)
PART(day_of_week, c.weekday)
PART(hours, c.hour)
PART(minutes, c.minute)
PART(seconds, c.second)
PART(milliseconds, args[0].nanos / 1000000)

static bool whole_units(int64_t ns, int64_t unit, struct value *out)
{
    *out = value_int(ns / unit);
    return true;
}

static bool duration_hours(struct eval *ev, const struct value *args, size_t count,
                           struct value *out)
{
    (void)ev, (void)count;
    return whole_units(args[0].i, 3600000000000, out);
}

static bool duration_minutes(struct eval *ev, const struct value *args, size_t count,
                             struct value *out)
{
    (void)ev, (void)count;
    return whole_units(args[0].i, 60000000000, out);
}

static bool duration_seconds(struct eval *ev, const struct value *args, size_t count,
                             struct value *out)
{
    (void)ev, (void)count;
    return whole_units(args[0].i, 1000000000, out);
}

// Only what is left of a second, as the suite of the language wants it.
static bool duration_milliseconds(struct eval *ev, const struct value *args, size_t count,
                                  struct value *out)
{
    (void)ev, (void)count;
    return whole_units(args[0].i % 1000000000, 1000000, out);
}

static bool wrong_letter(struct eval *ev, struct str format, size_t at)
{
    char letter = at < format.n ? format.s[at] : '\0';

    if (letter < ' ' || letter > '~')
        return eval_fail(ev, "`format` has a `%%` with no letter behind it");
    return eval_fail(ev, "`format` of a timestamp does not know `%%%c`", letter);
}

static bool format(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    struct buf text = BUF_EMPTY;
    struct moment m = { .seconds = args[0].i, .nanos = args[0].nanos };

    if (!calendar(ev, args, count, 2, &m.c, &m.east))
        return false;
    size_t wrong = time_format(args[1].s, &m, &text);
    bool ok = wrong == SIZE_MAX ? eval_charge(ev, text.n / 10) && eval_text(ev, text.s, text.n, out)
                                : wrong_letter(ev, args[1].s, wrong);
    buf_free(&text);
    return ok;
}

#define IN_UTC(name, call, doc, example)                                             \
    {                                                                                \
        name, FUNCTION_MEMBER, T_INT, { T_TIMESTAMP }, call, doc " In UTC.", example \
    }
#define IN_ZONE(name, call, doc, example)                              \
    {                                                                  \
        name, FUNCTION_MEMBER, T_INT, { T_TIMESTAMP, T_STRING }, call, \
            doc " In a zone: `Europe/Berlin`, `+02:00`.", example      \
    }
#define DURATION(name, call, doc, example)                               \
    {                                                                    \
        name, FUNCTION_MEMBER, T_INT, { T_DURATION }, call, doc, example \
    }

// clang-format off
const struct function functions_times[] = {
    IN_UTC("getFullYear", full_year, "The year.", "timestamp(0).getFullYear() == 1970"),
    IN_ZONE("getFullYear", full_year, "The year.", "timestamp(0).getFullYear('-01:00') == 1969"),
    IN_UTC("getMonth", month, "The month, counted from 0.", "timestamp(0).getMonth() == 0"),
    IN_ZONE("getMonth", month, "The month, counted from 0.", "timestamp(0).getMonth('-01:00') == 11"),
    IN_UTC("getDayOfYear", day_of_year, "The day of the year, counted from 0.", "timestamp(0).getDayOfYear() == 0"),
    IN_ZONE("getDayOfYear", day_of_year, "The day of the year, counted from 0.", "timestamp(0).getDayOfYear('-01:00') == 364"),
    IN_UTC("getDayOfMonth", day_of_month, "The day of the month, counted from 0.", "timestamp(0).getDayOfMonth() == 0"),
    IN_ZONE("getDayOfMonth", day_of_month, "The day of the month, counted from 0.", "timestamp(0).getDayOfMonth('-01:00') == 30"),
    IN_UTC("getDate", date, "The day of the month, counted from 1.", "timestamp(0).getDate() == 1"),
    IN_ZONE("getDate", date, "The day of the month, counted from 1.", "timestamp(0).getDate('-01:00') == 31"),
    IN_UTC("getDayOfWeek", day_of_week, "The day of the week; Sunday is 0.", "timestamp(0).getDayOfWeek() == 4"),
    IN_ZONE("getDayOfWeek", day_of_week, "The day of the week; Sunday is 0.", "timestamp(0).getDayOfWeek('-01:00') == 3"),
    IN_UTC("getHours", hours, "The hour.", "timestamp(3600).getHours() == 1"),
    IN_ZONE("getHours", hours, "The hour.", "timestamp(0).getHours('+02:00') == 2"),
    DURATION("getHours", duration_hours, "All of it in whole hours.", "duration('90m').getHours() == 1"),
    IN_UTC("getMinutes", minutes, "The minute.", "timestamp(60).getMinutes() == 1"),
    IN_ZONE("getMinutes", minutes, "The minute.", "timestamp(0).getMinutes('+05:30') == 30"),
    DURATION("getMinutes", duration_minutes, "All of it in whole minutes.", "duration('90m').getMinutes() == 90"),
    IN_UTC("getSeconds", seconds, "The second.", "timestamp(61).getSeconds() == 1"),
    IN_ZONE("getSeconds", seconds, "The second.", "timestamp(61).getSeconds('+02:00') == 1"),
    DURATION("getSeconds", duration_seconds, "All of it in whole seconds.", "duration('90s').getSeconds() == 90"),
    IN_UTC("getMilliseconds", milliseconds, "What is left of the second, in milliseconds.", "timestamp('1970-01-01T00:00:00.5Z').getMilliseconds() == 500"),
    IN_ZONE("getMilliseconds", milliseconds, "What is left of the second, in milliseconds.", "timestamp('1970-01-01T00:00:00.5Z').getMilliseconds('+02:00') == 500"),
    DURATION("getMilliseconds", duration_milliseconds, "What is left of the second, in milliseconds.", "duration('1500ms').getMilliseconds() == 500"),
    { "format", FUNCTION_MEMBER, T_STRING, { T_TIMESTAMP, T_STRING }, format,
      "As text, by the letters of strftime; in UTC.", "timestamp(0).format('%Y%m%d-%H%M%S') == '19700101-000000'" },
    { "format", FUNCTION_MEMBER, T_STRING, { T_TIMESTAMP, T_STRING, T_STRING }, format,
      "The same in a zone.", "timestamp(0).format('%H:%M %z', '+02:00') == '02:00 +0200'" },
    { 0 },
};
// clang-format on
