// A file that was read, and places in it.
//
// A span is two byte offsets; lines and columns are worked out only when somebody
// wants to print them. A text is what a scalar says after YAML has decoded it
// (quotes, folding, escapes, indentation of a block taken away), with the way back
// to the bytes it was written with, so that a complaint about one word inside a
// block scalar points at exactly that word.

#pragma once

#include "base/str.h"

struct source {
    struct str name;
    struct str text;
    uint32_t *line_start;
    uint32_t line_count;
};

struct span {
    const struct source *source;  // NULL when there is nothing to point at
    uint32_t start, end;          // byte offsets, end exclusive
};

// One-based, as people count them. A column is a Unicode code point; a byte that
// is not UTF-8 counts as one.
struct place {
    uint32_t line, column;
};

// Decoded byte [decoded] was written at source byte [source], and so on one to
// one until the next mark. Sorted; the first has decoded = 0.
struct mark {
    uint32_t decoded, source;
};

struct text {
    struct span span;  // of the whole scalar, quotes included
    struct str str;
    const struct mark *marks;  // NULL: the text stands at span.start as it is
    uint32_t mark_count;
    bool quoted;  // written as 'x', "x", | or >
    bool block;   // written as | or >
};

struct source *source_new(struct arena *a, struct str name, struct str text);
struct place source_place(const struct source *src, uint32_t offset);
struct str source_line(const struct source *src, uint32_t line);  // without its line end

// Where bytes [from, to) of the decoded text were written.
struct span text_span(const struct text *t, size_t from, size_t to);
// A text that nobody wrote in a file: a flag, a table's default.
struct text text_bare(struct str s);
// The decoded bytes [from, to) as a text of their own, with true places.
struct text text_cut(struct arena *a, const struct text *t, size_t from, size_t to);
