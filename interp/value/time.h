// Points in time as people write them.
//
// A timestamp is seconds since 1970 (UTC, no leap seconds) and nanoseconds; the years
// 1 to 9999 exist, as in RFC 3339 and in CEL. Durations are nanoseconds.

#pragma once

#include "value/value.h"

struct buf;

// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
#define TIMESTAMP_FIRST INT64_C(-62135596800)
#define TIMESTAMP_LAST  INT64_C(253402300799)

// A date and a time of day in some zone.
struct civil {
    int year, month, day;  // month 1 to 12, day 1 to 31
    int hour, minute, second;
    int weekday;  // 0 is Sunday
    int yearday;  // 0 is the first of January
};

struct civil civil_from(int64_t seconds);

// A point in time as seen in a zone.
struct moment {
    struct civil c;
    int64_t seconds;
    uint32_t nanos;
    int64_t east;  // of UTC, in seconds
};

// By the letters of strftime, English whatever the locale is; %L is milliseconds, %N is
// nanoseconds. SIZE_MAX, or where the letter stands that is none (format.n: it is missing).
size_t time_format(struct str format, const struct moment *m, struct buf *out);
int64_t civil_seconds(int year, int month, int day, int hour, int minute, int second);

// RFC 3339 with any offset. False if it is not, or outside of the years 1 to 9999.
bool timestamp_parse(struct str s, int64_t *seconds, uint32_t *nanos);
// RFC 3339 in UTC with as many digits behind the point as are needed.
void timestamp_write(int64_t seconds, uint32_t nanos, struct buf *out);

// What CEL's duration() takes: an optional sign, then numbers with units (h, m, s, ms,
// us, ns; d, too, as in the rest of a runbook), fractions allowed. False if it is not
// that, or if int64 nanoseconds cannot hold it.
bool duration_parse_cel(struct str s, int64_t *nanoseconds);
// "5400s", "1.5s": what CEL's string() gives.
void duration_write_cel(int64_t nanoseconds, struct buf *out);
