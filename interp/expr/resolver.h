// What the parts of resolve.c share.

#pragma once

#include "expr/eval.h"
#include "expr/resolve.h"

struct function;

struct variable {
    struct str name;
    uint16_t slot;
    const struct variable *outer;
};

struct resolver {
    struct expr *expr;
    struct diags *diags;
    struct str roots[EVAL_ROOTS];  // the first few, by slot
    uint16_t root_count;
    uint16_t alive;  // variables of the macros around
};

enum { MOST_PARTS = 16 };  // of a name with dots

bool resolve(struct resolver *r, struct term *t, const struct variable *scope);
bool resolve_complain(struct resolver *r, const struct term *t, const char *message);  // false
const struct variable *find_variable(const struct variable *scope, struct str name);
bool is_type_name(struct str name);

// resolve_macro.c: true when [t] is a macro; [ok] is whether it is a right one.
bool resolve_as_macro(struct resolver *r, struct term *t, const struct variable *scope, bool *ok);

// qualified.c: the terms of a.b.c from the root on, if [t] is nothing but names; else 0.
size_t path_parts(const struct term *t, const struct term **parts, size_t room);
struct str path_text(struct arena *a, const struct term *const *parts, size_t count);
bool resolve_qualified(struct resolver *r, struct term *t, const struct variable *scope);
bool is_type_path(struct resolver *r, struct term *t, const struct variable *scope);
