// Starting one program.
//
// As posix_spawn() of the GNU C library does it: a child that runs in our memory, on a stack of
// its own, while we stand still until it has executed its program or ended (clone(2), CLONE_VM
// and CLONE_VFORK). It leaves out what that does for callers of any kind, and what costs as much
// as the rest: to go through the dispositions of all signals, and to make a new stack each time.

#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include "loop/child.h"

enum { SPAWN_STACK = 64 * 1024 };

struct spawn {
    const struct child_spec *spec;
    struct str marker;           // MARKER_VARIABLE=value, in its environment
    int stdio[3];                // its own number, or close-on-exec and above 2
    int door;                    // of the box in which it is to live (cgroup.h); 0: none
    struct arena *arena;         // empty, and so again afterwards
    char *stack;                 // SPAWN_STACK bytes that nobody uses meanwhile
    const struct rlimit *files;  // its limit of open files; NULL: the same as ours
    // What came of it.
    pid_t pid;
    int error;     // errno; 0: it runs
    bool bad_dir;  // [error] is about spec->dir
};

// An empty mask, a session of its own or, with tty, a process group of its own in the
// foreground of stdio[0]. Every other descriptor must be close-on-exec. The caller has one
// thread, blocks every signal, and handles and ignores none: so no handler runs in the child as
// long as it has our memory, and its program finds every disposition to be the default (execve(2)
// keeps what is ignored). Returns after the program was executed, or could not be.
bool spawn(struct spawn *s);
// [error] may go away by itself: no more processes, memory or descriptors just now.
bool spawn_may_retry(int error);
