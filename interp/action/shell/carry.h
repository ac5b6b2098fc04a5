// How a script or an argv is carried to the process that runs it.
//
// Values are never in the script and never in an argv. Usually they come in variables of
// the shell's own environment, which a first line copies and unsets, so that nothing the
// script starts inherits them. Where an environment does not get through (sudo) or has
// no room, they come on standard input, before what the script reads from it.

#pragma once

#include "action/shell/process.h"
#include "action/shell/script.h"

// Fills in argv, env and input of [p]; [p->tty] and the step's standard input in [p->input]
// are set. False, with the reason, if it cannot be done (a terminal and `as` together).
bool carry_script(const struct attempt *at, const struct script_run *run, bool bash,
                  struct process *p, struct expr_error *err);
// The same for a program; [p->argv] is set.
bool carry_program(const struct attempt *at, struct process *p, struct expr_error *err);

// False, with the reason, for what cannot be the name of a user.
bool carry_user(struct str user, struct arena *a, struct expr_error *err);

// NAME='value' lines (after "export ") that a shell of another user or machine is to run
// first: what the runbook says about its environment.
void carry_exports(const struct attempt *at, struct buf *out);
// NAME='value' for each value of a script.
void carry_values(const struct script_run *run, struct buf *out);
