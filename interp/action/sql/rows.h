// The result of a statement, collected row by row within its limits.

#pragma once

#include "action/sql/engine.h"

struct sql_rows {
    struct arena *arena;
    struct str *names;  // of the columns; all different
    size_t columns;
    struct value_builder *list;
    struct value first;  // row
    size_t count;        // rows
    int64_t bytes;
    int64_t affected;  // -1: not told
    struct str command;
};

// Forgets an earlier result and begins one. The names are copied; the second `id` becomes
// `id_2`.
void sql_rows_begin(struct sql_rows *r, struct arena *a, const struct str *names, size_t columns);
// Adds a row; the values live in the arena. False when a limit is exceeded.
bool sql_rows_add(struct sql_rows *r, const struct value *values, size_t bytes);
// "the result is over 100000 rows", ...
struct str sql_rows_limit(const struct sql_rows *r, struct arena *a);
// rows, row, value, count, columns, command, took.
struct value sql_rows_result(struct sql_rows *r, struct arena *a, int64_t took_ms);
