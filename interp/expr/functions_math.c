// The functions of `math`.

#include <math.h>

#include "expr/function.h"
#include "value/number.h"

// The greatest (by 1) or least (by -1) of [items].
static bool extreme(struct eval *ev, const struct value *items, size_t count, int by,
                    struct value *out)
{
    for (size_t i = 0; i < count; i++) {
        int order = 0;
        if (!value_is_number(items[i]))
            return eval_fail(ev, "%s is not a number", value_kind_words(items[i].kind));
        if (i == 0 || (number_compare(items[i], *out, &order) && order == by))
            *out = items[i];
    }
    return count > 0 || eval_fail(ev, "an empty list has neither a greatest nor a least");
}

static bool greatest(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    return extreme(ev, args, count, 1, out);
}

static bool least(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    return extreme(ev, args, count, -1, out);
}

static bool greatest_of_list(struct eval *ev, const struct value *args, size_t count,
                             struct value *out)
{
    (void)count;
    return extreme(ev, args[0].list->items, args[0].list->count, 1, out);
}

static bool least_of_list(struct eval *ev, const struct value *args, size_t count,
                          struct value *out)
{
    (void)count;
    return extreme(ev, args[0].list->items, args[0].list->count, -1, out);
}

static bool math_ceil(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    (void)ev, (void)count;
    *out = value_double(ceil(args[0].d));
    return true;
}

static bool math_floor(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    (void)ev, (void)count;
    *out = value_double(floor(args[0].d));
    return true;
}

static bool math_round(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    (void)ev, (void)count;
    *out = value_double(round(args[0].d));
    return true;
}

static bool math_trunc(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    (void)ev, (void)count;
    *out = value_double(trunc(args[0].d));
    return true;
}

static bool math_sqrt(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    (void)ev, (void)count;
    *out = value_double(sqrt(value_as_double(args[0])));
    return true;
}

static bool math_abs(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    (void)count;
    *out = args[0];
    if (out->kind == VALUE_DOUBLE)
        out->d = fabs(out->d);
    if (out->kind != VALUE_INT || out->i >= 0)
        return true;
    if (out->i == INT64_MIN)
        return eval_fail(ev, "`math.abs` goes beyond what an int can hold");
    out->i = -out->i;
    return true;
}

static bool math_sign(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    struct value v = args[0];

    (void)ev, (void)count;
    if (v.kind == VALUE_INT)
        *out = value_int((v.i > 0) - (v.i < 0));
    else if (v.kind == VALUE_UINT)
        *out = value_uint(v.u > 0);
    else
        *out = value_double(isnan(v.d) ? v.d : (v.d > 0) - (v.d < 0));
    return true;
}

static bool is_nan(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    (void)ev, (void)count;
    *out = value_bool(isnan(args[0].d));
    return true;
}

static bool is_inf(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    (void)ev, (void)count;
    *out = value_bool(isinf(args[0].d));
    return true;
}

static bool is_finite(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    (void)ev, (void)count;
    *out = value_bool(isfinite(args[0].d));
    return true;
}

// Ints and uints share their bits, so one of them is enough to compute with.
static struct value same_kind(struct value like, uint64_t bits)
{
    like.u = bits;
    like.secret = false;
    return like;
}

static bool bit_and(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    (void)ev, (void)count;
    *out = same_kind(args[0], args[0].u & args[1].u);
    return true;
}

static bool bit_or(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    (void)ev, (void)count;
    *out = same_kind(args[0], args[0].u | args[1].u);
    return true;
}

static bool bit_xor(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    (void)ev, (void)count;
    *out = same_kind(args[0], args[0].u ^ args[1].u);
    return true;
}

static bool bit_not(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    (void)ev, (void)count;
    *out = same_kind(args[0], ~args[0].u);
    return true;
}

static bool negative_shift(struct eval *ev, int64_t by)
{
    return by < 0 && !eval_fail(ev, "a shift by %lld: it cannot be negative", (long long)by);
}

static bool shift_left(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    (void)count;
    if (negative_shift(ev, args[1].i))
        return false;
    *out = same_kind(args[0], args[1].i > 63 ? 0 : args[0].u << args[1].i);
    return true;
}

// Without the sign: zeros come in from the left.
static bool shift_right(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    (void)count;
    if (negative_shift(ev, args[1].i))
        return false;
    *out = same_kind(args[0], args[1].i > 63 ? 0 : args[0].u >> args[1].i);
    return true;
}

