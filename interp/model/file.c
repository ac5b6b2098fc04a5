// Files and folders.

#include "model/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"

static bool cannot_read(struct str path, const char *why, struct diags *ds)
{
    diag_error(ds, DIAG_CANNOT_READ, (struct span){ 0 }, "cannot read %.*s: %s", STR_ARG(path),
               why);
    return false;
}

static const char *reason(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return "there is no such file";
    case EACCES:
        return "no permission";
    default:
        return strerror(error);
    }
}

static const char *kind_of_file(mode_t mode)
{
    return S_ISDIR(mode)    ? "it is a folder"
           : S_ISFIFO(mode) ? "it is a pipe, not a file"
                            : "it is a device, not a file";
}

static bool read_all(int fd, size_t most, struct buf *out)
{
    while (out->n < most) {
        size_t room = most - out->n < 65536 ? most - out->n : 65536;
        ssize_t n = read(fd, buf_reserve(out, room), room);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0;
        out->n += (size_t)n;
    }
    return true;
}

bool file_read_start(struct arena *a, struct str path, size_t most, struct str *out,
                     struct diags *ds)
{
    struct str name = str_copy(a, path);
    struct stat st;
    struct buf b = BUF_EMPTY;
    int fd = open(name.s, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return cannot_read(path, reason(errno), ds);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return cannot_read(path, kind_of_file(st.st_mode), ds);
    }
    bool ok = read_all(fd, most, &b);
    int error = errno;
    close(fd);
    *out = buf_take(&b, a);
    return ok || cannot_read(path, reason(error), ds);
}

bool file_read(struct arena *a, struct str path, size_t limit, struct str *out, struct diags *ds)
{
    if (!file_read_start(a, path, limit + 1, out, ds))
        return false;
    if (out->n <= limit)
        return true;
    diag_error(ds, DIAG_OVER_LIMIT, (struct span){ 0 }, "%.*s is larger than %zu bytes",
               STR_ARG(path), limit);
    return false;
}

bool is_file(struct str path)
{
    struct stat st;
    char *name = strndup(path.s, path.n);
    bool ok = stat(name, &st) == 0 && S_ISREG(st.st_mode);

    free(name);
    return ok;
}

bool is_folder(struct str path)
{
    struct stat st;
    char *name = strndup(path.s, path.n);
    bool ok = stat(name, &st) == 0 && S_ISDIR(st.st_mode);

    free(name);
    return ok;
}

struct str path_absolute(struct arena *a, struct str path)
{
    struct str name = str_copy(a, path);
    char *real = realpath(name.n ? name.s : ".", NULL);
    struct str absolute = real ? str_copy(a, str_from(real)) : name;

    free(real);
    return absolute;
}

struct str path_join(struct arena *a, struct str folder, struct str path)
{
    if (str_starts(path, "/") || !folder.n)
        return str_copy(a, path);
    return str_format(a, "%.*s%s%.*s", STR_ARG(folder), str_ends(folder, "/") ? "" : "/",
                      STR_ARG(path));
}

struct str path_folder(struct str path)
{
    while (path.n > 0 && path.s[path.n - 1] != '/')
        path.n--;
    return path.n > 1 ? str_slice(path, 0, path.n - 1) : path;
}

struct str path_inside(struct str path, struct str folder)
{
    if (!folder.n || path.n <= folder.n + 1 || memcmp(path.s, folder.s, folder.n) != 0 ||
        path.s[folder.n] != '/')
        return STR("");
    return str_slice(path, folder.n + 1, path.n);
}

struct str path_shown(struct arena *a, struct str path)
{
    struct str below = path_inside(path, path_absolute(a, STR(".")));

    return below.n ? below : path;
}

struct str path_without_suffix(struct str path)
{
    if (str_ends(path, ".yaml"))
        return str_slice(path, 0, path.n - 5);
    if (str_ends(path, ".yml"))
        return str_slice(path, 0, path.n - 4);
    return path;
}

static int by_name(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

struct list folder_names(struct arena *a, struct str folder)
{
    DIR *d = opendir(str_copy(a, folder).s);
    struct buf *names = buf_in(a);
    struct dirent *e;

    while (d && (e = readdir(d))) {
        struct str name = str_from(e->d_name);
        if (str_starts(name, "."))
            continue;
        name = str_copy(a, name);
        buf_add(names, (struct str){ (const char *)&name, sizeof name });
    }
    if (d)
        closedir(d);
    struct list list = { names->s, names->n / sizeof(struct str) };
    if (list.count)
        qsort(list.items, list.count, sizeof(struct str), by_name);
    return list;
}
