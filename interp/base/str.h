// Text with a length.
//
// A str never owns its bytes: they live in an arena, in a source file, or in the
// program. Those made here also carry a NUL after the last byte, so [s] can be
// handed to C; a slice cut out of a longer text does not. A NUL may stand inside.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct str {
    const char *s;
    size_t n;
};

// STR("literal"), and the two arguments that "%.*s" wants.
#define STR(literal) ((struct str){ (literal), sizeof(literal) - 1 })
#define STR_ARG(x)   (int)(x).n, (x).s

struct str str_from(const char *c_string);  // NULL gives the empty text
struct str str_copy(struct arena *a, struct str s);
struct str str_format(struct arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

bool str_equal(struct str a, struct str b);
bool str_is(struct str s, const char *c_string);
bool str_starts(struct str s, const char *prefix);
bool str_ends(struct str s, const char *suffix);
int str_compare(struct str a, struct str b);  // bytewise, as memcmp
struct str str_slice(struct str s, size_t from, size_t to);
struct str str_trim(struct str s);  // without white space at both ends

// Where [c] first stands in [s], or SIZE_MAX.
size_t str_find(struct str s, char c);
// Where [part] first stands in [s], or SIZE_MAX.
size_t str_search(struct str s, struct str part);

// How many edits turn [a] into [b]: a letter more, less or another, or two neighbours
// swapped; for "did you mean".
size_t str_distance(struct str a, struct str b);

// UTF-8 (RFC 3629: no overlong forms, no surrogates). Decodes the code point at
// [at] and moves [at] behind it; false, with [at] unmoved, where it is not UTF-8.
bool utf8_next(struct str s, size_t *at, uint32_t *code);
// Writes one code point; returns how many bytes (1 to 4).
size_t utf8_put(uint32_t code, char out[4]);
// Where [s] stops being UTF-8, or SIZE_MAX if it never does.
size_t utf8_invalid(struct str s);
// The number of code points; bytes that are not UTF-8 count one each.
size_t utf8_length(struct str s);
