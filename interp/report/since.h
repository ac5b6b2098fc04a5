// What was taken back, one step at a time, of a run that had ended (`undo RUN --step ID`).

#pragma once

#include "report/history.h"

// ", since then a, b were undone"; "" where nothing was, or everything.
struct str since_words(const struct history *h, struct arena *a);
