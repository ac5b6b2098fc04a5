// What time it is.
//
// Only the loop, the store, the keeper and who waits for a reader ask; everything else is
// told. Boot time goes on while the machine sleeps and is not moved by setting the clock
// (CLOCK_BOOTTIME): all waiting and all timeouts are judged on it.

#pragma once

#include "base/str.h"

int64_t clock_boot_ms(void);
int64_t clock_wall_ns(void);  // since 1970-01-01T00:00:00Z

// "2026-09-21T14:02:11.204Z"
struct str clock_rfc3339_ms(struct arena *a, int64_t wall_ns);

// What changes at every start of the machine (/proc/sys/kernel/random/boot_id).
struct str clock_boot_id(struct arena *a);
