// Lists and maps: how they are collected and looked into.
//
// A map keeps its entries in the order they were put in. From INDEXED entries on it
// also has an open-addressing index, at most half full.

#include <string.h>

#include "base/arena.h"
#include "value/number.h"
#include "value/value.h"

enum { INDEXED = 9, ROOM = 8 };

struct value_builder {
    struct arena *arena;
    struct value_list *list;  // NULL when it is a map
    struct value_entry *entries;
    uint32_t *slots;  // entry number + 1, or 0
    size_t count, room, slot_count, weight;
    bool secret, objects;
};

// Keys are the same when they are the same text, or the same number in any kind.
static bool same_key(struct value a, struct value b)
{
    int64_t x, y;

    if (a.kind == VALUE_STRING || b.kind == VALUE_STRING)
        return a.kind == b.kind && str_equal(a.s, b.s);
    if (!value_is_number(a) || !value_is_number(b))
        return value_equal(a, b);
    bool a_int = number_as_int(a, &x), b_int = number_as_int(b, &y);
    if (a_int || b_int)
        return a_int && b_int && x == y;
    return value_equal(a, b);
}

// The slot of [key], or the free one where it belongs.
static size_t slot_of(const struct value_entry *entries, const uint32_t *slots, size_t slot_count,
                      struct value key)
{
    size_t mask = slot_count - 1, i = value_hash(key) & mask;

    while (slots[i] && !same_key(entries[slots[i] - 1].key, key))
        i = (i + 1) & mask;
    return i;
}

// Nearly all keys are text, and nearly all maps are small: the fields of an event.
static const struct value_entry *find_text(const struct value_entry *entries, size_t count,
                                           struct str key)
{
    for (size_t i = 0; i < count; i++) {
        const struct value *k = &entries[i].key;
        if (k->kind == VALUE_STRING && k->s.n == key.n &&
            (key.n == 0 || (*k->s.s == *key.s && memcmp(k->s.s, key.s, key.n) == 0)))
            return &entries[i];
    }
    return NULL;
}

static const struct value_entry *find(const struct value_entry *entries, size_t count,
                                      const uint32_t *slots, size_t slot_count, struct value key)
{
    if (slots) {
        uint32_t entry = slots[slot_of(entries, slots, slot_count, key)];
        return entry ? &entries[entry - 1] : NULL;
    }
    if (key.kind == VALUE_STRING)
        return find_text(entries, count, key.s);
    for (size_t i = 0; i < count; i++)
        if (same_key(entries[i].key, key))
            return &entries[i];
    return NULL;
}

static struct value_builder *start(struct arena *a, size_t room)
{
    struct value_builder *b = NEW(a, struct value_builder);

    b->arena = a;
    b->room = room;
    return b;
}

static struct value_list *list_with_room(struct arena *a, size_t room)
{
    return arena_alloc(a, 1, sizeof(struct value_list) + room * sizeof(struct value));
}

struct value_builder *value_list_of(struct arena *a, size_t count)
{
    struct value_builder *b = start(a, count ? count : 1);

    b->list = list_with_room(a, b->room);
    return b;
}

struct value_builder *value_list_start(struct arena *a)
{
    return value_list_of(a, ROOM);
}

struct value_builder *value_map_start(struct arena *a)
{
    return value_map_of(a, ROOM);
}

static void grow_list(struct value_builder *b)
{
    struct value_list *list = list_with_room(b->arena, b->room *= 2);

    memcpy(list->items, b->list->items, b->count * sizeof list->items[0]);
    b->list = list;
}

void value_add(struct value_builder *b, struct value item)
{
    if (b->count == b->room)
        grow_list(b);
    b->secret |= item.secret;
    b->weight += value_weight(item);
    b->objects |= value_has_objects(item);
    b->list->items[b->count++] = item;
}

static void index_entries(struct value_builder *b)
{
    b->slot_count = INDEXED - 1;
    while (b->slot_count < b->room * 2)
        b->slot_count *= 2;
    b->slots = NEW_ARRAY(b->arena, uint32_t, b->slot_count);
    for (size_t i = 0; i < b->count; i++)
        b->slots[slot_of(b->entries, b->slots, b->slot_count, b->entries[i].key)] = (uint32_t)i + 1;
}

static void grow_map(struct value_builder *b)
{
    struct value_entry *entries = NEW_ARRAY(b->arena, struct value_entry, b->room *= 2);

    memcpy(entries, b->entries, b->count * sizeof *entries);
    b->entries = entries;
    if (b->room >= INDEXED)
        index_entries(b);
}

struct value_builder *value_map_of(struct arena *a, size_t count)
{
    struct value_builder *b = start(a, count ? count : 1);

    b->entries = NEW_ARRAY(a, struct value_entry, b->room);
    if (b->room >= INDEXED)
        index_entries(b);
    return b;
}

void value_put(struct value_builder *b, struct value key, struct value value)
{
    const struct value_entry *old = find(b->entries, b->count, b->slots, b->slot_count, key);

    b->secret |= value.secret | key.secret;
    b->weight += value_weight(key) + value_weight(value);
    b->objects |= value_has_objects(value);
    if (old) {
        b->entries[old - b->entries].value = value;
        return;
    }
    if (b->count == b->room)
        grow_map(b);
    b->entries[b->count++] = (struct value_entry){ key, value };
    if (b->slots)
        b->slots[slot_of(b->entries, b->slots, b->slot_count, key)] = (uint32_t)b->count;
}