// clang-format off
const struct function functions_math[] = {
    { "math.greatest", 0, T_DYN, { &cel_list_A }, greatest_of_list,
      "The greatest number of a list.", "math.greatest([1, 3, 2]) == 3" },
    { "math.greatest", 0, T_A, { T_A }, greatest, "The same.", "math.greatest(1) == 1" },
    { "math.greatest", FUNCTION_ANY_COUNT, T_DYN, { T_DYN, T_DYN }, greatest,
      "The greatest of some numbers.", "math.greatest(1, 2.5, 2u) == 2.5" },
    { "math.least", 0, T_DYN, { &cel_list_A }, least_of_list,
      "The least number of a list.", "math.least([3, 1, 2]) == 1" },
    { "math.least", 0, T_A, { T_A }, least, "The same.", "math.least(1) == 1" },
    { "math.least", FUNCTION_ANY_COUNT, T_DYN, { T_DYN, T_DYN }, least,
      "The least of some numbers.", "math.least(1, 2.5, 2u) == 1" },
    { "math.abs", 0, T_INT, { T_INT }, math_abs, "Without its sign.", "math.abs(-1) == 1" },
    { "math.abs", 0, T_UINT, { T_UINT }, math_abs, "The same.", "math.abs(1u) == 1u" },
    { "math.abs", 0, T_DOUBLE, { T_DOUBLE }, math_abs, "Without its sign.", "math.abs(-1.5) == 1.5" },
    { "math.sign", 0, T_INT, { T_INT }, math_sign, "-1, 0 or 1.", "math.sign(-7) == -1" },
    { "math.sign", 0, T_UINT, { T_UINT }, math_sign, "0 or 1.", "math.sign(7u) == 1u" },
    { "math.sign", 0, T_DOUBLE, { T_DOUBLE }, math_sign, "-1.0, 0.0 or 1.0.", "math.sign(7.5) == 1.0" },
    { "math.ceil", 0, T_DOUBLE, { T_DOUBLE }, math_ceil, "Rounded up.", "math.ceil(1.2) == 2.0" },
    { "math.floor", 0, T_DOUBLE, { T_DOUBLE }, math_floor, "Rounded down.", "math.floor(1.8) == 1.0" },
    { "math.round", 0, T_DOUBLE, { T_DOUBLE }, math_round,
      "Rounded to the nearest; halves away from 0.", "math.round(-1.5) == -2.0" },
    { "math.trunc", 0, T_DOUBLE, { T_DOUBLE }, math_trunc,
      "Without what stands behind the point.", "math.trunc(-1.8) == -1.0" },
    { "math.sqrt", 0, T_DOUBLE, { T_DOUBLE }, math_sqrt, "The square root.", "math.sqrt(9.0) == 3.0" },
    { "math.sqrt", 0, T_DOUBLE, { T_INT }, math_sqrt, "The square root.", "math.sqrt(9) == 3.0" },
    { "math.sqrt", 0, T_DOUBLE, { T_UINT }, math_sqrt, "The square root.", "math.sqrt(9u) == 3.0" },
    { "math.isNaN", 0, T_BOOL, { T_DOUBLE }, is_nan, "Whether it is not a number.", "math.isNaN(0.0 / 0.0)" },
    { "math.isInf", 0, T_BOOL, { T_DOUBLE }, is_inf, "Whether it is infinite.", "math.isInf(1.0 / 0.0)" },
    { "math.isFinite", 0, T_BOOL, { T_DOUBLE }, is_finite,
      "Whether it is neither.", "math.isFinite(1.0)" },
    { "math.bitAnd", 0, T_INT, { T_INT, T_INT }, bit_and, "Bits that are set in both.", "math.bitAnd(6, 3) == 2" },
    { "math.bitAnd", 0, T_UINT, { T_UINT, T_UINT }, bit_and, "Bits that are set in both.", "math.bitAnd(6u, 3u) == 2u" },
    { "math.bitOr", 0, T_INT, { T_INT, T_INT }, bit_or, "Bits that are set in either.", "math.bitOr(6, 3) == 7" },
    { "math.bitOr", 0, T_UINT, { T_UINT, T_UINT }, bit_or, "Bits that are set in either.", "math.bitOr(6u, 3u) == 7u" },
    { "math.bitXor", 0, T_INT, { T_INT, T_INT }, bit_xor, "Bits that are set in one only.", "math.bitXor(6, 3) == 5" },
    { "math.bitXor", 0, T_UINT, { T_UINT, T_UINT }, bit_xor, "Bits that are set in one only.", "math.bitXor(6u, 3u) == 5u" },
    { "math.bitNot", 0, T_INT, { T_INT }, bit_not, "Every bit turned over.", "math.bitNot(0) == -1" },
    { "math.bitNot", 0, T_UINT, { T_UINT }, bit_not, "Every bit turned over.", "math.bitNot(math.bitNot(5u)) == 5u" },
    { "math.bitShiftLeft", 0, T_INT, { T_INT, T_INT }, shift_left, "Bits moved up; zeros come in.", "math.bitShiftLeft(1, 3) == 8" },
    { "math.bitShiftLeft", 0, T_UINT, { T_UINT, T_INT }, shift_left, "Bits moved up; zeros come in.", "math.bitShiftLeft(1u, 3) == 8u" },
    { "math.bitShiftRight", 0, T_INT, { T_INT, T_INT }, shift_right, "Bits moved down; zeros come in.", "math.bitShiftRight(8, 3) == 1" },
    { "math.bitShiftRight", 0, T_UINT, { T_UINT, T_INT }, shift_right, "Bits moved down; zeros come in.", "math.bitShiftRight(8u, 3) == 1u" },
    { 0 },
};
// clang-format on
