// Literals: what the digits and quotes of a token stand for.

#pragma once

#include "expr/lex.h"
#include "value/value.h"

// False, with [problem] in words and [at] where in the token, if it stands for nothing.
bool literal_read(struct token t, bool negative, struct arena *a, struct value *out,
                  const char **problem, size_t *at);
