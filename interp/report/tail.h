// The last lines of what a step printed.

#pragma once

#include "base/buf.h"

enum { TAIL_LINES = 20, TAIL_BYTES = 8 * 1024 };

struct tail {
    struct buf *text;  // NULL until something came
    bool cut;          // something before it is not kept
};

void tail_add(struct tail *t, struct str bytes, struct arena *a);
// Forgets what nobody asks for any more.
void tail_drop(struct tail *t);
// At most TAIL_LINES lines, oldest first, without their ends, as they were printed.
size_t tail_lines(const struct tail *t, struct str lines[TAIL_LINES]);
