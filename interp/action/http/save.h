// The body of an answer on its way into a file: written beside it, renamed at the end.
//
// Written from the loop as it comes; what waits for the disk happens in a thread.

#pragma once

#include "loop/loop.h"

struct http_save;

// An errno if nothing could be written to [path] as it is now; 0: it may go well.
int http_save_trouble(struct str path);
// NULL with errno. The file that is there, if any, stays until http_save_finish().
struct http_save *http_save_begin(struct str path);
// False with errno.
bool http_save_write(struct http_save *s, struct str bytes);
// Puts it on disk, under its name; then it is over, and [then] is called from the loop with
// an errno, or 0.
void http_save_finish(struct http_save *s, struct loop *l, void (*then)(void *arg, int error),
                      void *arg);
// Removes what is not finished, at any time before [then]; nothing is called any more. NULL
// is fine.
void http_save_drop(struct http_save *s);
