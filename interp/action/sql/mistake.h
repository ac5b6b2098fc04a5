// Where a server found a statement wrong, and which word was perhaps meant.

#pragma once

#include "action/sql/scan.h"

// ", at `FRM users WHERE id = 1`", in a statement of several lines ", in line 3: `...`": from the
// word before byte [at] of [text] to the end of the line. Empty where it is at the very end.
struct str sql_mistake_place(struct str text, size_t at, enum sql_dialect dialect, struct arena *a);

// "did you mean `FROM`?": a parser stumbles over a misspelt word, or over what stands behind it.
// Empty when both are words of SQL, or near to none.
struct str sql_mistake_help(struct str text, size_t at, enum sql_dialect dialect, struct arena *a);
