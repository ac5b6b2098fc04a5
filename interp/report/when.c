#include "report/when.h"

#include "value/time.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

struct str span_text(int64_t ms, struct arena *a)
{
    if (ms < 0)
        ms = 0;
    if (ms < 10 * SECOND - 50)
        return str_format(a, "%d.%d s", (int)((ms + 50) / SECOND), (int)((ms + 50) % SECOND / 100));
    if (ms < MINUTE)
        return str_format(a, "%d s", (int)(ms / SECOND));
    if (ms < HOUR)
        return str_format(a, "%dm %02ds", (int)(ms / MINUTE), (int)(ms % MINUTE / SECOND));
    if (ms < DAY)
        return str_format(a, "%dh %02dm", (int)(ms / HOUR), (int)(ms % HOUR / MINUTE));
    return str_format(a, "%lldd %dh", (long long)(ms / DAY), (int)(ms % DAY / HOUR));
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

int64_t wall_from(struct str rfc3339)
{
    int64_t seconds;
    uint32_t nanos;

    return timestamp_parse(rfc3339, &seconds, &nanos) ? seconds * 1000000000 + nanos : 0;
}
