// A worse disk: every sync takes SLOW_SYNC_MS longer, every write at a place SLOW_WRITE_MS.
// To be preloaded:
//
//     cc -shared -fPIC -o slow_disk.so slow_disk.c

#define _GNU_SOURCE
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

int fdatasync(int fd)
{
    wait_longer("SLOW_SYNC_MS");
    return (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
    wait_longer("SLOW_SYNC_MS");
    return (int)syscall(SYS_fsync, fd);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset)
{
    wait_longer("SLOW_WRITE_MS");
    return syscall(SYS_pwrite64, fd, bytes, count, offset);
}
