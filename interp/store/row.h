// The fields of a run's row, once for all stores: columns, binding, copying.

#pragma once

#include "store/store.h"

enum row_kind { ROW_TEXT, ROW_INT, ROW_INT64 };

struct row_field {
    const char *column;  // its name, quoted: some are words of SQL
    size_t at;           // where in struct run_row
    enum row_kind kind;
};

// X(field, kind), in the order of the columns.
// clang-format off
#define ROW_FIELDS(X)                                                                        \
    X(id, TEXT) X(runbook, TEXT) X(title, TEXT) X(state, TEXT) X(result, TEXT) X(user, TEXT) \
    X(host, TEXT) X(started, TEXT) X(ended, TEXT) X(exit, INT) X(took_ms, INT64)             \
    X(locks, TEXT) X(trigger, TEXT) X(labels, TEXT) X(drill, INT)
// clang-format on

enum {
#define ROW_NUMBER(field, kind) ROW_##field,
    ROW_FIELDS(ROW_NUMBER)
#undef ROW_NUMBER
        ROW_COUNT
};

extern const struct row_field row_fields[ROW_COUNT];

struct run_row row_copy(struct arena *a, const struct run_row *row);

// The value of a field as text, and from it (numbers in decimal; text is not copied).
struct str row_text(const struct run_row *row, const struct row_field *f, struct arena *a);
void row_set(struct run_row *row, const struct row_field *f, struct str text);

// "a", "b", ... of all fields; and "$2, $3, ..." from [first] on, for as many ([mark] is '?'
// for SQLite, '$' for PostgreSQL).
struct str row_columns(struct arena *a);
struct str row_places(struct arena *a, char mark, int first);

// Newest first; the same start by id.
void rows_sort(struct run_row *rows, size_t count);

bool row_says_running(const struct run_row *row);
// Whether a run in this state keeps its locks when no interpreter has it.
bool row_keeps_locks(const struct run_row *row);
// Whether all labels of [row] are among [labels].
bool row_suits(const struct run_row *row, const struct str *labels, size_t count);
// Whether it can be gone on with and was not since it was seen.
bool row_is_as_seen(const struct run_row *row, const struct seen_run *seen);
// Calls [see] for each line of a text joined by newlines.
void each_line(struct str lines, void (*see)(struct str line, void *arg), void *arg);
