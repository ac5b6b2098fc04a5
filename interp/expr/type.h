// Types, as the checker and the table of functions know them.
//
// Gradual: dyn goes with everything. A parameter (A, B, ...) stands for the same type
// wherever it stands in one signature; the checker puts a fresh variable in its place
// for each call.

#pragma once

#include "expr/check.h"

enum type_kind {
    TYPE_DYN,
    TYPE_NULL,
    TYPE_BOOL,
    TYPE_INT,
    TYPE_UINT,
    TYPE_DOUBLE,
    TYPE_STRING,
    TYPE_BYTES,
    TYPE_DURATION,
    TYPE_TIMESTAMP,
    TYPE_SEMVER,
    TYPE_IDENT,
    TYPE_TYPE,
    TYPE_LIST,
    TYPE_MAP,
    TYPE_OPTIONAL,
    TYPE_ABSTRACT,  // declared by a caller: `tuple(T, U)`
    TYPE_OBJECT,
    TYPE_PARAM,     // in a signature
    TYPE_VARIABLE,  // while checking; [id]
};

struct expr_type {
    enum type_kind kind;
    uint32_t values;  // which enum value_kinds are of this type, as bits
    const char *name;
    size_t count;  // of args
    uint32_t id;   // TYPE_PARAM: which letter; TYPE_VARIABLE: which one
    const struct expr_type *args[3];
    const struct expr_field *fields;  // TYPE_OBJECT
    enum diag_code code;              // TYPE_OBJECT: what an unknown field is
};

extern const struct expr_type cel_dyn, cel_null, cel_bool, cel_int, cel_uint, cel_double,
    cel_string, cel_bytes, cel_duration, cel_timestamp, cel_semver, cel_ident, cel_type, cel_number,
    cel_A, cel_B, cel_list_A, cel_list_dyn, cel_list_string, cel_list_list_A, cel_map_A_B,
    cel_optional_A, cel_type_A, cel_list_int;

const struct expr_type *type_optional_of(struct arena *a, const struct expr_type *inside);
const struct expr_type *type_type_of(struct arena *a, const struct expr_type *of);
const struct expr_type *type_abstract(struct arena *a, const char *name,
                                      const struct expr_type *const *args, size_t count);
// The type of a value that is known: a list of ints is list(int).
const struct expr_type *type_of_value(struct value v, struct arena *a);

// "list(int)", "map(string, A)", "optional_type(T)"; NULL if it is no type. A single
// capital letter is a parameter, an unknown word an abstract type.
const struct expr_type *cel_type_read(struct str text, struct arena *a);
