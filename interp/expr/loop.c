// Macros: one loop over the elements of a list or the entries of a map.

#include <string.h>

#include "base/arena.h"
#include "expr/eval.h"
#include "expr/order.h"

// The elements of a range. With one variable it is the item or the key; with two they
// are index and item, or key and value.
struct range {
    const struct value_list *list;
    const struct value_map *map;
    size_t count, at;
    bool two, secret, wholly_secret;
};

static bool range_start(struct eval *ev, const struct term *t, struct range *r)
{
    struct value v;

    if (!eval_term(ev, t->args[MACRO_RANGE], &v))
        return false;
    if (v.kind == VALUE_OBJECT)
        v = value_object_map(v, ev->arena);
    if (v.kind != VALUE_LIST && v.kind != VALUE_MAP)
        return eval_fail_at(ev, t, "`%.*s` goes through a list or a map, not %s", STR_ARG(t->name),
                            value_kind_words(v.kind));
    *r = (struct range){ .two = t->repeat == 2, .secret = v.secret, .count = value_size(v) };
    r->wholly_secret = v.secret && value_wholly_secret(v);
    if (v.kind == VALUE_LIST)
        r->list = v.list;
    else
        r->map = v.map;
    return true;
}

// Gives the variables of [t] their next values.
static inline bool range_next(struct eval *ev, const struct term *t, struct range *r)
{
    struct value *to = &ev->variables[t->slot];

    if (r->at == r->count)
        return false;
    if (r->list && !r->two) {
        to[0] = r->list->items[r->at];
    } else if (r->list) {
        to[0] = value_int((int64_t)r->at);
        to[1] = r->list->items[r->at];
    } else {
        to[0] = r->map->entries[r->at].key;
        if (r->two)
            to[1] = r->map->entries[r->at].value;
    }
    if (r->wholly_secret)
        to[0].secret = to[r->two].secret = true;
    r->at++;
    return true;
}

static bool want_bool(struct eval *ev, const struct term *t, struct value v)
{
    return v.kind == VALUE_BOOL ||
           eval_fail_at(ev, t, "`%.*s` wants true or false for each element, not %s",
                        STR_ARG(t->name), value_kind_words(v.kind));
}

// Whether the element is wanted; [ok] is false when the filter errs.
static bool wanted(struct eval *ev, const struct term *t, struct range *r, bool *ok)
{
    struct value v;

    *ok = eval_step(ev);
    if (!*ok || !t->args[MACRO_WHERE])
        return *ok;
    *ok = eval_term(ev, t->args[MACRO_WHERE], &v) && want_bool(ev, t, v);
    if (*ok)
        r->secret |= v.secret;
    return *ok && v.b;
}

// all, exists: an element that decides counts more than elements that err.
static bool eval_quantifier(struct eval *ev, const struct term *t, struct value *out)
{
    bool decisive = t->macro == MACRO_EXISTS, failed = false;
    struct range r;
    struct fault first;

    if (!range_start(ev, t, &r))
        return false;
    while (range_next(ev, t, &r)) {
        struct value v;
        if (!eval_step(ev))
            return false;
        bool ok = eval_term(ev, t->args[MACRO_BODY], &v) && want_bool(ev, t, v);
        if (ok && v.b == decisive) {
            *out = value_bool(decisive);
            out->secret = r.secret | v.secret;
            return true;
        }
        if (ok)
            r.secret |= v.secret;
        else if (ev->fault.limit)
            return false;
        else if (!failed)
            first = ev->fault;
        failed |= !ok;
    }
    if (failed)
        ev->fault = first;
    *out = value_bool(!decisive);
    out->secret = r.secret;
    return !failed;
}

static bool eval_exists_one(struct eval *ev, const struct term *t, struct value *out)
{
    struct range r;
    size_t count = 0;

    if (!range_start(ev, t, &r))
        return false;
    while (range_next(ev, t, &r)) {
        struct value v;
        if (!eval_step(ev) || !eval_term(ev, t->args[MACRO_BODY], &v) || !want_bool(ev, t, v))
            return false;
        r.secret |= v.secret;
        count += v.b;
    }
    *out = value_bool(count == 1);
    out->secret = r.secret;
    return true;
}

