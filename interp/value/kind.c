// What the kinds of values are called, and the simple ones made.

#include "base/arena.h"
#include "value/value.h"

static const struct {
    const char *type, *words;
} kinds[] = {
    [VALUE_NULL] = { "null_type", "null" },
    [VALUE_BOOL] = { "bool", "true or false" },
    [VALUE_INT] = { "int", "a whole number" },
    [VALUE_UINT] = { "uint", "an unsigned whole number" },
    [VALUE_DOUBLE] = { "double", "a number" },
    [VALUE_STRING] = { "string", "text" },
    [VALUE_BYTES] = { "bytes", "bytes" },
    [VALUE_LIST] = { "list", "a list" },
    [VALUE_MAP] = { "map", "a map" },
    [VALUE_DURATION] = { "google.protobuf.Duration", "a duration" },
    [VALUE_TIMESTAMP] = { "google.protobuf.Timestamp", "a point in time" },
    [VALUE_TYPE] = { "type", "a type" },
    [VALUE_OPTIONAL] = { "optional_type", "an optional value" },
    [VALUE_SEMVER] = { "semver", "a version" },
    [VALUE_IDENT] = { "ident", "an SQL name" },
    [VALUE_OBJECT] = { "map", "a map" },
};

const char *value_type_name(struct value v)
{
    return kinds[v.kind].type;
}

const char *value_kind_words(enum value_kind kind)
{
    return kinds[kind].words;
}

// A duration ends at 292 years; more milliseconds than that are that.
struct value value_duration_ms(int64_t ms)
{
    int64_t nanoseconds;

    if (__builtin_mul_overflow(ms, 1000000, &nanoseconds))
        nanoseconds = ms < 0 ? INT64_MIN : INT64_MAX;
    return value_duration(nanoseconds);
}

struct value value_object(struct arena *a, const struct object_class *class, void *ctx)
{
    struct object *o = NEW(a, struct object);

    *o = (struct object){ .class = class, .ctx = ctx };
    return (struct value){ .kind = VALUE_OBJECT, .object = o };
}
