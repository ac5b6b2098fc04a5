// The git action from the inside: git_params.c has the tables, git.c what is said, git_push.c
// the one verb that takes more than one process.

#pragma once

#include "action/git/git.h"
#include "action/work.h"

struct git_job {
    struct process process;
    struct str shown;  // what describe() says
    struct str repo, remote;
    bool hooks;
    bool pushes;
    struct value push;  // what was found out about it: sha, previous, ref
    bool cancelled;
};

extern const struct type git_params_type;
extern const char *const git_reset_modes[];  // by git_reset.mode, from 1
extern const struct expr_field git_results[];

// After the first process of a push has looked: goes on to send it.
bool git_push_next(struct attempt *at, const struct outcome *o);
// After a crash: asks the remote what became of a push; of anything else nothing is known.
void git_settle(struct attempt *at, struct value notes);
