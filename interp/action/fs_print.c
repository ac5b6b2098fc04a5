// What is at a path, told by one digest: two trees have the same one when they hold the same
// names, bytes and links. Modes, owners and times do not count.

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "action/fs.h"
#include "base/arena.h"
#include "base/sha256.h"

enum { DEPTH_MAX = 200 };

static bool print(struct work *w, const char *path, int depth, struct str *out);

static bool unreadable(struct work *w, const char *path)
{
    return work_fail(w, "cannot read '%s': %s", path, strerror(errno));
}

static int by_name(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

// The names in a folder, sorted.
static bool names_in(struct work *w, const char *path, const struct str **names, size_t *count)
{
    struct buf *list = buf_in(w->arena);
    DIR *entries = opendir(path);

    if (!entries)
        return unreadable(w, path);
    for (struct dirent *e; (e = readdir(entries));) {
        struct str name = str_copy(w->arena, str_from(e->d_name));
        if (!str_is(name, ".") && !str_is(name, ".."))
            buf_add(list, (struct str){ (const char *)&name, sizeof(name) });
    }
    closedir(entries);
    *count = list->n / sizeof(struct str);
    if (*count)
        qsort(list->s, *count, sizeof(struct str), by_name);
    *names = (const struct str *)(const void *)list->s;
    return true;
}

// A name cannot hold a NUL, so no two folders are written alike.
static bool print_folder(struct work *w, const char *path, int depth, struct buf *said)
{
    const struct str *names;
    size_t count;

    if (depth > DEPTH_MAX)
        return work_fail(w, "'%s' is nested too deeply", path);
    if (!names_in(w, path, &names, &count))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct str inside;
        if (!print(w, fs_join(w, path, names[i].s), depth + 1, &inside))
            return false;
        buf_add(said, names[i]);
        buf_add_c(said, '\0');
        buf_add(said, inside);
    }
    return true;
}

static bool print_link(struct work *w, const char *path, struct buf *said)
{
    char target[PATH_MAX];
    ssize_t n = readlink(path, target, sizeof(target));

    if (n < 0)
        return unreadable(w, path);
    buf_add(said, (struct str){ target, (size_t)n });
    return true;
}

static bool print_file(struct work *w, const char *path, struct buf *said)
{
    struct str digest;
    struct stat st;

    if (!fs_digest(w, path, &digest, &st))
        return false;
    buf_add(said, digest);
    return true;
}

static bool print(struct work *w, const char *path, int depth, struct str *out)
{
    struct buf *said = buf_in(w->arena);
    uint8_t digest[SHA256_SIZE];
    struct stat st;

    if (lstat(path, &st))
        return unreadable(w, path);
    buf_format(said, "%o ", (unsigned)(st.st_mode & S_IFMT));
    if ((S_ISREG(st.st_mode) && !print_file(w, path, said)) ||
        (S_ISLNK(st.st_mode) && !print_link(w, path, said)) ||
        (S_ISDIR(st.st_mode) && !print_folder(w, path, depth, said)))
        return false;
    sha256_of(buf_str(said), digest);
    *out = sha256_hex(w->arena, digest);
    return true;
}

bool fs_print(struct work *w, const char *path, struct str *out)
{
    return print(w, path, 0, out);
}
