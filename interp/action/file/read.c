// The verbs of file that only read.

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "action/file/verbs.h"
#include "action/fs.h"
#include "base/arena.h"

enum { CONTENT_MAX = 1 << 20 };

const char *file_text(struct work *w, const char *key)
{
    return work_text(w, key).s;
}

bool file_say(struct work *w, const char *shown, const char *path)
{
    struct stat st;
    struct str digest;

    work_say(w, "path", str_from(shown));
    if (stat(path, &st))
        return work_fail(w, "cannot read '%s': %s", shown, strerror(errno));
    work_say_time(w, "modified", st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    if (!S_ISREG(st.st_mode))
        return true;
    if (!fs_digest(w, path, &digest, &st))
        return false;
    work_say(w, "sha256", digest);
    work_say_number(w, "size", st.st_size);
    return true;
}

struct found {
    struct str path;
    struct timespec modified;
};

static int newest_first(const void *a, const void *b)
{
    const struct found *x = a, *y = b;

    if (x->modified.tv_sec != y->modified.tv_sec)
        return x->modified.tv_sec < y->modified.tv_sec ? 1 : -1;
    if (x->modified.tv_nsec != y->modified.tv_nsec)
        return x->modified.tv_nsec < y->modified.tv_nsec ? 1 : -1;
    return -str_compare(x->path, y->path);
}

static size_t look(struct work *w, const glob_t *g, struct found *found)
{
    size_t count = 0;
    struct stat st;

    for (size_t i = 0; i < g->gl_pathc; i++) {
        struct str name = str_from(g->gl_pathv[i]);
        if (str_is(name, ".") || str_is(name, "..") || str_ends(name, "/.") ||
            str_ends(name, "/.."))
            continue;
        if (stat(g->gl_pathv[i], &st))
            continue;  // gone meanwhile, or a link to nothing
        found[count++] = (struct found){ str_copy(w->arena, str_from(g->gl_pathv[i])), st.st_mtim };
    }
    qsort(found, count, sizeof(*found), newest_first);
    return count;
}

static bool none_found(struct work *w, int error)
{
    if (error == GLOB_ABORTED)
        return work_fail(w, "cannot read a folder of '%s'", file_text(w, "pattern"));
    if (!work_flag(w, "optional")) {
        work_fail(w, "nothing matches '%s'", file_text(w, "pattern"));
        return work_help(w, "say `optional: true` if that is fine");
    }
    return work_say_list(w, "paths", NULL, 0);
}

bool file_newest(struct work *w)
{
    glob_t g = { 0 };
    int error = glob(file_text(w, "pattern"), GLOB_NOSORT, NULL, &g);
    struct found *found = NEW_ARRAY(w->arena, struct found, g.gl_pathc + 1);
    size_t count = error ? 0 : look(w, &g, found);

    if (!error)
        globfree(&g);
    if (!count)
        return none_found(w, error);
    struct str *paths = NEW_ARRAY(w->arena, struct str, count);
    struct stat st;
    for (size_t i = 0; i < count; i++)
        paths[i] = found[i].path;
    work_say(w, "path", paths[0]);
    work_say_list(w, "paths", paths, count);
    work_say_time(w, "modified", found[0].modified.tv_sec, found[0].modified.tv_nsec);
    if (stat(paths[0].s, &st) == 0 && S_ISREG(st.st_mode))
        work_say_number(w, "size", st.st_size);
    return true;
}

bool file_read_content(struct work *w)
{
    struct str content;
    struct stat st;

    if (!fs_read(w, file_text(w, "path"), CONTENT_MAX, &content, &st))
        return false;
    work_say_content(w, content);
    return file_say(w, file_text(w, "path"), file_text(w, "path"));
}

bool file_checksum(struct work *w)
{
    struct stat st;

    if (stat(file_text(w, "path"), &st) == 0 && S_ISDIR(st.st_mode))
        return work_fail(w, "cannot read '%s': it is a folder", file_text(w, "path"));
    return file_say(w, file_text(w, "path"), file_text(w, "path"));
}
