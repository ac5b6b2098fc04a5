// Starting this program again as the keeper.

#pragma once

#include <sys/types.h>

#include "base/str.h"

// With every signal blocked, in a process group of its own but in our session (a child may
// be given the terminal), with nothing on descriptors 0 to 2, so that it keeps nobody's
// pipe open, and without our environment. [path] is that of the marks. Returns errno or 0.
int launch_keeper(int socket, int marks, struct str path, pid_t *pid);
