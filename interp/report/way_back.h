// What run.start says of the steps that no undo takes back, in words: their names, with why where
// the runbook says it, at most [most] of them. Empty where there are none.

#pragma once

#include "report/history.h"

enum way_back {
    WAY_BACK_GONE,   // cannot be undone
    WAY_BACK_STAYS,  // `undo: none`
    WAY_BACK_GONE_DONE, WAY_BACK_STAYS_DONE,  // those of them that the run has begun
    WAY_BACK_NOT_DONE,                        // those of both that it has not
};

struct str way_back_words(const struct history *h, enum way_back which, size_t most,
                          struct arena *a);
