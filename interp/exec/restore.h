// What a run was made of, made again from the plan that was kept with it: in two steps, since its
// journal is read between them, before a secret is asked for or a command of it runs.

#pragma once

#include "exec/session.h"

// The plan; what of it [o] does not say. 0, or an exit code.
int restore_plan(struct driver *d, struct kept_plan *plan, struct run_options *o);
// Its program, and in d->run a run in which nothing has happened yet. Asks nothing of the store.
// 0, or an exit code.
int restore_program(struct driver *d, struct kept_plan *plan);
// False, with an error: the digest is in an event that was replayed, which nobody changes
// unnoticed.
bool is_plan_of_this_run(struct driver *d, const struct kept_plan *plan);
// Inputs, secrets and vars; where these stood in the files (plan_is_whole()), the program and
// d->run are made once more with them. 0, or an exit code.
int restore_values(struct driver *d, struct kept_plan *plan);
// After the replay: frames of the used runbooks that were reached. False with an error.
bool restore_frames(struct driver *d);
