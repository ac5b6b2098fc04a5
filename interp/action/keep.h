// What was there before a step, kept for `undo: auto`.
//
// A step has a folder of the run for it. Each thing that an attempt is about to change is
// captured below it once, KEEP/1, KEEP/2, ..., before it is changed: first what was there,
// then, durable and at once, the manifest that says so. Undoing goes through them from the
// last to the first and removes each manifest when its thing is as it was.

#pragma once

#include "action/fs.h"

struct kept_thing {
    const char *folder;     // KEEP/n
    struct value manifest;  // of one that was captured
    bool captured;          // by an earlier attempt
};

// Looks for the capture of [key], or makes a folder for it.
bool keep_find(struct work *w, const char *keep, struct str key, struct kept_thing *k);
// The capture is complete. [manifest] gets "key" beside what it holds.
bool keep_commit(struct work *w, struct kept_thing *k, struct str key,
                 struct value_builder *manifest);
// Calls [undo] for every capture, last first. True when all are undone; *count is how many
// there were.
bool keep_undo(struct work *w, const char *keep,
               bool (*undo)(struct work *w, const struct kept_thing *k), size_t *count);

// Of an undo: what stood at [path] (called [name]) was changed after the step, and is kept as [copy]:
// said at once, and in the result, as `later`: [{path, kept}], the first of them.
void keep_later(struct work *w, struct str name, const char *path, const char *copy);

struct str keep_text(const struct work *w, const struct kept_thing *k, const char *key);
bool keep_flag(const struct work *w, const struct kept_thing *k, const char *key);
// The path of something in the folder.
const char *keep_path(struct work *w, const struct kept_thing *k, const char *name);
