// Texts of a runbook with what is known of them before a run: the inputs that were given,
// and the vars that follow from them. What is not known yet stands as it is written.

#pragma once

#include "load/program.h"

struct known;

// [inputs] is a map; one that is missing is not known.
const struct known *known_new(const struct runbook *rb, struct value inputs, struct arena *a);
// The text of [t]; empty when it is NULL. [k] may be NULL: nothing is known.
struct str known_words(const struct known *k, const struct template *t, struct arena *a);
// "team: db, tier: 1" of a map of texts.
struct str known_map(const struct known *k, const struct list *map, struct arena *a);
