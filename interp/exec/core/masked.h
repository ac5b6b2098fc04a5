// What is written of a value: *** for every secret that stands in it, whatever it is made of.
//
// A number may be one that was text once (a PIN in JSON), and becomes a text. What stands over
// several texts of a list, or in a whole that is JSON, hides all of them.

#pragma once

#include "base/mask.h"
#include "value/value.h"

// [v] itself when nothing in it is secret. [found] may be NULL, and is only ever set.
struct value masked_value(struct value v, const struct mask *m, struct arena *a, bool *found);
