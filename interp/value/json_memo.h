// Objects that stood in what was read before, word by word: the program of a step, and the
// result of one that printed nothing, are the same in thousands of events.

#pragma once

#include "value/json.h"

// The one that [at] begins with, all of it; its length in *n. False: none that is known.
bool json_memo_find(const struct json_memo *m, struct str key, const char *at, const char *end,
                    struct value *out, size_t *n);
// [text] is one that had to be read. Kept the second time in a row.
void json_memo_missed(struct json_memo *m, struct str key, struct str text);
