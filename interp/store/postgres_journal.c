// Writing the journal of a run, in the writer's thread.

#include "store/postgres_journal.h"

#include <errno.h>
#include <inttypes.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "store/row.h"
#include "store/sqlite_head.h"

// ---- one statement

enum {
    FIXED = 9,           // parameters before those of the row
    FIRST = ROW_id + 1,  // field of the row that may change
};

// One that was given up for lost may still come, when the run has been given back to nobody: it
// changes nothing then.
static struct str append_sql(const struct postgres *s, bool row, struct arena *a)
{
    struct buf set = BUF_EMPTY;

    for (int i = FIRST; row && i < ROW_COUNT; i++)
        buf_format(&set, ", %s = $%d%s", row_fields[i].column, FIXED + 1 + i - FIRST,
                   row_fields[i].kind == ROW_TEXT  ? ""
                   : row_fields[i].kind == ROW_INT ? "::int"
                                                   : "::bigint");
    struct str sql = str_format(
        a,
        "WITH mine AS (UPDATE runbook.run SET seq = $4, hash = $5,"
        " lease_until = %.*s%.*s"
        " WHERE id = $1 AND epoch = $2 AND seq = $3 AND holder <> '' RETURNING id),"
        " added AS (INSERT INTO runbook.event SELECT mine.id, e.* FROM mine,"
        " unnest($6::bigint[], $7::text[], $8::text[], $9::text[]) e)"
        " SELECT count(*) FROM mine",
        STR_ARG(postgres_lease(s, a)), STR_ARG(buf_str(&set)));
    buf_free(&set);
    return sql;
}

struct columns {
    struct buf seqs, types, jsons, hashes;
};

static struct str hash_text(const struct chain *c, struct arena *a)
{
    return c->seq ? sha256_hex(a, c->hash) : STR("");
}

static void add_event(struct columns *c, struct chain *chain, const struct new_event *e,
                      struct arena *a)
{
    chain_add(chain, e->json);
    server_array_add(&c->seqs, str_format(a, "%" PRId64, e->seq));
    server_array_add(&c->types, e->type);
    server_array_add(&c->jsons, e->json);
    server_array_add(&c->hashes, hash_text(chain, a));
}

static struct str take_array(struct buf *b, struct arena *a)
{
    server_array_end(b);
    return buf_take(b, a);
}

static const struct run_row *last_row(const struct batch *batches)
{
    const struct run_row *row = NULL;

    for (const struct batch *b = batches; b; b = b->next)
        row = b->row ? b->row : row;
    return row;
}

static int fill_params(struct postgres_journal *j, const struct batch *batches,
                       const struct run_row *row, struct chain *chain, struct str *params,
                       struct arena *a)
{
    struct columns c = { 0 };

    params[0] = j->base.id;
    params[1] = str_format(a, "%" PRId64, j->epoch);
    params[2] = str_format(a, "%" PRId64, j->chain.seq);
    for (const struct batch *b = batches; b; b = b->next)
        for (const struct new_event *e = b->first; e; e = e->next)
            add_event(&c, chain, e, a);
    params[3] = str_format(a, "%" PRId64, chain->seq);
    params[4] = hash_text(chain, a);
    params[5] = take_array(&c.seqs, a);
    params[6] = take_array(&c.types, a);
    params[7] = take_array(&c.jsons, a);
    params[8] = take_array(&c.hashes, a);
    for (int i = FIRST; row && i < ROW_COUNT; i++)
        params[FIXED + i - FIRST] = row_text(row, &row_fields[i], a);
    return row ? FIXED + ROW_COUNT - FIRST : FIXED;
}

// The run's row was not as it was left: somebody took the run, these events are there
// already (the answer to an earlier try was lost), or the server lost what it had confirmed.
static enum server_answer look_again(struct postgres_journal *j, const struct chain *wanted,
                                     int64_t until_ms, struct arena *a, struct failure *why)
{
    PGresult *r;
    enum server_answer answer = server_ask(&j->server, until_ms,
                                           "SELECT epoch, seq, hash FROM runbook.run WHERE id = $1",
                                           &j->base.id, 1, &r, why);

    if (answer != SERVER_DONE)
        return answer;
    bool there = server_rows(&j->server, r) > 0;
    int64_t epoch = there ? server_int(&j->server, r, 0, 0) : 0,
            seq = there ? server_int(&j->server, r, 0, 1) : 0;
    struct str hash = there ? server_text(&j->server, r, 0, 2, a) : STR("");
    j->server.pq->clear(r);
    if (there && epoch == j->epoch && seq == wanted->seq && str_equal(hash, hash_text(wanted, a)))
        return SERVER_DONE;
    j->fenced = there && epoch != j->epoch;
    if (!there)
        failure_set(why, "run `%.*s` was removed from the PostgreSQL store", STR_ARG(j->base.id));
    else if (epoch != j->epoch)
        failure_set(why, "another interpreter has taken run `%.*s`", STR_ARG(j->base.id));
    else
        failure_set(why,
                    "the PostgreSQL store went back: it has %" PRId64 " events of run `%.*s`, "
                    "%" PRId64 " were confirmed",
                    seq, STR_ARG(j->base.id), j->chain.seq);
    return SERVER_REFUSED;
}

