#include "store/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/arena.h"

bool folder_default(struct arena *a, struct str *out)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

    if (state && state[0] == '/')
        *out = str_format(a, "%s/runbook", state);
    else if (home && home[0] == '/')
        *out = str_format(a, "%s/.local/state/runbook", home);
    else
        return false;
    return true;
}

static const struct {
    unsigned type;
    const char *name;
} networks[] = {
    { 0x6969, "NFS" },     { 0x517B, "SMB" },        { 0xFF534D42, "CIFS" },
    { 0xFE534D42, "SMB" }, { 0x65735546, "FUSE" },   { 0x00C36400, "Ceph" },
    { 0x01021997, "9P" },  { 0x73757245, "Coda" },   { 0x5346414F, "AFS" },
    { 0x6B414653, "AFS" }, { 0x0BD00BD0, "Lustre" }, { 0x564C, "NCP" },
};

static bool is_local(int fd, const char *path, struct failure *why)
{
    struct statfs fs;

    if (fstatfs(fd, &fs) < 0) {
        failure_set(why, "`%s`: %s", path, strerror(errno));
        return false;
    }
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++)
        if ((unsigned)fs.f_type == networks[i].type) {
            failure_set(why, "`%s` is on a network file system (%s), where locks do not hold", path,
                        networks[i].name);
            return false;
        }
    return true;
}

static bool is_ours(const struct stat *st, const char *path, struct failure *why)
{
    if (st->st_uid != geteuid()) {
        failure_set(why, "`%s` belongs to another user (uid %u)", path, (unsigned)st->st_uid);
        return false;
    }
    if (st->st_mode & (S_IWGRP | S_IWOTH)) {
        failure_set(why, "`%s` can be written by others (mode %03o)", path,
                    (unsigned)st->st_mode & 0777);
        return false;
    }
    return true;
}

static enum folder_state look(int fd, const char *path, struct failure *why)
{
    struct stat st;

    if (fstat(fd, &st) == 0 && is_ours(&st, path, why) && is_local(fd, path, why))
        return FOLDER_FINE;
    close(fd);
    return FOLDER_REFUSED;
}

static enum folder_state open_folder(const char *path, int *fd, struct failure *why)
{
    struct stat st;

    *fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (*fd >= 0)
        return FOLDER_FINE;
    if (errno == ENOENT)
        return FOLDER_ABSENT;
    int error = errno;
    if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
        failure_set(why, "`%s` is a symbolic link", path);
    else
        failure_set(why, "`%s` cannot be opened: %s", path, strerror(error));
    return FOLDER_REFUSED;
}

// The folder that [path] stands in: whoever may write there can put another in its place.
static bool parent_is_fine(const char *path, bool strict, struct failure *why)
{
    char parent[PATH_MAX];
    struct stat st;

    snprintf(parent, sizeof parent, "%s", path);
    char *slash = strrchr(parent, '/');
    if (!slash)
        return true;
    slash[slash == parent] = '\0';
    if (stat(parent, &st) < 0)
        return true;
    if (st.st_mode & S_IWOTH && !(st.st_mode & S_ISVTX)) {
        failure_set(why, "`%s`, where it stands, can be written by everybody", parent);
        return false;
    }
    if (strict && st.st_uid != geteuid() && st.st_uid != 0) {
        failure_set(why, "`%s`, where it stands, belongs to another user (uid %u)", parent,
                    (unsigned)st.st_uid);
        return false;
    }
    return true;
}

enum folder_state folder_open(const char *path, bool strict, struct arena *a, struct str *real,
                              int *fd, struct failure *why)
{
    char resolved[PATH_MAX];
    enum folder_state state = open_folder(path, fd, why);

    if (state != FOLDER_FINE)
        return state;
    if (look(*fd, path, why) != FOLDER_FINE)
        return FOLDER_REFUSED;
    if (!realpath(path, resolved))
        failure_set(why, "`%s`: %s", path, strerror(errno));
    else if (parent_is_fine(resolved, strict, why)) {
        *real = str_copy(a, str_from(resolved));
        return FOLDER_FINE;
    }
    close(*fd);
    return FOLDER_REFUSED;
}

enum folder_state folder_below(const char *path, int *fd, struct failure *why)
{
    enum folder_state state = open_folder(path, fd, why);

    return state == FOLDER_FINE ? look(*fd, path, why) : state;
}

