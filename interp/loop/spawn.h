// Starting one program.

#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include "loop/child.h"

struct spawn {
    const struct child_spec *spec;
    struct str marker;  // RUNBOOK_STEP in its environment
    int stdio[3];
    const struct rlimit *files;  // its limit of open files; NULL: the same as ours
    // What came of it.
    pid_t pid;
    int error;     // errno; 0: it runs
    bool bad_dir;  // [error] is about spec->dir
};

// Default signal dispositions, an empty mask, a session of its own or, with tty, a process
// group of its own in the foreground of stdio[0]. Every other descriptor must be
// close-on-exec. Returns after the program was executed, or could not be.
bool spawn(struct spawn *s);
// [error] may go away by itself: no more processes, memory or descriptors just now.
bool spawn_may_retry(int error);
