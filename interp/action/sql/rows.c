#include "action/sql/rows.h"

#include "base/arena.h"

static bool is_taken(const struct sql_rows *r, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(r->names[i], name))
            return true;
    return false;
}

static struct str new_name(const struct sql_rows *r, size_t count, struct str name)
{
    struct str wanted = str_copy(r->arena, name);

    for (int i = 2; is_taken(r, count, wanted); i++)
        wanted = str_format(r->arena, "%.*s_%d", STR_ARG(name), i);
    return wanted;
}

void sql_rows_begin(struct sql_rows *r, struct arena *a, const struct str *names, size_t columns)
{
    *r = (struct sql_rows){ .arena = a, .columns = columns, .affected = -1 };
    r->names = NEW_ARRAY(a, struct str, columns + 1);
    for (size_t i = 0; i < columns; i++)
        r->names[i] = new_name(r, i, names[i]);
    r->list = value_list_start(a);
}

bool sql_rows_add(struct sql_rows *r, const struct value *values, size_t bytes)
{
    struct value_builder *row = value_map_start(r->arena);

    r->bytes += (int64_t)bytes;
    if (r->count == SQL_ROWS_MOST || r->bytes > SQL_BYTES_MOST)
        return false;
    for (size_t i = 0; i < r->columns; i++)
        value_put(row, value_string(r->names[i]), values[i]);
    struct value v = value_finish(row);
    if (r->count++ == 0)
        r->first = v;
    value_add(r->list, v);
    return true;
}

struct str sql_rows_limit(const struct sql_rows *r, struct arena *a)
{
    if (r->bytes > SQL_BYTES_MOST)
        return str_format(a, "the result is over %d MiB", SQL_BYTES_MOST / 1024 / 1024);
    return str_format(a, "the result is over %d rows", SQL_ROWS_MOST);
}

static struct value column_list(const struct sql_rows *r, struct arena *a)
{
    struct value_builder *list = value_list_start(a);

    for (size_t i = 0; i < r->columns; i++)
        value_add(list, value_string(r->names[i]));
    return value_finish(list);
}

struct value sql_rows_result(struct sql_rows *r, struct arena *a, int64_t took_ms)
{
    struct value_builder *result = value_map_start(a);
    struct value value;

    if (!r->list)
        sql_rows_begin(r, a, NULL, 0);
    value_put_s(result, "rows", value_finish(r->list));
    if (r->count)
        value_put_s(result, "row", r->first);
    if (r->count && value_get(r->first, value_string(r->names[0]), &value))
        value_put_s(result, "value", value);
    value_put_s(result, "count", value_int(r->affected >= 0 ? r->affected : (int64_t)r->count));
    value_put_s(result, "columns", column_list(r, a));
    value_put_s(result, "command", value_string(r->command));
    value_put_s(result, "took", value_duration_ms(took_ms));
    return value_finish(result);
}
