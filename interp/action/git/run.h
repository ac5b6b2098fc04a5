// The git program, run so that it asks nobody, shows nothing in a pager, and runs nothing
// that a repository brings along unless the step says `hooks: true`.

#pragma once

#include <sys/types.h>

#include "action/work.h"

struct git {
    struct work *work;
    const char *repo;    // as given, or "."
    const char *top;     // of the working tree; NULL in a bare repository
    const char *folder;  // the git folder, absolute
    const char *common;  // where the refs are; differs in a linked working tree
    bool hooks, shallow;
    struct buf *settings;  // of const char *, "-c", "key=value", ...
    const char *index;     // GIT_INDEX_FILE for the next run; NULL: the repository's own
    struct str input;      // of the next run
    struct str said;       // what the last run wrote to standard error
    bool quiet;            // and that is not passed on
};

// Finds the repository. [tree]: it must have a working tree.
bool git_open(struct git *g, struct work *w, bool tree);
// The same for a change to the index: fails while somebody else's git is at it.
bool git_is_free(struct git *g);

// Runs `git [words]`, ended by NULL; returns the exit status (128 + signal), its standard
// output in [out] (may be NULL).
int git_run(struct git *g, struct str *out, const char *const *words);
#define GIT(g, out, ...) git_run(g, out, (const char *const[]){ __VA_ARGS__, NULL })
// The output without the newline at its end; false (failed, in git's words) unless it is 0.
bool git_text(struct git *g, struct str *out, const char *const *words);
#define GIT_TEXT(g, out, ...) git_text(g, out, (const char *const[]){ __VA_ARGS__, NULL })
// The same for what has no output of interest.
bool git_do(struct git *g, const char *const *words);
#define GIT_DO(g, ...) git_do(g, (const char *const[]){ __VA_ARGS__, NULL })

// The same, where failing is an answer: then it is empty, and nothing is passed on.
struct str git_ask(struct git *g, const char *const *words);
#define GIT_ASK(g, ...) git_ask(g, (const char *const[]){ __VA_ARGS__, NULL })
// "key=value" of the configuration, for every run from now on.
void git_set(struct git *g, const char *setting);

// Fails with the first line in which git said why.
bool git_failed(struct git *g);

// The object id of the commit [ref] names, empty where there is none.
struct str git_commit_of(struct git *g, const char *ref);
// The same; fails where there is none.
bool git_resolve(struct git *g, const char *ref, struct str *out);
// The current branch, empty when HEAD is detached.
struct str git_branch(struct git *g);
// The parts of a text that NULs end.
const struct str *git_split(struct git *g, struct str text, size_t *count);
// The same and words before it, ended by NULL: an argv.
const char *const *git_words(struct git *g, const char *const *before, struct value list);
