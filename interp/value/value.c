#include "value/value.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "value/number.h"
#include "value/semver.h"
#include "value/time.h"

static bool lists_equal(const struct value_list *a, const struct value_list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!value_equal(a->items[i], b->items[i]))
            return false;
    return true;
}

static bool maps_equal(struct value a, struct value b)
{
    struct value other;

    if (a.map->count != b.map->count)
        return false;
    for (size_t i = 0; i < a.map->count; i++) {
        const struct value_entry *e = &a.map->entries[i];
        if (!value_get(b, e->key, &other) || !value_equal(e->value, other))
            return false;
    }
    return true;
}

static bool is_mapping(struct value v)
{
    return v.kind == VALUE_MAP || v.kind == VALUE_OBJECT;
}

static bool mappings_equal(struct value a, struct value b)
{
    struct arena *scratch = arena_new(NULL);

    if (a.kind == VALUE_OBJECT)
        a = value_object_map(a, scratch);
    if (b.kind == VALUE_OBJECT)
        b = value_object_map(b, scratch);
    bool equal = maps_equal(a, b);
    arena_free(scratch);
    return equal;
}

static bool optionals_equal(const struct value *a, const struct value *b)
{
    return a && b ? value_equal(*a, *b) : a == b;
}

bool value_equal(struct value a, struct value b)
{
    int order;

    if (value_is_number(a) && value_is_number(b))
        return number_compare(a, b, &order) && order == 0;
    if (a.kind != b.kind)
        return is_mapping(a) && is_mapping(b) && mappings_equal(a, b);
    switch (a.kind) {
    case VALUE_BOOL:
        return a.b == b.b;
    case VALUE_STRING:
    case VALUE_BYTES:
    case VALUE_TYPE:
    case VALUE_IDENT:
        return str_equal(a.s, b.s);
    case VALUE_LIST:
        return lists_equal(a.list, b.list);
    case VALUE_MAP:
        return maps_equal(a, b);
    case VALUE_DURATION:
        return a.i == b.i;
    case VALUE_TIMESTAMP:
        return a.i == b.i && a.nanos == b.nanos;
    case VALUE_OPTIONAL:
        return optionals_equal(a.optional, b.optional);
    case VALUE_SEMVER:
        return semver_compare(a.semver, b.semver) == 0;
    case VALUE_OBJECT:
        return mappings_equal(a, b);
    default:
        return true;
    }
}

