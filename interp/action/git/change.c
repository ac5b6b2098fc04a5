// Verbs of git that change this repository.

#include <string.h>
#include <unistd.h>

#include "action/fs.h"
#include "action/git/worker.h"
#include "base/arena.h"

static const char *text(struct git *g, const char *key)
{
    return work_text(g->work, key).s;
}

// ---- what is said of HEAD

void git_say_previous(struct git *g)
{
    struct str branch = git_branch(g);

    work_say(g->work, "previous", branch.n ? branch : git_commit_of(g, "HEAD"));
}

void git_say_head(struct git *g)
{
    struct str branch = git_branch(g), sha = git_commit_of(g, "HEAD");

    if (sha.n)
        work_say(g->work, "sha", sha);
    work_say(g->work, "branch", branch);
    work_say(g->work, "ref",
             branch.n ? str_format(g->work->arena, "refs/heads/%s", branch.s) : STR("HEAD"));
}

bool git_say_files(struct git *g, struct str from, struct str to)
{
    struct str out;
    size_t count;

    if (!GIT_TEXT(g, &out, "diff-tree", "-r", "-z", "--name-only", "--no-renames", from.s, to.s))
        return false;
    const struct str *files = git_split(g, out, &count);
    work_say_list(g->work, "files", files, count);
    return true;
}

static bool done(struct git *g)
{
    git_kept(g);
    git_say_head(g);
    return true;
}

static struct value nowhere(struct git *g)
{
    return value_finish(value_list_start(g->work->arena));
}

// ---- checkout, restore, reset

static bool is_branch(struct git *g, const char *name)
{
    return git_commit_of(g, str_format(g->work->arena, "refs/heads/%s", name).s).n > 0;
}

bool git_checkout(struct git *g)
{
    const char *ref = text(g, "ref");
    bool branch = is_branch(g, ref);
    struct str sha;

    if (branch)
        sha = git_commit_of(g, str_format(g->work->arena, "refs/heads/%s", ref).s);
    else if (!git_resolve(g, ref, &sha))
        return false;
    git_say_previous(g);
    if (!git_is_free(g) || !git_keep(g, sha.s, nowhere(g), false))
        return false;
    g->work->touched = true;
    if (branch ? !GIT_DO(g, "checkout", "--quiet", "--no-guess", "--no-progress", ref, "--")
               : !GIT_DO(g, "checkout", "--quiet", "--no-progress", "--detach", sha.s, "--"))
        return false;
    return done(g);
}

bool git_restore(struct git *g)
{
    struct value paths = work_list(g->work, "paths");
    struct str sha, out;
    size_t count;

    if (!git_resolve(g, text(g, "from"), &sha))
        return false;
    git_say_previous(g);
    if (!git_is_free(g) || !git_keep(g, sha.s, paths, false))
        return false;
    const char *const differs[] = { "--literal-pathspecs", "diff-index", "-z", "--name-only",
                                    "--no-renames",        sha.s,        "--", NULL };
    if (!git_text(g, &out, git_words(g, differs, paths)))
        return false;
    const struct str *files = git_split(g, out, &count);
    work_say_list(g->work, "files", files, count);
    struct str source = str_format(g->work->arena, "--source=%s", sha.s);
    const char *const restore[] = {
        "--literal-pathspecs", "restore", "--quiet", "--no-progress", source.s,
        "--worktree",          "--",      NULL
    };
    g->work->touched = true;
    if (!git_do(g, git_words(g, restore, paths)))
        return false;
    git_kept(g);
    git_say_head(g);
    work_say(g->work, "sha", sha);
    return true;
}

bool git_reset(struct git *g)
{
    const char *mode = text(g, "mode");
    bool hard = strcmp(mode, "hard") == 0;
    struct str sha, old = git_commit_of(g, "HEAD");

    if (!git_resolve(g, text(g, "to"), &sha))
        return false;
    if (!git_is_free(g) || !git_keep(g, hard ? sha.s : NULL, nowhere(g), false))
        return false;
    g->work->touched = true;
    if (!GIT_DO(g, "reset", "--quiet", str_format(g->work->arena, "--%s", mode).s, sha.s, "--"))
        return false;
    if (old.n && !git_say_files(g, old, sha))
        return false;
    work_say(g->work, "previous", old);
    return done(g);
}

// ---- stash, tag, commit

