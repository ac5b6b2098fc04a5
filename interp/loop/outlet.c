// What a child writes: read, kept, and passed on.

#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "loop/keeping.h"

enum { READ_MAX = 64 * 1024, READS_A_TURN = 16 };

// Closing alone does not take it out of the epoll set: a child that is just being executed
// still has a copy of it.
void outlet_close(struct outlet *o)
{
    if (o->fd < 0)
        return;
    if (o->task->watched)
        epoll_ctl(o->task->keeping->pipes, EPOLL_CTL_DEL, o->fd, NULL);
    close(o->fd);
    o->fd = -1;
}

void task_watch(struct task *t)
{
    for (int i = 0; i < 2 && !t->watched; i++)
        if (t->out[i].fd >= 0)
            epoll_ctl(t->keeping->pipes, EPOLL_CTL_ADD, t->out[i].fd,
                      &(struct epoll_event){ EPOLLIN, { .ptr = &t->out[i] } });
    t->watched = true;
}

static void give(struct outlet *o, struct str bytes)
{
    struct frame head = { .type = TELL_OUTPUT, .id = o->task->id, .stream = o->stream };

    task_tell_started(o->task);
    kept_add(&o->kept, bytes);
    keeping_tell(o->task->keeping, head, bytes);
}

// False: nothing there at the moment, or it has ended.
static bool read_some(struct outlet *o, size_t most)
{
    static char bytes[READ_MAX];
    ssize_t n = read(o->fd, bytes, most < READ_MAX ? most : READ_MAX);

    if (n > 0)
        give(o, (struct str){ bytes, (size_t)n });
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        outlet_close(o);
    return n > 0;
}

void outlet_read(struct outlet *o)
{
    if (o->fd >= 0 && !o->task->keeping->choked)
        read_some(o, READ_MAX);
}

// What is in the pipe already, and no more: what still writes could go on for ever.
static bool read_rest(struct outlet *o)
{
    int rest = 0;

    if (o->fd >= 0)
        ioctl(o->fd, FIONREAD, &rest);
    while (o->fd >= 0 && rest > 0 && !o->task->keeping->choked) {
        int64_t before = o->kept.total;
        read_some(o, (size_t)rest);
        rest -= (int)(o->kept.total - before);
        if (o->kept.total == before)
            break;
    }
    if (o->task->keeping->choked)
        return false;
    outlet_close(o);
    return true;
}

bool task_drain(struct task *t)
{
    struct keeping *k = t->keeping;
    bool open = false;

    for (int i = 0; i < 2; i++) {
        struct outlet *o = &t->out[i];
        for (int n = 0; n < READS_A_TURN && o->fd >= 0 && !k->choked; n++)
            if (!read_some(o, READ_MAX))
                break;
        open |= o->fd >= 0;
    }
    if (!open)
        return true;
    task_watch(t);
    return k->now_ms >= t->ended_ms + DRAIN_MS && read_rest(&t->out[0]) && read_rest(&t->out[1]);
}
