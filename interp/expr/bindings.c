#include "expr/bindings.h"

#include "base/arena.h"

static bool get(const struct scope *s, struct str name, struct arena *a, struct value *out,
                struct str *why)
{
    const struct value *map = s->ctx;

    (void)a, (void)why;
    return value_get(*map, value_string(name), out);
}

static const char *const *names_of(struct value map, struct arena *a)
{
    const char **names = NEW_ARRAY(a, const char *, value_size(map) + 1);
    size_t n = 0;

    for (size_t i = 0; i < value_size(map); i++)
        if (map.map->entries[i].key.kind == VALUE_STRING)
            names[n++] = str_copy(a, map.map->entries[i].key.s).s;
    return names;
}

const struct scope *scope_of_map(struct arena *a, struct value map, struct value now)
{
    struct scope *s = NEW(a, struct scope);
    struct value *ctx = NEW(a, struct value);

    *ctx = map;
    *s = (struct scope){ .get = get, .ctx = ctx, .now = now, .roots = names_of(map, a) };
    return s;
}
