// Fields, keys and indexes.

#include <string.h>

#include "base/arena.h"
#include "expr/eval.h"
#include "value/number.h"

// What is taken out of a list or map that is secret as a whole is secret.
static inline void pass_secret(struct eval *ev, struct value from, struct value *out)
{
    if (from.secret && !out->secret && value_wholly_secret(from)) {
        out->secret = true;
        if (out->kind < VALUE_LIST)
            eval_made_secret(ev, *out);
    }
}

static bool map_field(const struct value_map *map, struct str name, struct value *out)
{
    if (map->slots)
        return value_get((struct value){ .kind = VALUE_MAP, .map = map }, value_string(name), out);
    for (size_t i = 0; i < map->count; i++) {
        const struct value_entry *e = &map->entries[i];
        if (e->key.kind == VALUE_STRING && e->key.s.n == name.n &&
            memcmp(e->key.s.s, name.s, name.n) == 0) {
            *out = e->value;
            return true;
        }
    }
    return false;
}

// ABSENT says nothing yet; why an object has no such field is then in ev->why.
static enum access object_field(struct eval *ev, struct value from, struct str name,
                                struct value *out)
{
    if (!eval_charge(ev, 1))
        return ACCESS_FAULT;
    if (!from.object->class->get(from.object, name, ev->arena, out, &ev->why))
        return ACCESS_ABSENT;
    if (from.secret)
        out->secret = true;
    return ACCESS_FOUND;
}

static enum access no_elements(struct eval *ev, const struct term *t, struct value from)
{
    eval_fail_at(ev, t, "%s has no %s", value_kind_words(from.kind),
                 t->kind == TERM_INDEX ? "elements" : "fields");
    return ACCESS_FAULT;
}

static enum access semver_field(const struct semver *v, struct str name, struct value *out)
{
    if (str_is(name, "major"))
        *out = value_int(v->major);
    else if (str_is(name, "minor"))
        *out = value_int(v->minor);
    else if (str_is(name, "patch"))
        *out = value_int(v->patch);
    else if (str_is(name, "pre"))
        *out = value_string(v->pre);
    else
        return ACCESS_ABSENT;
    return ACCESS_FOUND;
}

enum access access_field(struct eval *ev, const struct term *t, struct value from, struct str name,
                         struct value *out)
{
    ev->why = STR("");
    if (from.kind == VALUE_SEMVER) {
        enum access access = semver_field(from.semver, name, out);
        out->secret = from.secret;
        return access;
    }
    if (from.kind == VALUE_OBJECT)
        return object_field(ev, from, name, out);
    if (from.kind != VALUE_MAP)
        return no_elements(ev, t, from);
    if (!map_field(from.map, name, out))
        return ACCESS_ABSENT;
    pass_secret(ev, from, out);
    return ACCESS_FOUND;
}

// The element at [index] of a list, which may be any number without a fraction.
static enum access list_index(struct eval *ev, const struct term *t, struct value list,
                              struct value index, struct value *out)
{
    int64_t i;

    if (!value_is_number(index) || !number_as_int(index, &i)) {
        eval_fail_at(ev, t, "the index of a list is a whole number, not %s",
                     value_kind_words(index.kind));
        return ACCESS_FAULT;
    }
    if (i < 0 || (uint64_t)i >= list.list->count)
        return ACCESS_ABSENT;
    *out = list.list->items[i];
    pass_secret(ev, list, out);
    return ACCESS_FOUND;
}

enum access access_element(struct eval *ev, const struct term *t, struct value from,
                           struct value key, struct value *out)
{
    ev->why = STR("");
    switch (from.kind) {
    case VALUE_LIST:
        return list_index(ev, t, from, key, out);
    case VALUE_MAP:
        if (!value_get(from, key, out))
            return ACCESS_ABSENT;
        pass_secret(ev, from, out);
        return ACCESS_FOUND;
    case VALUE_OBJECT:
        return key.kind == VALUE_STRING ? object_field(ev, from, key.s, out) : ACCESS_ABSENT;
    default:
        return no_elements(ev, t, from);
    }
}

