// What run.start says of the steps that no undo takes back, in words: their names, with why where
// the runbook says it, at most [most] of them. Empty where there are none.

#pragma once

#include "report/history.h"

struct str way_back_gone(const struct history *h, size_t most, struct arena *a);   // cannot be undone
struct str way_back_stays(const struct history *h, size_t most, struct arena *a);  // `undo: none`
