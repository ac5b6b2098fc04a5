// Locks, votes and what triggers remember, in PostgreSQL.

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "store/postgres.h"

// As clock_rfc3339_ms() writes it.
#define RFC3339(column) \
    "to_char(" column " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"

// A run that is over and whose interpreter did not come to freeing them (row_keeps_locks());
// or that was never made: long ago, or by processes that are gone, which is asked of this machine.
#define IS_OVER                                                                \
    "CASE WHEN r.id IS NULL THEN l.since < clock_timestamp() - interval '1 h'" \
    " ELSE (r.lease_until IS NULL OR r.lease_until < clock_timestamp())"       \
    " AND (r.state IN ('final', 'aborted') OR (r.state = 'ended' AND r.exit <> 11)"           \
    " OR (r.state = 'running' AND r.started = '')) END"
#define NEVER_BEGAN "r.id IS NULL OR (r.state = 'running' AND r.started = '')"

static enum store_error done(struct postgres *s, PGresult *r)
{
    if (!r)
        return STORE_FAILED;
    s->server.pq->clear(r);
    return STORE_OK;
}

// What a first use needs before the schema is there.
static enum store_error need_schema(struct postgres *s, struct diags *ds)
{
    struct failure why = { "" };

    if (s->absent && postgres_schema(s, true, &why, ds))
        s->absent = false;
    return s->absent ? store_fail(ds, STORE_FAILED, "%s", why.text) : STORE_OK;
}

// ---- locks

static const char *const select_locks = "SELECT l.name, l.run, l.role, l.host, " RFC3339(
    "l.since") ", " IS_OVER ","
               " coalesce((SELECT json FROM runbook.event e WHERE e.run = l.run"
               " AND e.type IN ('step.start', 'undo.start') ORDER BY seq DESC LIMIT 1), ''),"
               " coalesce(r.state = 'running', false), coalesce(r.holder, ''),"
               " r.lease_until IS NULL OR r.lease_until < clock_timestamp()"
               " FROM runbook.lock l LEFT JOIN runbook.run r ON r.id = l.run WHERE l.freed IS NULL";

static bool is_true(struct postgres *s, const PGresult *r, int i, int field, struct arena *a)
{
    return str_is(server_text(&s->server, r, i, field, a), "t");
}

static struct lock_row lock_of(struct postgres *s, const PGresult *r, int i, struct arena *a)
{
    bool gone = is_true(s, r, i, 9, a) || process_is_gone(server_text(&s->server, r, i, 8, a));

    return (struct lock_row){
        .name = server_text(&s->server, r, i, 0, a),
        .run = server_text(&s->server, r, i, 1, a),
        .user = server_text(&s->server, r, i, 2, a),
        .host = server_text(&s->server, r, i, 3, a),
        .since = server_text(&s->server, r, i, 4, a),
        .stale = is_true(s, r, i, 5, a),
        .step = event_step(server_text(&s->server, r, i, 6, a), a),
        .crashed = is_true(s, r, i, 7, a) && gone && !is_true(s, r, i, 5, a),
    };
}

static struct str names_array(const struct str *names, size_t count, struct arena *a)
{
    struct buf b = BUF_EMPTY;

    for (size_t i = 0; i < count; i++)
        server_array_add(&b, names[i]);
    server_array_end(&b);
    return buf_take(&b, a);
}

// The marks of those on this machine who took a lock for a run that they did not come to make or to
// begin.
static enum store_error find_gone(struct postgres *s, struct str names, struct arena *a,
                                  struct str *marks, struct diags *ds)
{
    struct buf gone = BUF_EMPTY;
    PGresult *r = postgres_query(s,
                                 "SELECT l.mark FROM runbook.lock l LEFT JOIN runbook.run r"
                                 " ON r.id = l.run WHERE l.freed IS NULL"
                                 " AND l.name = ANY($1::text[]) AND (" NEVER_BEGAN ")",
                                 &names, 1, ds);
    if (!r)
        return STORE_FAILED;
    for (int i = 0; i < server_rows(&s->server, r); i++) {
        struct str mark = server_text(&s->server, r, i, 0, a);
        if (process_is_gone(mark))
            server_array_add(&gone, mark);
    }
    s->server.pq->clear(r);
    server_array_end(&gone);
    *marks = buf_take(&gone, a);
    return STORE_OK;
}

static enum store_error free_stale(struct postgres *s, struct str run, struct str names,
                                   struct arena *a, struct diags *ds)
{
    struct str params[] = { run, names, STR("{}") };
    enum store_error e = find_gone(s, names, a, &params[2], ds);

