// A value as its author meant it: from its first character to where it ends as an
// expression, whatever YAML makes of it. For collide.h.

#pragma once

#include "yaml/reading.h"

struct written {
    uint32_t start, end;  // source bytes; end == start: it is too long to be looked at
    bool flow;            // between brackets, so that a comma ends it
    bool condition;
};
struct written written_at(const struct reading *r, uint32_t start, bool flow, bool condition);

struct str written_text(const struct reading *r, uint32_t start, uint32_t end);

// Whether an expression goes on behind [s], the first part of a value.
bool expression_goes_on(struct str s, bool condition);
// Behind the string literal that begins at [i]; beyond the end where it is not closed.
size_t behind_string(struct str s, size_t i);
// Behind the bracket that closes the one [s] begins with, or the end.
size_t behind_brackets(struct str s);
// The ${{ }} that begins at or behind [from]: false if there is none. [end] is behind the
// braces, or the end of the text where they are missing.
bool braces_find(struct str s, size_t from, size_t *start, size_t *end);

static inline bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static inline bool is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

uint32_t line_start_at(const struct reading *r, uint32_t at);
uint32_t line_end_at(const struct reading *r, uint32_t at);
uint32_t trimmed_end(const struct reading *r, uint32_t start, uint32_t end);
uint32_t behind_blanks(const struct reading *r, uint32_t at);
uint32_t behind_dashes(const struct reading *r, uint32_t at);
// The end of a value on its line, or before a comment that is one.
uint32_t end_on_line_at(const struct reading *r, uint32_t start, bool condition);
// `word: `, as on the line of a block; [value] is set to where the value begins.
struct str key_at(const struct reading *r, uint32_t at, uint32_t *value);
// The line above [at] that is indented less: the key whose value goes on at [at].
uint32_t head_line_at(const struct reading *r, uint32_t at);
