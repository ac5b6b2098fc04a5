// Optional values. What is no optional counts as one that is there, so that first(),
// last() and regex.extract() can be used either way.

#include "base/arena.h"
#include "expr/function.h"

static bool none(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    (void)ev, (void)args, (void)count;
    *out = value_optional(NULL);
    return true;
}

static bool of(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    const struct value *inside = eval_value(ev, args[0]);

    (void)count;
    *out = value_optional(inside);
    return inside != NULL;
}

static bool is_zero(struct value v)
{
    switch (v.kind) {
    case VALUE_NULL:
        return true;
    case VALUE_BOOL:
        return !v.b;
    case VALUE_INT:
    case VALUE_UINT:
    case VALUE_DURATION:
        return v.i == 0;
    case VALUE_DOUBLE:
        return v.d == 0;
    case VALUE_STRING:
    case VALUE_BYTES:
        return v.s.n == 0;
    case VALUE_LIST:
    case VALUE_MAP:
        return value_size(v) == 0;
    case VALUE_TIMESTAMP:
        return v.i == 0 && v.nanos == 0;
    case VALUE_OPTIONAL:
        return !v.optional;
    default:
        return false;
    }
}

static bool of_non_zero(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    return is_zero(args[0]) ? none(ev, args, count, out) : of(ev, args, count, out);
}

static bool is_there(struct value v)
{
    return v.kind != VALUE_OPTIONAL || v.optional;
}

static struct value inside(struct value v)
{
    return v.kind == VALUE_OPTIONAL ? *v.optional : v;
}

static bool has_value(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    (void)ev, (void)count;
    *out = value_bool(is_there(args[0]));
    return true;
}

static bool value_of(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    (void)count;
    if (!is_there(args[0]))
        return eval_missing(ev, ev->at, VALUE_NONE, STR(""), "the optional value is not there");
    *out = inside(args[0]);
    return true;
}

static bool either(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    (void)ev, (void)count;
    *out = args[is_there(args[0]) ? 0 : 1];
    return true;
}

static bool or_value(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    (void)ev, (void)count;
    *out = is_there(args[0]) ? inside(args[0]) : args[1];
    return true;
}

static bool unwrap(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    const struct value_list *from = args[0].list;
    struct value_list *list = eval_list(ev, from->count);

    (void)count;
    if (!list || !eval_charge(ev, from->count))
        return false;
    for (size_t i = 0; i < from->count; i++)
        if (is_there(from->items[i]))
            list->items[list->count++] = inside(from->items[i]);
    return eval_give_list(ev, list, false, out);
}

static const struct expr_type list_of_optionals = { TYPE_LIST, 1u << VALUE_LIST, "list", 1,
                                                    .args = { &cel_optional_A } };

// clang-format off
const struct function functions_optional[] = {
    { "optional.of", 0, T_OPTIONAL, { T_A }, of,
      "An optional that holds a value.", "optional.of(1).hasValue()" },
    { "optional.ofNonZeroValue", 0, T_OPTIONAL, { T_A }, of_non_zero,
      "The same, but none for null, 0, false and what is empty.", "!optional.ofNonZeroValue('').hasValue()" },
    { "optional.none", 0, T_OPTIONAL, { 0 }, none,
      "An optional without a value.", "!optional.none().hasValue()" },
    { "hasValue", FUNCTION_MEMBER, T_BOOL, { T_OPTIONAL }, has_value,
      "Whether there is a value.", "{'a': 1}.?a.hasValue()" },
    { "value", FUNCTION_MEMBER, T_A, { T_OPTIONAL }, value_of,
      "The value; an error if there is none.", "{'a': 1}.?a.value() == 1" },
    { "or", FUNCTION_MEMBER, T_OPTIONAL, { T_OPTIONAL, T_OPTIONAL }, either,
      "It, or the other one if it has no value.", "{}.?a.or(optional.of(2)).value() == 2" },
    { "orValue", FUNCTION_MEMBER, T_A, { T_OPTIONAL, T_A }, or_value,
      "Its value, or another one.", "{}.?a.orValue(3) == 3" },
    { "optional.unwrap", 0, T_LIST, { &list_of_optionals }, unwrap,
      "The values of those optionals in a list that have one.", "optional.unwrap([optional.of(1), optional.none()]) == [1]" },
    { "unwrapOpt", FUNCTION_MEMBER, T_LIST, { &list_of_optionals }, unwrap,
      "The values of those optionals in it that have one.", "[optional.of(1), optional.none()].unwrapOpt() == [1]" },
    // The rest is for what is no optional; see the head of the file.
    { "hasValue", FUNCTION_MEMBER | FUNCTION_PROMOTES, T_BOOL, { T_A }, has_value,
      "True: it is there.", "[1].first().hasValue()" },
    { "value", FUNCTION_MEMBER | FUNCTION_PROMOTES, T_A, { T_A }, value_of,
      "The same.", "[1].first().value() == 1" },
    { "or", FUNCTION_MEMBER | FUNCTION_PROMOTES, T_DYN, { T_A, T_OPTIONAL }, either,
      "The same.", "[1].first().or(optional.of(2)) == 1" },
    { "orValue", FUNCTION_MEMBER | FUNCTION_PROMOTES, T_A, { T_A, T_A }, or_value,
      "The same.", "[1].first().orValue(2) == 1" },
    { 0 },
};
// clang-format on
