// Texts of a runbook with what is known of them before a run: the inputs that were given,
// and the vars that follow from them. What is not known yet stands as it is written.

#pragma once

#include "load/program.h"

struct known;

// [inputs] is a map; one that is missing is not known.
const struct known *known_new(const struct runbook *rb, struct value inputs, struct arena *a);
// The same inside of a used runbook: its inputs as [use] gives them, as far as they are known.
const struct known *known_used(const struct known *outer, const struct step *use,
                               const struct runbook *rb, struct arena *a);
// The text of [t]; empty when it is NULL. [k] may be NULL: nothing is known.
struct str known_words(const struct known *k, const struct template *t, struct arena *a);
// The same for a text that is code: only a value of letters, digits, '_', '-', '.' and those of
// [also] stands in it; any other would have to be quoted, and stays as it is written.
struct str known_plain(const struct known *k, const struct template *t, const char *also,
                       struct arena *a);
// "team: db, tier: 1" of a map of texts.
struct str known_map(const struct known *k, const struct list *map, struct arena *a);
