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

static void put_number(char *to, int digits, int number)
{
    for (; digits-- > 0; number /= 10)
        to[digits] = (char)('0' + number % 10);
}

// By hand: every event has one. 64 bits of nanoseconds end in the year 2262.
struct str clock_rfc3339_ms(struct arena *a, int64_t wall_ns)
{
    char text[] = "0000-00-00T00:00:00.000Z";
    time_t seconds = (time_t)(wall_ns / 1000000000);
    struct tm tm;

    gmtime_r(&seconds, &tm);
    put_number(text, 4, tm.tm_year + 1900);
    put_number(text + 5, 2, tm.tm_mon + 1);
    put_number(text + 8, 2, tm.tm_mday);
    put_number(text + 11, 2, tm.tm_hour);
    put_number(text + 14, 2, tm.tm_min);
    put_number(text + 17, 2, tm.tm_sec);
    put_number(text + 20, 3, (int)(wall_ns / 1000000 % 1000));
    return str_copy(a, (struct str){ text, sizeof text - 1 });
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
