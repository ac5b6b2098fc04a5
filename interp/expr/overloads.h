// Functions that a caller declares for the checker alone: there is nothing to call.

#pragma once

#include "expr/type.h"

// Ended by a nameless one.
struct overload {
    struct str name;
    bool member;  // params[0] is the receiver
    const struct expr_type *result;
    const struct expr_type **params;
    size_t param_count;
};

// As expr_check, with [overloads] beside the functions of the language; may be NULL.
const struct expr_type *expr_check_with(const struct expr *e, const struct check_scope *s,
                                        const struct overload *overloads, struct arena *a,
                                        struct diags *ds);
