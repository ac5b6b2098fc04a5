// Brings a repository back to what git_keep() captured.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "action/git/capture.h"
#include "action/git/worker.h"
#include "base/arena.h"
#include "base/map.h"

enum { LIST_MAX = 256 << 20 };

struct undoing {
    struct git *git;
    const struct kept_thing *thing;
    struct str head_ref, head, stash;  // before
    struct str made_head, made_stash;  // after; empty when not known
    const struct str *paths;           // with S or G before them
    size_t path_count;
    struct map *captured;
};

static const char *in_keep(struct undoing *u, const char *name)
{
    return keep_path(u->git->work, u->thing, name);
}

static const char *in_tree(struct undoing *u, struct str path)
{
    return str_format(u->git->work->arena, "%s/%.*s", u->git->top, STR_ARG(path)).s;
}

// ---- reading the capture

static void read_made(struct undoing *u)
{
    struct work *w = u->git->work;
    struct str text, message = w->message;
    struct stat st;

    if (fs_read(w, in_keep(u, "made"), 4096, &text, &st)) {
        size_t end = str_find(text, '\n');
        u->made_head = str_copy(w->arena, str_slice(text, 0, end));
        u->made_stash = str_copy(w->arena, str_trim(str_slice(text, end + 1, text.n)));
    }
    w->message = message;
}

static bool read_capture(struct undoing *u)
{
    struct work *w = u->git->work;
    struct stat st;
    struct str list = STR("");

    u->head_ref = keep_text(w, u->thing, "head_ref");
    u->head = keep_text(w, u->thing, "head");
    u->stash = keep_text(w, u->thing, "stash");
    u->captured = map_new(w->arena);
    read_made(u);
    if (fs_exists(in_keep(u, "paths"), NULL) &&
        !fs_read(w, in_keep(u, "paths"), LIST_MAX, &list, &st))
        return false;
    u->paths = git_split(u->git, list, &u->path_count);
    for (size_t i = 0; i < u->path_count; i++)
        map_put(u->captured, str_slice(u->paths[i], 1, u->paths[i].n), u);
    return true;
}

// ---- may it be undone?

// HEAD is where the verb left it, or where it was before.
static bool is_ours(struct undoing *u)
{
    struct git *g = u->git;
    struct str now = git_commit_of(g, "HEAD"), target = keep_text(g->work, u->thing, "target");
    struct str before = git_commit_of(g, "HEAD^");

    if (str_equal(now, u->head) || str_equal(now, u->made_head))
        return true;
    // It was killed between its work and the note about it.
    if (!u->made_head.n &&
        (str_equal(now, target) ||
         (str_is(keep_text(g->work, u->thing, "verb"), "commit") && str_equal(before, u->head))))
        return true;
    work_fail(g->work, "HEAD has moved on since the step, to %s", now.s);
    return work_help(g->work, "undo it by hand; what was there is kept, see the run's folder");
}

// ---- refs

// Only reset and commit move a branch; one that did not move it has no say in where it is.
static bool moves_branch(const struct undoing *u)
{
    struct str verb = keep_text(u->git->work, u->thing, "verb");

    return str_is(verb, "reset") || str_is(verb, "commit");
}

static bool point_head(struct undoing *u)
{
    struct git *g = u->git;
    struct str now = git_commit_of(g, "HEAD");

    if (!u->head_ref.n)
        return GIT_DO(g, "update-ref", "--no-deref", "-m", "runbook: undo", "HEAD", u->head.s);
    if (!GIT_DO(g, "symbolic-ref", "-m", "runbook: undo", "HEAD", u->head_ref.s))
        return false;
    if (!moves_branch(u))
        return true;
    if (!u->head.n)
        return !now.n || GIT_DO(g, "update-ref", "-d", u->head_ref.s);
    return GIT_DO(g, "update-ref", "-m", "runbook: undo", u->head_ref.s, u->head.s);
}

// The entry that the step made, wherever it is in the stash by now.
static bool drop_stash(struct undoing *u)
{
    struct git *g = u->git;
    struct str out, top = git_commit_of(g, "refs/stash");
    size_t count = 0;

    if (str_equal(top, u->stash))
        return true;
    struct str made = u->made_stash.n ? u->made_stash : top;
    if (!GIT_TEXT(g, &out, "log", "-g", "-z", "--format=%H", "refs/stash", "--"))
        return false;
    const struct str *entry = git_split(g, out, &count);
    for (size_t i = 0; i < count; i++)
        if (str_equal(entry[i], made))
            return GIT_DO(g, "stash", "drop", "--quiet",
                          str_format(g->work->arena, "stash@{%zu}", i).s);
    return true;
}

// ---- index

static bool unpack(struct undoing *u)
{
    DIR *folder = opendir(u->thing->folder);
    bool ok = true;
    struct stat st;

    for (struct dirent *e; ok && folder && (e = readdir(folder));) {
        if (strncmp(e->d_name, "staged-", 7) != 0 || !strstr(e->d_name, ".pack"))
            continue;
        ok = fs_read(u->git->work, in_keep(u, e->d_name), LIST_MAX, &u->git->input, &st) &&
             GIT_DO(u->git, "unpack-objects", "-q");
    }
    if (folder)
        closedir(folder);
    return ok;
}

