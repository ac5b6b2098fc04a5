// Whether a value comes back from JSON as it went.

#include "base/arena.h"
#include "value/json.h"

enum { DEEPEST = 200 };  // as what is read from outside (json.c)

static bool keeps(struct value v, int depth, struct arena *a, struct str *why);

static bool is_plain_key(struct value key)
{
    return key.kind == VALUE_STRING && utf8_invalid(key.s) == SIZE_MAX;
}

// Only keys that are written as another text than their own can be alike when they are written.
static bool has_names(const struct value_map *map, struct arena *a, struct str *why)
{
    struct value_builder *names;
    size_t plain = 0;

    while (plain < map->count && is_plain_key(map->entries[plain].key))
        plain++;
    if (plain == map->count)
        return true;
    names = value_map_of(a, map->count);
    for (size_t i = 0; i < map->count; i++) {
        struct str text = STR("");
        value_to_text(map->entries[i].key, a, &text);
        struct str name = json_text(value_string(text), a);
        if (value_put_new(names, value_string(name), VALUE_NONE))
            continue;
        *why = str_format(a, "two keys of a map are both written as %.*s", STR_ARG(name));
        return false;
    }
    return true;
}

// The library that reads JSON takes no NUL in a name.
static bool has_nul(struct value key)
{
    return key.kind == VALUE_STRING && str_find(key.s, '\0') != SIZE_MAX;
}

static bool keeps_map(const struct value_map *map, int depth, struct arena *a, struct str *why)
{
    for (size_t i = 0; i < map->count; i++) {
        if (has_nul(map->entries[i].key)) {
            *why = STR("a key of a map holds a NUL");
            return false;
        }
        if (!keeps(map->entries[i].value, depth + 1, a, why))
            return false;
    }
    return has_names(map, a, why);
}

static bool keeps_list(const struct value_list *list, int depth, struct arena *a, struct str *why)
{
    for (size_t i = 0; i < list->count; i++)
        if (!keeps(list->items[i], depth + 1, a, why))
            return false;
    return true;
}

static bool keeps(struct value v, int depth, struct arena *a, struct str *why)
{
    if (depth > DEEPEST) {
        *why = STR("it is nested deeper than 200");
        return false;
    }
    switch (v.kind) {
    case VALUE_LIST:
        return keeps_list(v.list, depth, a, why);
    case VALUE_MAP:
        return keeps_map(v.map, depth, a, why);
    case VALUE_OBJECT:
        return keeps_map(value_object_map(v, a).map, depth, a, why);
    case VALUE_OPTIONAL:
        return !v.optional || keeps(*v.optional, depth, a, why);
    default:
        return true;
    }
}

bool json_keeps(struct value v, struct arena *a, struct str *why)
{
    return keeps(v, 0, a, why);
}
