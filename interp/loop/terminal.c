#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "loop/keeping.h"

int terminal_take(struct terminal *t)
{
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (fd < 0)
        return -1;
    if (t->fd >= 0) {  // two at a time cannot have it
        close(fd);
        errno = EBUSY;
        return -1;
    }
    t->fd = fd;
    t->group = tcgetpgrp(fd);
    tcgetattr(fd, &t->modes);
    return fd;
}

// As it was, whatever the child did to it. SIGTTOU, which would stop us for this, is
// blocked. The group may be gone by now; then the shell takes the terminal by itself.
void terminal_give_back(struct terminal *t)
{
    if (t->fd < 0)
        return;
    if (t->group > 0)
        tcsetpgrp(t->fd, t->group);
    tcsetattr(t->fd, TCSANOW, &t->modes);
    close(t->fd);
    t->fd = -1;
}