static int order_of(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

bool value_compare(struct value a, struct value b, int *order)
{
    if (value_is_number(a) && value_is_number(b))
        return number_compare(a, b, order);
    if (a.kind != b.kind)
        return false;
    switch (a.kind) {
    case VALUE_BOOL:
        *order = (int)a.b - (int)b.b;
        return true;
    case VALUE_STRING:
    case VALUE_BYTES:
        *order = str_compare(a.s, b.s);
        *order = (*order > 0) - (*order < 0);
        return true;
    case VALUE_DURATION:
        *order = order_of(a.i, b.i);
        return true;
    case VALUE_TIMESTAMP:
        *order = a.i != b.i ? order_of(a.i, b.i) : order_of(a.nanos, b.nanos);
        return true;
    case VALUE_SEMVER:
        *order = semver_compare(a.semver, b.semver);
        return true;
    default:
        return false;
    }
}

static uint64_t mix(uint64_t h, uint64_t with)
{
    h = (h ^ with) * 0x9E3779B97F4A7C15u;
    return h ^ h >> 32;
}

// Equal numbers are equal as doubles, whatever their kinds.
static uint64_t hash_number(struct value v)
{
    double d = value_as_double(v) + 0.0;
    uint64_t bits;

    memcpy(&bits, &d, sizeof bits);
    return mix(VALUE_DOUBLE, bits);
}

static uint64_t hash_list(const struct value_list *list)
{
    uint64_t h = mix(VALUE_LIST, list->count);

    for (size_t i = 0; i < list->count; i++)
        h = mix(h, value_hash(list->items[i]));
    return h;
}

// Maps and objects are equal in any order of their keys, so only their kind counts.
uint64_t value_hash(struct value v)
{
    switch (v.kind) {
    case VALUE_INT:
    case VALUE_UINT:
    case VALUE_DOUBLE:
        return hash_number(v);
    case VALUE_STRING:
    case VALUE_BYTES:
    case VALUE_TYPE:
    case VALUE_IDENT:
        return mix(v.kind, str_hash(v.s));
    case VALUE_BOOL:
        return mix(VALUE_BOOL, v.b);
    case VALUE_DURATION:
        return mix(VALUE_DURATION, (uint64_t)v.i);
    case VALUE_TIMESTAMP:
        return mix(mix(VALUE_TIMESTAMP, (uint64_t)v.i), v.nanos);
    case VALUE_LIST:
        return hash_list(v.list);
    case VALUE_MAP:
    case VALUE_OBJECT:
        return mix(VALUE_MAP, 0);
    default:
        return mix(v.kind, 1);
    }
}

static bool same_items(const struct value_list *a, const struct value_list *b)
{
    bool same = a->count == b->count;

    for (size_t i = 0; same && i < a->count; i++)
        same = value_same(a->items[i], b->items[i]);
    return same;
}

// From the end: what tells one result from another, as the time it took, mostly stands there.
static bool same_entries(const struct value_map *a, const struct value_map *b)
{
    bool same = a->count == b->count;

    for (size_t i = a->count; same && i > 0; i--)
        same = value_same(a->entries[i - 1].value, b->entries[i - 1].value) &&
               value_same(a->entries[i - 1].key, b->entries[i - 1].key);
    return same;
}

bool value_same(struct value a, struct value b)
{
    if (a.kind != b.kind || a.secret != b.secret)
        return false;
    switch (a.kind) {
    case VALUE_LIST:
        return same_items(a.list, b.list);
    case VALUE_MAP:
        return same_entries(a.map, b.map);
    case VALUE_OBJECT:
        return false;
    case VALUE_DOUBLE:
        return memcmp(&a.d, &b.d, sizeof a.d) == 0;
    case VALUE_SEMVER:
        return str_equal(a.semver->text, b.semver->text);
    case VALUE_OPTIONAL:
        return a.optional && b.optional ? value_same(*a.optional, *b.optional)
                                        : a.optional == b.optional;
    default:
        return value_equal(a, b);
    }
}

static struct value copy_list(struct arena *a, struct value v)
{
    struct value_builder *b = value_list_of(a, v.list->count);

    for (size_t i = 0; i < v.list->count; i++)
        value_add(b, value_copy(a, v.list->items[i]));
    return value_finish(b);
}

// No key is looked for: they are different ones already.
static struct value copy_map(struct arena *a, struct value v)
{
    const struct value_map *from = v.map;
    struct value_map *map = NEW(a, struct value_map);
    struct value_entry *entries = NEW_ARRAY(a, struct value_entry, from->count);
    struct value copy = { .kind = VALUE_MAP, .secret = v.secret, .map = map };

    *map = (struct value_map){ .count = from->count, .entries = entries, .keys = from->keys };
    for (size_t i = 0; i < from->count; i++) {
        entries[i].key = value_copy(a, from->entries[i].key);
        entries[i].value = value_copy(a, from->entries[i].value);
        map->weight += value_weight(entries[i].key) + value_weight(entries[i].value);
        copy.secret |= entries[i].key.secret | entries[i].value.secret;
    }
    if (from->slot_count) {
        uint32_t *slots = NEW_ARRAY(a, uint32_t, from->slot_count);
        map->slots = memcpy(slots, from->slots, from->slot_count * sizeof *slots);
        map->slot_count = from->slot_count;
    }
    return copy;
}

static struct value copy_semver(struct arena *a, struct value v)
{
    struct semver *copy = NEW(a, struct semver);

    semver_parse(str_copy(a, v.semver->text), copy);
    return (struct value){ .kind = VALUE_SEMVER, .semver = copy };
}

static struct value copy_optional(struct arena *a, struct value v)
{
    struct value *copy = NULL;

    if (v.optional) {
        copy = NEW(a, struct value);
        *copy = value_copy(a, *v.optional);
    }
    return (struct value){ .kind = VALUE_OPTIONAL, .optional = copy };
}

static struct value copy_object(struct arena *a, struct value v)
{
    struct arena *scratch = arena_new(NULL);
    struct value copy = value_copy(a, value_object_map(v, scratch));

    arena_free(scratch);
    return copy;
}

struct value value_copy(struct arena *a, struct value v)
{
    struct value copy = v;

    switch (v.kind) {
    case VALUE_STRING:
    case VALUE_BYTES:
    case VALUE_TYPE:
    case VALUE_IDENT:
        copy.s = str_copy(a, v.s);
        break;
    case VALUE_LIST:
        copy = copy_list(a, v);
        break;
    case VALUE_MAP:
        copy = copy_map(a, v);
        break;
    case VALUE_OPTIONAL:
        copy = copy_optional(a, v);
        break;
    case VALUE_SEMVER:
        copy = copy_semver(a, v);
        break;
    case VALUE_OBJECT:
        copy = copy_object(a, v);
        break;
    default:
        break;
    }
    copy.secret |= v.secret;
    return copy;
}