bool git_stash(struct git *g)
{
    const char *message = text(g, "message");
    bool untracked = work_flag(g->work, "untracked");
    struct str old = git_commit_of(g, "refs/stash"), sha;
    struct str named = str_format(g->work->arena, "--message=%s", message);
    const char *words[] = { "stash",
                            "push",
                            "--quiet",
                            untracked ? "--include-untracked" : "--no-include-untracked",
                            *message ? named.s : NULL,
                            NULL };

    if (!git_commit_of(g, "HEAD").n)
        return work_fail(g->work, "there is no commit yet in this repository to stash against");
    git_say_previous(g);
    if (!git_is_free(g) || !git_keep(g, "HEAD", nowhere(g), untracked))
        return false;
    g->work->touched = true;
    if (!git_do(g, words))
        return false;
    done(g);
    sha = git_commit_of(g, "refs/stash");
    bool stashed = sha.n && !str_equal(sha, old);
    work_say(g->work, "sha", stashed ? sha : STR(""));
    work_say(g->work, "ref", stashed ? STR("refs/stash") : STR(""));
    work_say_flag(g->work, "clean", true);
    return !stashed || git_say_files(g, git_commit_of(g, "refs/stash^1"), sha);
}

bool git_tag(struct git *g)
{
    const char *name = text(g, "name"), *message = text(g, "message");
    struct str ref = str_format(g->work->arena, "refs/tags/%s", name), sha;
    // As written, with the end of the last line that `git commit` adds by itself.
    struct str words = str_format(g->work->arena, "--message=%s%s", message,
                                  str_ends(str_from(message), "\n") ? "" : "\n");

    if (git_commit_of(g, ref.s).n)
        return work_fail(g->work, "there is a tag '%s' already", name);
    if (!git_resolve(g, "HEAD", &sha) || !git_keep_ref(g, ref.s))
        return false;
    g->work->touched = true;
    if (*message ? !GIT_DO(g, "tag", "--annotate", "--cleanup=verbatim", words.s, name, sha.s)
                 : !GIT_DO(g, "tag", name, sha.s))
        return false;
    git_say_head(g);
    work_say(g->work, "sha", sha);
    work_say(g->work, "ref", ref);
    struct str tag = str_from(name);
    work_say_list(g->work, "tags", &tag, 1);
    return true;
}

static bool in_the_middle(struct git *g)
{
    static const char *const signs[] = { "MERGE_HEAD",   "CHERRY_PICK_HEAD", "REVERT_HEAD",
                                         "rebase-merge", "rebase-apply",     NULL };

    for (size_t i = 0; signs[i]; i++)
        if (fs_exists(fs_join(g->work, g->folder, signs[i]), NULL)) {
            work_fail(g->work, "the repository is in the middle of something else: %s is there",
                      signs[i]);
            work_help(g->work, "finish or abort that first");
            return true;
        }
    return false;
}

// Git was stopped when it had made the commit already: on [old] there is one of these words.
static bool is_made(struct git *g, struct str old)
{
    struct str now = git_commit_of(g, "HEAD"), words;

    return now.n && !str_equal(now, old) && str_equal(git_commit_of(g, "HEAD^"), old) &&
           GIT_TEXT(g, &words, "log", "-1", "--format=%B", "HEAD") &&
           str_equal(str_trim(words), str_trim(str_from(text(g, "message"))));
}

// What `git add` did to the index is taken back when the commit fails.
static bool commit_paths(struct git *g, struct value paths, struct str message, struct str old)
{
    static const char *const add[] = { "--literal-pathspecs", "add", "--all", "--", NULL };
    const char *index = fs_join(g->work, g->folder, "index"), *saved = fs_beside(g->work, index);
    const char *const commit[] = { "--literal-pathspecs",
                                   "commit",
                                   "--quiet",
                                   "--no-status",
                                   g->hooks ? "--no-edit" : "--no-verify",
                                   "--cleanup=verbatim",
                                   message.s,
                                   "--only",
                                   "--",
                                   NULL };
    bool had = fs_exists(index, NULL);

    if (had && !fs_copy(g->work, index, saved, FS_EXACT))
        return false;
    g->work->touched = true;
    bool ok = git_do(g, git_words(g, add, paths)) &&
              (git_do(g, git_words(g, commit, paths)) || (work_stopped() && is_made(g, old)));
    if (!ok && had && !fs_exists(fs_join(g->work, g->folder, "index.lock"), NULL))
        return rename(saved, index) == 0 && false;
    if (had)
        unlink(saved);
    return ok;
}

bool git_commit(struct git *g)
{
    struct value paths = work_list(g->work, "paths");
    struct str old = git_commit_of(g, "HEAD");
    struct str message = str_format(g->work->arena, "--message=%s", text(g, "message"));

    if (!git_is_free(g) || in_the_middle(g) || !git_keep(g, NULL, nowhere(g), false))
        return false;
    if (!commit_paths(g, paths, message, old)) {
        if (!g->said.n)
            work_fail(g->work, "there is nothing to commit in these paths");
        return false;
    }
    if (old.n && !git_say_files(g, old, git_commit_of(g, "HEAD")))
        return false;
    work_say(g->work, "previous", old);
    return done(g);
}
