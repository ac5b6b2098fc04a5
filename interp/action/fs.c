#include "action/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/sha256.h"

enum { DEPTH_MAX = 200, CHUNK = 256 * 1024 };

static bool fail(struct work *w, const char *what, const char *path)
{
    return work_fail(w, "cannot %s '%s': %s", what, path, strerror(errno));
}

bool fs_exists(const char *path, struct stat *st)
{
    struct stat own;

    return lstat(path, st ? st : &own) == 0;
}

const char *fs_join(struct work *w, const char *folder, const char *name)
{
    return str_format(w->arena, "%s/%s", folder, name).s;
}

static char *folder_of(struct work *w, const char *path)
{
    char *copy = (char *)(uintptr_t)str_copy(w->arena, str_from(path)).s;

    return dirname(copy);
}

static char *name_of(struct work *w, const char *path)
{
    char *copy = (char *)(uintptr_t)str_copy(w->arena, str_from(path)).s;

    return basename(copy);
}

char *fs_absolute(struct work *w, const char *path)
{
    char real[PATH_MAX];
    const char *folder = folder_of(w, path), *name = name_of(w, path);

    if (!realpath(folder, real)) {
        work_fail(w, "there is no folder '%s': %s", folder, strerror(errno));
        return NULL;
    }
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, "/") == 0) {
        if (!realpath(path, real)) {
            fail(w, "find", path);
            return NULL;
        }
        return (char *)(uintptr_t)str_copy(w->arena, str_from(real)).s;
    }
    struct str joined = str_format(w->arena, "%s/%s", strcmp(real, "/") ? real : "", name);
    return (char *)(uintptr_t)joined.s;
}

void fs_sync_folder(const char *path)
{
    char copy[PATH_MAX];

    snprintf(copy, sizeof(copy), "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

bool fs_make_folders(struct work *w, const char *path, mode_t mode)
{
    char *copy = (char *)(uintptr_t)str_copy(w->arena, str_from(path)).s;

    for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(copy, mode);
        *slash = '/';
    }
    if (mkdir(copy, mode) && errno != EEXIST)
        return fail(w, "make the folder", path);
    fs_sync_folder(path);
    return true;
}

// ---- removing

static bool remove_entry(int dir, const char *name, int depth);

static bool remove_inside(int fd, int depth)
{
    DIR *entries = fdopendir(fd);
    bool ok = entries != NULL;

    if (!entries)
        close(fd);
    for (struct dirent *e; ok && (e = readdir(entries));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            ok = remove_entry(dirfd(entries), e->d_name, depth + 1);
    int error = errno;
    if (entries)
        closedir(entries);
    errno = error;
    return ok;
}

static bool remove_entry(int dir, const char *name, int depth)
{
    if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
        return true;
    if (errno != EISDIR && errno != EPERM)
        return false;
    int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return false;
    if (depth > DEPTH_MAX) {
        close(fd);
        errno = ELOOP;
        return false;
    }
    return remove_inside(fd, depth) && unlinkat(dir, name, AT_REMOVEDIR) == 0;
}

bool fs_remove(struct work *w, const char *path)
{
    if (!remove_entry(AT_FDCWD, path, 0))
        return fail(w, "remove", path);
    fs_sync_folder(path);
    return true;
}

// ---- putting in place

char *fs_beside(struct work *w, const char *path)
{
    static unsigned count;

    for (;;) {
        struct str name = str_format(w->arena, "%s/.%.60s.rb-%d-%u", folder_of(w, path),
                                     name_of(w, path), (int)getpid(), count++);
        if (!fs_exists(name.s, NULL))
            return (char *)(uintptr_t)name.s;
    }
}

bool fs_put(struct work *w, const char *staged, const char *path)
{
    struct stat st;

    w->touched = true;
    if (fs_exists(path, &st) && S_ISDIR(st.st_mode)) {
        const char *old = fs_beside(w, path);
        if (renameat2(AT_FDCWD, staged, AT_FDCWD, path, RENAME_EXCHANGE) == 0)
            old = staged;
        else if (rename(path, old) || rename(staged, path))
            return fail(w, "replace", path);
        fs_sync_folder(path);
        return fs_remove(w, old);
    }
    if (rename(staged, path))
        return fail(w, "replace", path);
    fs_sync_folder(path);
    return true;
}

bool fs_take(struct work *w, const char *path)
{
    const char *staged = fs_beside(w, path);

    w->touched = true;
    if (rename(path, staged))
        return fail(w, "remove", path);
    fs_sync_folder(path);
    return fs_remove(w, staged);
}

bool fs_move(struct work *w, const char *from, const char *to)
{
    const char *staged = fs_beside(w, to);
    bool taken = fs_exists(to, NULL);

    if (rename(from, taken ? staged : to) == 0) {
        w->touched = true;
        fs_sync_folder(from);
        fs_sync_folder(to);
        if (!taken || fs_put(w, staged, to))
            return true;
        (void)!rename(staged, from);  // nobody looks for it there
        return false;
    }
    if (errno != EXDEV)
        return fail(w, "move", from);
    return fs_copy(w, from, staged, FS_EXACT) && fs_put(w, staged, to) && fs_take(w, from);
}

// ---- bytes

bool fs_write(struct work *w, const char *path, struct str bytes, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool ok = fd >= 0;

    while (ok && bytes.n) {
        ssize_t n = write(fd, bytes.s, bytes.n);
        ok = n >= 0 && !work_stopped();
        bytes = str_slice(bytes, n > 0 ? (size_t)n : 0, bytes.n);
    }
    ok = ok && fchmod(fd, mode) == 0 && fsync(fd) == 0;
    int error = errno;
    if (fd >= 0)
        close(fd);
    if (ok)
        return true;
    if (fd >= 0)
        unlink(path);
    errno = error;
    return fail(w, "write", path);
}

// A file that is a file: opening it cannot block, and reading it ends.
static int open_file(struct work *w, const char *path, struct stat *st)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0 || fstat(fd, st)) {
        fail(w, "read", path);
    } else if (!S_ISREG(st->st_mode)) {
        work_fail(w, "cannot read '%s': it is %s", path,
                  S_ISDIR(st->st_mode) ? "a folder" : "no file");
        close(fd);
        fd = -1;
    }
    return fd;
}

