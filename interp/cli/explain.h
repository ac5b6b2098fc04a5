// What `explain` knows of functions and rules. Functions stand apart, because the names of the types of expressions
// and of fields are the same.

#pragma once

#include "base/map.h"

// Prints all forms of a function or macro; false if there is none of that name.
bool explain_function(struct str word, struct arena *a);
// Prints why a rule is there, and an example that breaks it and one that does not; false if
// there is none of that name.
bool explain_rule(struct str word);
// Puts the names of all of them into [words].
void function_words(struct map *words);
