#include "value/when.h"

#include "value/time.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

// What 64 bits of nanoseconds reach, to either side: the year 2262.
static const int64_t NANOS = 1000000000, FURTHEST = INT64_MAX / 1000000000 - 1;

// "1m 12s"; the smaller unit only where it says something.
static struct str part(struct arena *a, int64_t large, const char *unit, int64_t small,
                       const char *small_unit)
{
    if (!small)
        return str_format(a, "%lld%s", (long long)large, unit);
    return str_format(a, "%lld%s %02d%s", (long long)large, unit, (int)small, small_unit);
}

struct str span_text(int64_t ms, struct arena *a)
{
    if (ms < 0)
        ms = 0;
    if (ms < 10 * SECOND - 50)
        return str_format(a, "%d.%d s", (int)((ms + 50) / SECOND), (int)((ms + 50) % SECOND / 100));
    if (ms < MINUTE)
        return str_format(a, "%d s", (int)(ms / SECOND));
    if (ms < HOUR)
        return part(a, ms / MINUTE, "m", ms % MINUTE / SECOND, "s");
    if (ms < DAY)
        return part(a, ms / HOUR, "h", ms % HOUR / MINUTE, "m");
    return part(a, ms / DAY, "d", ms % DAY / HOUR, "h");
}

struct str clock_text(int64_t wall_ns, struct arena *a)
{
    struct civil c = civil_from(wall_ns / 1000000000);

    return str_format(a, "%02d:%02d:%02dZ", c.hour, c.minute, c.second);
}

struct str date_text(int64_t wall_ns, struct arena *a)
{
    struct civil c = civil_from(wall_ns / 1000000000);

    if (!wall_ns)
        return STR("not known");
    return str_format(a, "%04d-%02d-%02d %02d:%02d:%02d UTC", c.year, c.month, c.day, c.hour,
                      c.minute, c.second);
}

// To the second: whoever reads it wants to know whether it is long.
struct str ago_text(int64_t wall_ns, int64_t now_ns, struct arena *a)
{
    int64_t ms = (now_ns - wall_ns) / 1000000, way = ms < 0 ? -ms : ms;
    struct str span = way < 10 * SECOND ? str_format(a, "%d s", (int)(way / SECOND))
                                        : span_text(way, a);

    if (!wall_ns)
        return STR("at a time not known");
    return ms < 0 ? str_format(a, "in %.*s", STR_ARG(span))
                  : str_format(a, "%.*s ago", STR_ARG(span));
}

int64_t wall_from(struct str rfc3339)
{
    int64_t seconds;
    uint32_t nanos;

    if (!timestamp_parse(rfc3339, &seconds, &nanos))
        return 0;
    if (seconds < -FURTHEST || seconds > FURTHEST)
        return seconds < 0 ? -FURTHEST * NANOS : FURTHEST * NANOS;
    return seconds * NANOS + nanos;
}
