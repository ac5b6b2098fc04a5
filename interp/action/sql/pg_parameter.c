// Values on their way to PostgreSQL.

#include <stdlib.h>

#include "action/params.h"
#include "action/sql/pg_type.h"
#include "action/sql/pg_value.h"
#include "base/arena.h"
#include "base/buf.h"
#include "value/json.h"
#include "value/time.h"

static bool refuse(struct str *why, struct value v, struct arena *a)
{
    *why = str_format(a, "%s cannot be a value in SQL", value_kind_words(v.kind));
    return false;
}

static bool json_parameter(struct value v, struct arena *a, struct pg_parameter *out,
                           struct str *why)
{
    if (!json_can_carry(v)) {
        *why = STR("a text that is no UTF-8 cannot be a value in JSON");
        return false;
    }
    *out = (struct pg_parameter){ PG_JSONB, json_text(v, a).s };
    return true;
}

static bool text_parameter(struct str s, struct arena *a, struct pg_parameter *out, struct str *why)
{
    if (str_find(s, '\0') != SIZE_MAX) {
        *why = STR("a text with a NUL cannot be a value in SQL");
        return false;
    }
    *out = (struct pg_parameter){ 0, str_copy(a, s).s };
    return true;
}

static struct pg_parameter int_parameter(int64_t i, struct arena *a)
{
    bool small = i >= INT32_MIN && i <= INT32_MAX;

    return (struct pg_parameter){ small ? PG_INT4 : PG_INT8,
                                  str_format(a, "%lld", (long long)i).s };
}

static struct pg_parameter uint_parameter(uint64_t u, struct arena *a)
{
    if (u <= INT64_MAX)
        return int_parameter((int64_t)u, a);
    return (struct pg_parameter){ PG_NUMERIC, str_format(a, "%llu", (unsigned long long)u).s };
}

static struct pg_parameter double_parameter(double d, struct arena *a)
{
    return (struct pg_parameter){ PG_FLOAT8, str_format(a, "%.17g", d).s };
}

static struct pg_parameter bytes_parameter(struct str s, struct arena *a)
{
    struct buf *b = buf_in(a);

    buf_add_s(b, "\\x");
    for (size_t i = 0; i < s.n; i++)
        buf_format(b, "%02x", (unsigned char)s.s[i]);
    return (struct pg_parameter){ PG_BYTEA, str_copy(a, buf_str(b)).s };
}

static struct pg_parameter time_parameter(struct value v, struct arena *a)
{
    struct buf *b = buf_in(a);

    if (v.kind == VALUE_TIMESTAMP) {
        timestamp_write(v.i, v.nanos, b);
        return (struct pg_parameter){ PG_TIMESTAMPTZ, str_copy(a, buf_str(b)).s };
    }
    int64_t seconds = v.i / 1000000000, rest = v.i % 1000000000;
    buf_format(b, "%s%lld.%09lld seconds", v.i < 0 ? "-" : "", llabs(seconds), llabs(rest));
    return (struct pg_parameter){ PG_INTERVAL, str_copy(a, buf_str(b)).s };
}

static void add_item(struct buf *b, const char *text)
{
    if (!text) {
        buf_add_s(b, "NULL");
        return;
    }
    buf_add_c(b, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buf_add_c(b, '\\');
        buf_add_c(b, *text);
    }
    buf_add_c(b, '"');
}

// The type of the whole array when [item] joins those before it: the wider int, or one
// that is the same. False if they do not go together.
static bool join_type(unsigned *type, unsigned item)
{
    bool ints = (*type == PG_INT4 || *type == PG_INT8) && (item == PG_INT4 || item == PG_INT8);

    if (ints)
        *type = *type == PG_INT8 || item == PG_INT8 ? PG_INT8 : PG_INT4;
    return ints || *type == item;
}

// An array if all items are of one simple type, else jsonb.
static bool list_parameter(struct value v, struct arena *a, struct pg_parameter *out,
                           struct str *why)
{
    struct buf *b = buf_in(a);
    unsigned type = 0;
    bool same = true, typed = false;

    buf_add_c(b, '{');
    for (size_t i = 0; i < value_size(v) && same; i++) {
        struct value item = value_item(v, i);
        struct pg_parameter p = { 0 };
        same = item.kind != VALUE_LIST && item.kind != VALUE_MAP;
        if (same && !pg_parameter_of(item, a, &p, why))
            return false;
        same = same && (!p.text || !typed || join_type(&type, p.type));
        type = p.text && !typed ? p.type : type;
        typed |= p.text != NULL;
        buf_add_s(b, i ? "," : "");
        add_item(b, p.text);
    }
    buf_add_c(b, '}');
    *out = (struct pg_parameter){ pg_array_of(type), str_copy(a, buf_str(b)).s };
    return same || json_parameter(v, a, out, why);
}

bool pg_parameter_of(struct value v, struct arena *a, struct pg_parameter *out, struct str *why)
{
    *out = (struct pg_parameter){ 0 };
    switch (v.kind) {
    case VALUE_NULL:
        return true;
    case VALUE_OPTIONAL:
        return !v.optional || pg_parameter_of(*v.optional, a, out, why);
    case VALUE_BOOL:
        *out = (struct pg_parameter){ PG_BOOL, v.b ? "t" : "f" };
        return true;
    case VALUE_INT:
        *out = int_parameter(v.i, a);
        return true;
    case VALUE_UINT:
        *out = uint_parameter(v.u, a);
        return true;
    case VALUE_DOUBLE:
        *out = double_parameter(v.d, a);
        return true;
    case VALUE_STRING:
        return text_parameter(v.s, a, out, why);
    case VALUE_SEMVER:
        return text_parameter(v.semver->text, a, out, why);
    case VALUE_BYTES:
        *out = bytes_parameter(v.s, a);
        return true;
    case VALUE_DURATION:
    case VALUE_TIMESTAMP:
        *out = time_parameter(v, a);
        return true;
    case VALUE_LIST:
        return list_parameter(v, a, out, why);
    case VALUE_MAP:
        return json_parameter(v, a, out, why);
    default:
        return refuse(why, v, a);
    }
}
