#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "store/chain.h"
#include "store/folder.h"
#include "store/sqlite.h"
#include "store/sqlite_head.h"

// One writer at a time and nobody else who writes: the log is what makes a commit one sync
// instead of three, and readers do not disturb it. Only journal_close() and the writer
// itself turn the log into the database (docs/decisions/store.md).
static const struct setting settings[] = {
    { "journal_mode = WAL", "journal_mode", "wal" },
    { "synchronous = FULL", "synchronous", "2" },
    { "wal_autocheckpoint = 0", "wal_autocheckpoint", "0" },
    { "cell_size_check = ON", "cell_size_check", "1" },
    { "mmap_size = 0", "mmap_size", "0" },
    { "cache_size = -200", "cache_size", "-200" },  // KiB: only the end of it is written
    { "temp_store = MEMORY", "temp_store", "2" },
    { NULL },
};

const struct db_kind journal_kind = { 0x72756e01, 1, "a journal", settings };

// ---- making one

static struct str schema(struct arena *a)
{
    return str_format(
        a,
        "PRAGMA journal_mode = MEMORY;"
        "PRAGMA synchronous = OFF;"  // the whole file is synced below
        "BEGIN;"
        "CREATE TABLE meta(one INTEGER PRIMARY KEY CHECK(one = 1), run TEXT NOT NULL,"
        " host TEXT NOT NULL, inode INTEGER NOT NULL, born INTEGER NOT NULL,"
        " epoch INTEGER NOT NULL) STRICT;"
        "CREATE TABLE events(seq INTEGER PRIMARY KEY, type TEXT NOT NULL, json TEXT NOT NULL,"
        " hash BLOB NOT NULL) STRICT;"
        "CREATE TABLE run(one INTEGER PRIMARY KEY CHECK(one = 1), %.*s);"
        "PRAGMA application_id = %d;"
        "PRAGMA user_version = %d;"
        "COMMIT;",
        STR_ARG(row_columns(a)), journal_kind.application_id, journal_kind.version);
}

// /etc/machine-id, which stays with the system, else the host's name.
static struct str machine(struct arena *a)
{
    struct str id = STR("");

    if (file_get(AT_FDCWD, "/etc/machine-id", 64, a, &id) && str_trim(id).n)
        return str_trim(id);
    return system_host(a);
}

// The time at which the file was made cannot be set by who copies it. 0 where the file
// system does not know it.
static bool identity(const char *path, int64_t *inode, int64_t *born)
{
    struct statx st;

    if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_BTIME, &st) < 0)
        return false;
    *inode = (int64_t)st.stx_ino;
    *born = st.stx_mask & STATX_BTIME
                ? st.stx_btime.tv_sec * 1000000000 + (int64_t)st.stx_btime.tv_nsec
                : 0;
    return true;
}

static bool put_meta(struct db *db, const char *path, struct str id, struct arena *a,
                     struct failure *why)
{
    int64_t inode, born;

    if (!identity(path, &inode, &born)) {
        failure_set(why, "`%s`: %s", path, strerror(errno));
        return false;
    }
    sqlite3_stmt *st = db_prepare(db, "INSERT INTO meta VALUES(1, ?1, ?2, ?3, ?4, ?5)", why);
    if (!st)
        return false;
    db_bind(db, st, 1, id);
    db_bind(db, st, 2, machine(a));
    db_bind_int(db, st, 3, inode);
    db_bind_int(db, st, 4, born);
    db_bind_int(db, st, 5, FIRST_EPOCH);
    bool fine = db_run(db, st, why);
    db_finish(db, &st);
    return fine;
}

static bool put_first_row(struct db *db, struct str id, struct str locks, struct failure *why)
{
    sqlite3_stmt *st = db_prepare(db,
                                  "INSERT INTO run(one, \"id\", \"state\", \"exit\", \"locks\")"
                                  " VALUES(1, ?1, 'running', -1, ?2)",
                                  why);
    if (!st)
        return false;
    db_bind(db, st, 1, id);
    db_bind(db, st, 2, locks);
    bool fine = db_run(db, st, why);
    db_finish(db, &st);
    return fine;
}

