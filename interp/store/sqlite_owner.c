#include "store/sqlite_owner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "store/backend.h"
#include "value/when.h"

// A lock of the open file, not of the process: closing another descriptor of the same file
// does not give it back, and it can be looked at without being taken.
static bool set_lock(int fd)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

    return fcntl(fd, F_OFD_SETLK, &whole) == 0;
}

static bool is_locked(int fd)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

    return fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
}

static bool know(struct owner *o)
{
    struct stat st;

    if (fstat(o->lock_fd, &st) < 0)
        return false;
    o->device = st.st_dev;
    o->inode = st.st_ino;
    return true;
}

static bool is_at_its_path(const struct owner *o)
{
    struct stat there;

    return lstat(o->path, &there) == 0 && there.st_ino == o->inode && there.st_dev == o->device;
}

static void say_who(int fd)
{
    struct arena *a = arena_new(NULL);
    struct str line = str_format(a, "%d %.*s %.*s %.*s\n", (int)getpid(), STR_ARG(system_host(a)),
                                 STR_ARG(clock_rfc3339_ms(a, clock_wall_ns())),
                                 STR_ARG(clock_boot_id(a)));

    // Only for people: a disk too full for it is found out by the journal.
    if (ftruncate(fd, 0) == 0) {
        ssize_t n = pwrite(fd, line.s, line.n, 0);
        (void)n;
    }
    arena_free(a);
}

static void ask_who(struct owner *o, struct failure *why)
{
    char line[512] = "", *host = o->holder.host, *since = o->holder.since;
    int pid;
    ssize_t n = pread(o->lock_fd, line, sizeof line - 1, 0);

    o->holder.pid = 0;
    if (n <= 0 || sscanf(line, "%d %255s %63s", &pid, host, since) != 3) {
        failure_set(why, "held by another interpreter");
        return;
    }
    o->holder.pid = pid;
    struct arena *a = arena_new(NULL);
    struct str taken = ago_text(wall_from(str_from(since)), clock_wall_ns(), a);
    failure_set(why, "held by pid %d on %s, taken %.*s", pid, host, STR_ARG(taken));
    arena_free(a);
}

enum taken owner_take(struct owner *o, int folder_fd, struct str folder, struct failure *why)
{
    if (asprintf(&o->path, "%.*s/lock", STR_ARG(folder)) < 0)
        abort();
    o->folder_fd = folder_fd;
    for (;;) {
        o->lock_fd = openat(folder_fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
                           0600);
        if (o->lock_fd < 0) {
            failure_set(why, "`%s`: %s", o->path, strerror(errno));
            break;
        }
        if (!set_lock(o->lock_fd)) {
            ask_who(o, why);
            owner_leave(o);
            return TAKEN_ALREADY;
        }
        if (know(o) && is_at_its_path(o)) {
            say_who(o->lock_fd);
            return TAKEN;
        }
        close(o->lock_fd);  // removed in between; its successor, then
    }
    owner_leave(o);
    return TAKEN_FAILED;
}

bool owner_holds(const struct owner *o, struct failure *why)
{
    if (is_at_its_path(o))
        return true;
    failure_set(why, "`%s` was removed or replaced: another interpreter may have the run", o->path);
    return false;
}

void owner_leave(struct owner *o)
{
    if (o->lock_fd >= 0)
        close(o->lock_fd);
    free(o->path);
    o->lock_fd = -1;
    o->path = NULL;
}

bool owner_lives(struct str folder)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%.*s/lock", STR_ARG(folder));
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool locked = is_locked(fd);
    close(fd);
    return locked;
}

bool folder_reserve(int folder_fd, bool wait)
{
    int rc;

    while ((rc = flock(folder_fd, LOCK_EX | (wait ? 0 : LOCK_NB))) < 0 && errno == EINTR)
        ;
    return rc == 0;
}

void folder_release(int folder_fd)
{
    flock(folder_fd, LOCK_UN);
}
