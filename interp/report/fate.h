// What became of the steps that ran when the interpreter of a run died.
//
// Only looked at, nothing is changed: `resume` takes it up. A step may go on under its keeper,
// may have ended since with its result kept, or nobody knows.

#pragma once

#include "report/history.h"

// Fills in the fate of every story of [h] that is running. [folder] is that of the run on this
// machine, "" if it ran on another one last.
void fates_find(struct history *h, struct str folder);
