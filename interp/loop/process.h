// Processes of the machine, as /proc tells of them.
//
// Nothing here is certain for longer than it takes to read it: a process may end at any
// moment. A pid together with its start time names one process for ever (of one boot).

#pragma once

#include "base/str.h"

struct process {
    int64_t pid, parent, group, session;
    int64_t start;  // ticks of boot time
    bool ended;     // a zombie
    bool stopped;   // by a signal, until another one lets it go on
};

// False when there is no such process.
bool process_read(int64_t pid, struct process *p);

struct processes {
    struct process *items;
    size_t count;
};
// All that we may see and that have not ended.
struct processes process_all(struct arena *a);
// The process ids in the file [fd] (/proc/PID/task/TID/children), ended by 0; NULL when
// this machine has no such files.
const int64_t *process_children(int fd, struct arena *a);

// The same of this process (its first thread), without those that have ended and those in [but],
// which may be NULL.
const int64_t *process_own_children(const int64_t *but, struct arena *a);
// Kills those and their groups. What was below them may come to us by that: to be called until it
// says that there was none.
bool process_kill_own_children(const int64_t *but);

// Its command line in one line, at most 200 bytes.
struct str process_command(int64_t pid, struct arena *a);
// One of the words of its command line is [word].
bool process_has_word(int64_t pid, struct str word);
// The value of [name] in the environment it was started with; false if it is not there
// or may not be read.
bool process_env(int64_t pid, const char *name, struct arena *a, struct str *value);

// Now, on the clock of [start].
int64_t process_ticks(void);
