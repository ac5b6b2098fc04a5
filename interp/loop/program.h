// The file that a program's name stands for.

#pragma once

#include "base/str.h"

// As execvp() would find it: [name] itself where it has a slash, else the first file that
// may be run in the folders of PATH in [env] ("NAME=value", ended by s == NULL), of which
// relative ones are below [dir]. Where no PATH is set, in those of a usual system. NULL
// with the errno in [error]. It ends with a NUL.
const char *program_find(struct str name, const struct str *env, struct str dir, struct arena *a,
                         int *error);