    if (e)
        return e;
    return done(s, postgres_query(s,
                                  "UPDATE runbook.lock SET freed = clock_timestamp()"
                                  " FROM runbook.lock l LEFT JOIN runbook.run r ON r.id = l.run"
                                  " WHERE l.id = lock.id AND l.freed IS NULL"
                                  " AND lock.freed IS NULL"
                                  " AND l.name = ANY($2::text[]) AND l.run <> $1 AND (" IS_OVER
                                  " OR ((" NEVER_BEGAN ") AND l.mark = ANY($3::text[])))",
                                  params, 3, ds));
}

// The unique index decides; the names are sorted, so that two never wait for each other.
static enum server_answer insert_all(struct postgres *s, struct str run, struct str names,
                                     struct arena *a, struct failure *why)
{
    const struct str params[] = { run, names, system_host(a), process_mark(a) };
    int64_t until = clock_boot_ms() + SERVER_DEADLINE_MS;
    PGresult *r;
    enum server_answer answer = SERVER_LOST;

    for (int i = 0; i < 2 && answer == SERVER_LOST; i++)
        answer = server_ask(&s->server, until,
                            "INSERT INTO runbook.lock(name, run, host, mark)"
                            " SELECT n, $1, $3, $4 FROM unnest($2::text[]) n WHERE NOT EXISTS"
                            " (SELECT FROM runbook.lock l WHERE l.name = n AND l.run = $1"
                            " AND l.freed IS NULL) ORDER BY n",
                            params, 4, &r, why);
    if (answer == SERVER_DONE)
        s->server.pq->clear(r);
    return answer;
}

// STORE_OK: nobody any more.
static enum store_error find_holder(struct postgres *s, struct str run, struct str names,
                                    struct arena *a, struct lock_row *holder, struct diags *ds)
{
    const struct str params[] = { run, names };
    struct str sql = str_format(
        a, "%s AND l.run <> $1 AND l.name = ANY($2::text[]) ORDER BY l.name COLLATE \"C\" LIMIT 1",
        select_locks);
    PGresult *r = postgres_query(s, sql.s, params, 2, ds);

    if (!r)
        return STORE_FAILED;
    bool found = server_rows(&s->server, r) == 1;
    if (found)
        *holder = lock_of(s, r, 0, a);
    s->server.pq->clear(r);
    return found ? STORE_LOCKED : STORE_OK;
}

static enum store_error lock(struct store *base, struct str run, const struct str *names,
                             size_t count, struct arena *a, struct lock_row *holder,
                             struct diags *ds)
{
    enum { TRIES = 20 };
    struct postgres *s = (struct postgres *)base;
    struct str list = names_array(names, count, a);
    struct failure why = { "" };
    enum store_error e = need_schema(s, ds);

    // A holder that was there for the index and not for the question after it: once more.
    for (int i = 0; i < TRIES && e == STORE_OK; i++) {
        if ((e = free_stale(s, run, list, a, ds)))
            return e;
        enum server_answer answer = insert_all(s, run, list, a, &why);
        if (answer == SERVER_DONE) {
            s->locked = str_copy(s->base.arena, list);
            s->locker = str_copy(s->base.arena, run);
            return STORE_OK;
        }
        if (answer != SERVER_REFUSED || strcmp(s->server.state, "23505") != 0)
            return store_fail(ds, STORE_FAILED, "%s", why.text);
        e = find_holder(s, run, list, a, holder, ds);
    }
    return e == STORE_OK ? store_fail(ds, STORE_FAILED, "%s", why.text) : e;
}

static enum store_error unlock(struct store *base, struct str run, struct diags *ds)
{
    struct postgres *s = (struct postgres *)base;

    if (s->absent)
        return STORE_OK;
    s->locker = STR("");
    return done(s, postgres_query(s,
                                  "UPDATE runbook.lock SET freed = clock_timestamp()"
                                  " WHERE run = $1 AND freed IS NULL",
                                  &run, 1, ds));
}

static enum store_error list_locks(struct store *base, struct arena *a,
                                   const struct lock_row **rows, size_t *count, struct diags *ds)
{
    struct postgres *s = (struct postgres *)base;
    struct str sql = str_format(a, "%s ORDER BY l.name COLLATE \"C\"", select_locks);

    *rows = NULL;
    *count = 0;
    if (s->absent)
        return STORE_OK;
    PGresult *r = postgres_query(s, sql.s, NULL, 0, ds);
    if (!r)
        return STORE_FAILED;
    *count = (size_t)server_rows(&s->server, r);
    struct lock_row *all = NEW_ARRAY(a, struct lock_row, *count);
    for (size_t i = 0; i < *count; i++)
        all[i] = lock_of(s, r, (int)i, a);
    *rows = all;
    s->server.pq->clear(r);
    return STORE_OK;
}

