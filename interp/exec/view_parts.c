// Values with parts missing: fields that held a secret or for which the disk was too full, fields
// that a result only has when there is something to say. Who reads one of them is told why it is not there.

#include "base/arena.h"
#include "exec/inside.h"
#include "value/fields.h"
#include "value/json.h"

// ---- what was not kept

struct str view_why_lost(struct str what, const struct task *t, struct arena *a)
{
    bool full = truth_of(t->more->lost, "full");

    return str_format(a,
                      "`%.*s` of step `%.*s` %s and was not kept; it cannot be read "
                      "after a resume",
                      STR_ARG(what), STR_ARG(t->address),
                      full ? "was too long for a full disk" : "held a secret");
}

// A map of which some fields are not known any more.
struct partial {
    struct value map, lost;
    const struct task *of;
};

static bool partial_get(const struct object *o, struct str field, struct arena *a,
                        struct value *out, struct str *why)
{
    const struct partial *p = o->ctx;

    if (list_has(p->lost, field)) {
        *why = view_why_lost(field, p->of, a);
        return false;
    }
    return value_get(p->map, value_string(field), out);
}

static const struct str *partial_fields(const struct object *o, struct arena *a)
{
    const struct partial *p = o->ctx;
    struct str *names = NEW_ARRAY(a, struct str, value_size(p->map) + 1);
    size_t n = 0;

    for (size_t i = 0; i < value_size(p->map); i++)
        if (p->map.map->entries[i].key.kind == VALUE_STRING)
            names[n++] = p->map.map->entries[i].key.s;
    return names;
}

static const struct object_class partial_class = { "map", partial_get, partial_fields };

struct value view_known(struct value map, struct value lost, const struct task *of, struct arena *a)
{
    struct partial *p;

    if (value_size(lost) == 0 || map.kind != VALUE_MAP)
        return map;
    p = NEW(a, struct partial);
    *p = (struct partial){ map, lost, of };
    return value_object(a, &partial_class, p);
}

// Fields that every step has, whatever became of it.

// ---- what is not always in a result

// Fields that a result only has when there is something to say, known by one that is
// always beside them.
static const struct {
    const char *field, *beside, *why, *why_beyond;  // the last: a number in it is out of range
} sometimes[] = {
    { "json", "stdout", "the output is not JSON", "the output cannot be taken as JSON" },
    { "json", "body", "the body of the answer is not JSON",
      "the body of the answer cannot be taken as JSON" },
    { "row", "rows", "the statement gave no row" },
    { "value", "rows", "the statement gave no row, and so no value" },
};
enum { SOMETIMES = sizeof sometimes / sizeof sometimes[0] };

static bool is_left_out(size_t i, struct value result, struct arena *a)
{
    struct value ignored;

    return result.kind == VALUE_MAP && value_field(result, sometimes[i].beside, a, &ignored) &&
           !value_field(result, sometimes[i].field, a, &ignored);
}

// What is wrong with the text that should be JSON.
static struct str json_trouble(struct value result, size_t i, struct arena *a)
{
    struct json_error error = { 0 };
    struct value text, ignored;

    if (!value_field(result, sometimes[i].beside, a, &text) || text.kind != VALUE_STRING ||
        !text.s.n || text.secret || json_read(text.s, a, &ignored, &error))
        return str_from(sometimes[i].why);
    return str_format(a, "%s: %.*s", error.beyond ? sometimes[i].why_beyond : sometimes[i].why,
                      STR_ARG(error.message));
}

// Why [result] has no [field]; empty if that is no question of it.
struct str view_why_not(struct value result, struct str field, struct arena *a)
{
    for (size_t i = 0; i < SOMETIMES; i++)
        if (str_is(field, sometimes[i].field) && is_left_out(i, result, a))
            return str_is(field, "json") ? json_trouble(result, i, a)
                                         : str_from(sometimes[i].why);
    return STR("");
}

static bool plain_get(const struct object *o, struct str field, struct arena *a, struct value *out,
                      struct str *why)
{
    const struct value *result = o->ctx;

    if (value_get(*result, value_string(field), out))
        return true;
    *why = view_why_not(*result, field, a);
    return false;
}

static const struct str *plain_fields(const struct object *o, struct arena *a)
{
    const struct value *result = o->ctx;
    struct str *names = NEW_ARRAY(a, struct str, value_size(*result) + 1);

    for (size_t i = 0; i < value_size(*result); i++)
        names[i] = result->map->entries[i].key.s;
    return names;
}

static const struct object_class plain_class = { "result", plain_get, plain_fields };

struct value view_result(struct arena *a, const struct value *result)
{
    for (size_t i = 0; i < SOMETIMES; i++)
        if (is_left_out(i, *result, a))
            return value_object(a, &plain_class, (void *)(uintptr_t)result);
    return *result;
}
