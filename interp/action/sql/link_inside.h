// What sql_link_open.c (connecting, closing) and sql_link.c (asking) share.

#pragma once

#include "action/sql/link.h"
#include "action/sql/valve.h"

struct link {
    const struct pq_api *pq;
    struct loop *loop;
    struct arena *arena;
    struct link_events events;
    PGconn *conn;
    struct valve *valve;   // NULL until it is connected
    bool closed;           // it is to be freed as soon as nobody uses it
    bool opening, inside;  // a thread has [conn]; readable() is at work
    int users;             // the thread and the callback that come back to it

    const char **keywords, **values;  // for the thread that connects
    void (*then)(void *arg, bool ok);

    struct watch *watch;
    struct arena *question;  // of the question that is open, and its error
    struct str data;         // of COPY that is still to be sent
    bool asking, failed;
    bool together;           // several questions were asked at once
    size_t at;               // the one that is answered
    bool has_data, copying;  // the server waits for data
    bool blocked;            // it takes no more of what libpq wrote for the moment
    bool enough;             // no more results are wanted
    int64_t pending;         // bytes that have come since the last row
    struct link_error error;
};

// The descriptor has something: for loop_watch().
void link_ready(void *arg, int events);
// Keeps the first error of a question.
void link_set_error(struct link *k, const char *message);
void link_drop(struct link *k);
// Whoever used [k] no longer does; frees it if it was closed meanwhile.
void link_let_go(struct link *k);
