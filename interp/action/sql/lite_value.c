// Values as SQLite takes and gives them.
//
// A bool is 0 or 1, a timestamp RFC 3339, a duration seconds, a list or map JSON. What
// would not come back as it was is refused: NaN (SQLite makes it NULL), a text with a NUL
// (its functions end there), an uint beyond 64 bits with a sign.

#include <math.h>
#include <string.h>

#include "action/params.h"
#include "action/sql/lite.h"
#include "base/arena.h"
#include "base/buf.h"
#include "value/json.h"

static int bind_text(struct lite *l, sqlite3_stmt *stmt, int i, struct str s)
{
    if (str_find(s, '\0') != SIZE_MAX)
        return SQLITE_MISMATCH;
    return l->sq->bind_text64(stmt, i, s.s ? s.s : "", s.n, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static int bind_value(struct lite *l, sqlite3_stmt *stmt, int i, struct value v)
{
    struct str text;

    switch (v.kind) {
    case VALUE_NULL:
        return l->sq->bind_null(stmt, i);
    case VALUE_OPTIONAL:
        return v.optional ? bind_value(l, stmt, i, *v.optional) : l->sq->bind_null(stmt, i);
    case VALUE_BOOL:
        return l->sq->bind_int64(stmt, i, v.b);
    case VALUE_INT:
        return l->sq->bind_int64(stmt, i, v.i);
    case VALUE_UINT:
        return v.u <= INT64_MAX ? l->sq->bind_int64(stmt, i, (int64_t)v.u) : SQLITE_RANGE;
    case VALUE_DOUBLE:
        return isnan(v.d) ? SQLITE_MISMATCH : l->sq->bind_double(stmt, i, v.d);
    case VALUE_DURATION:
        return l->sq->bind_double(stmt, i, (double)v.i / 1e9);
    case VALUE_BYTES:
        return l->sq->bind_blob64(stmt, i, v.s.n ? v.s.s : "", v.s.n, SQLITE_TRANSIENT);
    case VALUE_LIST:
    case VALUE_MAP:
        return json_can_carry(v) ? bind_text(l, stmt, i, json_text(v, l->arena)) : SQLITE_MISMATCH;
    default:
        return value_to_text(v, l->arena, &text) ? bind_text(l, stmt, i, text) : SQLITE_MISMATCH;
    }
}

static bool refuse_value(struct lite *l, struct value v)
{
    while (v.kind == VALUE_OPTIONAL && v.optional)
        v = *v.optional;
    if (v.kind == VALUE_STRING) {
        l->help = STR("as bytes it can: `${{ bytes(...) }}`");
        return lite_fail(l, "a text with a NUL cannot be a value in SQL");
    }
    if (v.kind == VALUE_DOUBLE)
        return lite_fail(l, "NaN cannot be a value in SQLite, which would make it NULL");
    if (v.kind == VALUE_UINT)
        return lite_fail(l, "%llu is beyond the integers of SQLite", (unsigned long long)v.u);
    return lite_fail(l, "%s cannot be a value in SQL", value_kind_words(v.kind));
}

static bool number_of(const char *digits, size_t *out)
{
    *out = 0;
    for (; *digits >= '0' && *digits <= '9'; digits++)
        *out = *out * 10 + (size_t)(*digits - '0');
    return *digits == '\0';
}

// Which value parameter [i] gets: ?, ?2 and $2 by number, :name by name.
static bool value_for(struct lite *l, sqlite3_stmt *stmt, int i, const struct sql_command *c,
                      size_t *out)
{
    const char *name = l->sq->bind_parameter_name(stmt, i);

    if (!name || number_of(name + 1, out)) {
        *out = name ? *out : (size_t)i;
        if (!c->names && *out >= 1 && *out <= c->count)
            return true;
        return lite_fail(l, "there is no value for parameter %s", name ? name : "?");
    }
    for (*out = 1; c->names && *out <= c->count; ++*out)
        if (str_is(c->names[*out - 1], name + 1))
            return true;
    return lite_fail(l, "there is no value for parameter %s", name);
}

bool lite_bind(struct lite *l, sqlite3_stmt *stmt, const struct sql_command *c)
{
    int count = l->sq->bind_parameter_count(stmt);
    size_t at;

    if (!c->names && (size_t)count < c->count)
        return lite_fail(l, "the statement has %d parameters, and %zu values are given", count,
                         c->count);
    for (int i = 1; i <= count; i++) {
        if (!value_for(l, stmt, i, c, &at))
            return false;
        int error = bind_value(l, stmt, i, c->values[at - 1]);
        if (error == SQLITE_RANGE || error == SQLITE_MISMATCH)
            return refuse_value(l, c->values[at - 1]);
        if (error)
            return lite_fail_with_error(l);
    }
    return true;
}

struct value lite_column(struct lite *l, sqlite3_stmt *stmt, int i, size_t *bytes)
{
    const struct sqlite_api *sq = l->sq;
    int kind = sq->column_type(stmt, i);

    *bytes += 8;
    if (kind == SQLITE_INTEGER)
        return value_int(sq->column_int64(stmt, i));
    if (kind == SQLITE_FLOAT)
        return value_double(sq->column_double(stmt, i));
    if (kind == SQLITE_NULL)
        return VALUE_NONE;
    const void *at = kind == SQLITE_TEXT ? (const void *)sq->column_text(stmt, i)
                                         : sq->column_blob(stmt, i);
    struct str s = { at, (size_t)sq->column_bytes(stmt, i) };
    *bytes += s.n;
    // Nothing keeps a text column from holding what is no UTF-8.
    bool text = kind == SQLITE_TEXT && utf8_invalid(s) == SIZE_MAX;
    s = str_copy(l->arena, s);
    return text ? value_string(s) : value_bytes(s);
}
