#include "store/row.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"

const struct row_field row_fields[ROW_COUNT] = {
#define ROW_ENTRY(field, kind) { "\"" #field "\"", offsetof(struct run_row, field), ROW_##kind },
    ROW_FIELDS(ROW_ENTRY)
#undef ROW_ENTRY
};

static struct str *text_at(struct run_row *row, const struct row_field *f)
{
    return (struct str *)((char *)row + f->at);
}

struct run_row row_copy(struct arena *a, const struct run_row *row)
{
    struct run_row copy = *row;

    for (const struct row_field *f = row_fields; f < row_fields + ROW_COUNT; f++)
        if (f->kind == ROW_TEXT)
            *text_at(&copy, f) = str_copy(a, *text_at(&copy, f));
    return copy;
}

struct str row_text(const struct run_row *row, const struct row_field *f, struct arena *a)
{
    const char *at = (const char *)row + f->at;

    switch (f->kind) {
    case ROW_INT:
        return str_format(a, "%d", *(const int *)at);
    case ROW_INT64:
        return str_format(a, "%" PRId64, *(const int64_t *)at);
    default:
        return *(const struct str *)at;
    }
}

void row_set(struct run_row *row, const struct row_field *f, struct str text)
{
    char *at = (char *)row + f->at;
    char number[24] = "";

    if (f->kind == ROW_TEXT) {
        *(struct str *)at = text;
        return;
    }
    for (size_t i = 0; i < text.n && i < sizeof number - 1; i++)
        number[i] = text.s[i];
    if (f->kind == ROW_INT)
        *(int *)at = (int)strtol(number, NULL, 10);
    else
        *(int64_t *)at = strtoll(number, NULL, 10);
}

struct str row_columns(struct arena *a)
{
    struct buf b = BUF_EMPTY;

    for (int i = 0; i < ROW_COUNT; i++) {
        buf_add_s(&b, i ? ", " : "");
        buf_add_s(&b, row_fields[i].column);
    }
    return buf_take(&b, a);
}

struct str row_places(struct arena *a, char mark, int first)
{
    struct buf b = BUF_EMPTY;

    for (int i = 0; i < ROW_COUNT; i++)
        buf_format(&b, "%s%c%d", i ? ", " : "", mark, first + i);
    return buf_take(&b, a);
}

static int newest_first(const void *x, const void *y)
{
    const struct run_row *a = x, *b = y;
    int order = str_compare(b->started, a->started);

    return order ? order : str_compare(a->id, b->id);
}

void rows_sort(struct run_row *rows, size_t count)
{
    if (count)
        qsort(rows, count, sizeof *rows, newest_first);
}

bool row_says_running(const struct run_row *row)
{
    return str_is(row->state, "running");
}

// execution.md "Locks": crashed, suspended and unknown runs keep theirs, also one that
// waits; every other end frees them. 11: unknown. One that died before its first event has done
// nothing, and there is nothing to go on with.
bool row_keeps_locks(const struct run_row *row)
{
    if (row_says_running(row) && !row->started.n)
        return false;
    if (str_is(row->state, "final") || str_is(row->state, "aborted"))
        return false;
    return !str_is(row->state, "ended") || row->exit == 11;
}

bool row_is_as_seen(const struct run_row *row, const struct seen_run *seen)
{
    return (str_is(row->state, "suspended") || str_is(row->state, "crashed")) &&
           str_equal(row->ended, seen->ended);
}

void each_line(struct str lines, void (*see)(struct str line, void *arg), void *arg)
{
    while (lines.n) {
        size_t end = str_find(lines, '\n');
        if (end == SIZE_MAX)
            end = lines.n;
        if (end)
            see(str_slice(lines, 0, end), arg);
        lines = str_slice(lines, end < lines.n ? end + 1 : end, lines.n);
    }
}

struct suiting {
    const struct str *labels;
    size_t count;
    bool all;
};

static void look_for(struct str label, void *arg)
{
    struct suiting *s = arg;
    bool found = false;

    for (size_t i = 0; i < s->count && !found; i++)
        found = str_equal(s->labels[i], label);
    s->all = s->all && found;
}

bool row_suits(const struct run_row *row, const struct str *labels, size_t count)
{
    struct suiting s = { labels, count, true };

    each_line(row->labels, look_for, &s);
    return s.all;
}

struct str row_result(const struct run_row *row)
{
    size_t end = str_find(row->result, '\n');

    return end == SIZE_MAX ? row->result : str_slice(row->result, 0, end);
}

struct str row_taken_back(const struct run_row *row)
{
    size_t end = str_find(row->result, '\n');

    return end == SIZE_MAX ? STR("") : str_slice(row->result, end + 1, row->result.n);
}
