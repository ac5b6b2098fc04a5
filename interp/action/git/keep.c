// What a repository is, before a verb changes it.
//
// The capture touches neither refs nor index of the repository. It holds the index file
// with the blobs that only it knows (a pack), HEAD and the stash, and of the working tree
// what cannot be had from those: files that differ from the index, untracked and ignored
// ones that are in the way of the verb, and the names of what is not there.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "action/git/capture.h"
#include "action/git/worker.h"
#include "base/arena.h"
#include "base/map.h"

struct capture {
    struct git *git;
    struct kept_thing thing;
    struct buf list;  // of "S<path>" (saved as files/N) and "G<path>" (gone), each with a NUL
    size_t saved;
    struct map *seen;
    struct map *tracked;  // paths in the index
};

static struct str key_of(struct git *g)
{
    return str_format(g->work->arena, "git %s\n%s", work_text(g->work, "verb").s, g->folder);
}

static const char *in_tree(struct git *g, struct str path)
{
    return str_format(g->work->arena, "%s/%.*s", g->top, STR_ARG(path)).s;
}

// ---- the working tree

static void note(struct capture *c, char kind, struct str path)
{
    buf_add_c(&c->list, kind);
    buf_add(&c->list, path);
    buf_add_c(&c->list, '\0');
}

// Saves what is at [path], or notes that nothing is.
static bool save(struct capture *c, struct str path)
{
    struct work *w = c->git->work;
    struct stat st;

    if (map_get(c->seen, path))
        return true;
    map_put(c->seen, path, c);
    if (!fs_exists(in_tree(c->git, path), &st)) {
        note(c, 'G', path);
        return true;
    }
    // A submodule's folder is a repository of its own.
    if (S_ISDIR(st.st_mode) && fs_exists(fs_join(w, in_tree(c->git, path), ".git"), NULL))
        return true;
    struct str copy = str_format(w->arena, "files/%zu", c->saved++);
    if (!fs_copy(w, in_tree(c->git, path), keep_path(w, &c->thing, copy.s),
                 FS_EXACT | FS_SKIP_SPECIAL))
        return false;
    note(c, 'S', path);
    return true;
}

static bool save_all(struct capture *c, struct str paths)
{
    size_t count;
    const struct str *path = git_split(c->git, paths, &count);

    for (size_t i = 0; i < count; i++)
        if (!save(c, path[i]))
            return false;
    return true;
}

// A file where [path] needs a folder would have to go.
static bool save_above(struct capture *c, struct str path)
{
    struct stat st;

    for (size_t i = 0; i < path.n; i++) {
        struct str above = str_slice(path, 0, i);
        if (path.s[i] != '/' || map_get(c->tracked, above))
            continue;
        if (fs_exists(in_tree(c->git, above), &st) && !S_ISDIR(st.st_mode) &&
            !save(c, str_copy(c->git->work->arena, above)))
            return false;
    }
    return true;
}

static bool list_tracked(struct capture *c)
{
    struct str out;
    size_t count;

    c->tracked = map_new(c->git->work->arena);
    if (!GIT_TEXT(c->git, &out, "-C", c->git->top, "ls-files", "-z"))
        return false;
    const struct str *path = git_split(c->git, out, &count);
    for (size_t i = 0; i < count; i++)
        map_put(c->tracked, path[i], c);
    return true;
}

// Whether line ends are changed on the way between the index and the working tree.
static bool has_autocrlf(struct git *g)
{
    struct str value = GIT_ASK(g, "config", "core.autocrlf");

    return value.n && !str_is(value, "false");
}

