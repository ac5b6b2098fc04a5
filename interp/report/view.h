// A runbook as a document to print and to work through with a pen: what to check before,
// every step with a box, what it runs, how it is taken back, whom to call.

#pragma once

#include "load/program.h"
#include "report/document.h"
#include "report/history.h"

// [h]: of a dry run, for what could be resolved. [inputs]: a map of those that are known; the
// others are lines to fill in. [printed_ns]: when it is printed.
struct document *view_document(const struct program *program, const struct history *h,
                               struct value inputs, int64_t printed_ns, struct arena *a);
