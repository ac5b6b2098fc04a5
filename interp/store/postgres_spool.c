// What could not be sent, on this machine.
//
//     after 7 9f2c...        the event that it follows, and its hash
//     8 step.end 120         number, type, length in bytes
//     {"v":1,...}

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "store/folder.h"
#include "store/postgres_journal.h"

enum { SPOOL_MOST = 64 * 1024 * 1024 };

// ---- putting

static void add_events(struct postgres_journal *j, const struct batch *batches, struct buf *out)
{
    for (const struct batch *b = batches; b; b = b->next)
        for (const struct new_event *e = b->first; e; e = e->next) {
            j->cut = j->cut || is_intent(e->type);
            if (j->cut)
                return;
            buf_format(out, "%" PRId64 " %.*s %zu\n", e->seq, STR_ARG(e->type), e->json.n);
            buf_add(out, e->json);
            buf_add_c(out, '\n');
            j->spooled = e->seq;
        }
}

bool spool_put(struct postgres_journal *j, const struct batch *batches)
{
    struct arena *a = arena_new(NULL);
    struct buf text = BUF_EMPTY;
    bool first = !j->spooled;

    if (first)
        buf_format(&text, "after %" PRId64 " %.*s\n", j->chain.seq,
                   STR_ARG(j->chain.seq ? sha256_hex(a, j->chain.hash) : STR("-")));
    add_events(j, batches, &text);
    int flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC |
                (first ? O_TRUNC : O_APPEND);
    int fd = j->spooled ? openat(j->folder_fd, "spool", flags, 0600) : -1;
    bool fine = fd >= 0 && write(fd, text.s, text.n) == (ssize_t)text.n && fsync(fd) == 0 &&
                fsync(j->folder_fd) == 0;
    if (fd >= 0)
        close(fd);
    buf_free(&text);
    arena_free(a);
    return fine;
}

// ---- reading

struct spool {
    struct chain after;  // the event that it follows
    struct chain chain;  // at its end
    struct batch *batch;
};

static bool take_line(struct str *text, struct str *line)
{
    size_t end = str_find(*text, '\n');

    if (end == SIZE_MAX)
        return false;
    *line = str_slice(*text, 0, end);
    *text = str_slice(*text, end + 1, text->n);
    return true;
}

static bool take_event(struct str *text, struct arena *a, struct new_event *e)
{
    struct str line;
    char type[64];
    size_t n;

    if (!take_line(text, &line) ||
        sscanf(str_copy(a, line).s, "%" SCNd64 " %63s %zu", &e->seq, type, &n) != 3 || n >= text->n)
        return false;
    e->type = str_copy(a, str_from(type));
    e->json = str_slice(*text, 0, n);
    *text = str_slice(*text, n + 1, text->n);
    return true;
}

static bool from_hex(struct str hex, uint8_t out[SHA256_SIZE])
{
    unsigned byte;

    for (size_t i = 0; i < SHA256_SIZE; i++) {
        if (hex.n != 2 * SHA256_SIZE || sscanf(hex.s + 2 * i, "%2x", &byte) != 1)
            return false;
        out[i] = (uint8_t)byte;
    }
    return true;
}

// A last event that was cut off is not there.
static bool read_spool(struct str text, struct arena *a, struct spool *s)
{
    struct str line;
    char hash[128];

    if (!take_line(&text, &line) ||
        sscanf(str_copy(a, line).s, "after %" SCNd64 " %127s", &s->after.seq, hash) != 2)
        return false;
    if (s->after.seq && !from_hex(str_from(hash), s->after.hash))
        return false;
    s->batch = NEW(a, struct batch);
    s->chain = s->after;
    for (;;) {
        struct new_event *e = NEW(a, struct new_event);
        if (!take_event(&text, a, e) || e->seq != s->chain.seq + 1)
            return s->batch->first != NULL;
        chain_add(&s->chain, e->json);
        if (s->batch->last)
            s->batch->last->next = e;
        else
            s->batch->first = e;
        s->batch->last = e;
    }
}

// ---- sending

static bool fits(const struct postgres_journal *j, const struct spool *s)
{
    return s->after.seq == j->chain.seq && memcmp(s->after.hash, j->chain.hash, SHA256_SIZE) == 0;
}

// Whether the store has the last of them already, with the same hash: the answer was lost.
static enum server_answer is_there(struct postgres_journal *j, const struct spool *s,
                                   struct arena *a, bool *there, struct failure *why)
{
    const struct str params[] = { j->base.id, str_format(a, "%" PRId64, s->chain.seq),
                                  sha256_hex(a, s->chain.hash) };
    PGresult *r;
    enum server_answer answer = server_ask(
        &j->server, clock_boot_ms() + SERVER_DEADLINE_MS,
        "SELECT 1 FROM runbook.event WHERE run = $1 AND seq = $2 AND hash = $3", params, 3, &r,
        why);

    if (answer == SERVER_DONE) {
        *there = server_rows(&j->server, r) == 1;
        j->server.pq->clear(r);
    }
    return answer;
}

static bool put_aside(struct postgres_journal *j, struct str *note)
{
    renameat(j->folder_fd, "spool", j->folder_fd, "spool.unused");
    *note = str_format(j->base.arena,
                       "what could not be sent in an earlier session does not fit any more and was "
                       "put aside as `%.*s/spool.unused`",
                       STR_ARG(j->base.folder));
    return true;
}

static bool send(struct postgres_journal *j, const struct spool *s, struct arena *a,
                 struct str *note, struct failure *why)
{
    bool fitting = fits(j, s), there = fitting;
    enum server_answer answer = fitting ? postgres_append(j, s->batch,
                                                          clock_boot_ms() + SERVER_DEADLINE_MS, why)
                                        : is_there(j, s, a, &there, why);

    if (answer != SERVER_DONE)
        return false;
    if (!there)
        return put_aside(j, note);
    unlinkat(j->folder_fd, "spool", 0);
    return true;
}

bool spool_replay(struct postgres_journal *j, struct str *note, struct failure *why)
{
    struct arena *a = arena_new(NULL);
    struct spool s = { 0 };
    struct str text;
    bool fine = true;

    *note = STR("");
    if (file_get(j->folder_fd, "spool", SPOOL_MOST, a, &text))
        fine = read_spool(text, a, &s) ? send(j, &s, a, note, why) : put_aside(j, note);
    else if (errno != ENOENT) {
        failure_set(why, "`%.*s/spool`: %s", STR_ARG(j->base.folder), strerror(errno));
        fine = false;
    }
    arena_free(a);
    return fine;
}
