// What went wrong, where, and what to do about it.
//
// This is the only error type. A function that can fail returns false or NULL
// and has then added at least one error to the [diags] it was given; a function
// that succeeds has added none, though it may have added warnings. Callers that
// can go on, do, so that one reading of a file reports all of its mistakes.
//
// Mistakes in the interpreter itself are assert()s, never diags.

#pragma once

#include <stdio.h>

#include "base/source.h"

enum diag_code {
#define DIAG(name, slug, sentence) DIAG_##name,
#include "grammar/diagnostics.def"
#undef DIAG
    DIAG_COUNT
};

enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_ERROR };

struct diag {
    enum severity severity;
    enum diag_code code;
    struct span span;
    struct str message;   // lower case, no full stop: what is wrong, not how to mend it
    struct str help;      // how to mend it, with text to paste; empty when nothing useful
    struct span other;    // the other half: first definition, declaration; source NULL if none
    struct str note;      // what stands there
    struct span edit;     // a safe way to mend it: put [edit_text] there; source NULL if none
    struct str edit_text;
    struct diag *next;
};

struct diags {
    struct arena *arena;
    struct diag *first, *last;
    unsigned errors;
};

// Adds an error about [span]. The result can be given a help and a note.
struct diag *diag_error(struct diags *ds, enum diag_code code, struct span span, const char *format,
                        ...) __attribute__((format(printf, 4, 5)));
struct diag *diag_warn(struct diags *ds, enum diag_code code, struct span span, const char *format,
                       ...) __attribute__((format(printf, 4, 5)));

// Gives [d] a help or a note, formatted in the arena of [ds]; both return [d].
struct diag *diag_help(struct diags *ds, struct diag *d, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
struct diag *diag_note(struct diags *ds, struct diag *d, struct span other, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// Gives [d] an edit that mends it and changes no meaning (lint --fix). [text] is copied.
struct diag *diag_edit(struct diags *ds, struct diag *d, struct span where, struct str text);

// Moves all that is in [more] behind what is in [ds]; both have the same arena.
void diags_append(struct diags *ds, struct diags *more);

// By file (in the order first met), line, column, code. Stable; printing wants it.
void diags_sort(struct diags *ds);

// file:line:column: error: message [slug], then the line with the span underlined,
// the note, and the help.
void diag_print(const struct diag *d, FILE *out);
// The same for a terminal of so many columns: sentences end their rows at words, what stands
// between backquotes stays in one piece, and of a long line the part is shown that is meant.
// 0 columns: rows are as long as they are.
void diag_print_wide(const struct diag *d, size_t columns, FILE *out);

const char *diag_slug(enum diag_code code);
const char *diag_sentence(enum diag_code code);

// The nearest of [words] (ended by NULL) to what somebody wrote, or NULL; see near.h.
const char *diag_nearest(struct str written, const char *const *words);
