#include "expr/order.h"

#include <string.h>

// Merges the sorted halves [from, middle) and [middle, to) of [index].
static bool merge(struct eval *ev, const struct value *keys, uint32_t *index, uint32_t *spare,
                  size_t from, size_t middle, size_t to)
{
    size_t left = from, right = middle;

    for (size_t i = from; i < to; i++) {
        int order = 0;
        if (left < middle && right < to) {
            struct value a = keys[index[left]], b = keys[index[right]];
            if (!eval_step(ev) || !eval_charge_for(ev, a))
                return false;
            if (!value_compare(a, b, &order))
                return eval_fail(ev, "%s and %s have no order together", value_kind_words(a.kind),
                                 value_kind_words(b.kind));
        }
        bool take_left = right == to || (left < middle && order <= 0);
        spare[i] = index[take_left ? left++ : right++];
    }
    memcpy(index + from, spare + from, (to - from) * sizeof *index);
    return true;
}

static void permute(struct value *values, const uint32_t *index, struct value *spare, size_t n)
{
    for (size_t i = 0; i < n; i++)
        spare[i] = values[index[i]];
    memcpy(values, spare, n * sizeof *values);
}

bool order_by(struct eval *ev, struct value_list *keys, struct value_list *items)
{
    size_t n = items->count;
    struct value_list *spare = eval_list(ev, n);
    uint32_t *index = (uint32_t *)(void *)eval_bytes(ev, 2 * n * sizeof *index);

    if (!spare || !index)
        return false;
    for (size_t i = 0; i < n; i++)
        index[i] = (uint32_t)i;
    for (size_t width = 1; width < n; width *= 2)
        for (size_t from = 0; from + width < n; from += 2 * width)
            if (!merge(ev, keys->items, index, index + n, from, from + width,
                       from + 2 * width < n ? from + 2 * width : n))
                return false;
    permute(items->items, index, spare->items, n);
    return true;
}
