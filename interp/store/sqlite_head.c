#include "store/sqlite_head.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LENGTH = 20 };  // digits and a newline, always as many: an old number leaves no rest

// [fd] if it is a plain file: a pipe of that name would be waited for until somebody writes.
static int plain(int fd)
{
    struct stat st;

    if (fd < 0 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)))
        return fd;
    close(fd);
    errno = EINVAL;
    return -1;
}

bool head_is_fine(struct str folder, struct failure *why)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%.*s/head", STR_ARG(folder));
    return file_look(path, why) != FOLDER_REFUSED;
}

int head_open(int folder_fd)
{
    return plain(openat(folder_fd, "head",
                        O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
}

void head_write(int fd, int64_t seq)
{
    char line[LENGTH + 2];

    snprintf(line, sizeof line, "%0*" PRId64 "\n", LENGTH, seq);
    ssize_t n = pwrite(fd, line, LENGTH + 1, 0);
    (void)n;  // a mark that is behind says less, and nothing wrong
}

int64_t head_read(struct str folder)
{
    char path[PATH_MAX], line[LENGTH + 2] = "";

    snprintf(path, sizeof path, "%.*s/head", STR_ARG(folder));
    int fd = plain(open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (fd < 0)
        return 0;
    ssize_t n = pread(fd, line, LENGTH + 1, 0);
    close(fd);
    return n == LENGTH + 1 ? strtoll(line, NULL, 10) : 0;
}
