#include "exec/core/masked.h"

#include "base/arena.h"
#include "base/buf.h"
#include "value/json.h"

struct masker {
    const struct mask *mask;
    struct arena *arena, *scratch;
    bool found;
};

static bool stands_in(struct masker *k, struct str text)
{
    bool found = false;

    mask_text(k->mask, text, k->scratch, &found);
    return found;
}

static bool is_container(struct value v)
{
    return v.kind == VALUE_LIST || v.kind == VALUE_MAP;
}

// The lines of an output, of which a program broke base64 into some: it stands in none of them.
static struct str together(struct masker *k, struct value list)
{
    struct buf b = BUF_EMPTY;

    for (size_t i = 0; i < value_size(list); i++) {
        struct value item = value_item(list, i);
        if (item.kind != VALUE_STRING)
            continue;
        buf_add(&b, item.s);
        buf_add_c(&b, '\n');
    }
    return buf_take(&b, k->scratch);
}

static bool holds(struct masker *k, struct value v);

static bool list_holds(struct masker *k, struct value v)
{
    if (stands_in(k, together(k, v)))
        return true;
    for (size_t i = 0; i < value_size(v); i++)
        if (value_item(v, i).kind != VALUE_STRING && holds(k, value_item(v, i)))
            return true;
    return false;
}

static bool map_holds(struct masker *k, struct value v)
{
    for (size_t i = 0; i < value_size(v); i++)
        if (holds(k, v.map->entries[i].key) || holds(k, v.map->entries[i].value))
            return true;
    return false;
}

static bool holds(struct masker *k, struct value v)
{
    switch (v.kind) {
    case VALUE_NULL:
    case VALUE_BOOL:
        return false;
    case VALUE_STRING:
    case VALUE_BYTES:
        return stands_in(k, v.s);
    case VALUE_LIST:
        return list_holds(k, v);
    case VALUE_MAP:
        return map_holds(k, v);
    default:
        return stands_in(k, json_text(v, k->scratch));
    }
}

// Also as it will be written: a secret that is JSON was taken apart, and is put together again.
static bool is_seen(struct masker *k, struct value v)
{
    return holds(k, v) || (is_container(v) && stands_in(k, json_text(v, k->scratch)));
}

static struct value hide(struct masker *k, struct value v);

static struct value stars(struct masker *k, struct value v)
{
    (void)k;
    (void)v;
    return value_text("***");
}

// [v] with what [become] makes of each of its parts.
static struct value rebuilt(struct masker *k, struct value v,
                            struct value (*become)(struct masker *k, struct value v))
{
    bool is_map = v.kind == VALUE_MAP;
    struct value_builder *b = is_map ? value_map_of(k->arena, value_size(v))
                                     : value_list_of(k->arena, value_size(v));

    for (size_t i = 0; i < value_size(v); i++) {
        if (is_map)
            value_put(b, hide(k, v.map->entries[i].key), become(k, v.map->entries[i].value));
        else
            value_add(b, become(k, value_item(v, i)));
    }
    return value_finish(b);
}

static struct value hide(struct masker *k, struct value v)
{
    if (!is_seen(k, v))
        return v;
    k->found = true;
    if (v.kind == VALUE_BYTES)
        return value_bytes(mask_text(k->mask, v.s, k->arena, NULL));
    if (!is_container(v)) {
        struct str text = v.kind == VALUE_STRING ? v.s : json_text(v, k->scratch);
        return value_string(mask_text(k->mask, text, k->arena, NULL));
    }
    v = rebuilt(k, v, hide);
    return is_seen(k, v) ? rebuilt(k, v, stars) : v;
}

// What most of an event is, and all of an output.
static struct value masked_string(struct value v, const struct mask *m, struct arena *a,
                                  bool *found)
{
    bool here = false;
    struct str text = mask_text(m, v.s, a, &here);

    if (found)
        *found |= here;
    return here ? value_string(text) : v;
}

struct value masked_value(struct value v, const struct mask *m, struct arena *a, bool *found)
{
    struct masker k = { .mask = m, .arena = a };

    if (!m || mask_is_empty(m))
        return v;
    if (v.kind == VALUE_STRING)
        return masked_string(v, m, a, found);
    k.scratch = arena_new(NULL);
    v = hide(&k, v);
    if (found)
        *found |= k.found;
    arena_free(k.scratch);
    return v;
}
