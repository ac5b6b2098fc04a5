#include "report/patience.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"

bool patience_is_read(int fd, int ms)
{
    struct pollfd p = { .fd = fd, .events = POLLOUT };
    int64_t until = clock_boot_ms() + ms;
    int64_t left = ms;
    int got;

    while ((got = poll(&p, 1, (int)left)) < 0 && errno == EINTR) {
        left = until - clock_boot_ms();
        if (left < 0)
            left = 0;
    }
    return got != 0;
}

enum patience_end patience_write(int fd, struct str text, size_t chunk, int ms)
{
    while (text.n) {
        if (!patience_is_read(fd, ms))
            return PATIENCE_STALLED;
        ssize_t n = write(fd, text.s, text.n < chunk ? text.n : chunk);
        if (n >= 0)
            text = str_slice(text, (size_t)n, text.n);
        else if (errno != EINTR && errno != EAGAIN)
            return PATIENCE_GONE;
    }
    return PATIENCE_WRITTEN;
}
