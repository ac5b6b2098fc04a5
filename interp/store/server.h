// One connection to a PostgreSQL server, which comes back by itself.
//
// Nothing of a session is used (no prepared statements, no SET, no session locks, one
// statement a transaction), so a pooler that gives every transaction another server
// connection does no harm. Every question has a deadline. When the connection is lost it is
// not known whether the statement took effect: the next question connects again, and who
// asked has to look. What the server took back because two came at once is asked again, here.
// Errors are words without passwords.

#pragma once

#include "store/pq_api.h"
#include "store/writer.h"

enum { SERVER_DEADLINE_MS = 10 * 1000 };  // of one question, connecting included

struct server {
    const struct pq_api *pq;
    PGconn *conn;    // NULL: not connected
    char *url;       // malloc; may hold a password
    char *password;  // malloc; NULL if there is none
    char state[6];   // SQLSTATE of the last SERVER_REFUSED
};

enum server_answer {
    SERVER_DONE,     // there is a result
    SERVER_LOST,     // no connection, or it was lost: what became of the statement is not known
    SERVER_REFUSED,  // the server says no, and nothing was done
};

// Only looks at the address. False when libpq cannot be loaded or the address is none.
bool server_start(struct server *s, struct str url, struct failure *why);
void server_end(struct server *s);
void server_disconnect(struct server *s);

// Asks and waits. The parameters are text; n == 0 && s == NULL is null. *[result] is NULL
// unless SERVER_DONE, and the caller's to clear.
enum server_answer server_ask(struct server *s, int64_t until_ms, const char *sql,
                              const struct str *params, int count, PGresult **result,
                              struct failure *why);
// Several statements without parameters, as one transaction.
enum server_answer server_script(struct server *s, int64_t until_ms, const char *sql,
                                 struct failure *why);

struct str server_text(struct server *s, const PGresult *r, int row, int column, struct arena *a);
int64_t server_int(struct server *s, const PGresult *r, int row, int column);
int server_rows(struct server *s, const PGresult *r);

// A text[] to be a parameter: {"...", ...}, added to one item at a time.
struct buf;
void server_array_add(struct buf *b, struct str item);
void server_array_end(struct buf *b);
