#include "report/ndjson.h"

#include "base/arena.h"
#include "base/buf.h"
#include "report/patience.h"

struct ndjson {
    struct observer observer;
    int fd;
    bool gone;
    struct buf *line;
};

enum { CHUNK = 4096, PATIENCE_MS = 30 * 1000 };

// In one write where a pipe takes it at once, so that its reader sees whole lines.
static void on_event(struct observer *o, const struct event *e, struct str line)
{
    struct ndjson *n = o->ctx;

    (void)e;
    buf_clear(n->line);
    buf_add(n->line, line);
    buf_add_c(n->line, '\n');
    // A stream with a hole in it would not be one: who does not read for so long gets no more.
    if (!n->gone)
        n->gone = patience_write(n->fd, buf_str(n->line), CHUNK, PATIENCE_MS) != PATIENCE_WRITTEN;
}

struct observer *ndjson_new(struct arena *a, int fd)
{
    struct ndjson *n = NEW(a, struct ndjson);

    *n = (struct ndjson){ .fd = fd, .line = buf_in(a) };
    n->observer = (struct observer){ .event = on_event, .ctx = n };
    return &n->observer;
}
