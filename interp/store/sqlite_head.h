// How far a run's journal went, beside it: the number of its last event.
//
// Written after each commit without a sync, so it is never ahead of what is durable; a
// journal that is behind it has lost something (its log was deleted, it was restored from a
// copy, the disk lied).

#pragma once

#include "base/str.h"
#include "store/folder.h"

// False with [why] where something else than a plain file of ours has its name.
bool head_is_fine(struct str folder, struct failure *why);
// The descriptor, or -1 with errno.
int head_open(int folder_fd);
void head_write(int fd, int64_t seq);
// 0 if there is none.
int64_t head_read(struct str folder);