static bool fill(struct db *db, const char *path, struct str id, struct str locks, struct arena *a,
                 struct failure *why)
{
    return db_exec(db, schema(a).s, why) && put_meta(db, path, id, a, why) &&
           put_first_row(db, id, locks, why) && db_exec(db, "PRAGMA journal_mode = WAL", why);
}

// [fd] is closed only when SQLite has the file no longer open: closing any descriptor of a
// file gives back all locks that this process has on it.
static bool make_at(const char *path, struct str id, struct str locks, struct arena *a,
                    struct failure *why)
{
    struct db db = { 0 };
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    bool fine = fd >= 0 && db_open(&db, path, DB_WRITE, why) && fill(&db, path, id, locks, a, why);
    db_close(&db);
    if (fine && fsync(fd) < 0)
        fine = false;
    if (!fine && !why->text[0])
        failure_set(why, "`%s`: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return fine;
}

// Under its name all at once: a folder without it is not a run yet.
bool run_make(const char *path, struct str id, struct str locks, struct failure *why)
{
    struct arena *a = arena_new(NULL);
    struct str part = str_format(a, "%s.part", path);
    bool fine = make_at(part.s, id, locks, a, why);

    if (fine && rename(part.s, path) < 0) {
        failure_set(why, "`%s`: %s", path, strerror(errno));
        fine = false;
    }
    arena_free(a);
    return fine;
}

// ---- whose it is

bool run_meta(struct db *db, struct arena *a, struct run_meta *out, struct failure *why)
{
    sqlite3_stmt *st = db_prepare(db, "SELECT run, host, inode, born, epoch FROM meta", why);
    int got = st ? db_step(db, st, why) : -1;

    if (got == 0)
        failure_set(why, "`%s`: it is damaged", db->path);
    if (got > 0)
        *out = (struct run_meta){ db_text(db, st, 0, a), db_text(db, st, 1, a), db_int(db, st, 2),
                                  db_int(db, st, 3), db_int(db, st, 4) };
    db_finish(db, &st);
    return got > 0;
}

bool run_is_original(const struct run_meta *m, struct str id, const char *path, struct failure *why)
{
    struct arena *a = arena_new(NULL);
    int64_t inode = 0, born = 0;
    bool found = identity(path, &inode, &born);
    struct str here = machine(a);

    if (!found)
        failure_set(why, "`%s`: %s", path, strerror(errno));
    else if (!str_equal(m->run, id))
        failure_set(why, "`%s` is a copy of run `%.*s`", path, STR_ARG(m->run));
    else if (!str_equal(m->host, here))
        failure_set(why, "`%s` was made on another machine", path);
    else if (m->inode != inode || m->born != born)
        failure_set(why,
                    "`%s` is a copy, or was restored from one: what was done since then is "
                    "not in it",
                    path);
    bool fine = !why->text[0];
    arena_free(a);
    return fine;
}

// ---- reading

struct str run_path(const struct sqlite_store *s, struct str id, const char *file, struct arena *a)
{
    return str_format(a, "%.*s/%.*s%s%s", STR_ARG(s->runs), STR_ARG(id), file ? "/" : "",
                      file ? file : "");
}

// False with an empty [why]: there is none.
static bool open_to_read(const struct sqlite_store *s, struct str id, struct arena *a,
                         struct db *db, struct failure *why)
{
    struct str path = run_path(s, id, "journal.db", a);

    return !s->absent && file_look(path.s, why) == FOLDER_FINE &&
           head_is_fine(run_path(s, id, NULL, a), why) &&
           db_open_to_read(db, path.s, &journal_kind, NULL, why);
}

bool run_row(const struct sqlite_store *s, struct str id, struct arena *a, struct run_row *out,
             struct failure *why)
{
    bool damaged;

