// The parts of the file worker: the verbs that only read, and what `undo: auto` needs.

#pragma once

#include "action/work.h"

bool file_newest(struct work *w);
bool file_read_content(struct work *w);
bool file_checksum(struct work *w);

// A text of the job, for C.
const char *file_text(struct work *w, const char *key);
// Puts path, size, sha256 and modified of [path], called [shown], into the result.
bool file_say(struct work *w, const char *shown, const char *path);

// file_undo.c. Each does nothing but with `undo: auto`.

// [path] is about to be replaced, made or removed: what is there is kept.
bool file_keep(struct work *w, const char *path);
// [staged] is what [path] is about to be, so that undo can see what was changed after that.
bool file_made(struct work *w, const char *staged, const char *path);
// [from] is about to be moved to [to], which was kept before.
bool file_keep_moved(struct work *w, const char *from, const char *to);
bool file_undo(struct work *w);
