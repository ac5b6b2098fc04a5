// A dictionary from text to anything, in the order things were put in.
//
// Keys are not copied: they must live as long as the map. Open addressing, FNV-1a.

#pragma once

#include "base/str.h"

struct map;

struct map *map_new(struct arena *a);
// Makes room for [more] that will be put in, so that no more is taken than they need.
void map_reserve(struct map *m, size_t more);

// The value of [key], or NULL.
void *map_get(const struct map *m, struct str key);
// Puts or replaces. [value] must not be NULL.
void map_put(struct map *m, struct str key, void *value);
size_t map_count(const struct map *m);
// The i-th that was put in, in order.
struct str map_key(const struct map *m, size_t i);
void *map_value(const struct map *m, size_t i);

uint64_t str_hash(struct str s);
