// `undo: auto` of file: what was there is kept before it is touched, and put back.
//
// Whoever changed the file after the step did so for a reason, perhaps to repair the very
// thing that went wrong. Undo brings back what was there all the same, since that is what it
// is for, but what it takes away is kept beside what was kept, and it says where.

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "action/file/verbs.h"
#include "action/keep.h"
#include "base/arena.h"

// ---- before

static struct str key_of(struct work *w, const char *verb, const char *from, const char *to)
{
    return str_format(w->arena, "%s\n%s\n%s", verb, from, to);
}

static bool commit(struct work *w, struct kept_thing *k, struct str key, const char *path, bool was)
{
    struct value_builder *b = value_map_start(w->arena);

    value_put_s(b, "verb", value_text("put"));
    value_put_s(b, "path", value_text(path));
    value_put_s(b, "was", value_bool(was));
    return keep_commit(w, k, key, b);
}

bool file_keep(struct work *w, const char *path)
{
    struct str key = key_of(w, "put", path, "");
    struct kept_thing k;
    bool was = fs_exists(path, NULL);

    work_say(w, "backup", STR(""));
    if (!work_flag(w, "auto"))
        return true;
    if (!keep_find(w, file_text(w, "keep"), key, &k))
        return false;
    if (k.captured)
        was = keep_flag(w, &k, "was");
    if (was)
        work_say(w, "backup", str_from(keep_path(w, &k, "was")));
    if (k.captured)
        return true;
    if (was && (!fs_remove(w, keep_path(w, &k, "was")) ||
                !fs_copy(w, path, keep_path(w, &k, "was"), FS_EXACT)))
        return false;
    return commit(w, &k, key, path, was);
}

bool file_made(struct work *w, const char *staged, const char *path)
{
    struct kept_thing k;
    struct str made;

    if (!work_flag(w, "auto"))
        return true;
    if (!keep_find(w, file_text(w, "keep"), key_of(w, "put", path, ""), &k) ||
        !fs_print(w, staged, &made))
        return false;
    const char *note = keep_path(w, &k, "made");
    return fs_remove(w, note) && fs_write(w, note, made, 0600);
}

// Its number tells later whether it is still the same that stands there.
static struct str number_of(struct work *w, const char *path)
{
    struct stat st;

    return lstat(path, &st)
               ? STR("")
               : str_format(w->arena, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
}

bool file_keep_moved(struct work *w, const char *from, const char *to)
{
    struct str key = key_of(w, "move", from, to);
    struct value_builder *b = value_map_start(w->arena);
    struct kept_thing k;

    if (!work_flag(w, "auto"))
        return true;
    if (!keep_find(w, file_text(w, "keep"), key, &k) || k.captured)
        return k.captured;
    value_put_s(b, "verb", value_text("move"));
    value_put_s(b, "path", value_text(from));
    value_put_s(b, "to", value_text(to));
    value_put_s(b, "number", value_string(number_of(w, from)));
    return keep_commit(w, &k, key, b);
}

// ---- after

static struct str note_of(struct work *w, const struct kept_thing *k)
{
    struct str made = STR(""), message = w->message;
    struct stat st;

    if (!fs_read(w, keep_path(w, k, "made"), 128, &made, &st))
        made = STR("");
    w->message = message;
    return made;
}

// What is at [path] is what the step made of it, or what was there before.
static bool is_known(struct work *w, const struct kept_thing *k, const char *path, bool *known)
{
    struct str now, was;

    if (!fs_print(w, path, &now))
        return false;
    *known = str_equal(now, note_of(w, k));
    if (*known || !keep_flag(w, k, "was"))
        return true;
    if (!fs_print(w, keep_path(w, k, "was"), &was))
        return false;
    *known = str_equal(now, was);
    return true;
}

// A name in the folder of the capture that is not taken: an undo may be tried again.
static const char *free_name(struct work *w, const struct kept_thing *k)
{
    for (int i = 1;; i++) {
        const char *path = keep_path(w, k, str_format(w->arena, "later-%d", i).s);
        if (!fs_exists(path, NULL))
            return path;
    }
}

static bool put_aside(struct work *w, const struct kept_thing *k, const char *path)
{
    const char *later = free_name(w, k);

    if (!fs_copy(w, path, later, FS_EXACT | FS_SKIP_SPECIAL))
        return false;
    keep_later(w, str_from(path), path, later);
    work_say(w, "backup", str_from(later));
    return true;
}

static bool undo_put(struct work *w, const struct kept_thing *k, const char *path)
{
    const char *staged = fs_beside(w, path);
    bool there = fs_exists(path, NULL), known = true;

    if (there && !is_known(w, k, path, &known))
        return false;
    if (!known && !put_aside(w, k, path))
        return false;
    if (keep_flag(w, k, "was"))
        return fs_copy(w, keep_path(w, k, "was"), staged, FS_EXACT) && fs_put(w, staged, path);
    w->touched |= there;
    return fs_remove(w, path);
}

// Whether it was moved at all: a step may have been killed before that.
static bool undo_move(struct work *w, const struct kept_thing *k, const char *from)
{
    const char *to = keep_text(w, k, "to").s;
    bool here = fs_exists(from, NULL), there = fs_exists(to, NULL);

    if (here && (!there || str_equal(number_of(w, from), keep_text(w, k, "number"))))
        return true;
    if (!there)
        return work_fail(w, "'%s' is gone; it cannot be moved back to '%s'", to, from);
    return (!here || put_aside(w, k, from)) && fs_move(w, to, from);
}

static bool undo_one(struct work *w, const struct kept_thing *k)
{
    const char *path = keep_text(w, k, "path").s;

    return str_is(keep_text(w, k, "verb"), "move") ? undo_move(w, k, path) : undo_put(w, k, path);
}

bool file_undo(struct work *w)
{
    size_t count;

    work_say(w, "backup", STR(""));
    if (!keep_undo(w, file_text(w, "keep"), undo_one, &count))
        return false;
    work_say_flag(w, "changed", count > 0);
    return true;
}
