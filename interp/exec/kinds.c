#include "exec/kinds.h"

#include <math.h>

#include "base/arena.h"
#include "value/base64.h"
#include "value/semver.h"
#include "value/time.h"

enum { PLACES = 64 };  // of a list whose items are not alike; the rest of it is left out

static const char *word_of(struct value v)
{
    switch (v.kind) {
    case VALUE_TIMESTAMP: return "timestamp";
    case VALUE_DURATION: return "duration";
    case VALUE_BYTES: return "bytes";
    case VALUE_UINT: return "uint";
    case VALUE_SEMVER: return "semver";
    case VALUE_DOUBLE: return isfinite(v.d) ? NULL : "double";
    default: return NULL;
    }
}

static const char *key_word(struct value key)
{
    switch (key.kind) {
    case VALUE_BOOL: return "bool";
    case VALUE_INT: return "int";
    case VALUE_UINT: return "uint";
    default: return NULL;
    }
}

static struct value kinds_of_keys(struct value v, struct arena *a)
{
    struct value_builder *b = NULL;

    for (size_t i = 0; i < value_size(v); i++) {
        const char *word = key_word(v.map->entries[i].key);
        struct str name = STR("");
        if (!word)
            continue;
        if (!b)
            b = value_map_start(a);
        value_to_text(v.map->entries[i].key, a, &name);
        value_put(b, value_string(name), value_text(word));
    }
    return b ? value_finish(b) : VALUE_NONE;
}

static struct value with_keys(struct value keys, struct value kinds, struct arena *a)
{
    struct value_builder *b;

    if (keys.kind == VALUE_NULL)
        return kinds;
    b = value_list_start(a);
    value_add(b, keys);
    value_add(b, kinds);
    return value_finish(b);
}

static struct value kinds_of_map(struct value v, struct arena *a)
{
    struct value_builder *b = NULL;

    for (size_t i = 0; i < value_size(v); i++) {
        struct value one = kinds_of(v.map->entries[i].value, a);
        struct str name = STR("");
        if (one.kind == VALUE_NULL)
            continue;
        if (!b)
            b = value_map_start(a);
        value_to_text(v.map->entries[i].key, a, &name);
        value_put(b, value_string(name), one);
    }
    return with_keys(kinds_of_keys(v, a), b ? value_finish(b) : VALUE_NONE, a);
}

static struct value place(struct arena *a, size_t i)
{
    return value_string(str_format(a, "%zu", i));
}

static struct value kinds_of_list(struct value v, struct arena *a)
{
    size_t n = value_size(v), known = 0;
    struct value first = n ? kinds_of(value_item(v, 0), a) : VALUE_NONE;
    struct value_builder *b = value_map_start(a);
    bool alike = first.kind != VALUE_NULL;

    for (size_t i = 0; i < n; i++) {
        struct value one = i ? kinds_of(value_item(v, i), a) : first;
        alike = alike && value_equal(one, first);
        if (one.kind != VALUE_NULL && known < PLACES) {
            value_put(b, place(a, i), one);
            known++;
        }
    }
    if (alike) {
        b = value_map_start(a);
        value_put_s(b, "*", first);
    }
    return known ? value_finish(b) : VALUE_NONE;
}

static struct value kinds_of_optional(struct value v, struct arena *a)
{
    struct value_builder *b = value_list_start(a);

    value_add(b, v.optional ? kinds_of(*v.optional, a) : value_text("none"));
    return value_finish(b);
}

struct value kinds_of(struct value v, struct arena *a)
{
    const char *word = word_of(v);

    if (word)
        return value_text(word);
    if (v.kind == VALUE_OPTIONAL)
        return kinds_of_optional(v, a);
    return v.kind == VALUE_MAP    ? kinds_of_map(v, a)
           : v.kind == VALUE_LIST ? kinds_of_list(v, a)
                                  : VALUE_NONE;
}

// One beyond an int is text when it is read (value/json.h).
static bool whole_number(struct str text, uint64_t *n)
{
    *n = 0;
    for (size_t i = 0; i < text.n; i++)
        if (text.s[i] < '0' || text.s[i] > '9' || __builtin_mul_overflow(*n, 10, n) ||
            __builtin_add_overflow(*n, (uint64_t)(text.s[i] - '0'), n))
            return false;
    return text.n > 0;
}

static bool signed_number(struct str text, int64_t *n)
{
    bool minus = str_starts(text, "-");
    uint64_t size;

    if (!whole_number(str_slice(text, minus, text.n), &size) || size > (uint64_t)INT64_MAX + minus)
        return false;
    *n = (int64_t)(minus ? -size : size);
    return true;
}

