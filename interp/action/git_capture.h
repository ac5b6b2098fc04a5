// A capture of a repository: what git_keep.c writes and git_undo.c reads. In KEEP/n:
//
//     manifest.json  verb, folder, head_ref, head, stash, tree, target; or ref
//     index          the index file, if there was one
//     staged-*.pack  blobs that only the index knew
//     paths          "S<path>" saved, "G<path>" not there, each ended by a NUL
//     files/N        what is saved, in the order of [paths]
//     MERGE_HEAD...  files of git_states that were there
//     made           HEAD and stash after the verb, a line each

#pragma once

#include "action/keep.h"

extern const char *const git_states[];
