// Operators as the checker sees them. What they do is in operator.c.
//
// The first rows of a name are those of CEL. The rows that promote, by which an int and
// a double go together, are only looked at when none of those fits.

#include "expr/function.h"

#define OP(name, result, left, right)                                      \
    {                                                                      \
        name, FUNCTION_OPERATOR, result, { left, right }, NULL, NULL, NULL \
    }
#define PROMOTE(name, result, left, right)                                                     \
    {                                                                                          \
        name, FUNCTION_OPERATOR | FUNCTION_PROMOTES, result, { left, right }, NULL, NULL, NULL \
    }

#define MIXED(name, result)                                                         \
    PROMOTE(name, result, T_INT, T_DOUBLE), PROMOTE(name, result, T_DOUBLE, T_INT), \
        PROMOTE(name, result, T_UINT, T_DOUBLE), PROMOTE(name, result, T_DOUBLE, T_UINT)

#define ORDER(name)                                                                           \
    OP(name, T_BOOL, T_BOOL, T_BOOL), OP(name, T_BOOL, T_INT, T_INT),                         \
        OP(name, T_BOOL, T_UINT, T_UINT), OP(name, T_BOOL, T_DOUBLE, T_DOUBLE),               \
        OP(name, T_BOOL, T_STRING, T_STRING), OP(name, T_BOOL, T_BYTES, T_BYTES),             \
        OP(name, T_BOOL, T_TIMESTAMP, T_TIMESTAMP), OP(name, T_BOOL, T_DURATION, T_DURATION), \
        OP(name, T_BOOL, T_SEMVER, T_SEMVER), MIXED(name, T_BOOL),                            \
        PROMOTE(name, T_BOOL, T_INT, T_UINT), PROMOTE(name, T_BOOL, T_UINT, T_INT)

// Numbers of any kind are also equal to each other; see alike() in check_call.c.
#define EQUALITY(name) OP(name, T_BOOL, T_A, T_A)

#define NUMBERS(name)                                                \
    OP(name, T_INT, T_INT, T_INT), OP(name, T_UINT, T_UINT, T_UINT), \
        OP(name, T_DOUBLE, T_DOUBLE, T_DOUBLE), MIXED(name, T_DOUBLE)

// clang-format off
const struct function functions_operators[] = {
    OP("_+_", T_STRING, T_STRING, T_STRING),
    OP("_+_", T_BYTES, T_BYTES, T_BYTES),
    OP("_+_", T_LIST, T_LIST, T_LIST),
    OP("_+_", T_DURATION, T_DURATION, T_DURATION),
    OP("_+_", T_TIMESTAMP, T_TIMESTAMP, T_DURATION),
    OP("_+_", T_TIMESTAMP, T_DURATION, T_TIMESTAMP),
    NUMBERS("_+_"),
    OP("_-_", T_DURATION, T_DURATION, T_DURATION),
    OP("_-_", T_TIMESTAMP, T_TIMESTAMP, T_DURATION),
    OP("_-_", T_DURATION, T_TIMESTAMP, T_TIMESTAMP),
    NUMBERS("_-_"),
    NUMBERS("_*_"),
    NUMBERS("_/_"),
    OP("_%_", T_INT, T_INT, T_INT),
    OP("_%_", T_UINT, T_UINT, T_UINT),
    ORDER("_<_"),
    ORDER("_<=_"),
    ORDER("_>_"),
    ORDER("_>=_"),
    EQUALITY("_==_"),
    EQUALITY("_!=_"),
    OP("_in_", T_BOOL, T_A, &cel_list_A),
    OP("_in_", T_BOOL, T_A, &cel_map_A_B),
    { "-_", FUNCTION_OPERATOR, T_INT, { T_INT }, NULL, NULL, NULL },
    { "-_", FUNCTION_OPERATOR, T_DOUBLE, { T_DOUBLE }, NULL, NULL, NULL },
    { "-_", FUNCTION_OPERATOR, T_DURATION, { T_DURATION }, NULL, NULL, NULL },
    { "!_", FUNCTION_OPERATOR, T_BOOL, { T_BOOL }, NULL, NULL, NULL },
    { 0 },
};
// clang-format on
