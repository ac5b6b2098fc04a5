// Words that somebody may have meant.
//
// The same letters in another case; else the smallest edit distance of at most a third
// of the length; else the same words in another order (`failure_on`). In the order of
// the list, and never more than four.

#pragma once

#include "base/str.h"

enum { NEAR_MOST = 4 };

struct near {
    const char *words[NEAR_MOST];
    size_t count;
};

struct near near_words(struct str written, const char *const *words);

struct diag;
struct diags;
// Gives [d] the question as its help, when there is one to ask.
void diag_meant(struct diags *ds, struct diag *d, struct str written, const char *const *words);

// "did you mean `a`, `b` or `c`?", or empty.
struct str near_question(const struct near *near, struct arena *a);
