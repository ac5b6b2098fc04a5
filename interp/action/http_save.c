#include "action/http_save.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

struct http_save {
    int fd;  // -1: closed
    bool finished;
    const char *path, *part, *folder;
};

static const char *folder_of(struct str path, struct arena *a)
{
    size_t end = path.n;

    while (end > 0 && path.s[end - 1] != '/')
        end--;
    return end ? str_copy(a, str_slice(path, 0, end)).s : ".";
}

struct http_save *http_save_begin(struct str path, struct arena *a)
{
    struct http_save *s = NEW(a, struct http_save);
    struct stat st;

    s->path = str_copy(a, path).s;
    s->folder = folder_of(path, a);
    s->part = str_format(a, "%.*s.%d.part", STR_ARG(path), (int)getpid()).s;
    if (stat(s->path, &st) == 0 && !S_ISREG(st.st_mode)) {
        errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
        return NULL;
    }
    bool there = stat(s->path, &st) == 0;
    s->fd = open(s->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (s->fd < 0)
        return NULL;
    if (there)
        (void)!fchmod(s->fd, st.st_mode & 07777);
    return s;
}

bool http_save_write(struct http_save *s, struct str bytes)
{
    while (bytes.n) {
        ssize_t n = write(s->fd, bytes.s, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        bytes = str_slice(bytes, (size_t)n, bytes.n);
    }
    return true;
}

static bool sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return false;
    bool ok = fsync(fd) == 0;
    close(fd);
    return ok;
}

bool http_save_finish(struct http_save *s)
{
    bool written = fsync(s->fd) == 0;

    written = close(s->fd) == 0 && written;
    s->fd = -1;
    if (!written || rename(s->part, s->path) < 0)
        return false;
    s->finished = true;
    return sync_folder(s->folder);
}

void http_save_drop(struct http_save *s)
{
    if (!s || s->finished)
        return;
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
    unlink(s->part);
    s->finished = true;
}
