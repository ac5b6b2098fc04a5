// What the sql action asks of a database, whichever it is.
//
// A session is one connection to one database; it does one job at a time. A job is run
// to its end by its engine, which then calls job->done() once, from the loop. PostgreSQL
// is spoken to on the loop, SQLite in a thread.

#pragma once

#include "action/action.h"
#include "action/sql/scan.h"

struct sql_session;
struct sql_job;

enum {
    SQL_ROWS_MOST = 100000,  // of one result
    SQL_BYTES_MOST = 64 * 1024 * 1024,
    SQL_CONNECT_MS = 30 * 1000,
    SQL_SETTLE_MS = 30 * 1000,  // how long to ask what became of a COMMIT, at most
    SQL_SETTLE_LEAST_MS = 3 * 1000,
};

// One statement and its values.
struct sql_command {
    struct str text;  // with $1 or ?1
    const struct value *values;
    const struct str *names;  // of values that were given by name; NULL: by number
    size_t count;
    uint32_t line;    // in a script; 0: none
    struct str data;  // of COPY ... FROM stdin
    bool has_data;
};

enum sql_ask {
    SQL_RUN,         // the commands, in a transaction of their own
    SQL_RUN_BARE,    // the commands, each as it is
    SQL_RUN_INSIDE,  // the commands, in the transaction that SQL_BEGIN began
    SQL_BEGIN,
    SQL_COMMIT,
    SQL_ROLLBACK,
    SQL_SETTLE,  // what became of the transaction that [notes] tell of
};

struct sql_job {
    enum sql_ask ask;
    struct arena *arena;  // of the attempt; results live there
    const struct sql_command *commands;
    size_t count;
    bool read_only, creates;  // [creates]: a SQLite file may be created
    struct str isolation;     // "serializable"; PostgreSQL
    struct str script;        // its path, for messages; or empty
    struct str name;          // of the attempt, unique in the run
    int64_t timeout_ms;       // 0: none
    struct value notes;
    // Told about warnings of the server.
    void (*notice)(struct sql_job *job, struct str text);
    // Journals [note], then calls [then].
    void (*note)(struct sql_job *job, struct value note, void (*then)(struct sql_job *job));
    void (*done)(struct sql_job *job);
    void *owner;
    struct sql_session *session;  // set by the engine

    // What came out.
    struct outcome outcome;
};

struct sql_engine {
    const char *schemes;  // "postgresql:,postgres:"
    enum sql_dialect dialect;
    // A session that has not connected yet. [dir] is what a relative path is below.
    struct sql_session *(*open)(struct session *s, const struct resolved_connection *c,
                                struct str dir);
    void (*start)(struct sql_session *session, struct sql_job *job);
    // Stops the job that is running, as far as it can be; done() follows.
    void (*cancel)(struct sql_session *session, bool at_once);
};

extern const struct sql_engine sql_postgres, sql_sqlite;
#define SQL_SCHEMES "postgresql:,postgres:,sqlite:"
// The engine of a URL, by its scheme; NULL if there is none.
const struct sql_engine *sql_engine_of(struct str url);

// Every session begins with this.
struct sql_session {
    const struct sql_engine *engine;
    struct resolved_connection connection;  // a copy of its own
    struct str dir;
    bool busy;
    struct sql_session *next;
};

// A session of the pool that nobody uses, or a new one; it is busy until it is given
// back. What is asked one after the other so runs on one connection.
struct sql_session *sql_take(struct session *s, const struct resolved_connection *c,
                             struct str dir);
void sql_give_back(struct sql_session *session);
