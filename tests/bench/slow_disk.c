// A worse disk: every sync takes SLOW_SYNC_MS longer, every write at a place SLOW_WRITE_MS. And a
// sync hangs as long as there is a file SLOW_SYNC_WHILE; who waits for that to happen looks for the
// same name with ".on" behind it. As long as there is a file FULL_WHILE the disk is full. To be preloaded:
//
//     cc -shared -fPIC -o slow_disk.so slow_disk.c

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void wait_longer(const char *variable)
{
    const char *text = getenv(variable);
    long ms = text ? atol(text) : 0;

    if (ms)
        nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static void hang(void)
{
    const char *file = getenv("SLOW_SYNC_WHILE");
    char on[4096];

    while (file && access(file, F_OK) == 0) {
        snprintf(on, sizeof on, "%s.on", file);
        close(open(on, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
        nanosleep(&(struct timespec){ 0, 10 * 1000000 }, NULL);
    }
}

int fdatasync(int fd)
{
    hang();
    wait_longer("SLOW_SYNC_MS");
    return (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
    hang();
    wait_longer("SLOW_SYNC_MS");
    return (int)syscall(SYS_fsync, fd);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset)
{
    const char *full = getenv("FULL_WHILE");

    wait_longer("SLOW_WRITE_MS");
    if (full && access(full, F_OK) == 0) {
        errno = ENOSPC;
        return -1;
    }
    return syscall(SYS_pwrite64, fd, bytes, count, offset);
}
