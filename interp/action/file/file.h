// file: copies, writes, moves, removes, finds and reads, in a worker process
// (file_worker.h), so that a slow disk holds up nobody and a killed step leaves nothing half done.

#pragma once

#include "action/action.h"

struct file_pair {  // copy, move
    const struct node *node;
    const struct template *from, *to;
};
struct file_write {
    const struct node *node;
    const struct template *path, *content, *mode;
};
struct file_remove {  // PATH is { path: PATH }
    const struct node *node;
    const struct template *path;
    int recursive;  // enum tristate
};

struct file_params {  // exactly one verb
    const struct node *node;
    struct file_pair *copy, *move;
    struct file_write *write;
    struct file_remove *remove;
    const struct template *newest, *read, *checksum;
    int optional;  // enum tristate; of newest
};

extern const struct action action_file;