bool fs_read(struct work *w, const char *path, size_t limit, struct str *out, struct stat *st)
{
    int fd = open_file(w, path, st);
    struct buf b = BUF_EMPTY;
    ssize_t n = fd < 0 ? -1 : 1;

    while (n > 0 && b.n <= limit) {
        n = read(fd, buf_reserve(&b, CHUNK), CHUNK);
        b.n += n > 0 ? (size_t)n : 0;
    }
    if (fd < 0)
        return false;
    close(fd);
    *out = buf_take(&b, w->arena);
    if (n < 0)
        return fail(w, "read", path);
    if (out->n > limit)
        return work_fail(w, "'%s' is longer than %zu KiB, too long for a result", path,
                         limit / 1024);
    return true;
}

bool fs_digest(struct work *w, const char *path, struct str *out, struct stat *st)
{
    static char chunk[CHUNK];
    uint8_t digest[SHA256_SIZE];
    int fd = open_file(w, path, st);
    struct sha256 h;
    ssize_t n;

    if (fd < 0)
        return false;
    sha256_start(&h);
    while ((n = read(fd, chunk, sizeof(chunk))) > 0 && !work_stopped())
        sha256_add(&h, (struct str){ chunk, (size_t)n });
    close(fd);
    if (n != 0)
        return fail(w, "read", path);
    sha256_end(&h, digest);
    *out = sha256_hex(w->arena, digest);
    return true;
}

bool fs_same(struct work *w, const char *a, const char *b)
{
    struct str one, other, message = w->message;
    struct stat st_a, st_b;
    bool same = stat(a, &st_a) == 0 && stat(b, &st_b) == 0 && st_a.st_size == st_b.st_size &&
                S_ISREG(st_a.st_mode) && S_ISREG(st_b.st_mode) && fs_digest(w, a, &one, &st_a) &&
                fs_digest(w, b, &other, &st_b) && str_equal(one, other);

    w->message = message;
    return same;
}
