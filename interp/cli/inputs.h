// What is given on the command line for the inputs of a runbook: -i and --inputs.

#pragma once

#include "cli/command.h"
#include "exec/frame.h"

// CODE_OK, or the exit code with the reason in v->diags. A name given by -i replaces the
// same one of a file; a later file replaces an earlier one.
int inputs_given(struct invocation *v, const struct given **given, size_t *count);
