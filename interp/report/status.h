// The one line that changes while a run goes on: what runs, oldest first, since when, since
// when it has been quiet, how long it took before, what is left of the budget; of a check
// that polls what it got and when it asks again.

#pragma once

#include "report/history.h"
#include "report/look.h"
#include "report/past.h"

struct status {
    const struct history *history;
    const struct past *past;  // may be NULL
    const struct look *look;
    size_t columns;  // 0: no limit
    int64_t now_ms;  // boot time
    int64_t now_ns;  // wall time
};

// Empty when nothing runs. Harmless; in colours if the look has them.
struct str status_line(const struct status *s, struct arena *a);
// The same about one step, in words for a line that stays: "restore for 58 s, no output
// for 30 s, usually 4m 10s".
struct str status_words(const struct status *s, const struct story *step, struct arena *a);
// The steps (no groups) that run, oldest first; at most [room]. Gives how many there are.
size_t status_running(const struct history *h, const struct story **steps, size_t room);
