// Reading a journal in PostgreSQL.

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "store/postgres.h"
#include "store/sqlite_head.h"

struct str postgres_bytes(struct str digits, struct arena *a)
{
    char *bytes = arena_alloc(a, digits.n / 2 + 1, 1);

    for (size_t i = 0; i < digits.n / 2; i++) {
        char pair[3] = { digits.s[2 * i], digits.s[2 * i + 1], '\0' };
        bytes[i] = (char)strtol(pair, NULL, 16);
    }
    return (struct str){ bytes, digits.n / 2 };
}

struct reading {
    struct postgres *store;
    struct str id;
    int64_t from_seq;
    bool verify;
    bool (*see)(const struct stored_event *e, void *arg);
    void *arg;
    struct chain chain;
    bool ended;
};

static bool read_one(struct reading *r, const PGresult *result, int i, struct arena *a,
                     struct str *why)
{
    struct server *server = &r->store->server;
    struct stored_event e = { server_int(server, result, i, 0),
                              server_text(server, result, i, 1, a),
                              server_text(server, result, i, 2, a) };
    struct str hash = postgres_bytes(server_text(server, result, i, 3, a), a);

    if (!(r->verify ? chain_check(&r->chain, e.seq, e.json, hash, a, why)
                    : chain_follows(&r->chain, e.seq, a, why)))
        return false;
    r->chain.seq = e.seq;
    if (e.seq >= r->from_seq)
        r->ended = !r->see(&e, r->arg);
    return true;
}

// A thousand at a time, so that a long run does not have to fit into memory. The number that
// the run's row tells comes along, as it was when these were read.
static bool read_some(struct reading *r, int64_t *seq, struct diags *ds)
{
    struct arena *a = arena_new(NULL);
    struct str why = STR("");
    const struct str params[] = { r->id, str_format(a, "%" PRId64, r->chain.seq) };
    PGresult *result = postgres_query(
        r->store,
        "SELECT coalesce(e.seq, 0), coalesce(e.type, ''), coalesce(e.json, ''),"
        " coalesce(e.hash, ''), r.seq FROM runbook.run r LEFT JOIN LATERAL"
        " (SELECT * FROM runbook.event WHERE run = r.id AND seq > $2 ORDER BY seq LIMIT 1000) e"
        " ON true WHERE r.id = $1 ORDER BY e.seq",
        params, 2, ds);
    int rows = result ? server_rows(&r->store->server, result) : 0;
    bool fine = rows > 0;

    if (result && !fine)
        store_no_run(ds, r->id);
    if (fine)
        *seq = server_int(&r->store->server, result, 0, 4);
    if (fine && server_int(&r->store->server, result, 0, 0) == 0)
        rows = 0;
    for (int i = 0; i < rows && fine && !r->ended; i++) {
        fine = read_one(r, result, i, a, &why);
        if (!fine)
            store_fail(ds, STORE_FAILED, "the journal of run `%.*s` is damaged: %.*s",
                       STR_ARG(r->id), STR_ARG(why));
    }
    r->ended = r->ended || (fine && rows == 0);
    if (result)
        r->store->server.pq->clear(result);
    arena_free(a);
    return fine;
}

// Whether the store still has all that was confirmed to this machine, up to [head].
static enum store_error nothing_is_lost(const struct reading *r, int64_t head, struct diags *ds)
{
    if (head <= r->chain.seq)
        return STORE_OK;
    struct diag *d = store_diag(ds, STORE_FAILED,
                                "the PostgreSQL store went back: it has %" PRId64
                                " events of run `%.*s`, %" PRId64 " were confirmed",
                                r->chain.seq, STR_ARG(r->id), head);
    struct arena *a = arena_new(NULL);
    struct str folder = postgres_folder(&r->store->base, r->id, a);
    diag_help(ds, d,
              "what the lost events told was done all the same: look at it first; then remove "
              "`%.*s/head` to go on, undo or abort from event %" PRId64,
              STR_ARG(folder), r->chain.seq);
    arena_free(a);
    return STORE_FAILED;
}

static int64_t confirmed(struct postgres *s, struct str id)
{
    struct arena *a = arena_new(NULL);
    int64_t head = head_read(postgres_folder(&s->base, id, a));

    arena_free(a);
    return head;
}

// The head is read first: what is written meanwhile only makes the journal longer.
enum store_error postgres_read(struct store *base, struct str id, int64_t from_seq, bool verify,
                               bool (*see)(const struct stored_event *e, void *arg), void *arg,
                               struct diags *ds)
{
    struct postgres *s = (struct postgres *)base;
    struct reading r = { .store = s,
                         .id = id,
                         .from_seq = from_seq < 1 ? 1 : from_seq,
                         .verify = verify,
                         .see = see,
                         .arg = arg };
    int64_t seq = 0;
    bool fine = !s->absent;

    if (!fine)
        return store_no_run(ds, id);
    int64_t head = verify ? confirmed(s, id) : 0;
    if (!verify)
        r.chain.seq = r.from_seq - 1;
    while (fine && !r.ended)
        fine = read_some(&r, &seq, ds);
    if (fine && seq > r.chain.seq && seq >= r.from_seq && verify)
        return store_fail(ds, STORE_FAILED,
                          "the journal of run `%.*s` is damaged: event %" PRId64 " is missing",
                          STR_ARG(id), r.chain.seq + 1);
    if (fine)
        return nothing_is_lost(&r, head, ds);
    return ds->last && ds->last->code == DIAG_USAGE ? STORE_NO_SUCH_RUN : STORE_FAILED;
}
