// `undo RUN --step ID` (execution.md section 5): whether that step can be taken back alone, and
// what a later resume may do of a run of which one was.

#pragma once

#include "exec/driver.h"
#include "exec/inside.h"

// 0, or CODE_USAGE with an error: there is no such step, nothing of it to take back, it is taken
// back by something around it, or what needs it still stands.
int undo_step_is_right(struct driver *d);
// To go on would undo the others, which nobody asked for; only that one is seen to its end, which
// puts it into [o]. 0, or CODE_USAGE with an error.
int undo_step_goes_on(struct driver *d, struct run_options *o);
