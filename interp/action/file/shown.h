// What is going to be in a file, for the person who is asked about it.

#pragma once

#include "base/mask.h"

// Behind a first line: the lines of [content], each behind two spaces, without secrets. Of a
// long one as much as can be read, how much is left out, and a checksum of all of it: an
// answer is about the whole. What is no text is told by its checksum alone. With a secret in
// it there is no checksum: it could be tried out against one.
void show_content(struct str content, const struct mask *m, struct arena *a, struct buf *out);
