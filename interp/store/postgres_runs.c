// Runs in PostgreSQL: finding, listing, removing.

#include <fcntl.h>

#include "base/arena.h"
#include "store/folder.h"
#include "store/postgres.h"
#include "store/row.h"

// Behind the columns of the row: who has it, and whether its lease is over.
#define HOLDER ", holder, lease_until IS NULL OR lease_until < clock_timestamp()"

static bool has_nobody(struct postgres *s, const PGresult *r, int i, struct arena *a)
{
    return str_is(server_text(&s->server, r, i, ROW_COUNT + 1, a), "t") ||
           process_is_gone(server_text(&s->server, r, i, ROW_COUNT, a));
}

static enum store_error read_row(struct postgres *s, struct str id, struct arena *a,
                                 struct run_row *out, bool *nobody, struct diags *ds)
{
    struct str sql = str_format(a, "SELECT %.*s" HOLDER " FROM runbook.run WHERE id = $1",
                                STR_ARG(row_columns(a)));
    PGresult *r = postgres_query(s, sql.s, &id, 1, ds);

    if (!r)
        return STORE_FAILED;
    bool found = server_rows(&s->server, r) > 0;
    if (found) {
        *out = postgres_row(&s->server, r, 0, 0, a);
        *nobody = has_nobody(s, r, 0, a);
    }
    s->server.pq->clear(r);
    return found ? STORE_OK : store_no_run(ds, id);
}

// Told "crashed" if it says that it runs and nobody has it. A holder on this machine may have
// ended it between the question and the look at its process, so it is asked once more.
static void tell_crashed(struct postgres *s, struct run_row *row, struct arena *a)
{
    struct diags ignored = { .arena = a };
    bool nobody = false;

    if (row_says_running(row) && read_row(s, row->id, a, row, &nobody, &ignored) == STORE_OK &&
        nobody && row_says_running(row))
        row->state = STR("crashed");
}

static enum store_error list(struct store *base, const struct wanted_runs *w, struct arena *a,
                             struct run_row **rows, size_t *count, struct diags *ds)
{
    struct postgres *s = (struct postgres *)base;
    const char *open = " WHERE state NOT IN ('ended', 'final', 'aborted')";
    const char *later = " WHERE runbook = $1 AND started COLLATE \"C\" > $2";
    struct str sql = str_format(a, "SELECT %.*s" HOLDER " FROM runbook.run%s",
                                STR_ARG(row_columns(a)),
                                w->open        ? open
                                : w->runbook.n ? later
                                               : "");

    const struct str values[] = { w->runbook, w->after };

    *count = 0;
    *rows = NULL;
    if (s->absent)
        return STORE_OK;
    PGresult *r = postgres_query(s, sql.s, values, w->runbook.n ? 2 : 0, ds);
    if (!r)
        return STORE_FAILED;
    *count = (size_t)server_rows(&s->server, r);
    *rows = NEW_ARRAY(a, struct run_row, *count);
    bool *nobody = NEW_ARRAY(a, bool, *count);
    for (size_t i = 0; i < *count; i++) {
        (*rows)[i] = postgres_row(&s->server, r, (int)i, 0, a);
        nobody[i] = row_says_running(&(*rows)[i]) && has_nobody(s, r, (int)i, a);
    }
    s->server.pq->clear(r);
    for (size_t i = 0; i < *count; i++)
        if (nobody[i])
            tell_crashed(s, &(*rows)[i], a);
    return STORE_OK;
}

static enum store_error ids(struct store *base, struct str start, struct arena *a, struct str *out,
                            size_t room, size_t *count, struct diags *ds)
{
    struct postgres *s = (struct postgres *)base;

    *count = 0;
    if (s->absent)
        return STORE_OK;
    PGresult *r = postgres_query(s,
                                 "SELECT id FROM runbook.run WHERE starts_with(id, $1)"
                                 " ORDER BY length(id), id",
                                 &start, 1, ds);
    if (!r)
        return STORE_FAILED;
    *count = (size_t)server_rows(&s->server, r);
    for (size_t i = 0; i < *count && i < room; i++)
        out[i] = server_text(&s->server, r, (int)i, 0, a);
    s->server.pq->clear(r);
    return STORE_OK;
}

static enum store_error row(struct store *base, struct str id, struct arena *a, struct run_row *out,
                            struct diags *ds)
{
    struct postgres *s = (struct postgres *)base;
    bool nobody = false;

    if (s->absent)
        return store_no_run(ds, id);
    enum store_error e = read_row(s, id, a, out, &nobody, ds);
    if (!e && nobody)
        tell_crashed(s, out, a);
    return e;
}

static enum store_error kept(struct store *base, struct str id, const char *name, struct arena *a,
                             struct str *out, struct diags *ds)
{
    struct postgres *s = (struct postgres *)base;
    const struct str params[] = { id, str_from(name) };
    enum store_error e = postgres_exists(s, id, ds);

    if (e)
        return e;
    PGresult *r = postgres_query(s,
                                 "SELECT encode(bytes, 'hex') FROM runbook.kept"
                                 " WHERE run = $1 AND name = $2",
                                 params, 2, ds);
    if (!r)
        return STORE_FAILED;
    bool found = server_rows(&s->server, r) > 0;
    if (found)
        *out = postgres_bytes(server_text(&s->server, r, 0, 0, a), a);
    s->server.pq->clear(r);
    if (found)
        return STORE_OK;
    return store_fail(ds, STORE_FAILED, "run `%.*s` has no `%s`", STR_ARG(id), name);
}

// Not what somebody took up again since it was looked at.
static enum store_error remove_run(struct store *base, struct str id, struct diags *ds)
{
    struct postgres *s = (struct postgres *)base;
    struct arena *a = arena_new(base->arena);
    enum store_error e = postgres_exists(s, id, ds);
    PGresult *r = NULL;

    if (!e)
        r = postgres_query(
            s,
            "WITH gone AS (DELETE FROM runbook.run WHERE id = $1"
            " AND state IN ('final', 'aborted') AND"
            " (lease_until IS NULL OR lease_until < clock_timestamp()) RETURNING id),"
            " free AS (DELETE FROM runbook.lock USING gone WHERE run = gone.id)"
            " SELECT FROM gone",
            &id, 1, ds);
    if (!e && !r)
        e = STORE_FAILED;
    if (!e && server_rows(&s->server, r) == 0)
        e = STORE_HELD;
    if (!e)
        tree_remove(AT_FDCWD, postgres_folder(base, id, a).s);  // if it ran on this machine
    if (r)
        s->server.pq->clear(r);
    arena_free(a);
    return e;
}

static struct str user(struct store *base, struct arena *a)
{
    return str_copy(a, ((struct postgres *)base)->role);
}

const struct run_ops postgres_run_ops = {
    .list = list,
    .ids = ids,
    .row = row,
    .create = postgres_create,
    .open = postgres_take,
    .read = postgres_read,
    .kept = kept,
    .folder = postgres_folder,
    .place = postgres_place,
    .is_in = postgres_is_in,
    .claim = postgres_claim,
    .drop = postgres_claim_drop,
    .remove = remove_run,
    .user = user,
};
