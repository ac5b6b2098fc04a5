// What was promised and how long it took.

#pragma once

#include "report/history.h"

struct measured {
    const char *name;     // "prepare", "execute", "verify", "total"
    int64_t promised_ms;  // 0: nothing was promised
    int64_t took_ms;      // 0: not measured
    bool over;
};
enum { BUDGET_FRAMES = 4 };
// As `span_text()`, but to the millisecond where that would round to nothing.
struct str budget_text(int64_t ms, struct arena *a);
void budget_measure(const struct history *h, struct measured frames[BUDGET_FRAMES]);
