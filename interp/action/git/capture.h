// A capture of a repository: what git_keep.c writes and git_undo.c reads. In KEEP/n:
//
//     manifest.json  verb, folder, head_ref, head, stash, tree, target; or ref
//     index          the index file, if there was one
//     staged-*.pack  blobs that only the index knew
//     paths          "S<path>" saved, "G<path>" not there, each ended by a NUL
//     files/N        what is saved, in the order of [paths]
//     MERGE_HEAD...  files of git_states that were there
//     made           HEAD and stash after the verb, a line each
//     made-files     path and digest of the files that then differed from the index
//     later-1/       what was changed by hand since, kept when it was undone
//     later-done     all of that is kept

#pragma once

#include "action/keep.h"

struct git;

extern const char *const git_states[];

// git_later.c: after the verb; and before it is undone, [captured] being the lines of `paths`.
bool git_later_note(struct git *g, const struct kept_thing *k);
bool git_later_keep(struct git *g, const struct kept_thing *k, const struct str *captured,
                    size_t count);
