// What of a run was not run, in the order of the file.
//
// Of a `for_each` of which a part has begun only the rest is: it stands for its instances, with
// how many of how many they are.

#pragma once

#include "report/history.h"

struct not_run {
    struct str id;
    struct str rest;            // "2 of 5: more[d], more[e]"; "" if it is no part of a `for_each`
    const struct story *story;  // NULL: only the end of the run speaks of it
    struct value item;          // of the list in run.end, or null
};

struct not_run *not_run_list(const struct history *h, struct arena *a, size_t *count);
// How many of its instances have begun: "3 of 5 begun"; "" if it is no `for_each`, or not yet one.
struct str not_run_begun(const struct history *h, const struct story *s, struct arena *a);
