// What expressions compute with, steps return and inputs hold.
//
// A value is small, passed by copy and never changes; what it points at (text,
// lists, maps) lives in the arena it was made in, and a value that is to outlive
// that arena is copied with value_copy().
//
// The kinds are those of the Common Expression Language, plus three of ours:
// semver, ident (a quoted SQL identifier) and object (looked up when read).

#pragma once

#include "base/str.h"

enum value_kind {
    VALUE_NULL,
    VALUE_BOOL,
    VALUE_INT,
    VALUE_UINT,
    VALUE_DOUBLE,
    VALUE_STRING,
    VALUE_BYTES,
    VALUE_LIST,
    VALUE_MAP,
    VALUE_DURATION,   // nanoseconds in [i]
    VALUE_TIMESTAMP,  // seconds since 1970 in [i], nanoseconds in [nanos]
    VALUE_TYPE,       // the name of a type in [s]
    VALUE_OPTIONAL,   // [optional]: the value, or NULL for none
    VALUE_SEMVER,
    VALUE_IDENT,   // [s]: the name, unquoted; only the sql action takes it
    VALUE_OBJECT,  // fields that are looked up when they are read
};

struct value {
    enum value_kind kind : 8;
    // The value is a secret or was computed from one; a list or map is secret when
    // anything in it is. See masking in action/mask.h.
    bool secret : 1;
    uint32_t nanos;  // VALUE_TIMESTAMP: 0 to 999,999,999
    union {
        bool b;
        int64_t i;
        uint64_t u;
        double d;
        struct str s;
        const struct value_list *list;
        const struct value_map *map;
        const struct value *optional;
        const struct semver *semver;
        const struct object *object;
    };
};

// A value may stand in many places at once. The weight of a list or map is what it
// would take if each place had its own copy, in bytes; value_weight() of all in it.
struct value_list {
    size_t count;
    size_t weight;
    bool objects;  // there are some in it, at any depth
    struct value items[];
};

struct value_entry {
    struct value key;  // bool, int, uint or string
    struct value value;
};

// In the order in which the entries were written.
struct value_map {
    size_t count;
    const struct value_entry *entries;
    const uint32_t *slots;  // a hash index of ours, NULL for small maps
    size_t slot_count;
    size_t weight;
    bool objects;
    uint64_t keys;  // a bit for each, all of which are text; 0: any may stand there
};
// So few that a map needs no index, and their keys are text of which each is there once.
struct value value_map_small(struct arena *a, const struct value_entry *entries, size_t count);

// The bit of a key, which others may share: most keys that a map lacks are known by it.
static inline uint64_t value_key_bit(struct str key)
{
    const unsigned char *s = (const unsigned char *)key.s;

    return key.n ? (uint64_t)1 << ((key.n + s[0] * 5u + s[key.n - 1] * 11u) % 64) : 1;
}

struct semver {
    int64_t major, minor, patch;
    struct str pre;  // the pre-release, without its dash
    struct str text;
};

// Something with named fields that are only made when they are asked for, such as
// `steps` or the result of one. [get] returns false when there is no such field; it
// may then say why in [why] (whole words for the operator), which becomes the error.
struct object {
    const struct object_class *class;
    void *ctx;
};
struct object_class {
    const char *name;  // for messages: "step", "runbook"
    bool (*get)(const struct object *o, struct str field, struct arena *a, struct value *out,
                struct str *why);
    // The names of all fields, for toJson, equality, iteration; ended by n == 0.
    const struct str *(*fields)(const struct object *o, struct arena *a);
};

#define VALUE_NONE ((struct value){ .kind = VALUE_NULL })

// Made in place: a function of another file would make each in memory of its own, to be
// copied from there.
static inline struct value value_bool(bool b)
{
    return (struct value){ .kind = VALUE_BOOL, .b = b };
}

static inline struct value value_int(int64_t i)
{
    return (struct value){ .kind = VALUE_INT, .i = i };
}

static inline struct value value_uint(uint64_t u)
{
    return (struct value){ .kind = VALUE_UINT, .u = u };
}

static inline struct value value_double(double d)
{
    return (struct value){ .kind = VALUE_DOUBLE, .d = d };
}