bool value_put_new(struct value_builder *b, struct value key, struct value value)
{
    if (find(b->entries, b->count, b->slots, b->slot_count, key))
        return false;
    value_put(b, key, value);
    return true;
}

void value_put_s(struct value_builder *b, const char *key, struct value value)
{
    value_put(b, value_text(key), value);
}

struct value value_map_small(struct arena *a, const struct value_entry *entries, size_t count)
{
    struct value_entry *kept = NEW_ARRAY(a, struct value_entry, count);
    struct value_map *map = NEW(a, struct value_map);
    bool secret = false;

    memcpy(kept, entries, count * sizeof *kept);
    *map = (struct value_map){ .count = count, .entries = kept };
    for (const struct value_entry *at = kept; at < kept + count; at++) {
        map->weight += value_weight(at->key) + value_weight(at->value);
        map->objects |= value_has_objects(at->value);
        map->keys |= value_key_bit(at->key.s);
        secret |= at->value.secret | at->key.secret;
    }
    return (struct value){ .kind = VALUE_MAP, .secret = secret, .map = map };
}

static struct value finish_map(struct value_builder *b)
{
    struct value_map *map = NEW(b->arena, struct value_map);

    *map = (struct value_map){
        b->count, b->entries, b->slots, b->slot_count, b->weight, b->objects
    };
    return (struct value){ .kind = VALUE_MAP, .secret = b->secret, .map = map };
}

struct value value_finish(struct value_builder *b)
{
    if (!b->list)
        return finish_map(b);
    b->list->count = b->count;
    b->list->weight = b->weight;
    b->list->objects = b->objects;
    return (struct value){ .kind = VALUE_LIST, .secret = b->secret, .list = b->list };
}

size_t value_size(struct value v)
{
    if (v.kind == VALUE_LIST)
        return v.list->count;
    return v.kind == VALUE_MAP ? v.map->count : 0;
}

bool value_has_objects(struct value v)
{
    switch (v.kind) {
    case VALUE_OBJECT:
        return true;
    case VALUE_LIST:
        return v.list->objects;
    case VALUE_MAP:
        return v.map->objects;
    case VALUE_OPTIONAL:
        return v.optional && value_has_objects(*v.optional);
    default:
        return false;
    }
}

size_t value_weight(struct value v)
{
    switch (v.kind) {
    case VALUE_STRING:
    case VALUE_BYTES:
    case VALUE_TYPE:
    case VALUE_IDENT:
        return sizeof v + v.s.n;
    case VALUE_LIST:
        return sizeof v + v.list->weight;
    case VALUE_MAP:
        return sizeof v + v.map->weight;
    case VALUE_OPTIONAL:
        return sizeof v + (v.optional ? value_weight(*v.optional) : 0);
    default:
        return sizeof v;
    }
}

struct value value_item(struct value list, size_t i)
{
    return list.list->items[i];
}

bool value_get(struct value map, struct value key, struct value *out)
{
    if (map.kind != VALUE_MAP)
        return false;
    const struct value_map *m = map.map;
    if (m->keys && key.kind == VALUE_STRING && !(m->keys & value_key_bit(key.s)))
        return false;
    const struct value_entry *entry = find(m->entries, m->count, m->slots, m->slot_count, key);
    if (entry)
        *out = entry->value;
    return entry != NULL;
}

bool value_field(struct value v, const char *key, struct arena *a, struct value *out)
{
    struct str why = STR("");

    if (v.kind == VALUE_OBJECT)
        return v.object->class->get(v.object, str_from(key), a, out, &why);
    return value_get(v, value_text(key), out);
}

static size_t weight_of(const struct value_entry *entries, size_t count)
{
    size_t weight = 0;

    for (size_t i = 0; i < count; i++)
        weight += value_weight(entries[i].key) + value_weight(entries[i].value);
    return weight;
}

// The keys are the same, and so is their index.
struct value value_with(struct arena *a, struct value from, const char *key, struct value value)
{
    const struct value_map *m = from.map;
    struct value_entry *entries = NEW_ARRAY(a, struct value_entry, m->count);
    struct value_map *map = NEW(a, struct value_map);
    const struct value_entry *old = find(m->entries, m->count, m->slots, m->slot_count,
                                         value_text(key));

    memcpy(entries, m->entries, m->count * sizeof *entries);
    entries[old - m->entries].value = value;
    *map = *m;
    map->entries = entries;
    map->weight = weight_of(entries, m->count);
    map->objects |= value_has_objects(value);
    from.map = map;
    from.secret |= value.secret;
    return from;
}

bool value_wholly_secret(struct value v)
{
    if (v.kind == VALUE_LIST)
        for (size_t i = 0; i < v.list->count; i++)
            if (v.list->items[i].secret)
                return false;
    if (v.kind == VALUE_MAP)
        for (size_t i = 0; i < v.map->count; i++)
            if (v.map->entries[i].value.secret || v.map->entries[i].key.secret)
                return false;
    return v.secret;
}

// Fields that cannot be read just now (a result that is withheld) are left out.
struct value value_object_map(struct value object, struct arena *a)
{
    const struct object *o = object.object;
    struct value_builder *b = value_map_start(a);
    const struct str *name = o->class->fields(o, a);

    for (; name && name->n; name++) {
        struct value field;
        struct str why = STR("");
        if (o->class->get(o, *name, a, &field, &why))
            value_put(b, value_string(*name), field);
    }
    struct value map = value_finish(b);
    map.secret |= object.secret;
    return map;
}
