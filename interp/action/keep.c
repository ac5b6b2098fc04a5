#include "action/keep.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "value/json.h"

enum { MANIFEST_MAX = 16 << 20 };

const char *keep_path(struct work *w, const struct kept_thing *k, const char *name)
{
    return fs_join(w, k->folder, name);
}

static struct value get(const struct work *w, const struct kept_thing *k, const char *key)
{
    struct value v;

    return value_field(k->manifest, key, w->arena, &v) ? v : VALUE_NONE;
}

struct str keep_text(const struct work *w, const struct kept_thing *k, const char *key)
{
    struct value v = get(w, k, key);

    return v.kind == VALUE_STRING ? v.s : STR("");
}

bool keep_flag(const struct work *w, const struct kept_thing *k, const char *key)
{
    struct value v = get(w, k, key);

    return v.kind == VALUE_BOOL && v.b;
}

// The capture KEEP/n: false if there is none; [captured] only with a manifest.
static bool look(struct work *w, const char *keep, size_t n, struct kept_thing *k)
{
    struct str text, message = w->message;
    struct json_error error;
    struct stat st;

    *k = (struct kept_thing){ .folder = str_format(w->arena, "%s/%zu", keep, n).s };
    if (!fs_exists(k->folder, NULL))
        return false;
    k->captured = fs_read(w, keep_path(w, k, "manifest.json"), MANIFEST_MAX, &text, &st) &&
                  json_read(text, w->arena, &k->manifest, &error);
    w->message = message;
    return true;
}

bool keep_find(struct work *w, const char *keep, struct str key, struct kept_thing *k)
{
    size_t n = 1;

    for (; look(w, keep, n, k); n++)
        if (k->captured && str_equal(keep_text(w, k, "key"), key))
            return true;
    return fs_make_folders(w, k->folder, 0700);
}

bool keep_commit(struct work *w, struct kept_thing *k, struct str key,
                 struct value_builder *manifest)
{
    const char *path = keep_path(w, k, "manifest.json"), *staged = fs_beside(w, path);

    value_put_s(manifest, "key", value_string(key));
    k->manifest = value_finish(manifest);
    k->captured = true;
    if (!fs_write(w, staged, json_text(k->manifest, w->arena), 0600))
        return false;
    if (rename(staged, path))
        return work_fail(w, "cannot write '%s': %s", path, strerror(errno));
    fs_sync_folder(path);
    return true;
}

bool keep_undo(struct work *w, const char *keep,
               bool (*undo)(struct work *w, const struct kept_thing *k), size_t *count)
{
    struct kept_thing k;
    size_t n = 0;

    *count = 0;
    while (look(w, keep, n + 1, &k))
        n++;
    for (; n > 0; n--) {
        if (!look(w, keep, n, &k) || !k.captured)
            continue;
        if (!undo(w, &k))
            return false;
        unlink(keep_path(w, &k, "manifest.json"));
        fs_sync_folder(keep_path(w, &k, "manifest.json"));
        ++*count;
    }
    return true;
}

void keep_later(struct work *w, struct str name, const char *path, const char *copy)
{
    enum { MOST = 50 };  // an event is one line of 64 KiB; the output of the step has all of them
    struct value_builder *one = value_map_start(w->arena);

    fprintf(stderr, "'%.*s' was changed after the step; that is kept as '%s'\n", STR_ARG(name),
            copy);
    if (!w->later)
        w->later = value_list_start(w->arena);
    if (w->later_count++ >= MOST)
        return;
    value_put_s(one, "path", value_text(path));
    value_put_s(one, "kept", value_text(copy));
    value_add(w->later, value_finish(one));
}
