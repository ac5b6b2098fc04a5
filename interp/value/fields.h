// The fields of a map whose keys are text (an event, a kept plan), as plain C; what is not there,
// or is of another kind, is empty.

#pragma once

#include "value/value.h"

struct value value_of(struct value map, const char *key);  // VALUE_NULL if absent
struct str text_of(struct value map, const char *key);     // "" if absent or no text
int64_t int_of(struct value map, const char *key, int64_t absent);
bool truth_of(struct value map, const char *key);
// Whether a list of texts has [text].
bool list_has(struct value list, struct str text);
