// `show RUN --verify`: whether what is kept of a run belongs together.
//
// The chain holds, its end is not lost, every event is filed as what it is, the row that `runs`
// shows and by which `resume` is allowed or refused says what the events say, and the plan that
// resume would go on with is the one that the run began with. So with what was too long for an
// event: its digest stands in it.

#pragma once

#include "cli/open.h"

// CODE_OK and the number of events, or CODE_STORE with an error for everything that is wrong.
int proof_of(struct invocation *v, const struct opened *o, size_t *events);