enum server_answer postgres_append(struct postgres_journal *j, const struct batch *batches,
                                   int64_t until_ms, struct failure *why)
{
    struct arena *a = arena_new(NULL);
    struct str params[FIXED + ROW_COUNT];
    struct chain chain = j->chain;
    const struct run_row *row = last_row(batches);
    int count = fill_params(j, batches, row, &chain, params, a);
    int64_t asked = clock_boot_ms();
    PGresult *r;

    enum server_answer answer = server_ask(
        &j->server, until_ms, append_sql(j->store, row != NULL, a).s, params, count, &r, why);
    bool ours = answer == SERVER_DONE && server_int(&j->server, r, 0, 0) == 1;
    if (answer == SERVER_DONE)
        j->server.pq->clear(r);
    if (answer == SERVER_DONE && !ours)
        answer = look_again(j, &chain, until_ms, a, why);
    if (answer == SERVER_DONE) {
        j->chain = chain;
        j->renewed_ms = asked;
        head_write(j->head_fd, chain.seq);
    }
    arena_free(a);
    return answer;
}

// ---- the writer's thread

static void rest(struct postgres_journal *j, int64_t ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += ms * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&j->ending, &j->mutex, &until);
}

static int64_t earlier(int64_t x, int64_t y)
{
    return x < y ? x : y;
}

// While the store does not answer it is asked again, for as long as the lease can be
// believed; then somebody else may have the run. One that renews the lease and keeps no event, as
// with a full disk, is asked no longer than that either.
static enum server_answer append_while_ours(struct postgres_journal *j, const struct batch *batches,
                                            struct failure *why)
{
    enum { REST_MS = 300 };
    int64_t most = clock_boot_ms() + j->store->lease_ms;

    for (;;) {
        int64_t end = earlier(lease_end(j), most), now = clock_boot_ms();
        enum server_answer answer = postgres_append(
            j, batches, earlier(now + SERVER_DEADLINE_MS, end > now ? end : now + 1000), why);
        if (answer != SERVER_LOST || j->lost ||
            clock_boot_ms() + REST_MS > earlier(lease_end(j), most))
            return answer;
        rest(j, REST_MS);
    }
}

static bool write_batches(struct journal *base, const struct batch *batches, struct failure *why)
{
    struct postgres_journal *j = (struct postgres_journal *)base;

    pthread_mutex_lock(&j->mutex);
    enum server_answer answer = append_while_ours(j, batches, why);
    bool kept = answer != SERVER_DONE && !j->fenced && spool_put(j, batches);
    pthread_mutex_unlock(&j->mutex);
    if (kept) {
        struct failure lost = *why;
        failure_set(why, "%.300s; what has happened is kept on this machine until resume",
                    lost.text);
    }
    return answer == SERVER_DONE;
}

// What else happens, while what runs is stopped.
static void write_no_more(struct journal *base, const struct batch *batches)
{
    struct postgres_journal *j = (struct postgres_journal *)base;

    pthread_mutex_lock(&j->mutex);
    if (!j->fenced)
        spool_put(j, batches);
    pthread_mutex_unlock(&j->mutex);
}

static bool keep(struct journal *base, const char *name, struct str bytes, struct diags *ds)
{
    struct postgres_journal *j = (struct postgres_journal *)base;
    struct arena *a = arena_new(NULL);
    struct buf hex = BUF_EMPTY;

    for (size_t i = 0; i < bytes.n; i++)
        buf_format(&hex, "%02x", (unsigned char)bytes.s[i]);
    const struct str params[] = { base->id, str_from(name), buf_take(&hex, a) };
    // The same again is a lost answer; something else is a mistake. Nothing that is kept needs to
    // be changed, so no role needs to be able to.
    PGresult *r = postgres_query(
        j->store,
        "WITH added AS (INSERT INTO runbook.kept"
        " VALUES($1, $2, decode($3, 'hex')) ON CONFLICT DO NOTHING"
        " RETURNING 1) SELECT FROM added UNION ALL SELECT FROM runbook.kept"
        " WHERE run = $1 AND name = $2 AND bytes = decode($3, 'hex')",
        params, 3, ds);
    bool fine = r && server_rows(&j->store->server, r) == 1;
    if (r && !fine)
        store_fail(ds, STORE_FAILED, "run `%.*s` has a `%s` already", STR_ARG(base->id), name);
    if (r)
        j->store->server.pq->clear(r);
    arena_free(a);
    return fine;
}

static void close_journal(struct journal *base)
{
    struct postgres_journal *j = (struct postgres_journal *)base;

    lease_leave(j);
    server_end(&j->server);
    if (j->head_fd >= 0)
        close(j->head_fd);
    if (j->folder_fd >= 0)
        close(j->folder_fd);
    pthread_cond_destroy(&j->ending);
    pthread_mutex_destroy(&j->mutex);
}

const struct journal_ops postgres_journal_ops = {
    .write = write_batches,
    .late = write_no_more,
    .keep = keep,
    .close = close_journal,
    .remote = true,
};
