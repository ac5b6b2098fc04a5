#include "base/clock.h"

#include <stdio.h>
#include <time.h>

#include "base/arena.h"

static int64_t read_ns(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t clock_boot_ms(void)
{
    return read_ns(CLOCK_BOOTTIME) / 1000000;
}

int64_t clock_wall_ns(void)
{
    return read_ns(CLOCK_REALTIME);
}

struct str clock_rfc3339_ms(struct arena *a, int64_t wall_ns)
{
    time_t seconds = (time_t)(wall_ns / 1000000000);
    struct tm tm;

    gmtime_r(&seconds, &tm);
    return str_format(a, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1,
                      tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                      (int)(wall_ns / 1000000 % 1000));
}

struct str clock_boot_id(struct arena *a)
{
    char line[64] = "";
    FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

    if (f) {
        if (!fgets(line, sizeof line, f))
            line[0] = '\0';
        fclose(f);
    }
    return str_copy(a, str_trim(str_from(line)));
}