// As double_write() says it.
static bool no_finite_number(struct str text, double *d)
{
    *d = str_is(text, "+Inf") ? INFINITY : str_is(text, "-Inf") ? -INFINITY : NAN;
    return !isnan(*d) || str_is(text, "NaN");
}

static struct value version(struct value v, struct arena *a)
{
    struct semver *of = NEW(a, struct semver);

    if (!semver_parse(str_copy(a, v.s), of))
        return v;
    return (struct value){ .kind = VALUE_SEMVER, .semver = of };
}

static struct value give_one(struct value v, struct value kind, struct arena *a)
{
    int64_t whole;
    uint32_t nanos;
    uint64_t large;
    struct str bytes;
    double d;

    if (v.kind == VALUE_INT && v.i >= 0 && str_is(kind.s, "uint"))
        return value_uint((uint64_t)v.i);
    if (v.kind != VALUE_STRING)
        return v;
    if (str_is(kind.s, "uint") && whole_number(v.s, &large))
        return value_uint(large);
    if (str_is(kind.s, "double") && no_finite_number(v.s, &d))
        return value_double(d);
    if (str_is(kind.s, "timestamp") && timestamp_parse(v.s, &whole, &nanos))
        return value_timestamp(whole, nanos);
    if (str_is(kind.s, "duration") && duration_parse_cel(v.s, &whole))
        return value_duration(whole);
    if (str_is(kind.s, "bytes") && base64_read(v.s, a, &bytes))
        return value_bytes(bytes);
    return str_is(kind.s, "semver") ? version(v, a) : v;
}

static struct value give_key(struct value key, struct value word)
{
    int64_t n;
    uint64_t large;

    if (key.kind != VALUE_STRING)
        return key;
    if (str_is(word.s, "bool"))
        return value_bool(str_is(key.s, "true"));
    if (str_is(word.s, "int") && signed_number(key.s, &n))
        return value_int(n);
    if (str_is(word.s, "uint") && whole_number(key.s, &large))
        return value_uint(large);
    return key;
}

static struct value give_map(struct value v, struct value keys, struct value kinds, struct arena *a)
{
    struct value_builder *b = value_map_start(a);
    struct value one;

    for (size_t i = 0; i < value_size(v); i++) {
        struct value_entry e = v.map->entries[i];
        bool known = kinds.kind == VALUE_MAP && value_get(kinds, e.key, &one);
        struct value inside = known ? kinds_give(e.value, one, a) : e.value;
        known = keys.kind == VALUE_MAP && value_get(keys, e.key, &one) && one.kind == VALUE_STRING;
        value_put(b, known ? give_key(e.key, one) : e.key, inside);
    }
    return value_finish(b);
}

static struct value give_list(struct value v, struct value kinds, struct arena *a)
{
    struct value_builder *b = value_list_start(a);
    struct value all = VALUE_NONE, one;
    bool alike = value_get(kinds, value_text("*"), &all);

    for (size_t i = 0; i < value_size(v); i++) {
        bool known = alike || value_get(kinds, place(a, i), &one);
        struct value item = value_item(v, i);
        value_add(b, known ? kinds_give(item, alike ? all : one, a) : item);
    }
    return value_finish(b);
}

static struct value give_optional(struct value v, struct value kinds, struct arena *a)
{
    struct value *inside = NULL;

    if (v.kind != VALUE_NULL || kinds.kind != VALUE_STRING) {
        inside = NEW(a, struct value);
        *inside = kinds_give(v, kinds, a);
    }
    return (struct value){ .kind = VALUE_OPTIONAL, .optional = inside };
}

struct value kinds_give(struct value v, struct value kinds, struct arena *a)
{
    if (kinds.kind == VALUE_STRING)
        return give_one(v, kinds, a);
    if (kinds.kind == VALUE_LIST && value_size(kinds) == 1)
        return give_optional(v, value_item(kinds, 0), a);
    if (v.kind == VALUE_MAP && kinds.kind == VALUE_LIST && value_size(kinds) == 2)
        return give_map(v, value_item(kinds, 0), value_item(kinds, 1), a);
    if (v.kind == VALUE_MAP && kinds.kind == VALUE_MAP)
        return give_map(v, VALUE_NONE, kinds, a);
    if (v.kind == VALUE_LIST && kinds.kind == VALUE_MAP)
        return give_list(v, kinds, a);
    return v;
}