// Not copied.
static inline struct value value_string(struct str s)
{
    return (struct value){ .kind = VALUE_STRING, .s = s };
}

static inline struct value value_text(const char *c_string)
{
    return value_string(str_from(c_string));
}

static inline struct value value_bytes(struct str s)
{
    return (struct value){ .kind = VALUE_BYTES, .s = s };
}

static inline struct value value_duration(int64_t nanoseconds)
{
    return (struct value){ .kind = VALUE_DURATION, .i = nanoseconds };
}

static inline struct value value_timestamp(int64_t seconds, uint32_t nanos)
{
    return (struct value){ .kind = VALUE_TIMESTAMP, .i = seconds, .nanos = nanos };
}

// The same, marked secret.
static inline struct value value_secret(struct value v)
{
    v.secret = true;
    return v;
}

struct value value_duration_ms(int64_t ms);
struct value value_object(struct arena *a, const struct object_class *class, void *ctx);

// A secret list or map in which nothing is marked itself is secret as a whole, and so
// is whatever is taken out of it; in one that holds secrets, only those are.
bool value_wholly_secret(struct value v);

// Lists and maps are made by collecting, then finishing.
struct value_builder;
struct value_builder *value_list_start(struct arena *a);
struct value_builder *value_map_start(struct arena *a);
// The same when it is known how many there will be: no more memory than that is taken.
struct value_builder *value_list_of(struct arena *a, size_t count);
struct value_builder *value_map_of(struct arena *a, size_t count);
void value_add(struct value_builder *b, struct value item);                         // list
void value_put(struct value_builder *b, struct value key, struct value value);      // map; replaces
bool value_put_new(struct value_builder *b, struct value key, struct value value);  // false: old
void value_put_s(struct value_builder *b, const char *key, struct value value);
// What was put so far. More may be put then, and this be called again; what was given out before
// must not be looked at any more.
struct value value_finish(struct value_builder *b);
// [map] with another value for a key that it has.
struct value value_with(struct arena *a, struct value map, const char *key, struct value value);
// An object with all of its fields made; those that cannot be had are left out.
struct value value_object_map(struct value object, struct arena *a);

size_t value_weight(struct value v);
bool value_has_objects(struct value v);  // is one, or holds some
size_t value_size(struct value v);       // of a list or map; 0 of others
struct value value_item(struct value list, size_t i);
// The entry of a map. A number finds a key of the same numeric value whatever its
// kind. False if there is none, or if it is no map.
bool value_get(struct value map, struct value key, struct value *out);
// The entry of a map or the field of an object.
bool value_field(struct value map_or_object, const char *key, struct arena *a, struct value *out);

// CEL equality: unlike kinds are unequal, int, uint and double compare as numbers,
// NaN equals nothing.
bool value_equal(struct value a, struct value b);
// Nobody can tell one from the other: of the same kind, in the same order, as secret. Always
// false of what holds objects.
bool value_same(struct value a, struct value b);
// CEL order into [order] (-1, 0, 1). False for kinds that have none together, NaN.
bool value_compare(struct value a, struct value b, int *order);
uint64_t value_hash(struct value v);

// A deep copy that needs nothing outside of [a]. An object becomes a map.
struct value value_copy(struct arena *a, struct value v);

// The kind as CEL's type() calls it ("int", "google.protobuf.Duration", ...), and as
// people do ("a whole number", "text", "a list", ...; never "string", "map").
const char *value_type_name(struct value v);
const char *value_kind_words(enum value_kind kind);

// Text for a template or a word: string, bool, numbers, duration ("1h30m", "500ms"),
// timestamp (RFC 3339). False for null, lists, maps, bytes and the rest.
bool value_to_text(struct value v, struct arena *a, struct str *out);

// As a person is shown it: JSON-like, at most [limit] bytes with an ellipsis inside.
struct str value_show(struct value v, struct arena *a, size_t limit);

// Durations as the language writes them: 500ms, 30s, 5m, 1h30m, 7d; no sign, no
// fraction. False for anything else.
bool duration_parse(struct str s, int64_t *nanoseconds);
struct str duration_text(struct arena *a, int64_t nanoseconds);
// Sizes: a number with B, KiB, MiB, GiB, TiB, KB, MB, GB.
bool size_parse(struct str s, int64_t *bytes);
