#include "expr/type.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"

#define BIT(kind) (1u << (kind))

enum { ANY = (1 << (VALUE_OBJECT + 1)) - 1 };

// clang-format off
const struct expr_type
    cel_dyn       = { TYPE_DYN,       ANY,                   "dyn" },
    cel_null      = { TYPE_NULL,      BIT(VALUE_NULL),       "null_type" },
    cel_bool      = { TYPE_BOOL,      BIT(VALUE_BOOL),       "bool" },
    cel_int       = { TYPE_INT,       BIT(VALUE_INT),        "int" },
    cel_uint      = { TYPE_UINT,      BIT(VALUE_UINT),       "uint" },
    cel_double    = { TYPE_DOUBLE,    BIT(VALUE_DOUBLE),     "double" },
    cel_string    = { TYPE_STRING,    BIT(VALUE_STRING),     "string" },
    cel_bytes     = { TYPE_BYTES,     BIT(VALUE_BYTES),      "bytes" },
    cel_duration  = { TYPE_DURATION,  BIT(VALUE_DURATION),   "duration" },
    cel_timestamp = { TYPE_TIMESTAMP, BIT(VALUE_TIMESTAMP),  "timestamp" },
    cel_semver    = { TYPE_SEMVER,    BIT(VALUE_SEMVER),     "semver" },
    cel_ident     = { TYPE_IDENT,     BIT(VALUE_IDENT),      "ident" },
    cel_A         = { TYPE_PARAM,     ANY,                   "A", .id = 'A' },
    cel_B         = { TYPE_PARAM,     ANY,                   "B", .id = 'B' },
    cel_type      = { TYPE_TYPE,      BIT(VALUE_TYPE),       "type" },
    cel_type_A    = { TYPE_TYPE,      BIT(VALUE_TYPE),       "type", 1, .args = { &cel_A } },
    cel_list_A    = { TYPE_LIST,      BIT(VALUE_LIST),       "list", 1, .args = { &cel_A } },
    cel_list_dyn  = { TYPE_LIST,      BIT(VALUE_LIST),       "list", 1, .args = { &cel_dyn } },
    cel_list_int  = { TYPE_LIST,      BIT(VALUE_LIST),       "list", 1, .args = { &cel_int } },
    cel_list_string = { TYPE_LIST,    BIT(VALUE_LIST),       "list", 1, .args = { &cel_string } },
    cel_list_list_A = { TYPE_LIST,    BIT(VALUE_LIST),       "list", 1, .args = { &cel_list_A } },
    cel_map_A_B   = { TYPE_MAP, BIT(VALUE_MAP) | BIT(VALUE_OBJECT), "map", 2,
                       .args = { &cel_A, &cel_B } },
    cel_optional_A = { TYPE_OPTIONAL, BIT(VALUE_OPTIONAL),   "optional_type", 1, .args = { &cel_A } };
// clang-format on

const struct expr_type *const expr_dyn = &cel_dyn, *const expr_null = &cel_null,
                              *const expr_bool = &cel_bool, *const expr_int = &cel_int,
                              *const expr_uint = &cel_uint, *const expr_double = &cel_double,
                              *const expr_string = &cel_string, *const expr_bytes = &cel_bytes,
                              *const expr_duration = &cel_duration,
                              *const expr_timestamp = &cel_timestamp,
                              *const expr_ident = &cel_ident, *const expr_semver = &cel_semver;

static struct expr_type *type_new(struct arena *a, struct expr_type t)
{
    struct expr_type *copy = NEW(a, struct expr_type);

    *copy = t;
    return copy;
}

const struct expr_type *expr_list_of(struct arena *a, const struct expr_type *item)
{
    struct expr_type *t = type_new(a, cel_list_dyn);

    t->args[0] = item;
    return t;
}

const struct expr_type *expr_map_of(struct arena *a, const struct expr_type *key,
                                    const struct expr_type *value)
{
    struct expr_type *t = type_new(a, cel_map_A_B);

    t->args[0] = key;
    t->args[1] = value;
    return t;
}

const struct expr_type *type_optional_of(struct arena *a, const struct expr_type *inside)
{
    struct expr_type *t = type_new(a, cel_optional_A);

    t->args[0] = inside;
    return t;
}

const struct expr_type *type_type_of(struct arena *a, const struct expr_type *of)
{
    struct expr_type *t = type_new(a, cel_type_A);

    t->args[0] = of;
    return t;
}

const struct expr_type *type_abstract(struct arena *a, const char *name,
                                      const struct expr_type *const *args, size_t count)
{
    struct expr_type *t = type_new(a, (struct expr_type){ TYPE_ABSTRACT, ANY, name, count });

    for (size_t i = 0; i < count; i++)
        t->args[i] = args[i];
    return t;
}

