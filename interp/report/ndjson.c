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

enum { CHUNK = 4096, PATIENCE_MS = 30 * 1000 };

// A stream with a hole in it would not be one: who does not read for so long gets no more.
static void write_all(struct ndjson *n, struct str text)
{
    while (text.n && !n->gone) {
        struct pollfd p = { .fd = n->fd, .events = POLLOUT };
        if (poll(&p, 1, PATIENCE_MS) == 0) {
            n->gone = true;
            return;
        }
        ssize_t done = write(n->fd, text.s, text.n < CHUNK ? text.n : CHUNK);
        if (done >= 0)
            text = str_slice(text, (size_t)done, text.n);
        else if (errno != EINTR && errno != EAGAIN)
            n->gone = true;
    }
}

// In one write where a pipe takes it at once, so that its reader sees whole lines.
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
