// size, type, dyn, matches' plainer relatives: what every CEL has.

#include "expr/function.h"

static bool size_of(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    struct value v = args[0];
    size_t n;

    (void)ev, (void)count;
    if (v.kind == VALUE_STRING)
        n = utf8_length(v.s);
    else
        n = v.kind == VALUE_BYTES ? v.s.n : value_size(v);
    *out = value_int((int64_t)n);
    return true;
}

static bool type_of(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    (void)ev, (void)count;
    *out = (struct value){ .kind = VALUE_TYPE, .s = str_from(value_type_name(args[0])) };
    return true;
}

static bool identity(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    (void)ev, (void)count;
    *out = args[0];
    return true;
}

// clang-format off
const struct function functions_core[] = {
    { "size", FUNCTION_FOLDS, T_INT, { T_STRING }, size_of,
      "How many characters a text has.", "size('abc') == 3" },
    { "size", FUNCTION_FOLDS, T_INT, { T_BYTES }, size_of,
      "How many bytes there are.", "size(b'abc') == 3" },
    { "size", FUNCTION_FOLDS, T_INT, { T_LIST }, size_of,
      "How many items a list has.", "size([1, 2]) == 2" },
    { "size", FUNCTION_FOLDS, T_INT, { T_MAP }, size_of,
      "How many entries a map has.", "size({'a': 1}) == 1" },
    { "size", FUNCTION_MEMBER | FUNCTION_FOLDS, T_INT, { T_STRING }, size_of,
      "How many characters a text has.", "'abc'.size() == 3" },
    { "size", FUNCTION_MEMBER | FUNCTION_FOLDS, T_INT, { T_BYTES }, size_of,
      "How many bytes there are.", "b'abc'.size() == 3" },
    { "size", FUNCTION_MEMBER | FUNCTION_FOLDS, T_INT, { T_LIST }, size_of,
      "How many items a list has.", "[1, 2].size() == 2" },
    { "size", FUNCTION_MEMBER | FUNCTION_FOLDS, T_INT, { T_MAP }, size_of,
      "How many entries a map has.", "{'a': 1}.size() == 1" },
    { "type", FUNCTION_FOLDS, &cel_type_A, { T_A }, type_of,
      "The type of a value.", "type(1) == int" },
    { "dyn", FUNCTION_FOLDS, T_DYN, { T_A }, identity,
      "The same value, whose type the checker no longer minds.", "dyn(1) == 1" },
    { 0 },
};
// clang-format on
