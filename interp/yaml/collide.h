// Where CEL and YAML collide: an unquoted expression that YAML cuts, refuses or takes
// for something else. The reader says so in words, at the place, with the quoted form
// to paste.
//
// Two ways lead here: YAML accepted the text, but made something of it that nobody
// meant (collide_event, collide_scalar); or it gave up (collide_problem). Either way
// the whole value is reported once, painted over, and the file is read again.

#pragma once

#include "yaml/reading.h"

// Where the value that is being read stands.
struct context {
    bool flow;       // inside [ ] or { }
    bool condition;  // behind a key that is always a condition, or in its list
    bool item;       // of a list
    int depth;
};

// True when [key] is always a condition (language.md section 3).
bool key_is_condition(struct str key);

// True, with an error in r->final and the value painted over, when what begins at
// [start] (a mapping or a tagged value) is an expression that was not quoted.
bool collide_event(struct reading *r, const yaml_event_t *event, const struct context *c,
                   uint32_t start);
// The same for a plain scalar, a value or (in a block) a key.
bool collide_scalar(struct reading *r, const struct node *n, const struct context *c, bool is_key);
// The same for the place where libyaml gave up, and the place where the construct
// begins that it was in.
bool collide_problem(struct reading *r, uint32_t problem, uint32_t context);

// [value] in quotes, as YAML wants it: double ones, or single where that needs fewer
// escapes.
struct str quoted(struct arena *a, struct str value);
// The plain value of `key: value` on the line at [at]; n == 0 if there is none.
struct str plain_value(const struct reading *r, uint32_t at);
