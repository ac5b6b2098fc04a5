// A session with a SQLite file: what the parts of that engine share.
//
// All that touches the file happens in a thread (sql_lite_run.c), one job at a time; the
// loop sees it before and after (sql_sqlite.c). A commit that has been decided on is noted
// in the journal first, like that of a server. Whether it took place, after a crash, is
// known from a mark: an empty file in the run's folder that is attached and written in the
// same transaction, so that SQLite commits both or neither.

#pragma once

#include <stdatomic.h>
#include <sys/types.h>

#include "action/sql/engine.h"
#include "action/sql/rows.h"
#include "store/sqlite_api.h"

enum lite_stop { LITE_GO_ON, LITE_TIMED_OUT, LITE_CANCELLED };

struct lite {
    struct sql_session base;
    struct session *session;
    const struct sqlite_api *sq;
    struct str path;      // absolute, or :memory:
    sqlite3 *db;          // NULL: not open
    dev_t device;         // of the file that is open
    ino_t file;           // 0: it was not there yet
    bool marked;          // a mark is attached
    struct str old_mark;  // of the last job, no longer attached; or empty

    // Of the job that is running; all zeros with each.
    struct sql_job *job;
    struct arena *arena;  // of the thread and of what it finds; lives as long as the job's
    struct arena *timing;
    int64_t started_ms;
    _Atomic int stop;  // enum lite_stop; the thread looks at it
    struct str mark;   // path of the mark; empty: none
    bool failed, sent, working;
    bool doubtful;  // COMMIT failed, perhaps after it took place
    bool wal;       // mark and file are not committed as one
    size_t at;      // the command that is running
    struct sql_rows rows;
    struct str message, help;
    enum { LITE_NOTHING, LITE_COMMITTED, LITE_NOT_COMMITTED } found;  // by lite_settle
};

// In the thread. They set [failed] and [message] when something is wrong.
void lite_work(void *lite);  // all up to COMMIT, by job->ask
void lite_commit(void *lite);
void lite_settle(void *lite);  // what the mark says, into [found]

// Binds the values of [c] to the parameters of [stmt] (sql_lite_value.c).
bool lite_bind(struct lite *l, sqlite3_stmt *stmt, const struct sql_command *c);
struct value lite_column(struct lite *l, sqlite3_stmt *stmt, int column, size_t *bytes);
// Fails the job, once.
bool lite_fail(struct lite *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool lite_fail_with_error(struct lite *l);  // with what SQLite says
