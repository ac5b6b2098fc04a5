// The body of an answer on its way into a file: written beside it, renamed at the end.

#pragma once

#include "base/str.h"

struct arena;
struct http_save;

// NULL with errno. The file that is there, if any, stays until http_save_finish().
struct http_save *http_save_begin(struct str path, struct arena *a);
bool http_save_write(struct http_save *s, struct str bytes);
// On disk, under its name. False with errno; [s] is to be dropped either way.
bool http_save_finish(struct http_save *s);
// Removes what is not finished. NULL is fine, and so is twice.
void http_save_drop(struct http_save *s);
