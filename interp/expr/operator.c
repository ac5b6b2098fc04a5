// Arithmetic, comparison, `in`, `!` and `-`.

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "expr/eval.h"
#include "value/number.h"
#include "value/time.h"

static const char *const signs[] = {
    [OP_ADD] = "+",         [OP_SUBTRACT] = "-",   [OP_MULTIPLY] = "*",
    [OP_DIVIDE] = "/",      [OP_MODULO] = "%",     [OP_LESS] = "<",
    [OP_LESS_EQUAL] = "<=", [OP_GREATER] = ">",    [OP_GREATER_EQUAL] = ">=",
    [OP_EQUAL] = "==",      [OP_NOT_EQUAL] = "!=", [OP_IN] = "in",
    [OP_NOT] = "!",         [OP_NEGATE] = "-",
};

static bool no_meaning(struct eval *ev, const struct term *t, struct value a, struct value b)
{
    return eval_fail_at(ev, t, "`%s` has no meaning between %s and %s", signs[t->op],
                        value_kind_words(a.kind), value_kind_words(b.kind));
}

static bool overflow(struct eval *ev, const struct term *t, const char *type)
{
    return eval_fail_at(ev, t, "`%s` goes beyond what %s can hold", signs[t->op], type);
}

static bool int_arithmetic(struct eval *ev, const struct term *t, int64_t a, int64_t b,
                           struct value *out)
{
    int64_t r = 0;
    bool over = false;

    if ((t->op == OP_DIVIDE || t->op == OP_MODULO) && b == 0)
        return eval_fail_at(ev, t, "division by zero");
    switch (t->op) {
    case OP_ADD:
        over = __builtin_add_overflow(a, b, &r);
        break;
    case OP_SUBTRACT:
        over = __builtin_sub_overflow(a, b, &r);
        break;
    case OP_MULTIPLY:
        over = __builtin_mul_overflow(a, b, &r);
        break;
    default:
        over = a == INT64_MIN && b == -1;
        if (!over)
            r = t->op == OP_DIVIDE ? a / b : a % b;
        break;
    }
    *out = value_int(r);
    return !over || overflow(ev, t, "an int");
}

static bool uint_arithmetic(struct eval *ev, const struct term *t, uint64_t a, uint64_t b,
                            struct value *out)
{
    uint64_t r = 0;
    bool over = false;

    if ((t->op == OP_DIVIDE || t->op == OP_MODULO) && b == 0)
        return eval_fail_at(ev, t, "division by zero");
    switch (t->op) {
    case OP_ADD:
        over = __builtin_add_overflow(a, b, &r);
        break;
    case OP_SUBTRACT:
        over = __builtin_sub_overflow(a, b, &r);
        break;
    case OP_MULTIPLY:
        over = __builtin_mul_overflow(a, b, &r);
        break;
    default:
        r = t->op == OP_DIVIDE ? a / b : a % b;
        break;
    }
    *out = value_uint(r);
    return !over || overflow(ev, t, "a uint");
}

static double double_arithmetic(enum operation op, double a, double b)
{
    switch (op) {
    case OP_ADD:
        return a + b;
    case OP_SUBTRACT:
        return a - b;
    case OP_MULTIPLY:
        return a * b;
    default:
        return a / b;
    }
}

static bool concatenate(struct eval *ev, struct value a, struct value b, struct value *out)
{
    char *s = eval_bytes(ev, a.s.n + b.s.n);

    if (!s || !eval_charge(ev, (a.s.n + b.s.n) / 10))
        return false;
    if (a.s.n)
        memcpy(s, a.s.s, a.s.n);
    if (b.s.n)
        memcpy(s + a.s.n, b.s.s, b.s.n);
    *out = (struct value){ .kind = a.kind, .s = { s, a.s.n + b.s.n } };
    return true;
}

// A list that is secret as a whole hands that on to its items.
static void append(struct value_list *to, struct value from)
{
    bool secret = from.secret && value_wholly_secret(from);

    if (from.list->count)
        memcpy(to->items + to->count, from.list->items, from.list->count * sizeof *to->items);
    for (size_t i = 0; secret && i < from.list->count; i++)
        to->items[to->count + i].secret = true;
    to->count += from.list->count;
}

static bool join_lists(struct eval *ev, struct value a, struct value b, struct value *out)
{
    struct value_list *list = eval_list(ev, a.list->count + b.list->count);

    if (!list || !eval_charge(ev, list->count / 10))
        return false;
    append(list, a);
    append(list, b);
    return eval_give_list(ev, list, false, out);
}

