// A point in time as text, by the letters of POSIX strftime with %L and %N for fractions.
// In the C locale, whatever the machine's is: a runbook says the same everywhere.

#include <stdlib.h>

#include "base/buf.h"
#include "value/time.h"

static const char *const weekdays[] = { "Sunday",   "Monday", "Tuesday", "Wednesday",
                                        "Thursday", "Friday", "Saturday" };
static const char *const months[] = { "January",   "February", "March",    "April",
                                      "May",       "June",     "July",     "August",
                                      "September", "October",  "November", "December" };

#define NUMBER(name, expression)                \
    static int64_t name(const struct moment *m) \
    {                                           \
        return expression;                      \
    }
#define WORD(name, expression)                      \
    static const char *name(const struct moment *m) \
    {                                               \
        return expression;                          \
    }

NUMBER(year, m->c.year)
NUMBER(year_of_century, m->c.year % 100)
NUMBER(month, m->c.month)
NUMBER(day, m->c.day)
NUMBER(hour, m->c.hour)
NUMBER(hour_of_12, (m->c.hour + 11) % 12 + 1)
NUMBER(minute, m->c.minute)
NUMBER(second, m->c.second)
NUMBER(millis, m->nanos / 1000000)
NUMBER(nanos, m->nanos)
NUMBER(day_of_year, m->c.yearday + 1)
NUMBER(iso_weekday, m->c.weekday ? m->c.weekday : 7)
NUMBER(weekday, m->c.weekday)
NUMBER(since_1970, m->seconds)
WORD(half_of_day, m->c.hour < 12 ? "AM" : "PM")
WORD(name_of_day, weekdays[m->c.weekday])
WORD(name_of_month, months[m->c.month - 1])

static void day_behind_a_space(const struct moment *m, struct buf *out)
{
    buf_format(out, "%2d", m->c.day);
}

static void offset(const struct moment *m, struct buf *out)
{
    int minutes = (int)(llabs(m->east) / 60);

    buf_format(out, "%c%02d%02d", m->east < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

static void percent(const struct moment *m, struct buf *out)
{
    (void)m;
    buf_add_c(out, '%');
}

static const struct directive {
    char letter;
    int width;  // of a number, filled up with zeros; the most letters of a word
    int64_t (*number)(const struct moment *m);
    const char *(*word)(const struct moment *m);
    void (*other)(const struct moment *m, struct buf *out);
    const char *stands_for;
} directives[] = {
    { 'Y', 4, year },
    { 'y', 2, year_of_century },
    { 'm', 2, month },
    { 'd', 2, day },
    { 'H', 2, hour },
    { 'I', 2, hour_of_12 },
    { 'M', 2, minute },
    { 'S', 2, second },
    { 'L', 3, millis },
    { 'N', 9, nanos },
    { 'j', 3, day_of_year },
    { 'u', 1, iso_weekday },
    { 'w', 1, weekday },
    { 's', 1, since_1970 },
    { 'p', 2, .word = half_of_day },
    { 'a', 3, .word = name_of_day },
    { 'A', 9, .word = name_of_day },
    { 'b', 3, .word = name_of_month },
    { 'B', 9, .word = name_of_month },
    { 'F', .stands_for = "%Y-%m-%d" },
    { 'T', .stands_for = "%H:%M:%S" },
    { 'R', .stands_for = "%H:%M" },
    { 'e', .other = day_behind_a_space },
    { 'z', .other = offset },
    { '%', .other = percent },
};

static const struct directive *find(char letter)
{
    for (size_t i = 0; i < sizeof directives / sizeof *directives; i++)
        if (directives[i].letter == letter)
            return &directives[i];
    return NULL;
}

static void write_directive(const struct directive *d, const struct moment *m, struct buf *out)
{
    if (d->number)
        buf_format(out, "%0*lld", d->width, (long long)d->number(m));
    else if (d->word)
        buf_format(out, "%.*s", d->width, d->word(m));
    else if (d->stands_for)
        time_format(str_from(d->stands_for), m, out);
    else
        d->other(m, out);
}

size_t time_format(struct str format, const struct moment *m, struct buf *out)
{
    for (size_t i = 0; i < format.n; i++) {
        if (format.s[i] != '%') {
            buf_add_c(out, format.s[i]);
            continue;
        }
        const struct directive *d = ++i < format.n ? find(format.s[i]) : NULL;
        if (!d)
            return i;
        write_directive(d, m, out);
    }
    return SIZE_MAX;
}
