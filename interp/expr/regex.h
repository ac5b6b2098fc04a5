// Regular expressions in RE2 syntax.
//
// They are matched by PCRE2 under limits, so that no pattern and no text can hold a
// run up; what RE2 does not have (look-around, back-references, possessive and atomic
// groups, recursion, callouts) is refused when the pattern is read.

#pragma once

#include "base/str.h"

struct regex;

// NULL with the reason in [problem]. Freed with [a].
const struct regex *regex_compile(struct arena *a, struct str pattern, struct str *problem);

// How a look for the pattern ended.
enum regex_result { REGEX_NONE, REGEX_FOUND, REGEX_LIMIT };

struct regex_groups {
    size_t count;  // of groups, the whole match included
    struct regex_group {
        size_t start, end;  // SIZE_MAX where it took no part
    } groups[2];            // the whole match and the first group
};

// The first match in [text] at or behind [from].
enum regex_result regex_find(const struct regex *r, struct str text, size_t from,
                             struct regex_groups *out);
