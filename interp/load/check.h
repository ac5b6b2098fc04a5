// What can be known to be wrong about a runbook once all it uses has been read.

#pragma once

#include "load/program.h"

// Names, types and secrets in every expression; keys that do not go together. What [m]
// uses has been checked before. All mistakes in [ds]; m->types and all they are made of live
// in [types].
void check_module(const struct program *p, struct module *m, struct arena *types, struct diags *ds);
// What only the whole can tell: what the project asks for wherever something is destroyed.
void check_program(const struct program *p, struct diags *ds);

// As step_effects(), but for what is written.
enum effects step_default_effects(const struct program *p, const struct step *s);
