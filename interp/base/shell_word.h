// A text as one word of a shell's command line.

#pragma once

#include "base/str.h"

struct buf;

// [s] in single quotes, as every shell takes it; bare when it needs none.
void shell_quote(struct buf *out, struct str s);
