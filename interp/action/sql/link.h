// A connection to a PostgreSQL server on our loop.
//
// libpq's waiting is ours; what it does without waiting for us (looking up hosts, the
// handshake) happens in a thread. One question at a time.

#pragma once

#include "action/action.h"
#include "action/sql/pg_value.h"
#include "store/pq_api.h"

struct link;

// An error of the server, or of ours with an empty sqlstate.
struct link_error {
    struct str sqlstate, severity, message, detail, hint;
    size_t position;  // in the question, in characters from 1; 0: not said
};

struct link_events {
    // A row, or (with no rows in it) the end of a result; of which question, from 0.
    void (*result)(void *arg, size_t question, const PGresult *r);
    void (*notice)(void *arg, struct str text);  // a warning: "WARNING: ..."
    void *arg;
};

// Connects. [then] is called from the loop: with false there is an error, and link_close()
// is all that may follow. Everything that libpq has to be told is in [c].
struct link *link_open(struct loop *l, const struct resolved_connection *c, int64_t timeout_ms,
                       const struct link_events *events, void (*then)(void *arg, bool ok));
// Frees it, at any time; nothing is called any more. NULL is fine.
void link_close(struct link *k);

// Asks; [then] is called when all results have come, with false if there was an error.
// Without parameters [text] may be several statements separated by semicolons.
struct link_question {
    struct str text;
    bool simple;  // several statements, no parameters
    const struct pg_parameter *parameters;
    size_t count;
    struct str data;  // for COPY ... FROM stdin
    bool has_data;
};
void link_ask(struct link *k, const struct link_question *q, void (*then)(void *arg, bool ok));
// Asks several, none of them simple or with data, without waiting in between; those behind
// one that fails are left out. The answer to the first comes at once, those to the others
// may come together.
void link_ask_all(struct link *k, const struct link_question *q, size_t count,
                  void (*then)(void *arg, bool ok));
// Asks the server to stop what it is doing. The answer still comes.
void link_cancel(struct link *k);
// No more results are wanted, for the reason [why]: stops the server, and fails with that.
void link_enough(struct link *k, struct str why);

const struct link_error *link_error(const struct link *k);  // of the last question
bool link_is_lost(const struct link *k);                    // nothing can be asked any more
bool link_is_idle(const struct link *k);                    // in no transaction
int link_version(const struct link *k);                     // 150004
