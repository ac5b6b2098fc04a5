// What was changed by hand after a verb, kept before the verb is undone.
//
// The verb notes which files differed from the index when it was done, and what they held:
// whatever is otherwise by the time of the undo, somebody has changed since.

#include <stdio.h>
#include <string.h>

#include "action/git/capture.h"
#include "action/git/run.h"
#include "base/arena.h"
#include "base/map.h"

enum { NOTE_MAX = 64 << 20 };

struct later {
    struct git *git;
    const struct kept_thing *thing;
    struct map *known;    // struct str *: what a path held after the verb
    struct map *tracked;  // paths in the index, as the verb left it
    struct map *seen;
    const char *folder;  // where they go
};

static const char *in_tree(struct git *g, struct str path)
{
    return str_format(g->work->arena, "%s/%.*s", g->top, STR_ARG(path)).s;
}

static bool changed_files(struct git *g, const struct str **paths, size_t *count)
{
    struct str out;

    if (!GIT_TEXT(g, &out, "-C", g->top, "diff-files", "-z", "--name-only", "--no-renames"))
        return false;
    *paths = git_split(g, out, count);
    return true;
}

bool git_later_note(struct git *g, const struct kept_thing *k)
{
    struct buf *note = buf_in(g->work->arena);
    const struct str *path;
    size_t count;
    struct str held;

    if (!changed_files(g, &path, &count))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!fs_exists(in_tree(g, path[i]), NULL) || !fs_print(g->work, in_tree(g, path[i]), &held))
            continue;
        buf_format(note, "%.*s%c%.*s%c", STR_ARG(path[i]), 0, STR_ARG(held), 0);
    }
    const char *to = keep_path(g->work, k, "made-files");
    return fs_remove(g->work, to) && fs_write(g->work, to, buf_str(note), 0600);
}

// ---- reading it

static void know(struct later *l, struct str path, struct str held)
{
    struct str *kept = NEW(l->git->work->arena, struct str);

    *kept = held;
    map_put(l->known, path, kept);
}

static void read_note(struct later *l)
{
    struct work *w = l->git->work;
    struct str note = STR(""), message = w->message;
    struct stat st;
    size_t count;

    if (!fs_read(w, keep_path(w, l->thing, "made-files"), NOTE_MAX, &note, &st))
        note = STR("");
    w->message = message;
    const struct str *part = git_split(l->git, note, &count);
    for (size_t i = 0; i + 1 < count; i += 2)
        know(l, part[i], part[i + 1]);
}

static bool read_tracked(struct later *l)
{
    struct str out;
    size_t count;

    if (!GIT_TEXT(l->git, &out, "-C", l->git->top, "ls-files", "-z"))
        return false;
    const struct str *path = git_split(l->git, out, &count);
    for (size_t i = 0; i < count; i++)
        map_put(l->tracked, path[i], l);
    return true;
}

// ---- keeping

static bool keep(struct later *l, struct str path)
{
    struct work *w = l->git->work;
    const char *to = str_format(w->arena, "%s/%.*s", l->folder, STR_ARG(path)).s;
    struct str above = str_copy(w->arena,
                                str_slice(str_from(to), 0, (size_t)(strrchr(to, '/') - to)));

    if (!fs_make_folders(w, above.s, 0700) ||
        !fs_copy(w, in_tree(l->git, path), to, FS_EXACT | FS_SKIP_SPECIAL))
        return false;
    keep_later(w, path, in_tree(l->git, path), to);
    return true;
}

// What stands at [path] now is neither what the verb left nor [saved], what was there before.
static bool look(struct later *l, struct str path, const char *saved)
{
    struct work *w = l->git->work;
    const struct str *held = map_get(l->known, path);
    struct str now, before;
    struct stat st;

    if (map_get(l->seen, path) || !fs_exists(in_tree(l->git, path), &st) ||
        (S_ISDIR(st.st_mode) && fs_exists(fs_join(w, in_tree(l->git, path), ".git"), NULL)))
        return true;
    map_put(l->seen, path, l);
    if (!fs_print(w, in_tree(l->git, path), &now))
        return false;
    if (held && str_equal(*held, now))
        return true;
    if (saved && fs_print(w, saved, &before) && str_equal(before, now))
        return true;
    return keep(l, path);
}

// Paths of the capture that git does not know any more: an undo writes over them.
static bool look_at_captured(struct later *l, const struct str *paths, size_t count)
{
    struct work *w = l->git->work;
    size_t saved = 0;

    for (size_t i = 0; i < count; i++) {
        struct str path = str_slice(paths[i], 1, paths[i].n);
        const char *copy = NULL;
        if (paths[i].s[0] == 'S')
            copy = keep_path(w, l->thing, str_format(w->arena, "files/%zu", saved++).s);
        if (!map_get(l->tracked, path) && !look(l, path, copy))
            return false;
    }
    return true;
}

// What the index before the verb knows and the one now does not: it will be written, too.
static bool look_at_forgotten(struct later *l)
{
    const char *index = keep_path(l->git->work, l->thing, "index");
    struct str out;
    size_t count;

    if (!fs_exists(index, NULL))
        return true;
    l->git->index = index;
    if (!GIT_TEXT(l->git, &out, "-C", l->git->top, "ls-files", "-z"))
        return false;
    const struct str *path = git_split(l->git, out, &count);
    for (size_t i = 0; i < count; i++)
        if (!map_get(l->tracked, path[i]) && !look(l, path[i], NULL))
            return false;
    return true;
}

bool git_later_keep(struct git *g, const struct kept_thing *k, const struct str *captured,
                    size_t count)
{
    struct arena *a = g->work->arena;
    struct later l = { .git = g,
                       .thing = k,
                       .known = map_new(a),
                       .tracked = map_new(a),
                       .seen = map_new(a),
                       .folder = keep_path(g->work, k, "later-1") };
    const char *done = keep_path(g->work, k, "later-done");
    const struct str *path;
    size_t changed;

    if (fs_exists(done, NULL))
        return true;  // by an undo that was killed: what differs now is its own work
    read_note(&l);
    if (!fs_remove(g->work, l.folder))
        return false;
    if (!read_tracked(&l) || !look_at_captured(&l, captured, count) || !look_at_forgotten(&l) ||
        !changed_files(g, &path, &changed))
        return false;
    for (size_t i = 0; i < changed; i++)
        if (!look(&l, path[i], NULL))
            return false;
    return fs_write(g->work, done, STR(""), 0600);
}