static bool move_timestamp(struct eval *ev, const struct term *t, struct value when, int64_t by,
                           struct value *out)
{
    int64_t nanos = (int64_t)when.nanos + by % 1000000000;
    int64_t seconds = when.i + by / 1000000000;

    if (nanos < 0)
        nanos += 1000000000, seconds--;
    else if (nanos >= 1000000000)
        nanos -= 1000000000, seconds++;
    *out = value_timestamp(seconds, (uint32_t)nanos);
    return (seconds >= TIMESTAMP_FIRST && seconds <= TIMESTAMP_LAST) ||
           overflow(ev, t, "a timestamp (the years 1 to 9999)");
}

static bool between_timestamps(struct eval *ev, const struct term *t, struct value a,
                               struct value b, struct value *out)
{
    int64_t ns;

    if (__builtin_mul_overflow(a.i - b.i, (int64_t)1000000000, &ns) ||
        __builtin_add_overflow(ns, (int64_t)a.nanos - (int64_t)b.nanos, &ns))
        return overflow(ev, t, "a duration (292 years)");
    *out = value_duration(ns);
    return true;
}

static bool duration_sum(struct eval *ev, const struct term *t, struct value a, struct value b,
                         struct value *out)
{
    int64_t r;
    bool over = t->op == OP_ADD ? __builtin_add_overflow(a.i, b.i, &r)
                                : __builtin_sub_overflow(a.i, b.i, &r);

    if (over)
        return overflow(ev, t, "a duration (292 years)");
    *out = value_duration(r);
    return true;
}

// Sums and differences of what is not a number.
static bool other_sum(struct eval *ev, const struct term *t, struct value a, struct value b,
                      struct value *out)
{
    bool add = t->op == OP_ADD;

    if (add && a.kind == b.kind && (a.kind == VALUE_STRING || a.kind == VALUE_BYTES))
        return concatenate(ev, a, b, out);
    if (add && a.kind == VALUE_LIST && b.kind == VALUE_LIST)
        return join_lists(ev, a, b, out);
    if (a.kind == VALUE_DURATION && b.kind == VALUE_DURATION)
        return duration_sum(ev, t, a, b, out);
    if (a.kind == VALUE_TIMESTAMP && b.kind == VALUE_DURATION && (add || b.i != INT64_MIN))
        return move_timestamp(ev, t, a, add ? b.i : -b.i, out);
    if (add && a.kind == VALUE_DURATION && b.kind == VALUE_TIMESTAMP)
        return move_timestamp(ev, t, b, a.i, out);
    if (!add && a.kind == VALUE_TIMESTAMP && b.kind == VALUE_TIMESTAMP)
        return between_timestamps(ev, t, a, b, out);
    return no_meaning(ev, t, a, b);
}

static bool arithmetic(struct eval *ev, const struct term *t, struct value a, struct value b,
                       struct value *out)
{
    if (a.kind == VALUE_INT && b.kind == VALUE_INT)
        return int_arithmetic(ev, t, a.i, b.i, out);
    if (a.kind == VALUE_UINT && b.kind == VALUE_UINT)
        return uint_arithmetic(ev, t, a.u, b.u, out);
    bool has_double = a.kind == VALUE_DOUBLE || b.kind == VALUE_DOUBLE;
    if (has_double && value_is_number(a) && value_is_number(b) && t->op != OP_MODULO) {
        *out = value_double(double_arithmetic(t->op, value_as_double(a), value_as_double(b)));
        return true;
    }
    if (t->op == OP_ADD || t->op == OP_SUBTRACT)
        return other_sum(ev, t, a, b, out);
    return no_meaning(ev, t, a, b);
}

static inline bool operands(struct eval *ev, const struct term *t, struct value *a, struct value *b)
{
    return eval_term(ev, t->args[0], a) && eval_term(ev, t->args[1], b) && eval_step(ev);
}

static bool eval_arithmetic(struct eval *ev, const struct term *t, struct value *out)
{
    struct value a, b;

    if (!operands(ev, t, &a, &b) || !arithmetic(ev, t, a, b, out))
        return false;
    if (a.secret | b.secret) {
        out->secret = true;
        if (value_is_number(*out))
            eval_made_secret(ev, *out);
    }
    return true;
}

static bool relation_holds(enum operation op, int order)
{
    switch (op) {
    case OP_LESS:
        return order < 0;
    case OP_LESS_EQUAL:
        return order <= 0;
    case OP_GREATER:
        return order > 0;
    default:
        return order >= 0;
    }
}

