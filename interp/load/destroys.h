// Which steps destroy something: those that say so, and those whose command or statement is
// in the table of lint.md, section E, unless the author says `effects:` otherwise.

#pragma once

#include "load/program.h"

// [what] gets the words that destroy, "rm -r", for a message; empty when the step says it
// itself.
bool step_destroys(const struct program *p, const struct step *s, struct str *what);
// The words of a destructive command in a script; empty when there is none.
struct str script_destroys(struct str script, struct arena *a);
// The same of SQL: DROP, TRUNCATE, ALTER ... DROP, DELETE and UPDATE without WHERE.
struct str sql_destroys(struct str text, struct arena *a);
