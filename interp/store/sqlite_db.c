#include "store/sqlite_db.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

#include "base/arena.h"
#include "base/buf.h"
#include "store/folder.h"

// ---- why

static const struct {
    int code;  // without its extension
    const char *words;
} reasons[] = {
    { SQLITE_FULL, "the disk is full" },
    { SQLITE_READONLY, "it cannot be written" },
    { SQLITE_BUSY, "it is locked by another program" },
    { SQLITE_LOCKED, "it is locked by another program" },
    { SQLITE_CORRUPT, "it is damaged" },
    { SQLITE_NOTADB, "it is damaged, or not a database" },
    { SQLITE_CANTOPEN, "it cannot be opened" },
    { SQLITE_PERM, "it cannot be opened" },
    { SQLITE_IOERR, "reading or writing it failed" },
    { SQLITE_CONSTRAINT, "it holds something else than was expected" },
};

static const char *reason(struct db *db)
{
    int code = db->sq->errcode(db->handle) & 0xFF;

    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].code == code)
            return reasons[i].words;
    return db->sq->errmsg(db->handle);
}

// Only these tell of the machine; others are left over from looks at what may be absent.
static bool tells(int error)
{
    return error == EIO || error == EROFS || error == EACCES || error == EPERM || error == EDQUOT ||
           error == EFBIG || error == EMFILE || error == ENFILE || error == ELOOP ||
           error == ENODEV;
}

// Where a process may not write so large a file as the disk has room for, that is what has stopped
// it.
bool db_is_limited(struct db *db)
{
    struct statvfs disk;
    struct rlimit most;

    return getrlimit(RLIMIT_FSIZE, &most) == 0 && statvfs(db->path, &disk) == 0 &&
           most.rlim_cur < (uint64_t)disk.f_bavail * disk.f_frsize;
}

static void say_limit(struct db *db, const char *before, struct failure *why)
{
    struct rlimit most = { 0 };

    getrlimit(RLIMIT_FSIZE, &most);
    failure_set(why, "%s`%s`: no file may be larger than %llu bytes (`ulimit -f`)", before,
                db->path, (unsigned long long)most.rlim_cur);
}

// Of a quota nobody says how much is left of it.
void db_say_full(struct db *db, const char *before, struct failure *why)
{
    static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
    struct statvfs disk;
    size_t unit = 0;

    if (db->sq->system_errno(db->handle) == EDQUOT || statvfs(db->path, &disk) != 0) {
        failure_set(why, "%s`%s`: the disk is full, or the quota used up", before, db->path);
        return;
    }
    if (db_is_limited(db)) {
        say_limit(db, before, why);
        return;
    }
    uint64_t left = (uint64_t)disk.f_bavail * disk.f_frsize;
    for (; left >= 10240 && unit + 1 < sizeof units / sizeof *units; unit++)
        left /= 1024;
    failure_set(why, "%s`%s`: the disk is full, %llu %s are left", before, db->path,
                (unsigned long long)left, units[unit]);
}

void db_why(struct db *db, struct failure *why)
{
    int error = db->sq->system_errno(db->handle), code = db->sq->errcode(db->handle) & 0xFF;

    db->damaged |= code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    if (db_is_full(db))
        db_say_full(db, "", why);
    else if (tells(error))
        failure_set(why, "`%s`: %s (%s)", db->path, reason(db), strerror(error));
    else
        failure_set(why, "`%s`: %s", db->path, reason(db));
}

bool db_is_full(struct db *db)
{
    int code = db->sq->errcode(db->handle) & 0xFF, error = db->sq->system_errno(db->handle);

    return code == SQLITE_FULL ||
           (code == SQLITE_IOERR && (error == ENOSPC || error == EDQUOT || error == EFBIG));
}

bool db_is_busy(struct db *db)
{
    int code = db->sq->errcode(db->handle) & 0xFF;

    return code == SQLITE_BUSY || code == SQLITE_LOCKED;
}

// ---- opening