const struct lock_ops postgres_lock_ops = { lock, unlock, list_locks };

// ---- votes

// A text that is not there, as the digest of a question that was not asked yet, is no NULL.
static struct str text_or_empty(struct str text)
{
    return text.n ? text : STR("");
}

// Who votes is the database role, whatever is said.
static enum store_error vote(struct store *base, struct str run, const struct vote *v,
                             struct diags *ds)
{
    struct postgres *s = (struct postgres *)base;
    const struct str params[] = { run,
                                  v->step,
                                  text_or_empty(v->digest),
                                  text_or_empty(v->reason),
                                  v->at,
                                  v->yes ? STR("true") : STR("false") };
    enum store_error e = postgres_exists(s, run, ds);

    if (e)
        return e;
    return done(
        s, postgres_query(s,
                          "INSERT INTO runbook.vote(run, step, digest, reason, at, yes)"
                          " VALUES($1, $2, $3, $4, $5, $6::boolean)"
                          " ON CONFLICT (run, step, role, digest) DO UPDATE"
                          " SET reason = excluded.reason, at = excluded.at, yes = excluded.yes"
                          " WHERE vote.yes",
                          params, 6, ds));
}

static enum store_error votes(struct store *base, struct str run, struct arena *a,
                              const struct vote **out, size_t *count, struct diags *ds)
{
    struct postgres *s = (struct postgres *)base;
    enum store_error e = postgres_exists(s, run, ds);

    *count = 0;
    if (e)
        return e;
    PGresult *r = postgres_query(s,
                                 "SELECT step, role, reason, digest, at, yes FROM runbook.vote"
                                 " WHERE run = $1 ORDER BY at, role",
                                 &run, 1, ds);
    if (!r)
        return STORE_FAILED;
    *count = (size_t)server_rows(&s->server, r);
    struct vote *all = NEW_ARRAY(a, struct vote, *count);
    for (int i = 0; i < (int)*count; i++)
        all[i] = (struct vote){
            server_text(&s->server, r, i, 0, a), server_text(&s->server, r, i, 1, a),
            server_text(&s->server, r, i, 2, a), server_text(&s->server, r, i, 3, a),
            server_text(&s->server, r, i, 4, a), str_is(server_text(&s->server, r, i, 5, a), "t")
        };
    *out = all;
    s->server.pq->clear(r);
    return STORE_OK;
}

// ---- triggers

static enum store_error remember(struct store *base, struct str key, struct str json,
                                 struct diags *ds)
{
    struct postgres *s = (struct postgres *)base;
    const struct str params[] = { key, json };
    enum store_error e = need_schema(s, ds);

    if (e)
        return e;
    return done(s, postgres_query(s,
                                  "INSERT INTO runbook.note VALUES($1, $2)"
                                  " ON CONFLICT (key) DO UPDATE SET json = excluded.json",
                                  params, 2, ds));
}

static enum store_error recall(struct store *base, struct str key, struct arena *a,
                               struct str *json, struct diags *ds)
{
    struct postgres *s = (struct postgres *)base;

    if (s->absent)
        return STORE_OK;
    PGresult *r = postgres_query(s, "SELECT json FROM runbook.note WHERE key = $1", &key, 1, ds);
    if (r && server_rows(&s->server, r) == 1)
        *json = server_text(&s->server, r, 0, 0, a);
    return done(s, r);
}

// The id that is offered is nobody else's, so finding it there is having put it there.
static enum store_error claim(struct store *base, struct str key, struct arena *a, struct str *run,
                              bool *ours, struct diags *ds)
{
    struct postgres *s = (struct postgres *)base;
    const struct str params[] = { key, *run };
    enum store_error e = need_schema(s, ds);

    if (e)
        return e;
    PGresult *r = postgres_query(s,
                                 "INSERT INTO runbook.fire VALUES($1, $2)"
                                 " ON CONFLICT (key) DO UPDATE SET run = fire.run RETURNING run",
                                 params, 2, ds);
    if (r) {
        struct str there = server_text(&s->server, r, 0, 0, a);
        *ours = str_equal(there, *run);
        *run = there;
    }
    return done(s, r);
}

const struct note_ops postgres_note_ops = { vote, votes, remember, recall, claim };