// Under git's own lock, which is ours while it is there. The time of the index file counts:
// git looks into files that are not older than it.
static bool put_index(struct undoing *u)
{
    struct work *w = u->git->work;
    const char *index = fs_join(w, u->git->folder, "index");
    const char *lock = fs_join(w, u->git->folder, "index.lock");

    if (!fs_exists(in_keep(u, "index"), NULL))
        return unlink(index) == 0 || errno == ENOENT;
    if (!fs_copy(w, in_keep(u, "index"), lock, FS_EXACT))
        return false;
    if (rename(lock, index))
        return work_fail(w, "cannot put the index back: %s", strerror(errno));
    fs_sync_folder(index);
    return true;
}

static bool put_states(struct undoing *u)
{
    struct work *w = u->git->work;

    for (size_t i = 0; git_states[i]; i++) {
        const char *state = fs_join(w, u->git->folder, git_states[i]);
        if (!fs_exists(in_keep(u, git_states[i]), NULL))
            continue;
        if (!fs_remove(w, state) || !fs_copy(w, in_keep(u, git_states[i]), state, FS_EXACT))
            return false;
    }
    return true;
}

// ---- the working tree

static void remove_empty_above(struct undoing *u, struct str path)
{
    for (size_t i = path.n; i > 0; i--)
        if (path.s[i - 1] == '/' && rmdir(in_tree(u, str_slice(path, 0, i - 1))))
            return;
}

// What was not there.
static bool clear(struct undoing *u)
{
    for (size_t i = 0; i < u->path_count; i++) {
        struct str path = str_slice(u->paths[i], 1, u->paths[i].n);
        if (u->paths[i].s[0] != 'G')
            continue;
        if (!fs_remove(u->git->work, in_tree(u, path)))
            return false;
        remove_empty_above(u, path);
    }
    return true;
}

// What the index knows.
static bool check_out(struct undoing *u)
{
    struct git *g = u->git;
    struct buf wanted = BUF_EMPTY;
    struct str out;
    size_t count;

    if (!GIT_TEXT(g, &out, "diff-files", "-z", "--name-only", "--no-renames"))
        return false;
    const struct str *path = git_split(g, out, &count);
    for (size_t i = 0; i < count; i++) {
        if (map_get(u->captured, path[i]))
            continue;
        buf_add(&wanted, path[i]);
        buf_add_c(&wanted, '\0');
    }
    g->input = buf_take(&wanted, g->work->arena);
    return !g->input.n ||
           GIT_DO(g, "-C", g->top, "checkout-index", "--force", "--quiet", "-z", "--stdin");
}

// What only the working tree knew.
static bool put_files(struct undoing *u)
{
    struct work *w = u->git->work;
    size_t saved = 0;

    for (size_t i = 0; i < u->path_count; i++) {
        if (u->paths[i].s[0] != 'S')
            continue;
        const char *to = in_tree(u, str_slice(u->paths[i], 1, u->paths[i].n));
        const char *from = in_keep(u, str_format(w->arena, "files/%zu", saved++).s);
        char *folder = (char *)(uintptr_t)str_copy(w->arena, str_from(to)).s;
        *strrchr(folder, '/') = '\0';
        if (!fs_exists(folder, NULL) && !fs_make_folders(w, folder, 0777))
            return false;
        if (!fs_remove(w, to) || !fs_copy(w, from, to, FS_EXACT))
            return false;
    }
    return true;
}

static bool put_tree(struct undoing *u)
{
    struct git *g = u->git;

    if (!clear(u) || !check_out(u) || !put_files(u))
        return false;
    g->quiet = true;  // it names what differs, and fails for that
    GIT(g, NULL, "update-index", "-q", "--refresh");
    g->quiet = false;
    return true;
}

// ---- all of it

static bool undo_ref(struct undoing *u)
{
    struct git *g = u->git;
    struct str ref = keep_text(g->work, u->thing, "ref");
    struct str now = git_commit_of(g, ref.s);

    if (!now.n)
        return true;
    if (!str_equal(now, u->head))
        return work_fail(g->work, "'%s' has been moved since, to %s", ref.s, now.s);
    return GIT_DO(g, "update-ref", "-d", ref.s);
}

static bool undo_one(struct work *w, const struct kept_thing *k)
{
    struct git g;
    struct undoing u = { .git = &g, .thing = k };

    if (!git_open(&g, w, false) || !read_capture(&u))
        return false;
    w->touched = true;
    if (keep_text(w, k, "ref").n)
        return undo_ref(&u);
    bool tree = keep_flag(w, k, "tree");
    if (!git_is_free(&g) || !is_ours(&u))
        return false;
    if (tree && !git_later_keep(&g, k, u.paths, u.path_count))
        return false;
    if (!unpack(&u) || !drop_stash(&u) || !point_head(&u) || !put_index(&u))
        return false;
    return (!tree || put_tree(&u)) && put_states(&u);
}

bool git_undo(struct git *g)
{
    size_t count;

    if (!keep_undo(g->work, work_text(g->work, "keep").s, undo_one, &count))
        return false;
    git_say_head(g);
    return true;
}
