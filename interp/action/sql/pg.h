// A session with a PostgreSQL server: what the parts of that engine share.
//
// A job is a chain of questions; each names what follows its answer (pg_ask). Before
// COMMIT the transaction id is journalled, and when the answer to COMMIT is lost the
// server is asked what became of it (sql_pg_settle.c).

#pragma once

#include "action/sql/engine.h"
#include "action/sql/link.h"
#include "action/sql/rows.h"

struct pg;
typedef void pg_step(struct pg *p, bool ok);

enum pg_stop { PG_GO_ON, PG_TIMED_OUT, PG_CANCELLED };

struct pg {
    struct sql_session base;
    struct session *session;
    struct link *link;    // NULL: not connected
    struct str identity;  // of the server; empty when it may not be known
    bool connecting;

    // Of the job that is running; all zeros with each.
    struct sql_job *job;
    struct arena *arena;   // freed at its end
    struct arena *timing;  // of the timer that is set
    int64_t started_ms, settle_until_ms;
    const struct pg_parameter **parameters;  // of each command
    size_t at;                               // the command that is running
    struct sql_rows rows;                    // of the last command
    struct arena *rows_arena;
    bool collecting, has_rows;
    size_t rows_of;     // which of several questions the command is
    bool begun;         // the first of several was answered
    struct str answer;  // the first field of what our own question gave; or empty
    struct str tag;     // what the last statement was, in the server's words
    pg_step *next, *connected;
    enum pg_stop stop;
    bool fresh;  // connected for this job
    bool sent;   // something that may have an effect was sent
    bool noting, committing, settling;
    struct str message, help;  // of a failure that is still to be cleaned up after
    struct str xid;            // empty: the transaction has written nothing
};

// Asks a question of our own; several statements at once if [simple].
void pg_ask(struct pg *p, struct str text, bool simple, pg_step *next);
void pg_connect(struct pg *p, pg_step *next);
void pg_hang_up(struct pg *p);
void pg_set_timer(struct pg *p, int64_t ms, void (*fn)(void *arg));
// The job is over; pg_succeed: with the rows that were collected.
void pg_end(struct pg *p, enum verdict verdict, struct str message, struct str help);
void pg_succeed(struct pg *p);

// Runs the job's commands, its COMMIT, ... (sql_pg_run.c).
void pg_run(struct pg *p);
// What is left of the job's time: 1 when it is over, 0 when it has no end.
int64_t pg_time_left(const struct pg *p);

// What the server gave, for the job (sql_pg_take.c).
void pg_take(struct pg *p, size_t question, const PGresult *r);

// Asks for the transaction id, journals it, then commits; or commits what wrote nothing
// (sql_pg_commit.c).
void pg_prepare_commit(struct pg *p);
void pg_commit(struct pg *p);
// "SELECT ..." for the id, and what follows it.
const char *pg_xid_question(const struct pg *p);
void pg_have_xid(struct pg *p, bool ok);
// Ends the job as failed, with p->message and p->help, after it took back what is open.
void pg_fail(struct pg *p);
void pg_fail_with_error(struct pg *p);  // of the last question
void pg_fail_stopped(struct pg *p);     // between two questions
// The question that is open was stopped, and nothing came of that.
void pg_abandon(struct pg *p);

// Finds out what became of [p->xid], then ends the job (sql_pg_settle.c).
void pg_settle(struct pg *p);

// What the error of the last question means: "relation "x" does not exist (SQLSTATE 42P01)".
struct str pg_error_words(struct pg *p);
struct str pg_error_help(struct pg *p);
