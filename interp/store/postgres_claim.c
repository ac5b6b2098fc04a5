// Claims of runs: the lease of a run, taken in the name of who is going to start its process.

#include "base/arena.h"
#include "base/buf.h"
#include "store/postgres.h"

struct str postgres_mark(struct arena *a)
{
    return str_format(a, "%.*s %.*s", STR_ARG(process_mark(a)), STR_ARG(id_random(a, 8)));
}

static struct str end_array(struct buf *list, struct arena *a)
{
    server_array_end(list);
    return buf_take(list, a);
}

// Those who have one of the runs and died on this machine: their lease need not be waited for.
static bool find_dead(struct postgres *s, struct str ids, struct arena *a, struct str *dead,
                      struct diags *ds)
{
    struct buf list = BUF_EMPTY;
    PGresult *r = postgres_query(s,
                                 "SELECT holder FROM runbook.run WHERE id = ANY($1::text[])"
                                 " AND lease_until > clock_timestamp()",
                                 &ids, 1, ds);

    for (int i = 0; r && i < server_rows(&s->server, r); i++) {
        struct str mark = server_text(&s->server, r, i, 0, a);
        if (process_is_gone(mark))
            server_array_add(&list, mark);
    }
    if (r)
        s->server.pq->clear(r);
    *dead = end_array(&list, a);
    return r != NULL;
}

// Workers that ask at the same time get different runs, and none waits for another: a row that
// somebody else is about to claim is passed over. It is looked at again behind its lock, so what
// was done since is seen. Our own mark: the answer to the first try was lost.
static struct str claim_sql(struct postgres *s, struct arena *a)
{
    return str_format(
        a,
        "UPDATE runbook.run SET epoch = epoch + (holder <> $1)::int, holder = $1,"
        " lease_until = %.*s WHERE id = (SELECT id FROM runbook.run"
        " WHERE id = ANY($2::text[]) AND ended = ($3::text[])[array_position($2::text[], id)]"
        " AND state IN ('suspended', 'running')"
        " AND (holder = $1 OR holder = ANY($4::text[]) OR lease_until IS NULL"
        " OR lease_until < clock_timestamp())"
        " ORDER BY holder = $1 DESC, array_position($2::text[], id)"
        " LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id",
        STR_ARG(postgres_lease(s, a)));
}

enum store_error postgres_claim(struct store *base, const struct seen_run *runs, size_t count,
                                struct arena *a, struct claim *out, struct diags *ds)
{
    struct postgres *s = (struct postgres *)base;
    struct buf ids = BUF_EMPTY, ends = BUF_EMPTY;
    struct str params[4] = { postgres_mark(a) };

    if (s->absent)
        return STORE_NO_SUCH_RUN;
    for (size_t i = 0; i < count; i++) {
        server_array_add(&ids, runs[i].id);
        server_array_add(&ends, runs[i].ended);
    }
    params[1] = end_array(&ids, a);
    params[2] = end_array(&ends, a);
    if (!find_dead(s, params[1], a, &params[3], ds))
        return STORE_FAILED;
    PGresult *r = postgres_query(s, claim_sql(s, a).s, params, 4, ds);
    if (!r)
        return STORE_FAILED;
    if (server_rows(&s->server, r) == 1)
        *out = (struct claim){ server_text(&s->server, r, 0, 0, a), params[0], -1 };
    s->server.pq->clear(r);
    return out->run.n ? STORE_OK : STORE_NO_SUCH_RUN;
}

// Who took the run by it has a mark of its own.
void postgres_claim_drop(struct store *base, struct claim *c)
{
    struct postgres *s = (struct postgres *)base;
    const struct str params[] = { c->run, c->mark };
    struct arena *a = arena_new(NULL);
    struct diags ignored = { .arena = a };
    PGresult *r = postgres_query(s,
                                 "UPDATE runbook.run SET holder = '', lease_until = NULL"
                                 " WHERE id = $1 AND holder = $2",
                                 params, 2, &ignored);

    if (r)
        s->server.pq->clear(r);
    arena_free(a);
}
