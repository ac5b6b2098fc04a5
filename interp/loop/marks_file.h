// The files of marks, for the two that write and read them: marks.c and marks_read.c.

#pragma once

#include "base/buf.h"
#include "loop/marks.h"

// "keeper.[number]" in [folder].
struct str marks_path(struct str folder, long number, struct arena *a);
long marks_last(struct str folder);  // the number of the last one; 0: there is none
bool marks_locked(int fd);           // a keeper lives that has it