static bool relation(struct eval *ev, const struct term *t, struct value a, struct value b,
                     bool *holds)
{
    int order;

    if (!eval_charge_for(ev, a))
        return false;
    if (value_compare(a, b, &order))
        *holds = relation_holds(t->op, order);
    else if (value_is_number(a) && value_is_number(b))
        *holds = false;  // NaN
    else
        return no_meaning(ev, t, a, b);
    return true;
}

static bool eval_relation(struct eval *ev, const struct term *t, struct value *out)
{
    struct value a, b;
    bool holds = false;

    if (!operands(ev, t, &a, &b))
        return false;
    if (a.kind == VALUE_DOUBLE && b.kind == VALUE_DOUBLE && a.d == a.d && b.d == b.d)
        holds = relation_holds(t->op, (a.d > b.d) - (a.d < b.d));
    else if (a.kind == b.kind && (a.kind == VALUE_INT || a.kind == VALUE_DURATION))
        holds = relation_holds(t->op, (a.i > b.i) - (a.i < b.i));
    else if (!relation(ev, t, a, b, &holds))
        return false;
    value_give_bool(out, holds, a.secret | b.secret);
    return true;
}

static bool eval_equality(struct eval *ev, const struct term *t, struct value *out)
{
    struct value a, b;
    bool equal;

    if (!operands(ev, t, &a, &b))
        return false;
    if (a.kind == VALUE_STRING && b.kind == VALUE_STRING)
        equal = a.s.n == b.s.n && memcmp(a.s.s, b.s.s, a.s.n) == 0;
    else if (a.kind == VALUE_INT && b.kind == VALUE_INT)
        equal = a.i == b.i;
    else if (!eval_solid(ev, &a) || !eval_solid(ev, &b) || !eval_charge_for(ev, a))
        return false;
    else
        equal = value_equal(a, b);
    value_give_bool(out, equal == (t->op == OP_EQUAL), a.secret | b.secret);
    return true;
}

static bool list_holds(const struct value_list *list, struct value v)
{
    for (size_t i = 0; i < list->count; i++)
        if (value_equal(list->items[i], v))
            return true;
    return false;
}

static bool eval_in(struct eval *ev, const struct term *t, struct value *out)
{
    struct value item, among, found;

    if (!operands(ev, t, &item, &among) || !eval_solid(ev, &item) ||
        (among.kind == VALUE_LIST && !eval_solid(ev, &among)))
        return false;
    if (among.kind == VALUE_OBJECT)
        among = value_object_map(among, ev->arena);
    if (among.kind == VALUE_MAP)
        *out = value_bool(value_get(among, item, &found));
    else if (among.kind != VALUE_LIST)
        return no_meaning(ev, t, item, among);
    else if (!eval_charge(ev, among.list->count) ||
             (item.kind >= VALUE_STRING && !eval_charge_for(ev, among)))
        return false;
    else
        *out = value_bool(list_holds(among.list, item));
    out->secret = item.secret | among.secret;
    return true;
}

static bool eval_not(struct eval *ev, const struct term *t, struct value *out)
{
    if (!eval_term(ev, t->args[0], out) || !eval_step(ev))
        return false;
    if (out->kind != VALUE_BOOL)
        return eval_fail_at(ev, t, "`!` wants true or false, not %s", value_kind_words(out->kind));
    out->b ^= t->repeat & 1;
    return true;
}

static bool eval_negate(struct eval *ev, const struct term *t, struct value *out)
{
    if (!eval_term(ev, t->args[0], out) || !eval_step(ev))
        return false;
    if (out->kind == VALUE_DOUBLE) {
        out->d = t->repeat & 1 ? -out->d : out->d;
        return true;
    }
    if (out->kind != VALUE_INT && out->kind != VALUE_DURATION)
        return eval_fail_at(ev, t, "`-` has no meaning before %s", value_kind_words(out->kind));
    if (out->i == INT64_MIN)
        return overflow(ev, t, "an int");
    out->i = t->repeat & 1 ? -out->i : out->i;
    return true;
}

eval_fn *eval_of_operator(enum operation op)
{
    switch (op) {
    case OP_LESS:
    case OP_LESS_EQUAL:
    case OP_GREATER:
    case OP_GREATER_EQUAL:
        return eval_relation;
    case OP_EQUAL:
    case OP_NOT_EQUAL:
        return eval_equality;
    case OP_IN:
        return eval_in;
    case OP_NOT:
        return eval_not;
    case OP_NEGATE:
        return eval_negate;
    default:
        return eval_arithmetic;
    }
}