const struct expr_type *expr_object(struct arena *a, const char *name,
                                    const struct expr_field *fields, enum diag_code code)
{
    return type_new(a, (struct expr_type){ TYPE_OBJECT, BIT(VALUE_MAP) | BIT(VALUE_OBJECT), name,
                                           .fields = fields, .code = code });
}

static void write_type(const struct expr_type *t, struct buf *out)
{
    buf_add_s(out, t->kind == TYPE_VARIABLE ? "dyn" : t->name);
    for (size_t i = 0; i < t->count; i++) {
        buf_add_s(out, i ? ", " : "(");
        write_type(t->args[i], out);
    }
    if (t->count)
        buf_add_c(out, ')');
}

struct str expr_type_text(const struct expr_type *t, struct arena *a)
{
    struct buf out = BUF_EMPTY;

    write_type(t, &out);
    return buf_take(&out, a);
}

static const struct expr_type *const plain_types[] = {
    &cel_dyn,   &cel_null,     &cel_bool,      &cel_int,    &cel_uint,  &cel_double, &cel_string,
    &cel_bytes, &cel_duration, &cel_timestamp, &cel_semver, &cel_ident, &cel_type,
};

static struct str type_word(struct str text, size_t *at)
{
    while (*at < text.n && (text.s[*at] == ' ' || text.s[*at] == ','))
        (*at)++;
    size_t start = *at;
    while (*at < text.n && !strchr(" ,()", text.s[*at]))
        (*at)++;
    return str_slice(text, start, *at);
}

static const struct expr_type *named(struct str name, const struct expr_type *const *args,
                                     size_t count, struct arena *a)
{
    static const struct expr_type *const patterns[] = { &cel_list_A, &cel_map_A_B, &cel_optional_A,
                                                        &cel_type_A };

    for (size_t i = 0; count == 0 && i < sizeof plain_types / sizeof *plain_types; i++)
        if (str_is(name, plain_types[i]->name))
            return plain_types[i];
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        if (str_is(name, patterns[i]->name) && patterns[i]->count == count) {
            struct expr_type *t = type_new(a, *patterns[i]);
            memcpy(t->args, args, count * sizeof *args);
            return t;
        }
    const char *copy = str_copy(a, name).s;
    if (count == 0 && name.n == 1 && name.s[0] >= 'A' && name.s[0] <= 'Z')
        return type_new(a, (struct expr_type){ TYPE_PARAM, ANY, copy, .id = (uint32_t)name.s[0] });
    return type_abstract(a, copy, args, count);
}

// type = word ["(" type ("," type)* ")"]
static const struct expr_type *read_type(struct str text, size_t *at, int depth, struct arena *a)
{
    const struct expr_type *args[3];
    size_t count = 0;
    struct str name = type_word(text, at);

    if (!name.n || depth > 20)
        return NULL;
    if (*at < text.n && text.s[*at] == '(') {
        ++*at;
        do {
            if (count == 3 || !(args[count] = read_type(text, at, depth + 1, a)))
                return NULL;
            count++;
        } while (*at < text.n && text.s[*at] == ',');
        if (*at >= text.n || text.s[(*at)++] != ')')
            return NULL;
    }
    return named(name, args, count, a);
}

const struct expr_type *cel_type_read(struct str text, struct arena *a)
{
    size_t at = 0;
    const struct expr_type *t = read_type(text, &at, 0, a);

    return at == text.n ? t : NULL;
}

static const struct expr_type *type_of_list(struct value v, struct arena *a)
{
    const struct expr_type *item = NULL;

    for (size_t i = 0; i < v.list->count; i++) {
        const struct expr_type *t = type_of_value(v.list->items[i], a);
        if (item && item->kind != t->kind)
            return expr_list_of(a, &cel_dyn);
        item = t;
    }
    return expr_list_of(a, item && item->count == 0 ? item : &cel_dyn);
}

const struct expr_type *type_of_value(struct value v, struct arena *a)
{
    for (size_t i = 1; i < sizeof plain_types / sizeof *plain_types; i++)
        if (plain_types[i]->values == 1u << v.kind)
            return plain_types[i];
    switch (v.kind) {
    case VALUE_LIST:
        return type_of_list(v, a);
    case VALUE_MAP:
    case VALUE_OBJECT:
        return expr_map_of(a, &cel_dyn, &cel_dyn);
    case VALUE_OPTIONAL:
        return type_optional_of(a, v.optional ? type_of_value(*v.optional, a) : &cel_dyn);
    default:
        return &cel_dyn;
    }
}
