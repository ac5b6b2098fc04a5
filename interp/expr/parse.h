// From text to terms.

#pragma once

#include "expr/term.h"

// The tree as it is written, names not yet tied to anything; NULL with the reason in
// [ds]. Nesting is bounded by EXPR_DEPTH_LIMIT.
struct term *parse_terms(struct arena *a, const struct text *t, struct diags *ds);
