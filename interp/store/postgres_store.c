#include "store/postgres.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/sha256.h"
#include "store/folder.h"
#include "store/row.h"
#include "value/when.h"

enum { FORMAT = 1 };

// ---- asking

PGresult *postgres_query(struct postgres *s, const char *sql, const struct str *params, int count,
                         struct diags *ds)
{
    int64_t until = clock_boot_ms() + SERVER_DEADLINE_MS;
    struct failure why = { "" };
    PGresult *r;

    if (s->newer.n) {
        store_fail(ds, STORE_FAILED, "%.*s", STR_ARG(s->newer));
        return NULL;
    }
    enum server_answer answer = server_ask(&s->server, until, sql, params, count, &r, &why);
    if (answer == SERVER_LOST)
        answer = server_ask(&s->server, until, sql, params, count, &r, &why);
    if (answer != SERVER_DONE)
        store_fail(ds, STORE_FAILED, "%s", why.text);
    return r;
}

struct run_row postgres_row(struct server *server, const PGresult *r, int row, int first,
                            struct arena *a)
{
    struct run_row out = { 0 };

    for (int i = 0; i < ROW_COUNT; i++)
        row_set(&out, &row_fields[i], server_text(server, r, row, first + i, a));
    return out;
}

enum store_error postgres_exists(struct postgres *s, struct str run, struct diags *ds)
{
    if (s->absent)
        return store_no_run(ds, run);
    PGresult *r = postgres_query(s, "SELECT 1 FROM runbook.run WHERE id = $1", &run, 1, ds);
    if (!r)
        return STORE_FAILED;
    int rows = server_rows(&s->server, r);
    s->server.pq->clear(r);
    return rows ? STORE_OK : store_no_run(ds, run);
}

// ---- the schema

static struct str row_table(struct arena *a)
{
    static const char *const types[] = {
        [ROW_TEXT] = "text NOT NULL DEFAULT ''",
        [ROW_INT] = "int NOT NULL DEFAULT -1",
        [ROW_INT64] = "bigint NOT NULL DEFAULT 0",
    };
    struct buf b = BUF_EMPTY;

    for (int i = 0; i < ROW_COUNT; i++)
        buf_format(&b, "%s %s%s,", row_fields[i].column, types[row_fields[i].kind],
                   i == ROW_id ? " PRIMARY KEY" : "");
    return buf_take(&b, a);
}

// Two may come at once: the second waits until the first has made it.
static struct str schema(struct arena *a)
{
    return str_format(
        a,
        "BEGIN ISOLATION LEVEL READ COMMITTED;"
        "SELECT pg_advisory_xact_lock(7270001);"
        "CREATE SCHEMA IF NOT EXISTS runbook;"
        "CREATE TABLE IF NOT EXISTS runbook.format(one int PRIMARY KEY CHECK(one = 1),"
        " version int NOT NULL);"
        "CREATE TABLE IF NOT EXISTS runbook.run(%.*s seq bigint NOT NULL DEFAULT 0,"
        " hash text NOT NULL DEFAULT '', epoch bigint NOT NULL DEFAULT 1,"
        " holder text NOT NULL DEFAULT '', lease_until timestamptz);"
        "CREATE TABLE IF NOT EXISTS runbook.event("
        " run text NOT NULL REFERENCES runbook.run ON DELETE CASCADE, seq bigint NOT NULL,"
        " type text NOT NULL, json text NOT NULL, hash text NOT NULL, PRIMARY KEY(run, seq));"
        "CREATE TABLE IF NOT EXISTS runbook.lock("
        " id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
        " name text NOT NULL, run text NOT NULL, mark text NOT NULL,"
        " role text NOT NULL DEFAULT session_user, host text NOT NULL,"
        " since timestamptz NOT NULL DEFAULT clock_timestamp(), freed timestamptz);"
        "CREATE UNIQUE INDEX IF NOT EXISTS lock_held ON runbook.lock(name) WHERE freed IS NULL;"
        "CREATE INDEX IF NOT EXISTS lock_run ON runbook.lock(run);"
        "CREATE TABLE IF NOT EXISTS runbook.kept("
        " run text NOT NULL REFERENCES runbook.run ON DELETE CASCADE, name text NOT NULL,"
        " bytes bytea NOT NULL, PRIMARY KEY(run, name));"
        "CREATE TABLE IF NOT EXISTS runbook.vote("
        " run text NOT NULL REFERENCES runbook.run ON DELETE CASCADE, step text NOT NULL,"
        " role text NOT NULL DEFAULT session_user, digest text NOT NULL, reason text NOT NULL,"
        " at text NOT NULL, yes boolean NOT NULL, PRIMARY KEY(run, step, role, digest));"
        // Nobody answers for somebody else, and nobody takes back a refusal.
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_policies WHERE schemaname = 'runbook') THEN"
        " ALTER TABLE runbook.vote ENABLE ROW LEVEL SECURITY;"
        " CREATE POLICY all_see ON runbook.vote FOR SELECT USING (true);"
        " CREATE POLICY own ON runbook.vote FOR INSERT WITH CHECK (role = session_user);"
        " CREATE POLICY own_yes ON runbook.vote FOR UPDATE USING (role = session_user AND yes)"
        " WITH CHECK (role = session_user); END IF; END $$;"
        "CREATE TABLE IF NOT EXISTS runbook.note(key text PRIMARY KEY, json text NOT NULL);"
        "CREATE TABLE IF NOT EXISTS runbook.fire(key text PRIMARY KEY, run text NOT NULL);"
        "INSERT INTO runbook.format VALUES(1, %d) ON CONFLICT DO NOTHING;"
        "COMMIT",
        STR_ARG(row_table(a)), FORMAT);
}