// map, filter, transformList. Without a body the element itself is kept.
static bool eval_to_list(struct eval *ev, const struct term *t, struct value *out)
{
    const struct term *body = t->args[MACRO_BODY];
    struct range r;
    bool ok = true;

    if (!range_start(ev, t, &r))
        return false;
    struct value_list *list = eval_list(ev, r.count);
    if (!list)
        return false;
    while (ok && range_next(ev, t, &r)) {
        if (!wanted(ev, t, &r, &ok))
            continue;
        struct value *item = &list->items[list->count++];
        if (body)
            ok = eval_term(ev, body, item);
        else
            *item = ev->variables[t->slot];
        r.secret |= ok && item->secret;
    }
    return ok && eval_give_list(ev, list, r.secret, out);
}

static bool put_all(struct eval *ev, const struct term *t, struct value_builder *map,
                    struct value from)
{
    if (from.kind != VALUE_MAP)
        return eval_fail_at(ev, t, "`transformMapEntry` wants a map for each element, not %s",
                            value_kind_words(from.kind));
    for (size_t i = 0; i < from.map->count; i++)
        if (!eval_put(ev, t, map, from.map->entries[i].key, from.map->entries[i].value))
            return false;
    return true;
}

static bool eval_to_map(struct eval *ev, const struct term *t, struct value *out)
{
    struct value_builder *map = value_map_start(ev->arena);
    struct range r;
    bool ok = true;

    if (!range_start(ev, t, &r))
        return false;
    while (ok && range_next(ev, t, &r)) {
        struct value key = ev->variables[t->slot], v;
        if (!wanted(ev, t, &r, &ok))
            continue;
        ok = eval_term(ev, t->args[MACRO_BODY], &v);
        if (ok && t->macro == MACRO_TRANSFORM_MAP_ENTRY)
            ok = put_all(ev, t, map, v);
        else if (ok)
            ok = eval_put(ev, t, map, key, v);
    }
    if (!ok || !eval_give_map(ev, map, out))
        return false;
    out->secret |= r.secret;
    return true;
}

static bool eval_sort_by(struct eval *ev, const struct term *t, struct value *out)
{
    struct range r;

    if (!range_start(ev, t, &r))
        return false;
    struct value_list *keys = eval_list(ev, r.count), *items = eval_list(ev, r.count);
    if (!keys || !items)
        return false;
    while (range_next(ev, t, &r)) {
        items->items[items->count++] = ev->variables[t->slot];
        struct value *key = &keys->items[keys->count++];
        if (!eval_step(ev) || !eval_term(ev, t->args[MACRO_BODY], key))
            return false;
        r.secret |= key->secret;
    }
    ev->at = t;
    if (!order_by(ev, keys, items))
        return false;
    return eval_give_list(ev, items, r.secret, out);
}

static bool eval_bind(struct eval *ev, const struct term *t, struct value *out)
{
    struct value *variable = &ev->variables[t->slot];

    return eval_term(ev, t->args[MACRO_RANGE], variable) && eval_term(ev, t->args[MACRO_BODY], out);
}

// What is no optional counts as one that is there (functions_optional.c).
static bool eval_opt_map(struct eval *ev, const struct term *t, struct value *out)
{
    struct value v;

    if (!eval_term(ev, t->args[MACRO_RANGE], &v))
        return false;
    *out = v;
    if (v.kind == VALUE_OPTIONAL && !v.optional)
        return true;
    ev->variables[t->slot] = v.kind == VALUE_OPTIONAL ? *v.optional : v;
    if (!eval_term(ev, t->args[MACRO_BODY], out))
        return false;
    out->secret |= v.secret;
    if (t->macro == MACRO_OPT_FLAT_MAP)
        return out->kind == VALUE_OPTIONAL ||
               eval_fail_at(ev, t, "`optFlatMap` wants an optional value for its result, not %s",
                            value_kind_words(out->kind));
    const struct value *inside = eval_value(ev, *out);
    *out = value_optional(inside);
    return inside != NULL;
}

eval_fn *eval_of_macro(enum macro macro)
{
    switch (macro) {
    case MACRO_HAS:
        return eval_has;
    case MACRO_ALL:
    case MACRO_EXISTS:
        return eval_quantifier;
    case MACRO_EXISTS_ONE:
        return eval_exists_one;
    case MACRO_TRANSFORM_MAP:
    case MACRO_TRANSFORM_MAP_ENTRY:
        return eval_to_map;
    case MACRO_SORT_BY:
        return eval_sort_by;
    case MACRO_BIND:
        return eval_bind;
    case MACRO_OPT_MAP:
    case MACRO_OPT_FLAT_MAP:
        return eval_opt_map;
    default:
        return eval_to_list;
    }
}