    return run_row_or(s, id, a, out, &damaged, why);
}

bool run_row_or(const struct sqlite_store *s, struct str id, struct arena *a, struct run_row *out,
                bool *damaged, struct failure *why)
{
    struct db db = { 0 };
    bool opened = open_to_read(s, id, a, &db, why);

    *damaged = db.damaged;
    if (!opened)
        return false;
    struct str sql = str_format(a, "SELECT %.*s FROM run", STR_ARG(row_columns(a)));
    sqlite3_stmt *st = db_prepare(&db, sql.s, why);
    int got = st ? db_step(&db, st, why) : -1;
    if (got > 0)
        *out = db_row(&db, st, 0, a);
    else if (got == 0)
        failure_set(why, "`%s`: it is damaged", db.path);
    *damaged = db.damaged || got == 0;
    out->id = id;
    db_finish(&db, &st);
    db_close(&db);
    return got > 0;
}

struct str run_last_step(const struct sqlite_store *s, struct str id, struct arena *a)
{
    struct failure why = { "" };
    struct str step = STR("");
    struct db db = { 0 };

    if (!open_to_read(s, id, a, &db, &why))
        return step;
    sqlite3_stmt *st = db_prepare(&db, "SELECT type, json FROM events ORDER BY seq DESC", &why);
    while (st && !step.n && db_step(&db, st, &why) > 0)
        if (is_start(db_text(&db, st, 0, a)))
            step = event_step(db_text(&db, st, 1, a), a);
    db_finish(&db, &st);
    db_close(&db);
    return step;
}

struct reading {
    struct db db;
    struct str id;
    int64_t from_seq;
    bool verify;
    bool (*see)(const struct stored_event *e, void *arg);
    void *arg;
    struct chain chain;
    bool ended;  // [see] had enough
};

static bool read_one(struct reading *r, sqlite3_stmt *st, struct arena *a, struct failure *why)
{
    struct stored_event e = { db_int(&r->db, st, 0), db_view(&r->db, st, 1),
                              db_view(&r->db, st, 2) };
    struct str what = STR("");
    bool fits = r->verify ? chain_check(&r->chain, e.seq, e.json, db_view(&r->db, st, 3), a, &what)
                          : chain_follows(&r->chain, e.seq, a, &what);

    if (!fits) {
        failure_set(why, "`%s` is damaged: %.*s", r->db.path, STR_ARG(what));
        return false;
    }
    r->chain.seq = e.seq;
    if (e.seq >= r->from_seq)
        r->ended = !r->see(&e, r->arg);
    return true;
}

static bool read_all(struct reading *r, struct arena *a, struct failure *why)
{
    sqlite3_stmt *st = db_prepare(
        &r->db, "SELECT seq, type, json, hash FROM events WHERE seq >= ?1 ORDER BY seq", why);
    int got = -1;

    if (!st)
        return false;
    if (!r->verify && r->from_seq > 1)
        r->chain.seq = r->from_seq - 1;
    db_bind_int(&r->db, st, 1, r->chain.seq + 1);
    bool fine = true;
    while (fine && !r->ended && (got = db_step(&r->db, st, why)) > 0)
        fine = read_one(r, st, a, why);
    db_finish(&r->db, &st);
    return fine && (r->ended || got == 0);
}

// The head is read first: what is written meanwhile only makes the journal longer.
enum store_error run_read(struct store *base, struct str id, int64_t from_seq, bool verify,
                          bool (*see)(const struct stored_event *e, void *arg), void *arg,
                          struct diags *ds)
{
    struct sqlite_store *s = (struct sqlite_store *)base;
    struct reading r = {
        .id = id, .from_seq = from_seq < 1 ? 1 : from_seq, .verify = verify, .see = see, .arg = arg
    };
    struct arena *a = arena_new(s->base.arena);
    struct failure why = { "" };
    int64_t head = s->absent ? 0 : head_read(run_path(s, id, NULL, a));

    bool fine = open_to_read(s, id, a, &r.db, &why);
    if (fine) {
        fine = read_all(&r, a, &why);
        if (fine && !r.ended && head > r.chain.seq && head >= r.from_seq) {
            failure_set(&why, "`%s` went back: events %" PRId64 " to %" PRId64 " are lost",
                        r.db.path, r.chain.seq + 1, head);
            fine = false;
        }
        db_close(&r.db);
    }
    arena_free(a);
    if (fine)
        return STORE_OK;
    return why.text[0] ? sqlite_fail(ds, &why) : store_no_run(ds, id);
}
