// `runbook @git`: one verb of the git action.
//
// The job: verb, repo, hooks; what the verb takes (ref, from, to, mode, message, paths,
// name, remote, tags, untracked, match, sort, limit, path, ref); auto and keep for `undo:
// auto`. A push is three jobs: "push_look" says what would be pushed over what,
// "push_send" sends it, "push_ask" looks what became of it.

#pragma once

#include "action/git/run.h"

int git_worker(int argc, char **argv);

// git_look.c: verbs that only read.
bool git_tags(struct git *g);
bool git_log(struct git *g);
bool git_status(struct git *g);
bool git_describe(struct git *g);
bool git_show(struct git *g);

// git_change.c: verbs that change this repository.
bool git_checkout(struct git *g);
bool git_restore(struct git *g);
bool git_reset(struct git *g);
bool git_stash(struct git *g);
bool git_tag(struct git *g);
bool git_commit(struct git *g);
// git_revert.c
bool git_revert(struct git *g);

// git_remote.c
bool git_fetch(struct git *g);
bool git_push_look(struct git *g);
bool git_push_send(struct git *g);
bool git_push_ask(struct git *g);

// git_keep.c: all that `undo: auto` needs is captured before the verb changes anything. It
// may touch what differs between the index and [commit] (NULL: nothing) below [paths]
// (empty: everywhere).
bool git_keep(struct git *g, const char *commit, struct value paths, bool untracked);
bool git_keep_ref(struct git *g, const char *ref);  // the same for one that is to be made
void git_kept(struct git *g);                       // the verb has done its work
// git_undo.c
bool git_undo(struct git *g);

// What HEAD was, for `previous`: the branch, else the object id.
void git_say_previous(struct git *g);
// sha, ref and branch, as they are now.
void git_say_head(struct git *g);
// The result's `files`: which differ between two commits.
bool git_say_files(struct git *g, struct str from, struct str to);
