// Who has a run.
//
// One interpreter at a time holds the lock on the file `lock` in the run's folder; the
// kernel gives it back when that process ends, however it does. The file says who it is.
// Looking whether somebody has it takes nothing.

#pragma once

#include <sys/types.h>

#include "store/writer.h"

struct owner {
    int folder_fd;  // of the run
    int lock_fd;
    char *path;  // of the lock; malloc
    dev_t device;  // the file that is locked
    ino_t inode;
    struct {
        int pid;  // 0: it did not say
        char host[256], since[64];
    } holder;  // who has it, when it is taken already
};

enum taken { TAKEN, TAKEN_ALREADY, TAKEN_FAILED };

// [folder_fd] stays the caller's. TAKEN_ALREADY: [why] and the holder say by whom.
enum taken owner_take(struct owner *o, int folder_fd, struct str folder, struct failure *why);
// Whether the lock is still the file at its path. One that somebody removed protects nothing:
// another interpreter may have made its own.
bool owner_holds(const struct owner *o, struct failure *why);
void owner_leave(struct owner *o);

// Whether an interpreter has the run in [folder].
bool owner_lives(struct str folder);

// One at a time may turn the log of a run's database into the database, or open it for
// writing: a lock on the folder itself, which nobody removes by mistake. [wait]: until it is
// free. It is given back with folder_release().
bool folder_reserve(int folder_fd, bool wait);
void folder_release(int folder_fd);