// A new name is on the disk when the folder that it stands in is.
static bool sync_parent(const char *path)
{
    char parent[PATH_MAX];

    snprintf(parent, sizeof parent, "%s", path);
    char *slash = strrchr(parent, '/');
    if (slash)
        slash[slash == parent] = '\0';
    int fd = open(slash ? parent : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool fine = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return fine;
}

static bool make_one(const char *path, struct failure *why)
{
    if ((mkdir(path, 0700) == 0 && sync_parent(path)) || errno == EEXIST)
        return true;
    failure_set(why, "`%s` cannot be made: %s", path, strerror(errno));
    return false;
}

bool folder_make(const char *path, bool strict, struct failure *why)
{
    char part[PATH_MAX];
    struct stat st;

    if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part) {
        failure_set(why, "its path is too long");
        return false;
    }
    for (char *slash = part; (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        if (stat(part, &st) < 0 && (!parent_is_fine(part, strict, why) || !make_one(part, why)))
            return false;
        *slash = '/';
    }
    return parent_is_fine(part, strict, why) && make_one(part, why);
}

static bool is_plain(const struct stat *st, const char *path, struct failure *why)
{
    if (S_ISREG(st->st_mode) && st->st_nlink == 1)
        return true;
    failure_set(why, "`%s` %s", path,
                S_ISLNK(st->st_mode)   ? "is a symbolic link"
                : S_ISREG(st->st_mode) ? "has a second name"
                                       : "is not a file");
    return false;
}

enum folder_state file_look(const char *path, struct failure *why)
{
    struct stat st;

    if (lstat(path, &st) == 0)
        return is_plain(&st, path, why) && is_ours(&st, path, why) ? FOLDER_FINE : FOLDER_REFUSED;
    if (errno == ENOENT)
        return FOLDER_ABSENT;
    failure_set(why, "`%s`: %s", path, strerror(errno));
    return FOLDER_REFUSED;
}

// ---- whole files

bool file_make(const char *path, struct failure *why)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd >= 0)
        close(fd);
    if ((fd >= 0 && sync_parent(path)) || errno == EEXIST)
        return true;
    failure_set(why, "`%s` cannot be made: %s", path, strerror(errno));
    return false;
}

static bool write_all(int fd, struct str bytes)
{
    while (bytes.n) {
        ssize_t n = write(fd, bytes.s, bytes.n);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0)
            bytes = str_slice(bytes, (size_t)n, bytes.n);
    }
    return fsync(fd) == 0;
}

static bool close_after(int fd, bool fine)
{
    int error = errno;

    fine = close(fd) == 0 && fine;
    if (!fine && error)
        errno = error;
    return fine;
}

bool file_put(int at, const char *name, struct str bytes, bool once)
{
    char temporary[NAME_MAX + 1];

    snprintf(temporary, sizeof temporary, ".%.200s.%d", name, (int)getpid());
    unlinkat(at, temporary, 0);
    int fd = openat(at, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool fine = close_after(fd, write_all(fd, bytes)) &&
                renameat2(at, temporary, at, name, once ? RENAME_NOREPLACE : 0) == 0 &&
                fsync(at) == 0;
    int error = errno;
    if (!fine)
        unlinkat(at, temporary, 0);
    errno = error;
    return fine;
}

bool file_get(int at, const char *name, size_t limit, struct arena *a, struct str *out)
{
    struct stat st;
    int fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return false;
    bool fine = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    if (fine && (size_t)st.st_size > limit) {
        errno = EFBIG;
        fine = false;
    }
    size_t n = 0, size = fine ? (size_t)st.st_size : 0;
    char *bytes = arena_alloc(a, size + 1, 1);
    for (ssize_t got = 1; fine && n < size && got > 0; n += got > 0 ? (size_t)got : 0) {
        got = read(fd, bytes + n, size - n);
        fine = got >= 0;
    }
    *out = (struct str){ bytes, n };
    return close_after(fd, fine);
}

static bool remove_inside(int fd)
{
    DIR *d = fdopendir(fd);
    struct dirent *e;
    bool fine = d != NULL;

    while (d && (e = readdir(d)))
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
            fine = tree_remove(dirfd(d), e->d_name) && fine;
    if (d)
        closedir(d);
    else
        close(fd);
    return fine;
}

bool tree_remove(int at, const char *name)
{
    if (unlinkat(at, name, 0) == 0)
        return true;
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd >= 0 && remove_inside(fd) && unlinkat(at, name, AT_REMOVEDIR) == 0;
}