static bool ask_one(struct postgres *s, const char *sql, struct str *out, struct failure *why)
{
    PGresult *r;
    int64_t until = clock_boot_ms() + SERVER_DEADLINE_MS;

    if (server_ask(&s->server, until, sql, NULL, 0, &r, why) != SERVER_DONE)
        return false;
    *out = server_rows(&s->server, r) ? server_text(&s->server, r, 0, 0, s->base.arena) : STR("");
    s->server.pq->clear(r);
    return true;
}

// One that is newer can be opened, and nothing be done with it.
static bool check_format(struct postgres *s, struct failure *why)
{
    struct str version;

    if (!ask_one(s, "SELECT version FROM runbook.format", &version, why))
        return false;
    if (strtol(version.s, NULL, 10) > FORMAT)
        s->newer = str_format(s->base.arena,
                              "the PostgreSQL store was written by a newer runbook (format %.*s, "
                              "this one knows %d); upgrade runbook",
                              STR_ARG(version), FORMAT);
    return true;
}

// A database of another encoding would refuse the first event with a letter that it lacks, in the
// middle of a run; one that is read only refuses all.
static bool can_be_written(struct postgres *s, struct failure *why)
{
    struct str answer;

    if (!ask_one(s,
                 "SELECT CASE WHEN current_setting('server_encoding') NOT IN ('UTF8', 'SQL_ASCII')"
                 " THEN 'it has the encoding ' || current_setting('server_encoding') ||"
                 " ' and has to have UTF8'"
                 " WHEN pg_is_in_recovery() THEN 'its server is a standby'"
                 " WHEN current_setting('transaction_read_only') = 'on'"
                 " THEN 'transactions of this role are read only there' ELSE '' END",
                 &answer, why))
        return false;
    if (answer.n)
        failure_set(why, "the database of the PostgreSQL store keeps no runs: %.*s",
                    STR_ARG(answer));
    return answer.n == 0;
}

// Nothing can be promised on a server that says done before it is.
static void look_at_promises(struct postgres *s, struct diags *ds)
{
    struct failure ignored;
    struct str answer;

    if (!ask_one(s,
                 "SELECT concat_ws(', ',"
                 " CASE current_setting('synchronous_commit') WHEN 'off'"
                 " THEN 'synchronous_commit = off' END,"
                 " CASE current_setting('fsync') WHEN 'off' THEN 'fsync = off' END)",
                 &answer, &ignored) ||
        !answer.n)
        return;
    diag_warn(ds, DIAG_STORE, (struct span){ 0 },
              "the PostgreSQL store may lose what it has confirmed when its machine stops: %.*s",
              STR_ARG(answer));
}

// Whoever goes on with a run judges by its own clock what waits until a time.
static void look_at_clock(struct postgres *s, struct diags *ds)
{
    enum { MINUTE_MS = 60 * 1000 };
    int64_t before = clock_wall_ns() / 1000000;
    struct failure ignored;
    struct str answer;

    if (!ask_one(s, "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint", &answer,
                 &ignored))
        return;
    int64_t after = clock_wall_ns() / 1000000, there = strtoll(answer.s, NULL, 10),
            ahead = before - there > MINUTE_MS  ? before - there
                    : there - after > MINUTE_MS ? after - there
                                                : 0;
    int64_t minutes = ((ahead > 0 ? ahead : -ahead) + MINUTE_MS / 2) / MINUTE_MS;
    if (ahead)
        diag_warn(ds, DIAG_STORE, (struct span){ 0 },
                  "the clock of this machine is %.*s %s that of the PostgreSQL store: a wait or a "
                  "question that ends at a time ends at another one here",
                  STR_ARG(span_text(minutes * MINUTE_MS, s->base.arena)),
                  ahead > 0 ? "ahead of" : "behind");
}

