#include "base/map.h"

#include <string.h>

#include "base/arena.h"

struct entry {
    struct str key;
    void *value;
};

struct map {
    struct arena *arena;
    struct entry *entries;  // in order
    size_t count, room;
    uint32_t *slots;  // entry number + 1, or 0; a third more than room at least
    size_t slot_count;
};

uint64_t str_hash(struct str s)
{
    uint64_t h = 1469598103934665603u;

    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.s[i]) * 1099511628211u;
    return h ^ h >> 32;
}

struct map *map_new(struct arena *a)
{
    struct map *m = NEW(a, struct map);

    m->arena = a;
    return m;
}

static size_t slot_of(const struct map *m, struct str key)
{
    size_t mask = m->slot_count - 1, i = str_hash(key) & mask;

    while (m->slots[i] && !str_equal(m->entries[m->slots[i] - 1].key, key))
        i = (i + 1) & mask;
    return i;
}

static void make_room(struct map *m, size_t room)
{
    size_t slots = 16;

    while (slots < room + room / 3)
        slots *= 2;
    m->entries = arena_grow(m->arena, m->entries, m->room, room, sizeof *m->entries);
    m->room = room;
    m->slots = arena_grow(m->arena, m->slots, m->slot_count, slots, sizeof *m->slots);
    m->slot_count = slots;
    memset(m->slots, 0, m->slot_count * sizeof *m->slots);
    for (size_t i = 0; i < m->count; i++)
        m->slots[slot_of(m, m->entries[i].key)] = (uint32_t)i + 1;
}

// By half at least, so that many small reservations are no more work than one.
void map_reserve(struct map *m, size_t more)
{
    size_t need = m->count + more, half = m->room + m->room / 2;

    if (need > m->room)
        make_room(m, need > half ? need : half);
}

void *map_get(const struct map *m, struct str key)
{
    if (m->count == 0)
        return NULL;
    uint32_t entry = m->slots[slot_of(m, key)];
    return entry ? m->entries[entry - 1].value : NULL;
}

void map_put(struct map *m, struct str key, void *value)
{
    if (m->count == m->room)
        make_room(m, m->room ? m->room * 2 : 8);
    size_t slot = slot_of(m, key);
    if (!m->slots[slot]) {
        m->entries[m->count] = (struct entry){ .key = key };
        m->slots[slot] = (uint32_t)++m->count;
    }
    m->entries[m->slots[slot] - 1].value = value;
}

size_t map_count(const struct map *m)
{
    return m->count;
}

struct str map_key(const struct map *m, size_t i)
{
    return m->entries[i].key;
}

void *map_value(const struct map *m, size_t i)
{
    return m->entries[i].value;
}
