#include "report/ndjson.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "report/patience.h"

struct ndjson {
    struct observer observer;
    struct arena *arena;
    int fd;
    bool gone;
    struct buf *line;
};

enum { CHUNK = 4096, PATIENCE_MS = 30 * 1000 };

static void lose(struct ndjson *n, enum patience_end how, int error, int64_t seq)
{
    n->gone = true;
    n->observer.lost = str_format(n->arena,
                                  "standard output took nothing from event %" PRId64 " on: %s", seq,
                                  how == PATIENCE_STALLED ? "nobody reads it" : strerror(error));
}

// In one write where a pipe takes it at once, so that its reader sees whole lines.
static void on_event(struct observer *o, const struct event *e, struct str line)
{
    struct ndjson *n = o->ctx;

    if (n->gone)
        return;
    buf_clear(n->line);
    buf_add(n->line, line);
    buf_add_c(n->line, '\n');
    // A stream with a hole in it would not be one: who does not read for so long gets no more.
    enum patience_end how = patience_write(n->fd, buf_str(n->line), CHUNK, PATIENCE_MS);
    if (how != PATIENCE_WRITTEN)
        lose(n, how, errno, e->seq);
}

struct observer *ndjson_new(struct arena *a, int fd)
{
    struct ndjson *n = NEW(a, struct ndjson);

    *n = (struct ndjson){ .arena = a, .fd = fd, .line = buf_in(a) };
    n->observer = (struct observer){ .event = on_event, .ctx = n };
    return &n->observer;
}
