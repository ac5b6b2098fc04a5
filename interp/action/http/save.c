#include "action/http/save.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

struct http_save {
    struct arena *arena;  // its own: a thread may outlive whoever drops it
    int fd;               // -1: closed
    const char *path, *part, *folder;
    bool working;         // the thread has it
    atomic_bool dropped;  // the thread is to leave the file as it was
    int error;            // what the thread met, an errno
    void (*then)(void *arg, int error);
    void *arg;
};

static const char *folder_of(struct str path, struct arena *a)
{
    size_t end = path.n;

    while (end > 0 && path.s[end - 1] != '/')
        end--;
    return end ? str_copy(a, str_slice(path, 0, end)).s : ".";
}

static void close_file(struct http_save *s)
{
    if (s->fd >= 0 && close(s->fd) < 0 && !s->error)
        s->error = errno;
    s->fd = -1;
}

static int not_a_file(const struct stat *st)
{
    if (S_ISREG(st->st_mode))
        return 0;
    return S_ISDIR(st->st_mode) ? EISDIR : EINVAL;
}

int http_save_trouble(struct str path)
{
    struct arena *a = arena_new(NULL);
    struct stat st;
    int error = 0;

    if (stat(str_copy(a, path).s, &st) == 0)
        error = not_a_file(&st);
    if (!error && access(folder_of(path, a), W_OK | X_OK) < 0)
        error = errno;
    arena_free(a);
    return error;
}

static struct http_save *give_up(struct http_save *s, int error)
{
    arena_free(s->arena);
    errno = error;
    return NULL;
}

struct http_save *http_save_begin(struct str path)
{
    struct arena *a = arena_new(NULL);
    struct http_save *s = NEW(a, struct http_save);
    struct stat st;

    *s = (struct http_save){ .arena = a, .fd = -1 };
    s->path = str_copy(a, path).s;
    s->folder = folder_of(path, a);
    s->part = str_format(a, "%.*s.%d.part", STR_ARG(path), (int)getpid()).s;
    bool there = stat(s->path, &st) == 0;
    if (there && not_a_file(&st))
        return give_up(s, not_a_file(&st));
    s->fd = open(s->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (s->fd < 0)
        return give_up(s, errno);
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

// ---- the end

static bool sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return false;
    bool ok = fsync(fd) == 0;
    close(fd);
    return ok;
}

static void finish_in_thread(void *arg)
{
    struct http_save *s = arg;

    if (fsync(s->fd) < 0)
        s->error = errno;
    close_file(s);
    if (s->error || s->dropped)
        return;
    if (rename(s->part, s->path) < 0 || !sync_folder(s->folder))
        s->error = errno;
}

static void finished(void *arg)
{
    struct http_save *s = arg;
    int error = s->error;

    if (error || s->dropped)
        unlink(s->part);  // already gone if it was renamed
    if (!s->dropped)
        s->then(s->arg, error);
    arena_free(s->arena);
}

void http_save_finish(struct http_save *s, struct loop *l, void (*then)(void *arg, int error),
                      void *arg)
{
    s->then = then;
    s->arg = arg;
    s->working = true;
    loop_work(l, finish_in_thread, finished, s);
}

void http_save_drop(struct http_save *s)
{
    if (!s)
        return;
    if (s->working) {
        s->dropped = true;
        return;
    }
    close_file(s);
    unlink(s->part);
    arena_free(s->arena);
}
