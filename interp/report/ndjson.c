#include "report/ndjson.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"

struct ndjson {
    struct observer observer;
    int fd;
    bool gone;
    struct buf *line;
};

static void write_all(struct ndjson *n, struct str text)
{
    while (text.n && !n->gone) {
        ssize_t done = write(n->fd, text.s, text.n);
        if (done >= 0)
            text = str_slice(text, (size_t)done, text.n);
        else if (errno == EAGAIN)
            poll(&(struct pollfd){ .fd = n->fd, .events = POLLOUT }, 1, -1);
        else if (errno != EINTR)
            n->gone = true;
    }
}

// In one write, so that a reader of a pipe sees whole lines.
static void on_event(struct observer *o, const struct event *e, struct str line)
{
    struct ndjson *n = o->ctx;

    (void)e;
    buf_clear(n->line);
    buf_add(n->line, line);
    buf_add_c(n->line, '\n');
    write_all(n, buf_str(n->line));
}

struct observer *ndjson_new(struct arena *a, int fd)
{
    struct ndjson *n = NEW(a, struct ndjson);

    *n = (struct ndjson){ .fd = fd, .line = buf_in(a) };
    n->observer = (struct observer){ .event = on_event, .ctx = n };
    return &n->observer;
}

bool ndjson_is_gone(const struct observer *o)
{
    return ((const struct ndjson *)o->ctx)->gone;
}
