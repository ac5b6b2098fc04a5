// Versions as `requires` writes them: "psql >= 15", ">=0.1".

#pragma once

#include "base/str.h"

enum comparison { ANY_VERSION, AT_LEAST, MORE_THAN, EXACTLY, AT_MOST, LESS_THAN };

struct wanted {       // a tool, and which version of it
    struct str name;  // empty for `requires.runbook`
    enum comparison comparison;
    struct str version;
};

// False when [text] is not written so. [named]: a name stands before the comparison.
bool wanted_parse(struct str text, bool named, struct wanted *out);
// Part by part as numbers: 1.10 is above 1.9, and 15 is 15.0.
int version_compare(struct str a, struct str b);
bool version_satisfies(struct str version, const struct wanted *w);
// The first thing in [text] that looks like a version ("psql (PostgreSQL) 15.4" has 15.4),
// or empty.
struct str version_in(struct str text);
