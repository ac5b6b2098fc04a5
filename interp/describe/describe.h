// The tables of model/ and action/, told to others.
//
// The printed files are checked in (grammar/runbook.schema.json, docs/reference.md); a
// test fails when one is out of date.

#pragma once

#include <stdio.h>

#include "action/action.h"

// JSON Schema, draft-07, for editors. Whatever the reader accepts, it accepts.
void describe_schema(FILE *out);
// All keys, actions and results, in Markdown.
void describe_reference(FILE *out);
// One key a line, as `step.timeout` or `shell.run`.
void describe_words(FILE *out);
// What `explain WORD` says about a key or an action: false if there is none of that name.
bool describe_word(struct str word, FILE *out);

// ---- for the files of this folder ----

// The objects that can stand in a runbook, outermost first, each once. A check and the
// check of a checklist share their fields and are one.
struct element {
    const struct type *type;      // TYPE_OBJECT
    struct str name;              // unique: "step", "retry", "shell"
    const struct action *action;  // whose params they are, or NULL
};
struct elements {
    const struct element *items;
    size_t count;
};
struct elements elements_all(struct arena *a);
const struct element *element_of(const struct elements *all, const struct type *object);

// What is inside of a list, an optional or a map; the type itself otherwise.
const struct type *type_inside(const struct type *type);
