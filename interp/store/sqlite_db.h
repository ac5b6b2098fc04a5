// One connection to one of the store's SQLite files.
//
// It is opened distrustfully (no links followed, defensive, no extensions, triggers or
// views) and its settings are read back. Who opens says what kind of file it must be; a
// file of a newer version is refused before anything is written. Errors become words for
// the operator, with the path.

#pragma once

#include "store/row.h"
#include "store/sqlite_api.h"
#include "store/writer.h"

enum { DB_BUSY_MS = 5000 };  // how long another program may hold a lock

struct db {
    const struct sqlite_api *sq;
    sqlite3 *handle;  // NULL: closed
    char *path;       // malloc
    bool damaged;     // a failure since it was opened said that this is no such file, or a broken one
};

struct setting {
    const char *pragma;  // "synchronous = FULL"
    const char *name;    // what to ask for: "synchronous"
    const char *value;   // and what it must say: "2"
};

struct db_kind {
    int application_id;
    int version;                     // PRAGMA user_version
    const char *what;                // "the journal"
    const struct setting *settings;  // for writing, ended by a nameless one
};

enum db_mode { DB_READ, DB_WRITE };

// Opens an existing file.
bool db_open(struct db *db, const char *path, enum db_mode mode, struct failure *why);
// Looks at what kind of file it is. [empty] (may be NULL): it has no content yet.
bool db_check(struct db *db, const struct db_kind *kind, bool *empty, struct failure *why);
// Both, to read. A transaction that a crash left half done is rolled back first, which needs
// writing; it is nobody's any more.
bool db_open_to_read(struct db *db, const char *path, const struct db_kind *kind, bool *empty,
                     struct failure *why);
// Sets and reads back.
bool db_set(struct db *db, const struct setting *settings, struct failure *why);
void db_close(struct db *db);

bool db_exec(struct db *db, const char *sql, struct failure *why);
// Stays prepared until db_finish(); NULL on failure.
sqlite3_stmt *db_prepare(struct db *db, const char *sql, struct failure *why);
void db_finish(struct db *db, sqlite3_stmt **statement);
void db_bind(struct db *db, sqlite3_stmt *st, int place, struct str text);
void db_bind_int(struct db *db, sqlite3_stmt *st, int place, int64_t number);
void db_bind_row(struct db *db, sqlite3_stmt *st, int first, const struct run_row *row);
struct str db_view(struct db *db, sqlite3_stmt *st, int column);  // until the next step
struct str db_text(struct db *db, sqlite3_stmt *st, int column, struct arena *a);
int64_t db_int(struct db *db, sqlite3_stmt *st, int column);
struct run_row db_row(struct db *db, sqlite3_stmt *st, int first, struct arena *a);
// A row: 1; no more: 0; failed: -1.
int db_step(struct db *db, sqlite3_stmt *st, struct failure *why);
// Steps to the end and resets.
bool db_run(struct db *db, sqlite3_stmt *st, struct failure *why);
// The first column of the first row of a query.
bool db_ask(struct db *db, const char *sql, int64_t *number, struct failure *why);

// Why the last call failed.
void db_why(struct db *db, struct failure *why);
bool db_is_full(struct db *db);  // the last failure was a full disk
bool db_is_limited(struct db *db);  // or rather that a file may not be so large
// Says so behind [before], and how much there is left.
void db_say_full(struct db *db, const char *before, struct failure *why);
bool db_is_busy(struct db *db);  // ... another program's lock
