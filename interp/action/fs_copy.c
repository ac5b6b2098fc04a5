// Copies of files and folders.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "action/fs.h"
#include "base/arena.h"

enum { DEPTH_MAX = 200, CHUNK = 256 * 1024, NAMES_MAX = 64 * 1024, ATTRIBUTE_MAX = 64 * 1024 };

struct copying {
    struct work *work;
    const char *path;  // the one that was named, for messages
    unsigned flags;
    int depth;
    bool whole;  // a folder: synced once, at the end
};

static bool copy_failed(struct copying *c, const char *name)
{
    return work_fail(c->work, "cannot copy '%s' (at '%s'): %s", c->path, name, strerror(errno));
}

static bool copy_bytes(int from, int to)
{
    static char chunk[CHUNK];

    for (;;) {
        ssize_t n = copy_file_range(from, NULL, to, NULL, SSIZE_MAX / 2, 0);
        if (n == 0)
            break;  // at the end; or of a file that only read() reads, as in /proc
        if (n < 0)
            break;
        if (work_stopped()) {
            errno = EINTR;
            return false;
        }
    }
    for (;;) {
        ssize_t n = read(from, chunk, sizeof(chunk));
        if (n == 0)
            return true;
        if (n < 0 || work_stopped())
            return false;
        for (ssize_t at = 0; at < n;) {
            ssize_t wrote = write(to, chunk + at, (size_t)(n - at));
            if (wrote < 0)
                return false;
            at += wrote;
        }
    }
}

// Access control lists and the other extended attributes. A file system may know none, and
// some may be set by root alone: a copy without them is still the copy that was asked for.
void fs_copy_attributes(int from, int to)
{
    static char names[NAMES_MAX], value[ATTRIBUTE_MAX];
    ssize_t n = flistxattr(from, names, sizeof(names));

    for (const char *name = names; n > 0 && name < names + n; name += strlen(name) + 1) {
        ssize_t length = fgetxattr(from, name, value, sizeof(value));
        if (length >= 0)
            fsetxattr(to, name, value, (size_t)length, 0);
    }
}

// Owner before mode: chown() takes set-user-id away.
static bool like(const struct copying *c, int from, int fd, const struct stat *st)
{
    struct timespec times[2] = { st->st_atim, st->st_mtim };

    mode_t mode = st->st_mode & 07777;

    if (fchown(fd, st->st_uid, st->st_gid)) {
        if (errno != EPERM && errno != EINVAL)
            return false;
        mode &= 0777;  // those bits would now speak for another user
    }
    if (fchmod(fd, mode))
        return false;
    fs_copy_attributes(from, fd);
    if (c->flags & FS_EXACT)
        futimens(fd, times);
    return c->whole || fsync(fd) == 0;
}

// One sync of the file system in place of one for each of the files.
static bool sync_all(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool ok = fd >= 0 && syncfs(fd) == 0;

    if (fd >= 0)
        close(fd);
    return ok;
}

static bool copy_file(struct copying *c, int from_dir, const char *name, int to_dir,
                      const char *to_name, const struct stat *st)
{
    int from = openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int to = openat(to_dir, to_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool ok = from >= 0 && to >= 0 && copy_bytes(from, to) && like(c, from, to, st);
    int error = errno;

    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    errno = error;
    return ok || copy_failed(c, name);
}

static bool copy_link(struct copying *c, int from_dir, const char *name, int to_dir,
                      const char *to_name, const struct stat *st)
{
    char target[PATH_MAX];
    ssize_t n = readlinkat(from_dir, name, target, sizeof(target) - 1);
    struct timespec times[2] = { st->st_atim, st->st_mtim };

    if (n < 0)
        return copy_failed(c, name);
    target[n] = '\0';
    if (symlinkat(target, to_dir, to_name))
        return copy_failed(c, name);
    if (fchownat(to_dir, to_name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) && errno != EPERM &&
        errno != EINVAL)
        return copy_failed(c, name);
    if (c->flags & FS_EXACT)
        utimensat(to_dir, to_name, times, AT_SYMLINK_NOFOLLOW);
    return true;
}

static bool copy_entry(struct copying *c, int from_dir, const char *name, int to_dir,
                       const char *to_name);

static bool copy_inside(struct copying *c, DIR *from, int to)
{
    for (struct dirent *e; (e = readdir(from));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (!copy_entry(c, dirfd(from), e->d_name, to, e->d_name))
            return false;
    }
    return true;
}

static bool copy_folder(struct copying *c, int from_dir, const char *name, int to_dir,
                        const char *to_name, const struct stat *st)
{
    int from = openat(from_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *entries = from < 0 ? NULL : fdopendir(from);

    if (!entries || mkdirat(to_dir, to_name, 0700)) {
        int error = errno;
        entries ? closedir(entries) : close(from);
        errno = error;
        return copy_failed(c, name);
    }
    int to = openat(to_dir, to_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (++c->depth > DEPTH_MAX)
        errno = ELOOP;
    bool ok = to >= 0 && c->depth <= DEPTH_MAX;
    if (!ok)
        copy_failed(c, name);
    ok = ok && copy_inside(c, entries, to);
    if (ok && !like(c, from, to, st))
        ok = copy_failed(c, name);
    c->depth--;
    closedir(entries);
    if (to >= 0)
        close(to);
    return ok;
}

static bool copy_entry(struct copying *c, int from_dir, const char *name, int to_dir,
                       const char *to_name)
{
    struct stat st;

    if (work_stopped()) {
        errno = EINTR;
        return copy_failed(c, name);
    }
    if (fstatat(from_dir, name, &st, AT_SYMLINK_NOFOLLOW))
        return copy_failed(c, name);
    if (S_ISREG(st.st_mode))
        return copy_file(c, from_dir, name, to_dir, to_name, &st);
    if (S_ISDIR(st.st_mode))
        return copy_folder(c, from_dir, name, to_dir, to_name, &st);
    if (S_ISLNK(st.st_mode))
        return copy_link(c, from_dir, name, to_dir, to_name, &st);
    if (c->flags & FS_SKIP_SPECIAL)
        return true;
    return work_fail(c->work, "cannot copy '%s': '%s' is no file, folder or link", c->path, name);
}

bool fs_copy(struct work *w, const char *from, const char *to, unsigned flags)
{
    struct stat st;
    bool whole = fs_exists(from, &st) && S_ISDIR(st.st_mode);
    struct copying c = { .work = w, .path = from, .flags = flags, .whole = whole };

    if (copy_entry(&c, AT_FDCWD, from, AT_FDCWD, to) &&
        (!whole || sync_all(to) || copy_failed(&c, from))) {
        fs_sync_folder(to);
        return true;
    }
    struct str message = w->message;
    fs_remove(w, to);  // what was begun
    w->message = message;
    return false;
}