// Files that git writes otherwise than the index has them (line ends, filters such as LFS,
// encodings): what stands in the working tree cannot be had from the index again. [paths]
// are those that the verb may write, each ended by a NUL.
static bool save_converted(struct capture *c, struct str paths)
{
    struct git *g = c->git;
    struct str out;
    size_t count;

    if (!paths.n)
        return true;
    if (has_autocrlf(g))
        return save_all(c, paths);
    g->input = paths;
    if (!GIT_TEXT(g, &out, "-C", g->top, "check-attr", "-z", "--stdin", "text", "eol", "crlf",
                  "filter", "ident", "working-tree-encoding"))
        return false;
    const struct str *part = git_split(g, out, &count);  // path, attribute, value
    for (size_t i = 0; i + 2 < count; i += 3) {
        bool plain = str_is(part[i + 2], "unspecified") || str_is(part[i + 2], "unset");
        if (!plain && !save(c, part[i]))
            return false;
    }
    return true;
}

// What the verb would write over although git does not know it, or cannot give back as it is.
static bool save_in_the_way(struct capture *c, const char *commit, struct value paths)
{
    const char *const differs[] = {
        "--literal-pathspecs", "diff-index", "--cached", "-z", "--name-only",
        "--no-renames",        commit,       "--",       NULL
    };
    struct buf *known = buf_in(c->git->work->arena);
    struct str out;
    size_t count;

    if (!git_text(c->git, &out, git_words(c->git, differs, paths)))
        return false;
    const struct str *path = git_split(c->git, out, &count);
    for (size_t i = 0; i < count; i++) {
        if (map_get(c->tracked, path[i])) {
            buf_add(known, path[i]);
            buf_add_c(known, '\0');
        } else if (!save(c, path[i]) || !save_above(c, path[i])) {
            return false;
        }
    }
    return save_converted(c, buf_str(known));
}

static bool save_tree(struct capture *c, const char *commit, struct value paths, bool untracked)
{
    struct git *g = c->git;
    struct str out;

    if (!fs_make_folders(g->work, keep_path(g->work, &c->thing, "files"), 0700) ||
        !list_tracked(c) || !GIT_TEXT(g, &out, "diff-files", "-z", "--name-only", "--no-renames") ||
        !save_all(c, out))
        return false;
    if (git_commit_of(g, commit).n && !save_in_the_way(c, commit, paths))
        return false;
    if (!untracked)
        return true;
    return GIT_TEXT(g, &out, "-C", g->top, "ls-files", "-z", "--others", "--exclude-standard") &&
           save_all(c, out);
}

// ---- index and refs

// Blobs that are staged and nowhere else. ":100644 100644 OLD NEW M" NUL path NUL
static struct str staged_blobs(struct git *g, struct str raw)
{
    struct buf ids = BUF_EMPTY;
    size_t count;
    const struct str *part = git_split(g, raw, &count);

    for (size_t i = 0; i + 1 < count; i += 2) {
        size_t at = 0;
        for (int spaces = 0; spaces < 3 && at < part[i].n; at++)
            spaces += part[i].s[at] == ' ';
        struct str id = str_slice(part[i], at, part[i].n);
        id = str_slice(id, 0, str_find(id, ' ') == SIZE_MAX ? id.n : str_find(id, ' '));
        bool is_blob = str_starts(part[i], ":100") || str_starts(part[i], ":000") ||
                       str_starts(part[i], ":120");
        if (is_blob && id.n && strspn(id.s, "0") < id.n)
            buf_format(&ids, "%.*s\n", STR_ARG(id));
    }
    return buf_take(&ids, g->work->arena);
}

static bool keep_blobs(struct capture *c)
{
    struct git *g = c->git;
    struct str raw, ids;

    if (!git_commit_of(g, "HEAD").n)
        return true;
    if (!GIT_TEXT(g, &raw, "diff-index", "--cached", "-z", "--raw", "--no-abbrev", "--no-renames",
                  "--diff-filter=d", "HEAD"))
        return false;
    ids = staged_blobs(g, raw);
    if (!ids.n)
        return true;
    g->input = ids;
    return GIT_DO(g, "pack-objects", "--quiet", keep_path(g->work, &c->thing, "staged"));
}