bool access_absent(struct eval *ev, const struct term *t, struct value from, struct value key)
{
    // The keys of what is secret as a whole are secret, too: no "did you mean".
    if (from.secret && value_wholly_secret(from))
        from = value_secret(VALUE_NONE);
    struct str operand = t->count ? str_slice(term_source(ev, t->args[0]), 0, 120) : STR("it");

    if (ev->why.n)
        return eval_missing(ev, t, VALUE_NONE, STR(""), "%.*s", STR_ARG(ev->why));
    if (from.kind == VALUE_LIST)
        return eval_missing(ev, t, VALUE_NONE, STR(""), "`%.*s` has no element %.0f, it has %zu",
                            STR_ARG(operand), value_as_double(key), from.list->count);
    if (t->kind == TERM_SELECT && key.kind == VALUE_STRING)
        return eval_missing(ev, t, from, key.s, "`%.*s` has no field `%.*s`", STR_ARG(operand),
                            STR_ARG(str_slice(key.s, 0, 120)));
    struct str shown = value_show(key, ev->arena, 60);
    return eval_missing(ev, t, from, key.kind == VALUE_STRING ? key.s : STR(""),
                        "`%.*s` has no key %.*s", STR_ARG(operand), STR_ARG(shown));
}

// Found in, or missing from, something optional: an optional again.
static bool wrap(struct eval *ev, bool found, struct value v, struct value *out)
{
    const struct value *inside = NULL;

    if (found && !(inside = eval_value(ev, v)))
        return false;
    *out = value_optional(inside);
    return true;
}

// Fields of an optional, and a.?b of anything.
static bool select_optional(struct eval *ev, const struct term *t, struct value from,
                            struct value *out)
{
    struct value found = VALUE_NONE;

    if (from.kind == VALUE_OPTIONAL && !from.optional)
        return wrap(ev, false, from, out);
    if (from.kind == VALUE_OPTIONAL)
        from = *from.optional;
    enum access access = access_field(ev, t, from, t->name, &found);
    return access != ACCESS_FAULT && wrap(ev, access == ACCESS_FOUND, found, out);
}

static inline bool note_secret(struct eval *ev, const struct term *t, const struct value *out)
{
    if (out->secret && !t->inner)
        ev->tainted = true;
    return eval_step(ev);
}

bool eval_select(struct eval *ev, const struct term *t, struct value *out)
{
    struct value from;

    if (!eval_term(ev, t->args[0], &from))
        return false;
    if (t->optional || from.kind == VALUE_OPTIONAL) {
        if (!select_optional(ev, t, from, out))
            return false;
    } else {
        enum access access = access_field(ev, t, from, t->name, out);
        if (access == ACCESS_ABSENT)
            access_absent(ev, t, from, value_string(t->name));
        if (access != ACCESS_FOUND)
            return false;
    }
    return note_secret(ev, t, out);
}

bool eval_index(struct eval *ev, const struct term *t, struct value *out)
{
    struct value from, key, found = VALUE_NONE;

    if (!eval_term(ev, t->args[0], &from) || !eval_term(ev, t->args[1], &key))
        return false;
    bool optional = t->optional || from.kind == VALUE_OPTIONAL;
    if (from.kind == VALUE_OPTIONAL && !from.optional)
        return wrap(ev, false, from, out);
    if (from.kind == VALUE_OPTIONAL)
        from = *from.optional;
    enum access access = access_element(ev, t, from, key, &found);
    if (access == ACCESS_ABSENT && !optional)
        access_absent(ev, t, from, key);
    if (access == ACCESS_FAULT || (access == ACCESS_ABSENT && !optional))
        return false;
    found.secret |= key.secret;
    *out = found;
    if (optional && !wrap(ev, access == ACCESS_FOUND, found, out))
        return false;
    return note_secret(ev, t, out);
}

bool eval_has(struct eval *ev, const struct term *t, struct value *out)
{
    struct value from, found;
    enum access access = ACCESS_ABSENT;

    if (!eval_term(ev, t->args[0], &from))
        return false;
    if (from.kind == VALUE_OPTIONAL && from.optional)
        from = *from.optional;
    if (from.kind != VALUE_OPTIONAL)
        access = access_field(ev, t, from, t->name, &found);
    *out = value_bool(access == ACCESS_FOUND);
    return access != ACCESS_FAULT && eval_step(ev);
}
