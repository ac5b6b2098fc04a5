// The verbs of the file action that only read, and what they share with the others.

#pragma once

#include "action/work.h"

bool file_newest(struct work *w);
bool file_read_content(struct work *w);
bool file_checksum(struct work *w);

// A text of the job, for C.
const char *file_text(struct work *w, const char *key);
// Puts path, size, sha256 and modified of [path], called [shown], into the result.
bool file_say(struct work *w, const char *shown, const char *path);
