// The plan that is kept with a run.

#pragma once

#include "exec/inside.h"

struct kept_plan {
    struct str file, cwd, user;
    bool manual, drill;
    int on_failure;
    struct value inputs, secret_inputs, vars, secret_vars, trigger, run;
    struct program_file *files;
    struct str *digests;  // of the files as they were
    bool *cut;            // something of a secret was taken out of the text: nobody may run it
    struct str digest;    // of the text that it was read from
    size_t file_count;
};

struct str plan_text(struct driver *d, struct arena *a);
struct str plan_digest(struct driver *d, struct str plan);
bool plan_read(struct arena *a, struct str json, struct kept_plan *out);
// Whether the files are as they were: no secret stood in one of them by its value.
bool plan_is_whole(const struct kept_plan *plan);
// What was left out of the files, from the disk, where they are what they were there.
void plan_fill_from_disk(struct driver *d, struct kept_plan *plan);
// Puts the secrets of d->frame where the files name them. False when none does.
bool plan_fill_secrets(struct driver *d, struct kept_plan *plan);
// A file that is cut has changed: false with an error, and d->cut says it.
bool plan_has_all(struct driver *d, const struct kept_plan *plan);
void tell_changed_files(struct driver *d, const struct kept_plan *plan);
