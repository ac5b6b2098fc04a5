// What a run does beside its steps, for a person who has to decide: where its secrets come
// from, whom its hooks tell of what, how many steps of a list run side by side.

#pragma once

#include "load/known.h"

// Where a secret is taken from, and never what it is: "the variable `PGPASSWORD`".
struct str secret_source(const struct secret *s, const struct known *k, struct arena *a);

// "side by side", "side by side, at most 3 at a time"; empty: one after the other.
struct str side_by_side(const struct amount *parallel, const struct known *k, struct arena *a);

// What a hook is told of.
struct hook_moment {
    const char *name;  // its key in `hooks`; NULL ends the table
    size_t offset;     // of its list in struct hooks
};
extern const struct hook_moment hook_moments[];

// Of one moment: the project's first, then those of the runbook that do not say the same
// once more. Either may be NULL.
struct hooks_told {
    const struct step **steps;
    size_t of_project, count;
};
struct hooks_told hooks_told(const struct hooks *project, const struct hooks *own,
                             const char *moment, struct arena *a);