static bool distrust(struct db *db, struct failure *why)
{
    static const struct {
        int what, on;
    } configs[] = {
        { SQLITE_DBCONFIG_DEFENSIVE, 1 },        { SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
        { SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },   { SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
        { SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },   { SQLITE_DBCONFIG_DQS_DML, 0 },
        { SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1 }, { SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0 },
    };

    for (size_t i = 0; i < sizeof configs / sizeof *configs; i++) {
        int now = -1;
        db->sq->db_config(db->handle, configs[i].what, configs[i].on, &now);
        if (now != configs[i].on) {
            failure_set(why, "`%s`: SQLite does not take a safe setting", db->path);
            return false;
        }
    }
    db->sq->busy_timeout(db->handle, DB_BUSY_MS);
    return true;
}

bool db_open(struct db *db, const char *path, enum db_mode mode, struct failure *why)
{
    const char *missing;
    int flags = SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE |
                (mode == DB_READ ? SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX  // for one thread
                                 : SQLITE_OPEN_READWRITE);

    *db = (struct db){ .sq = sqlite_api(&missing) };
    if (!db->sq) {
        failure_set(why, "SQLite cannot be loaded: %s", missing);
        return false;
    }
    db->path = strdup(path);
    if (db->sq->open_v2(path, &db->handle, flags, NULL) != SQLITE_OK) {
        db_why(db, why);
        db_close(db);
        return false;
    }
    if (distrust(db, why))
        return true;
    db_close(db);
    return false;
}

void db_close(struct db *db)
{
    if (db->handle)
        db->sq->close_v2(db->handle);
    free(db->path);
    db->handle = NULL;
    db->path = NULL;
}

struct nature {
    int64_t id, version, tables;
};

// In one transaction: another process may be making the database just now, and half of it
// read before and half after would look like somebody else's. After a failure the handle
// still tells its reason; who called rolls back or closes it.
static bool look_at(struct db *db, struct nature *is, struct failure *why)
{
    if (!db_exec(db, "SAVEPOINT look", why))
        return false;
    bool read = db_ask(db, "SELECT count(*) FROM sqlite_schema", &is->tables, why) &&
                db_ask(db, "PRAGMA application_id", &is->id, why) &&
                db_ask(db, "PRAGMA user_version", &is->version, why);
    return read && db_exec(db, "RELEASE look", why);
}

bool db_check(struct db *db, const struct db_kind *kind, bool *empty, struct failure *why)
{
    struct nature is = { 0 };

    if (!look_at(db, &is, why))
        return false;
    if (empty)
        *empty = is.id == 0 && is.version == 0 && is.tables == 0;
    if (empty && *empty)
        return true;
    if (is.id != kind->application_id) {
        db->damaged = true;
        failure_set(why, "`%s` is not %s of runbook", db->path, kind->what);
        return false;
    }
    if (is.version > kind->version) {
        failure_set(why,
                    "`%s` was written by a newer runbook (format %d, this one knows %d); "
                    "upgrade runbook",
                    db->path, (int)is.version, kind->version);
        return false;
    }
    return true;
}

static bool is_half_done(struct db *db)
{
    int code = db->sq->extended_errcode(db->handle);

    return code == SQLITE_READONLY_ROLLBACK || code == SQLITE_READONLY_RECOVERY;
}

bool db_open_to_read(struct db *db, const char *path, const struct db_kind *kind, bool *empty,
                     struct failure *why)
{
    for (enum db_mode mode = DB_READ;; mode = DB_WRITE) {
        if (!db_open(db, path, mode, why))
            return false;
        if (db_check(db, kind, empty, why))
            return true;
        bool again = mode == DB_READ && is_half_done(db);
        db_close(db);
        if (!again)
            return false;
        why->text[0] = '\0';
    }
}

// [value] as text: a setting may answer with a number or a word.
static bool answers(struct db *db, const struct setting *s, struct failure *why)
{
    char sql[100];
    snprintf(sql, sizeof sql, "PRAGMA %s", s->name);
    sqlite3_stmt *st = db_prepare(db, sql, why);
    int got = st ? db_step(db, st, why) : -1;
    const char *text = got > 0 ? (const char *)db->sq->column_text(st, 0) : NULL;
    bool same = text && strcmp(text, s->value) == 0;

    if (got >= 0 && !same)
        failure_set(why, "`%s`: SQLite says %s = %s after it was set to %s", db->path, s->name,
                    text ? text : "nothing", s->value);
    db_finish(db, &st);
    return same;
}

bool db_set(struct db *db, const struct setting *settings, struct failure *why)
{
    char sql[100];

    for (const struct setting *s = settings; s->name; s++) {
        snprintf(sql, sizeof sql, "PRAGMA %s", s->pragma);
        if (!db_exec(db, sql, why) || !answers(db, s, why))
            return false;
    }
    return true;
}

// ---- statements

bool db_exec(struct db *db, const char *sql, struct failure *why)
{
    if (db->sq->exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK)
        return true;
    db_why(db, why);
    return false;
}

sqlite3_stmt *db_prepare(struct db *db, const char *sql, struct failure *why)
{
    sqlite3_stmt *st = NULL;

    if (db->sq->prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &st, NULL) == SQLITE_OK)
        return st;
    // Our statements are right: a table or a column of it is not there.
    db->damaged |= (db->sq->errcode(db->handle) & 0xFF) == SQLITE_ERROR;
    db_why(db, why);
    return NULL;
}

void db_finish(struct db *db, sqlite3_stmt **statement)
{
    if (*statement)
        db->sq->finalize(*statement);
    *statement = NULL;
}

// The text is copied: it may be gone before the statement is.
void db_bind(struct db *db, sqlite3_stmt *st, int place, struct str text)
{
    db->sq->bind_text64(st, place, text.n ? text.s : "", text.n, SQLITE_TRANSIENT, SQLITE_UTF8);
}

void db_bind_int(struct db *db, sqlite3_stmt *st, int place, int64_t number)
{
    db->sq->bind_int64(st, place, number);
}

void db_bind_row(struct db *db, sqlite3_stmt *st, int first, const struct run_row *row)
{
    for (int i = 0; i < ROW_COUNT; i++) {
        const char *at = (const char *)row + row_fields[i].at;
        if (row_fields[i].kind == ROW_TEXT)
            db_bind(db, st, first + i, *(const struct str *)at);
        else if (row_fields[i].kind == ROW_INT)
            db_bind_int(db, st, first + i, *(const int *)at);
        else
            db_bind_int(db, st, first + i, *(const int64_t *)at);
    }
}

struct str db_view(struct db *db, sqlite3_stmt *st, int column)
{
    const void *bytes = db->sq->column_blob(st, column);

    return bytes ? (struct str){ bytes, (size_t)db->sq->column_bytes(st, column) } : STR("");
}

struct str db_text(struct db *db, sqlite3_stmt *st, int column, struct arena *a)
{
    return str_copy(a, db_view(db, st, column));
}

int64_t db_int(struct db *db, sqlite3_stmt *st, int column)
{
    return db->sq->column_int64(st, column);
}

struct run_row db_row(struct db *db, sqlite3_stmt *st, int first, struct arena *a)
{
    struct run_row row = { 0 };

    for (int i = 0; i < ROW_COUNT; i++)
        row_set(&row, &row_fields[i], db_text(db, st, first + i, a));
    return row;
}

int db_step(struct db *db, sqlite3_stmt *st, struct failure *why)
{
    int rc = db->sq->step(st);

    if (rc == SQLITE_ROW)
        return 1;
    if (rc == SQLITE_DONE)
        return 0;
    db_why(db, why);
    return -1;
}

// The reason is taken before the reset, which may change it.
bool db_run(struct db *db, sqlite3_stmt *st, struct failure *why)
{
    int got;

    while ((got = db_step(db, st, why)) > 0)
        ;
    db->sq->reset(st);
    return got == 0;
}

bool db_ask(struct db *db, const char *sql, int64_t *number, struct failure *why)
{
    sqlite3_stmt *st = db_prepare(db, sql, why);
    int got = st ? db_step(db, st, why) : -1;

    if (got == 0)
        failure_set(why, "`%s`: it is damaged", db->path);
    if (got > 0)
        *number = db_int(db, st, 0);
    db_finish(db, &st);
    return got > 0;
}
