// What the parts of the checker share.

#pragma once

#include "expr/overloads.h"
#include "expr/term.h"
#include "expr/unify.h"

struct checker {
    const struct expr *expr;
    const struct check_scope *scope;
    const struct overload *overloads;
    struct arena *arena;
    struct diags *diags;
    struct unifier unifier;
    const struct expr_type **variables;  // of macros, by slot
};

// Never NULL: what is wrong is told and is dyn from there on, so that it is told once.
const struct expr_type *check_term(struct checker *c, const struct term *t);
const struct expr_type *check_call(struct checker *c, const struct term *t);      // check_call.c
const struct expr_type *check_operator(struct checker *c, const struct term *t);  // check_call.c
const struct expr_type *check_macro(struct checker *c, const struct term *t);     // check_macro.c
const struct expr_type *check_select(struct checker *c, const struct term *t);    // check_access.c
const struct expr_type *check_index(struct checker *c, const struct term *t);     // check_access.c
const struct expr_type *check_field(struct checker *c, const struct term *t,
                                    const struct expr_type *from, struct str name);

struct diag *check_error(struct checker *c, const struct term *t, enum diag_code code,
                         const char *format, ...) __attribute__((format(printf, 4, 5)));
// Wants a bool; [who] is the operator or macro that does.
void check_bool(struct checker *c, const struct term *t, const struct expr_type *type,
                const char *who);

// "a whole number", "text", "a list"; for messages.
const char *check_words(const struct checker *c, const struct expr_type *t);
