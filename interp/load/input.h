// What an input takes: its type, and what else it must hold.
//
// A flag gives text, a file or `with` a value; both become a value of the input's type or
// a reason in plain words. A constant that was written in a runbook counts as it was
// written where the input is text (`version: 1.10` stays 1.10).

#pragma once

#include "expr/check.h"
#include "model/runbook.h"

// Where the words for a refusal go: what is wrong, and the way out. No value of a secret
// input is ever in them.
struct refusal {
    struct str message, help;
};

bool input_is_required(const struct input *in);
// What `drill:` says for an input; NULL: nothing.
const struct form *input_drilled(const struct runbook *rb, struct str name);
// What [form], a default or a value for a drill, spells out of a secret input; empty: nothing.
struct str input_spelled(const struct input *in, const struct form *form);
const struct expr_type *input_expr_type(const struct input *in, struct arena *a);

// [text] is read strictly: no +1, no 007, no yes for true.
bool input_from_text(const struct input *in, struct str text, struct arena *a, struct value *out,
                     struct refusal *why);
bool input_from_value(const struct input *in, struct value v, struct arena *a, struct value *out,
                      struct refusal *why);
// What a form of a runbook gives for it; a plain scalar counts as written.
bool input_from_form(const struct input *in, const struct form *f, const struct scope *s,
                     struct arena *a, struct value *out, struct refusal *why);

// enum, pattern, min and max.
bool input_allows(const struct input *in, struct value v, const struct scope *s, struct arena *a,
                  struct refusal *why);

// True when [text] as a whole matches; false with [bad] set when the pattern itself is wrong.
bool pattern_matches(struct str pattern, struct str text, struct arena *a, struct str *bad);

// A YAML node as data: no ${{ }} is looked for.
bool node_value(const struct node *n, struct arena *a, struct value *out, struct diags *ds);
