// Lists made, ordered and cut.

#include <string.h>

#include "base/arena.h"
#include "expr/function.h"
#include "expr/order.h"

enum { LONGEST_RANGE = 10000 };

static bool range_between(struct eval *ev, int64_t from, int64_t to, struct value *out)
{
    uint64_t n = to > from ? (uint64_t)to - (uint64_t)from : 0;

    if (n > LONGEST_RANGE) {
        eval_fail(ev, "a range of %llu numbers is over the range limit of 10,000",
                  (unsigned long long)n);
        ev->fault.limit = true;
        return false;
    }
    struct value_list *list = eval_list(ev, n);
    if (!list || !eval_charge(ev, n / 10))
        return false;
    for (; list->count < n; list->count++)
        list->items[list->count] = value_int(from + (int64_t)list->count);
    return eval_give_list(ev, list, false, out);
}

static bool range(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    return count == 1 ? range_between(ev, 0, args[0].i, out)
                      : range_between(ev, args[0].i, args[1].i, out);
}

// A part of a list; what is secret as a whole stays so by the mark of the call.
static bool copy_part(struct eval *ev, struct value from, size_t start, size_t end,
                      struct value *out)
{
    struct value_list *list = eval_list(ev, end - start);

    if (!list || !eval_charge(ev, (end - start) / 10))
        return false;
    list->count = end - start;
    if (list->count)
        memcpy(list->items, from.list->items + start, list->count * sizeof *list->items);
    return eval_give_list(ev, list, false, out);
}

static bool sort(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    (void)count;
    if (!copy_part(ev, args[0], 0, args[0].list->count, out))
        return false;
    struct value_list *list = (struct value_list *)out->list;
    return order_by(ev, list, list);
}

static bool first(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    const struct value_list *list = args[0].list;

    (void)ev, (void)count;
    *out = list->count ? list->items[0] : value_optional(NULL);
    return true;
}

static bool last(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    const struct value_list *list = args[0].list;

    (void)ev, (void)count;
    *out = list->count ? list->items[list->count - 1] : value_optional(NULL);
    return true;
}

// Whether [v] is new among [list]; [slots] is an open-addressing index of it.
static bool is_new(const struct value_list *list, uint32_t *slots, size_t mask, struct value v)
{
    size_t i = value_hash(v) & mask;

    for (; slots[i]; i = (i + 1) & mask)
        if (value_equal(list->items[slots[i] - 1], v))
            return false;
    slots[i] = (uint32_t)list->count + 1;
    return true;
}

static bool distinct(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    const struct value_list *from = args[0].list;
    struct value_list *list = eval_list(ev, from->count);
    size_t slot_count = 8;

    (void)count;
    while (slot_count < from->count * 2)
        slot_count *= 2;
    if (!list || !eval_take(ev, slot_count * sizeof(uint32_t)) || !eval_charge_for(ev, args[0]))
        return false;
    uint32_t *slots = NEW_ARRAY(ev->arena, uint32_t, slot_count);
    for (size_t i = 0; i < from->count; i++)
        if (is_new(list, slots, slot_count - 1, from->items[i]))
            list->items[list->count++] = from->items[i];
    return eval_give_list(ev, list, false, out);
}

static bool flatten_into(struct eval *ev, struct value from, int64_t depth,
                         struct value_builder *to)
{
    for (size_t i = 0; i < from.list->count; i++) {
        struct value v = from.list->items[i];
        if (!eval_step(ev) || !eval_take(ev, 2 * sizeof v))
            return false;
        if (v.kind != VALUE_LIST || depth == 0)
            value_add(to, v);
        else if (!flatten_into(ev, v, depth - 1, to))
            return false;
    }
    return true;
}

static bool flatten(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    struct value_builder *to = value_list_start(ev->arena);
    int64_t depth = count > 1 ? args[1].i : 1;

    if (depth < 0)
        return eval_fail(ev, "`flatten` cannot go to a depth of %lld", (long long)depth);
    if (!flatten_into(ev, args[0], depth, to))
        return false;
    *out = value_finish(to);
    return eval_take(ev, 0);
}

static bool slice(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    int64_t n = (int64_t)args[0].list->count, from = args[1].i, to = args[2].i;

    (void)count;
    if (from < 0 || to < from || to > n)
        return eval_fail(ev, "the slice from %lld to %lld is outside of a list of %lld",
                         (long long)from, (long long)to, (long long)n);
    return copy_part(ev, args[0], (size_t)from, (size_t)to, out);
}

static bool reverse(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    const struct value_list *from = args[0].list;
    struct value_list *list = eval_list(ev, from->count);

    (void)count;
    if (!list || !eval_charge(ev, from->count / 10))
        return false;
    for (; list->count < from->count; list->count++)
        list->items[list->count] = from->items[from->count - 1 - list->count];
    return eval_give_list(ev, list, false, out);
}

// clang-format off
const struct function functions_lists[] = {
    { "range", 0, &cel_list_int, { T_INT }, range,
      "The whole numbers from 0 to before it; at most 10,000.", "range(3) == [0, 1, 2]" },
    { "range", 0, &cel_list_int, { T_INT, T_INT }, range,
      "The whole numbers from the first to before the second.", "range(2, 4) == [2, 3]" },
    { "sort", FUNCTION_MEMBER, T_LIST, { T_LIST }, sort,
      "In order; the items must have one together.", "[3, 1, 2].sort() == [1, 2, 3]" },
    { "first", FUNCTION_MEMBER, T_DYN, { T_LIST }, first,
      "The first item; optional.none() of an empty list.", "[1, 2].first() == 1" },
    { "last", FUNCTION_MEMBER, T_DYN, { T_LIST }, last,
      "The last item; optional.none() of an empty list.", "[1, 2].last() == 2" },
    { "distinct", FUNCTION_MEMBER, T_LIST, { T_LIST }, distinct,
      "Each item once, where it first stands.", "[1, 2, 1].distinct() == [1, 2]" },
    { "flatten", FUNCTION_MEMBER, &cel_list_dyn, { &cel_list_dyn }, flatten,
      "The items of the lists in it, one level deep.", "[[1], [2, [3]]].flatten() == [1, 2, [3]]" },
    { "flatten", FUNCTION_MEMBER, &cel_list_dyn, { &cel_list_dyn, T_INT }, flatten,
      "The same, so many levels deep.", "[[1], [2, [3]]].flatten(2) == [1, 2, 3]" },
    { "slice", FUNCTION_MEMBER, T_LIST, { T_LIST, T_INT, T_INT }, slice,
      "The items from a place up to before another.", "[1, 2, 3, 4].slice(1, 3) == [2, 3]" },
    { "reverse", FUNCTION_MEMBER, T_LIST, { T_LIST }, reverse,
      "From the last to the first.", "[1, 2].reverse() == [2, 1]" },
    { 0 },
};
// clang-format on