static bool keep_index(struct capture *c)
{
    struct work *w = c->git->work;
    const char *index = fs_join(w, c->git->folder, "index");

    return !fs_exists(index, NULL) || fs_copy(w, index, keep_path(w, &c->thing, "index"), FS_EXACT);
}

const char *const git_states[] = { "MERGE_HEAD",  "MERGE_MSG",  "MERGE_MODE", "CHERRY_PICK_HEAD",
                                   "REVERT_HEAD", "AUTO_MERGE", NULL };

static bool keep_states(struct capture *c)
{
    struct work *w = c->git->work;

    for (size_t i = 0; git_states[i]; i++) {
        const char *state = fs_join(w, c->git->folder, git_states[i]);
        if (fs_exists(state, NULL) &&
            !fs_copy(w, state, keep_path(w, &c->thing, git_states[i]), FS_EXACT))
            return false;
    }
    return true;
}

// ---- the capture

static bool commit(struct capture *c, struct value_builder *b)
{
    struct git *g = c->git;
    struct str head_ref;

    g->quiet = true;
    if (!GIT_TEXT(g, &head_ref, "symbolic-ref", "--quiet", "HEAD"))
        head_ref = STR("");
    g->quiet = false;
    value_put_s(b, "verb", value_string(work_text(g->work, "verb")));
    value_put_s(b, "folder", value_text(g->folder));
    value_put_s(b, "head_ref", value_string(head_ref));
    value_put_s(b, "head", value_string(git_commit_of(g, "HEAD")));
    value_put_s(b, "stash", value_string(git_commit_of(g, "refs/stash")));
    return keep_commit(g->work, &c->thing, key_of(g), b);
}

// True when there is something to capture; else [*ok] is whether that is well.
static bool begin(struct capture *c, struct git *g, bool *ok)
{
    *c = (struct capture){ .git = g, .seen = map_new(g->work->arena) };
    *ok = true;
    if (!work_flag(g->work, "auto"))
        return false;
    *ok = keep_find(g->work, work_text(g->work, "keep").s, key_of(g), &c->thing);
    if (!*ok || c->thing.captured)
        return false;
    return *ok = fs_remove(g->work, c->thing.folder) && fs_make_folders(g->work, c->thing.folder, 0700);
}

bool git_keep(struct git *g, const char *target, struct value paths, bool untracked)
{
    struct value_builder *b = value_map_start(g->work->arena);
    struct capture c;
    bool ok;

    if (!begin(&c, g, &ok))
        return ok;
    ok = (!target || save_tree(&c, target, paths, untracked)) && keep_index(&c) &&
         keep_blobs(&c) && keep_states(&c) &&
         fs_write(g->work, keep_path(g->work, &c.thing, "paths"), buf_str(&c.list), 0600);
    buf_free(&c.list);
    value_put_s(b, "tree", value_bool(target != NULL));
    value_put_s(b, "target", value_string(target ? git_commit_of(g, target) : STR("")));
    return ok && commit(&c, b);
}

bool git_keep_ref(struct git *g, const char *ref)
{
    struct value_builder *b = value_map_start(g->work->arena);
    struct capture c;
    bool ok;

    if (!begin(&c, g, &ok))
        return ok;
    value_put_s(b, "ref", value_text(ref));
    return commit(&c, b);
}

// What the verb has made of HEAD and the stash, so that undo can see that nobody went on
// from there.
void git_kept(struct git *g)
{
    struct kept_thing k;
    struct str message = g->work->message;

    if (work_flag(g->work, "auto") &&
        keep_find(g->work, work_text(g->work, "keep").s, key_of(g), &k) && k.captured) {
        const char *made = keep_path(g->work, &k, "made");
        struct str text = str_format(g->work->arena, "%s\n%s\n", git_commit_of(g, "HEAD").s,
                                     git_commit_of(g, "refs/stash").s);
        unlink(made);
        fs_write(g->work, made, text, 0600);
        if (g->top && keep_flag(g->work, &k, "tree"))
            git_later_note(g, &k);
        fs_sync_folder(made);
    }
    g->work->message = message;
}
