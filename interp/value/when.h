// Times and spans as people read them in a hurry.

#pragma once

#include "base/str.h"

// "0.4 s", "12 s", "1m 12s", "30m", "2h 05m", "3d 04h".
struct str span_text(int64_t ms, struct arena *a);
// "14:02:11Z"
struct str clock_text(int64_t wall_ns, struct arena *a);
// "2026-09-21 14:02:11 UTC"; "not known" for 0.
struct str date_text(int64_t wall_ns, struct arena *a);
// "3m 12s ago", "in 27m": how far [wall_ns] is from [now_ns]; "at a time not known" for 0.
struct str ago_text(int64_t wall_ns, int64_t now_ns, struct arena *a);
// RFC 3339 back to nanoseconds since 1970; 0 if it is not that. What is beyond the year 2262, or as
// long before 1970, is as far as the number reaches.
int64_t wall_from(struct str rfc3339);
