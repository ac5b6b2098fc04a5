// The environment that steps get: the interpreter's own, without what would change how
// their programs work behind the runbook's back (execution.md section 4).

#pragma once

#include "value/value.h"

// LD_PRELOAD, BASH_ENV, ENV, IFS, PS4 and exported functions are not in it.
const struct str *environment_strings(struct arena *a);  // "NAME=value", ended by s == NULL
// Those of [vars] as a map; what is not UTF-8 cannot be read by an expression.
struct value environment_map(const struct str *vars, struct arena *a);

// [vars] with [more] ("NAME=value") in place of what has the same names.
const struct str *environment_joined(const struct str *vars, const struct str *more, size_t count,
                                     struct arena *a);
// [vars] without NAME.
const struct str *environment_without(const struct str *vars, struct str name, struct arena *a);
// The value of NAME; false when it is not set.
bool environment_get(const struct str *vars, struct str name, struct str *value);
// As execve() wants it.
char **environment_argv(const struct str *vars, struct arena *a);
