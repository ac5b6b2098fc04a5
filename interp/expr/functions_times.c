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

static const char *const weekdays[] = { "Sunday",   "Monday", "Tuesday", "Wednesday",
                                        "Thursday", "Friday", "Saturday" };
static const char *const months[] = { "January",   "February", "March",    "April",
                                      "May",       "June",     "July",     "August",
                                      "September", "October",  "November", "December" };

static void write_offset(int64_t east, struct buf *out)
{
    int64_t size = east < 0 ? -east : east;

    buf_format(out, "%c%02d%02d", east < 0 ? '-' : '+', (int)(size / 3600), (int)(size / 60 % 60));
}

// One directive of strftime; false if there is none of that letter.
static bool write_directive(char letter, const struct civil *c, struct value when, int64_t east,
                            struct buf *out)
{
    switch (letter) {
    case 'Y':
        buf_format(out, "%04d", c->year);
        break;
    case 'y':
        buf_format(out, "%02d", c->year % 100);
        break;
    case 'm':
        buf_format(out, "%02d", c->month);
        break;
    case 'd':
        buf_format(out, "%02d", c->day);
        break;
    case 'e':
        buf_format(out, "%2d", c->day);
        break;
    case 'H':
        buf_format(out, "%02d", c->hour);
        break;
    case 'I':
        buf_format(out, "%02d", (c->hour + 11) % 12 + 1);
        break;
    case 'p':
        buf_add_s(out, c->hour < 12 ? "AM" : "PM");
        break;
    case 'M':
        buf_format(out, "%02d", c->minute);
        break;
    case 'S':
        buf_format(out, "%02d", c->second);
        break;
    case 'L':
        buf_format(out, "%03u", when.nanos / 1000000);
        break;
    case 'N':
        buf_format(out, "%09u", when.nanos);
        break;
    case 'j':
        buf_format(out, "%03d", c->yearday + 1);
        break;
    case 'u':
        buf_format(out, "%d", c->weekday ? c->weekday : 7);
        break;
    case 'w':
        buf_format(out, "%d", c->weekday);
        break;
    case 'a':
        buf_format(out, "%.3s", weekdays[c->weekday]);
        break;
    case 'A':
        buf_add_s(out, weekdays[c->weekday]);
        break;
    case 'b':
        buf_format(out, "%.3s", months[c->month - 1]);
        break;
    case 'B':
        buf_add_s(out, months[c->month - 1]);
        break;
    case 'F':
        buf_format(out, "%04d-%02d-%02d", c->year, c->month, c->day);
        break;
    case 'T':
        buf_format(out, "%02d:%02d:%02d", c->hour, c->minute, c->second);
        break;
    case 'R':
        buf_format(out, "%02d:%02d", c->hour, c->minute);
        break;
    case 's':
        buf_format(out, "%lld", (long long)when.i);
        break;
    case 'z':
        write_offset(east, out);
        break;
    case '%':
        buf_add_c(out, '%');
        break;
    default:
        return false;
    }
    return true;
}

static bool write_formatted(struct eval *ev, struct str format, const struct civil *c,
                            struct value when, int64_t east, struct buf *out)
{
    for (size_t i = 0; i < format.n; i++) {
        if (format.s[i] != '%') {
            buf_add_c(out, format.s[i]);
            continue;
        }
        char letter = ++i < format.n ? format.s[i] : '\0';
        if (letter < ' ' || letter > '~')
            return eval_fail(ev, "`format` has a `%%` with no letter behind it");
        if (!write_directive(letter, c, when, east, out))
            return eval_fail(ev, "`format` of a timestamp does not know `%%%c`", letter);
    }
    return true;
}

static bool format(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    struct buf text = BUF_EMPTY;
    struct civil c;
    int64_t east;

    if (!calendar(ev, args, count, 2, &c, &east))
        return false;
    bool ok = write_formatted(ev, args[1].s, &c, args[0], east, &text) &&
              eval_charge(ev, text.n / 10) && eval_text(ev, text.s, text.n, out);
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
