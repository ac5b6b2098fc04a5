// A text as one word of a shell's command line.

#pragma once

#include "base/str.h"

struct arena;
struct buf;

// [s] in single quotes, as every shell takes it; bare when it needs none.
void shell_quote(struct buf *out, struct str s);
// The same as a text: [s] itself when it needs no quotes.
struct str shell_word(struct arena *a, struct str s);
