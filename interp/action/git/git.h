// git: one verb, by the git program, in a worker process (git_worker.h).

#pragma once

#include "action/action.h"

struct git_restore {
    const struct node *node;
    struct list paths;  // of const struct template *
    const struct template *from;
};
struct git_reset {
    const struct node *node;
    const struct template *to;
    int mode;  // 1 soft, 2 mixed, 3 hard
};
struct git_stash {
    const struct node *node;
    const struct template *message;
    int untracked;  // enum tristate
};
struct git_tag {
    const struct node *node;
    const struct template *name, *message;
};
struct git_fetch {
    const struct node *node;
    const struct template *remote;
    int tags;  // enum tristate
};
struct git_commit {
    const struct node *node;
    const struct template *message;
    struct list paths;  // of const struct template *
};
struct git_push {
    const struct node *node;
    const struct template *remote, *ref;
};
struct git_tags {
    const struct node *node;
    const struct template *match;
    int sort;  // 1 version, 2 -version, 3 date, 4 -date
    const struct amount *limit;
};
struct git_log {
    const struct node *node;
    const struct amount *limit;
    const struct template *path, *ref;
};
struct git_nothing {
    const struct node *node;
};
struct git_show {
    const struct node *node;
    const struct template *ref, *path;
};

struct git_params {  // exactly one verb
    const struct node *node;
    const struct template *checkout, *revert;
    struct git_restore *restore;
    struct git_reset *reset;
    struct git_stash *stash;
    struct git_tag *tag;
    struct git_fetch *fetch;
    struct git_commit *commit;
    struct git_push *push;
    struct git_tags *tags;
    struct git_log *log;
    struct git_nothing *status, *describe;
    struct git_show *show;
    const struct template *repo;
    int hooks;  // enum tristate
};

extern const struct action action_git;
