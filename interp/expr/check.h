// What can be known to be wrong about an expression before it is evaluated.
//
// Types are gradual: what is not known is `dyn` and goes with everything. The
// caller says what its names hold with a check_scope; unknown names, fields,
// functions, arities and operand types become diags at the exact place, with a
// "did you mean".

#pragma once

#include "expr/expr.h"

// Interned or static; compare with type_text() if you must.
struct expr_type;

// A field of an object type, for tables. Ended by a nameless one.
struct expr_field {
    const char *name;
    const struct expr_type *const *type;  // &expr_int: its address is a constant, for tables
    const char *doc;
};

extern const struct expr_type *const expr_dyn,
    *const expr_null, *const expr_bool, *const expr_int,
                                            *const expr_uint,
                                                *const expr_double,
                                                    *const expr_string,
                                                        *const expr_bytes,
                                                            *const expr_duration,
                                                                *const expr_timestamp,
                                                                    *const expr_ident,
                                                                        *const expr_semver;
const struct expr_type *expr_list_of(struct arena *a, const struct expr_type *item);
const struct expr_type *expr_map_of(struct arena *a, const struct expr_type *key,
                                    const struct expr_type *value);
// An object whose fields are exactly those of [fields]; [name] is what messages call
// it ("step 'a' (shell)"), [code] what an unknown field is (DIAG_UNKNOWN_OUTPUT, ...).
const struct expr_type *expr_object(struct arena *a, const char *name,
                                    const struct expr_field *fields, enum diag_code code);

struct str expr_type_text(const struct expr_type *t, struct arena *a);  // "list(int)"
const char *expr_type_words(const struct expr_type *t);                 // "a list"
// What it has one of each of: the items of a list, the keys of a map; dyn when it is not
// known, NULL for what has none.
const struct expr_type *expr_type_item(const struct expr_type *t);
// False for what can never stand in text: lists, maps, bytes, null, objects.
bool expr_type_has_text(const struct expr_type *t);

// [type] answers for a root name: its type, or NULL when there is no such name here
// ([why] may say why: "`result` exists only inside a step").
struct check_scope {
    const struct expr_type *(*type)(const struct check_scope *s, struct str name, struct arena *a,
                                    struct str *why);
    void *ctx;
    const char *const *roots;  // for "did you mean", ended by NULL
};

// The deduced type, or NULL if there was an error, which is then in [ds].
const struct expr_type *expr_check(const struct expr *e, const struct check_scope *s,
                                   struct arena *a, struct diags *ds);
// The same for a condition: what can never be a bool is an error.
bool expr_check_condition(const struct expr *e, const struct check_scope *s, struct arena *a,
                          struct diags *ds);
