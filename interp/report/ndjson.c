#include "report/ndjson.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/thread.h"
#include "report/patience.h"

// What is not taken at once goes through a thread, so that the run, and what its steps print, does
// not wait for a slow reader. A stream with a hole in it would not be one: who does not read for
// so long gets no more.
struct ndjson {
    struct observer observer;
    struct arena *arena;
    int fd;
    struct buf *line;

    pthread_t thread;
    bool running, never;    // never: words for people go the same way, and would come between
    pthread_mutex_t mutex;  // of what follows, once there is a thread
    pthread_cond_t changed;
    struct buf waiting, leaving;  // the second is the thread's
    size_t unwritten;             // bytes of both
    int64_t first;                // event in what waits
    int64_t lost_from;            // 0: nothing
    enum patience_end how;
    int error;
    bool gone, stop;
};

enum {
    CHUNK = 4096,
    PIECE = 16 * CHUNK,  // after so much the loop is told that there is room
    PATIENCE_MS = 30 * 1000,
    MOST = 16 * 1024 * 1024,  // bytes that wait: more than a step has in events
};

// With the mutex held, or without a thread.
static void lose(struct ndjson *n, enum patience_end how, int error, int64_t seq)
{
    n->gone = true;
    n->how = how;
    n->error = error;
    n->lost_from = seq;
}

static void say_lost(struct ndjson *n)
{
    if (n->gone && !n->observer.lost.n)
        n->observer.lost = str_format(
            n->arena, "standard output took nothing from event %" PRId64 " on: %s", n->lost_from,
            n->how == PATIENCE_STALLED ? "nobody reads it" : strerror(n->error));
}

// ---- the thread

// With the mutex held, which is given up meanwhile. Whoever reads slowly makes the loop wait for
// the room that an event needs, and no longer: signals come to it between two events.
static enum patience_end write_piece(struct ndjson *n, struct str piece, int *error)
{
    pthread_mutex_unlock(&n->mutex);
    enum patience_end how = patience_write(n->fd, piece, CHUNK, PATIENCE_MS);
    *error = errno;
    pthread_mutex_lock(&n->mutex);
    n->unwritten -= piece.n;
    pthread_cond_broadcast(&n->changed);
    return how;
}

// With the mutex held.
static void write_waiting(struct ndjson *n)
{
    struct buf swap = n->leaving;
    int64_t first = n->first;
    enum patience_end how = PATIENCE_WRITTEN;
    int error = 0;

    n->leaving = n->waiting;
    n->waiting = swap;
    struct str text = buf_str(&n->leaving);
    for (size_t at = 0; at < text.n && how == PATIENCE_WRITTEN; at += PIECE)
        how = write_piece(n, str_slice(text, at, at + PIECE < text.n ? at + PIECE : text.n),
                          &error);
    buf_clear(&n->leaving);
    if (how == PATIENCE_WRITTEN)
        return;
    lose(n, how, error, first);
    buf_clear(&n->waiting);
    n->unwritten = 0;
}

static void *write_on(void *arg)
{
    struct ndjson *n = arg;

    pthread_mutex_lock(&n->mutex);
    while (n->waiting.n || !n->stop)
        if (n->waiting.n)
            write_waiting(n);
        else
            pthread_cond_wait(&n->changed, &n->mutex);
    pthread_mutex_unlock(&n->mutex);
    return NULL;
}

static void end_thread(void *arg)
{
    struct ndjson *n = arg;

    if (n->running) {
        pthread_mutex_lock(&n->mutex);
        n->stop = true;
        pthread_cond_broadcast(&n->changed);
        pthread_mutex_unlock(&n->mutex);
        pthread_join(n->thread, NULL);
    }
    pthread_cond_destroy(&n->changed);
    pthread_mutex_destroy(&n->mutex);
    buf_free(&n->waiting);
    buf_free(&n->leaving);
}

// ---- the loop

// As much as is taken without waiting.
static struct str write_at_once(struct ndjson *n, struct str text, int64_t seq)
{
    while (text.n && patience_is_read(n->fd, 0)) {
        struct str piece = str_slice(text, 0, text.n < CHUNK ? text.n : CHUNK);
        if (patience_write(n->fd, piece, CHUNK, PATIENCE_MS) != PATIENCE_WRITTEN) {
            lose(n, PATIENCE_GONE, errno, seq);
            return STR("");
        }
        text = str_slice(text, piece.n, text.n);
    }
    return text;
}

static void write_patiently(struct ndjson *n, struct str text, int64_t seq)
{
    enum patience_end how = patience_write(n->fd, text, CHUNK, PATIENCE_MS);

    if (how != PATIENCE_WRITTEN)
        lose(n, how, errno, seq);
}

// With the mutex held.
static void leave_to_thread(struct ndjson *n, struct str text, int64_t seq)
{
    while (n->unwritten > MOST)
        pthread_cond_wait(&n->changed, &n->mutex);
    if (n->gone)
        return;
    if (!n->waiting.n)
        n->first = seq;
    buf_add(&n->waiting, text);
    n->unwritten += text.n;
    pthread_cond_broadcast(&n->changed);
}

static void on_event(struct observer *o, const struct event *e, struct str line)
{
    struct ndjson *n = o->ctx;

    pthread_mutex_lock(&n->mutex);
    buf_clear(n->line);
    buf_add(n->line, line);
    buf_add_c(n->line, '\n');
    struct str text = n->gone ? STR("") : buf_str(n->line);
    if (text.n && !n->unwritten)
        text = write_at_once(n, text, e->seq);
    if (text.n && !n->running && !n->never)
        n->running = thread_start(&n->thread, write_on, n) == 0;
    if (text.n && n->running)
        leave_to_thread(n, text, e->seq);
    else if (text.n)
        write_patiently(n, text, e->seq);
    say_lost(n);
    pthread_mutex_unlock(&n->mutex);
}

void ndjson_finish(struct observer *o)
{
    struct ndjson *n = o->ctx;

    pthread_mutex_lock(&n->mutex);
    while (n->unwritten)
        pthread_cond_wait(&n->changed, &n->mutex);
    pthread_mutex_unlock(&n->mutex);
}

static bool is_same_file(int one, int other)
{
    struct stat x, y;

    return fstat(one, &x) == 0 && fstat(other, &y) == 0 && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
}

struct observer *ndjson_new(struct arena *a, int fd)
{
    struct ndjson *n = NEW(a, struct ndjson);

    *n = (struct ndjson){ .arena = a, .fd = fd, .line = buf_in(a) };
    n->never = is_same_file(fd, STDERR_FILENO);
    pthread_mutex_init(&n->mutex, NULL);
    pthread_cond_init(&n->changed, NULL);
    arena_defer(a, end_thread, n);
    n->observer = (struct observer){ .event = on_event, .ctx = n };
    return &n->observer;
}