struct str postgres_lease(const struct postgres *s, struct arena *a)
{
    return str_format(a, "clock_timestamp() + interval '%" PRId64 " ms'", s->lease_ms);
}

// One for all who use the database, or they could not judge each other.
static bool learn_lease(struct postgres *s, struct failure *why)
{
    struct str said;
    int64_t ns = 0;

    if (!ask_one(s, "SELECT coalesce(current_setting('runbook.lease', true), '')", &said, why))
        return false;
    s->lease_ms = LEASE_MS;
    if (!said.n)
        return true;
    s->lease_ms = duration_parse(said, &ns) ? ns / 1000000 : 0;
    if (s->lease_ms >= LEASE_LEAST_MS && s->lease_ms <= LEASE_MOST_MS)
        return true;
    failure_set(why,
                "the setting `runbook.lease` of the database is `%.100s`, which is no duration "
                "from 1s to 1h",
                said.s);
    return false;
}

bool postgres_schema(struct postgres *s, bool create, struct failure *why, struct diags *ds)
{
    int64_t until = clock_boot_ms() + SERVER_DEADLINE_MS;
    struct str there;

    if (!ask_one(s, "SELECT session_user", &s->role, why) || !learn_lease(s, why) ||
        !ask_one(s, "SELECT to_regclass('runbook.format')", &there, why))
        return false;
    if (!there.n && !create) {
        s->absent = true;
        return true;
    }
    if (create && !can_be_written(s, why))
        return false;
    if (!there.n && server_script(&s->server, until, schema(s->base.arena).s, why) != SERVER_DONE)
        return false;
    if (create) {
        look_at_promises(s, ds);
        look_at_clock(s, ds);
    }
    return check_format(s, why);
}

// ---- files

// One folder a database: ids are unique in each.
static struct str files_name(struct postgres *s)
{
    char *error = NULL;
    struct sha256 h;
    uint8_t digest[SHA256_SIZE];
    PQconninfoOption *options = s->server.pq->conninfoParse(s->server.url, &error);

    sha256_start(&h);
    for (PQconninfoOption *o = options; o && o->keyword; o++)
        if (!strcmp(o->keyword, "host") || !strcmp(o->keyword, "port") ||
            !strcmp(o->keyword, "dbname")) {
            sha256_add(&h, str_from(o->val));
            sha256_add(&h, (struct str){ "", 1 });
        }
    sha256_end(&h, digest);
    s->server.pq->conninfoFree(options);
    return str_slice(sha256_hex(s->base.arena, digest), 0, 12);
}

static bool find_files(struct postgres *s, struct diags *ds)
{
    struct str state;

    if (!folder_default(s->base.arena, &state)) {
        store_fail(ds, STORE_CANNOT_OPEN,
                   "there is no place for the files of runs: neither XDG_STATE_HOME nor HOME "
                   "is set");
        return false;
    }
    s->files = str_format(s->base.arena, "%.*s/postgresql/%.*s", STR_ARG(state),
                          STR_ARG(files_name(s)));
    return true;
}

struct str postgres_folder(struct store *base, struct str id, struct arena *a)
{
    struct postgres *s = (struct postgres *)base;

    return str_format(a, "%.*s/%.*s", STR_ARG(s->files), STR_ARG(id));
}

struct str postgres_place(struct store *base, struct str id, struct arena *a)
{
    struct str path = str_format(a, "%.*s/place", STR_ARG(postgres_folder(base, id, a))), name;

    return file_get(AT_FDCWD, path.s, 64, a, &name) && name.n ? str_trim(name) : STR("none");
}

// ---- opening

static void close_store(void *arg)
{
    struct postgres *s = arg;

    server_end(&s->server);
}

struct store *postgres_open(struct arena *a, struct loop *l, struct str url, bool create,
                            struct diags *ds)
{
    struct arena *own = arena_new(a);
    struct postgres *s = NEW(own, struct postgres);
    struct failure why = { "" };

    s->base = (struct store){ { &postgres_run_ops, &postgres_lock_ops, &postgres_note_ops },
                              own,
                              l };
    s->url = str_copy(own, url);
    s->role = STR("");
    arena_defer(own, close_store, s);
    if (!server_start(&s->server, url, &why)) {
        store_fail(ds, STORE_CANNOT_OPEN, "%s", why.text);
        return NULL;
    }
    if (!find_files(s, ds))
        return NULL;
    if (postgres_schema(s, create, &why, ds))
        return &s->base;
    store_fail(ds, STORE_CANNOT_OPEN, "%s", why.text);
    return NULL;
}
