// What an evaluation may use up: cost, memory, and the weight of what it makes.

#include <string.h>

#include "base/arena.h"
#include "expr/eval.h"

static bool over_limit(struct eval *ev, const char *which)
{
    eval_fail_at(ev, ev->expr->term, "the expression is over the %s", which);
    ev->fault.start = ev->expr->term->start;
    ev->fault.end = ev->expr->term->end;
    ev->fault.limit = true;
    return false;
}

bool eval_charge(struct eval *ev, size_t cost)
{
    ev->cost -= cost > EXPR_COST_LIMIT ? EXPR_COST_LIMIT + 1 : (int64_t)cost;
    return ev->cost >= 0 || over_limit(ev, "cost limit of 1,000,000");
}

bool eval_take(struct eval *ev, size_t bytes)
{
    ev->memory -= bytes > EXPR_MEMORY_LIMIT ? EXPR_MEMORY_LIMIT + 1 : (int64_t)bytes;
    return ev->memory >= 0 || over_limit(ev, "memory limit of 16 MiB");
}

bool eval_charge_for(struct eval *ev, struct value v)
{
    return v.kind < VALUE_STRING || eval_charge(ev, value_weight(v) / 10);
}

static bool light_enough(struct eval *ev, size_t weight)
{
    return weight <= EXPR_MEMORY_LIMIT || over_limit(ev, "memory limit of 16 MiB");
}

bool eval_make_solid(struct eval *ev, struct value *v)
{
    if (!value_has_objects(*v))
        return true;
    *v = value_copy(ev->arena, *v);
    return eval_take(ev, value_weight(*v));
}

// Objects become maps here: what they weigh is known only then.
bool eval_give_list(struct eval *ev, struct value_list *list, bool secret, struct value *out)
{
    size_t weight = list->count * sizeof(struct value);

    for (size_t i = 0; i < list->count; i++) {
        struct value *item = &list->items[i];
        if (item->kind < VALUE_STRING)
            continue;
        if (!eval_solid(ev, item))
            return false;
        secret |= item->secret;
        weight += value_weight(*item) - sizeof *item;
    }
    list->weight = weight;
    *out = (struct value){ .kind = VALUE_LIST, .secret = secret, .list = list };
    return light_enough(ev, weight);
}

bool eval_give_map(struct eval *ev, struct value_builder *map, struct value *out)
{
    *out = value_finish(map);
    return light_enough(ev, out->map->weight);
}

struct value_list *eval_list(struct eval *ev, size_t room)
{
    size_t size = sizeof(struct value_list) + room * sizeof(struct value);

    if (room > EXPR_MEMORY_LIMIT)
        size = room;
    return eval_take(ev, size) ? arena_alloc(ev->arena, 1, size) : NULL;
}

char *eval_bytes(struct eval *ev, size_t n)
{
    return eval_take(ev, n + 1) ? NEW_ARRAY(ev->arena, char, n + 1) : NULL;
}

bool eval_text(struct eval *ev, const char *s, size_t n, struct value *out)
{
    char *copy = eval_bytes(ev, n);

    if (!copy)
        return false;
    if (n)
        memcpy(copy, s, n);
    *out = value_string((struct str){ copy, n });
    return true;
}

struct value *eval_value(struct eval *ev, struct value v)
{
    if (!eval_take(ev, sizeof v))
        return NULL;
    struct value *copy = NEW(ev->arena, struct value);
    *copy = v;
    return copy;
}

struct value value_optional(const struct value *inside)
{
    return (struct value){ .kind = VALUE_OPTIONAL,
                           .secret = inside && inside->secret,
                           .optional = inside };
}
