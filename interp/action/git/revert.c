// revert: the opposite of a commit, worked out in memory.
//
// The working tree, the index and every ref stay as they are until the result is there
// and without conflict; then all of it is done by one `git merge --ff-only`, which itself
// refuses to overwrite uncommitted work.

#include <string.h>

#include "action/git/worker.h"
#include "base/arena.h"

static bool tree_of(struct git *g, const char *commit, struct str *tree)
{
    return GIT_TEXT(g, tree, "rev-parse", "--verify", "--quiet",
                    str_format(g->work->arena, "%s^{tree}", commit).s);
}

static bool commit_tree(struct git *g, struct str tree, const char *parent, const char *message,
                        struct str *sha)
{
    return parent ? GIT_TEXT(g, sha, "commit-tree", tree.s, "-p", parent, "-m", message)
                  : GIT_TEXT(g, sha, "commit-tree", tree.s, "-m", message);
}

// The parents as the commit itself names them: in a shallow repository `git log` leaves
// out those that are not there. Returns how many; [first] is the first.
static size_t parents_of(struct str commit, struct str *first)
{
    size_t count = 0;

    while (commit.n && commit.s[0] != '\n') {
        size_t end = str_find(commit, '\n');
        if (str_starts(commit, "parent ") && count++ == 0)
            *first = str_slice(commit, 7, end);
        commit = end == SIZE_MAX ? STR("") : str_slice(commit, end + 1, commit.n);
    }
    return count;
}

static bool parent_tree(struct git *g, struct str sha, struct str *tree)
{
    struct str commit, parent = STR("");

    if (!GIT_TEXT(g, &commit, "cat-file", "commit", sha.s))
        return false;
    size_t count = parents_of(commit, &parent);
    if (count > 1)
        return work_fail(g->work, "'%s' is a merge; it is not clear which side to go back to",
                         sha.s);
    if (count == 0)
        return GIT_TEXT(g, tree, "hash-object", "-t", "tree", "-w", "/dev/null");
    parent = str_copy(g->work->arena, parent);
    if (!git_commit_of(g, parent.s).n) {
        work_fail(g->work, "the commit before '%s' is not in this repository", sha.s);
        return work_help(g->work, "the repository is shallow: fetch more of it first");
    }
    return tree_of(g, parent.s, tree);
}

// Three-way: what leads from the commit to the one before it, put on top of HEAD. git 2.39
// takes the merge base from the history only, so one is made that says it.
static bool merged_tree(struct git *g, struct str sha, struct str head, struct str *tree)
{
    struct str was, is, before, base, ours, theirs, out;
    size_t end;

    if (!parent_tree(g, sha, &before) || !tree_of(g, sha.s, &was) || !tree_of(g, head.s, &is) ||
        !commit_tree(g, was, NULL, "base", &base) || !commit_tree(g, is, base.s, "ours", &ours) ||
        !commit_tree(g, before, base.s, "theirs", &theirs))
        return false;
    int status = GIT(g, &out, "merge-tree", "--write-tree", "--no-messages", "--name-only", ours.s,
                     theirs.s);
    end = str_find(out, '\n');
    if (status == 1) {
        struct str files = str_trim(str_slice(out, end == SIZE_MAX ? out.n : end, out.n));
        return work_fail(g->work, "it cannot be reverted without conflict in: %.*s",
                         STR_ARG(files));
    }
    if (status != 0)
        return git_failed(g);
    *tree = str_copy(g->work->arena, str_slice(out, 0, end == SIZE_MAX ? out.n : end));
    if (str_equal(*tree, is))
        return work_fail(g->work, "it has been reverted already: nothing would change");
    return true;
}

bool git_revert(struct git *g)
{
    struct str sha, head, tree, subject, made;

    if (!git_resolve(g, work_text(g->work, "ref").s, &sha) || !git_resolve(g, "HEAD", &head) ||
        !git_is_free(g) || !merged_tree(g, sha, head, &tree) ||
        !GIT_TEXT(g, &subject, "log", "-1", "--format=%s", sha.s))
        return false;
    struct str message = str_format(g->work->arena, "Revert \"%s\"\n\nThis reverts commit %s.\n",
                                    subject.s, sha.s);
    if (!commit_tree(g, tree, head.s, message.s, &made) || !git_say_files(g, head, made))
        return false;
    g->work->touched = true;
    if (!GIT_DO(g, "merge", "--ff-only", "--quiet", "--no-stat", made.s))
        return false;
    work_say(g->work, "previous", head);
    git_say_head(g);
    return true;
}
