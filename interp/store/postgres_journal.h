// A run that this process has in PostgreSQL: what taking it and writing it share.

#pragma once

#include <pthread.h>

#include "store/postgres.h"

struct postgres_journal {
    struct journal base;
    struct postgres *store;
    struct str mark;  // who we are
    int64_t epoch;
    struct chain chain;  // what is durable
    int folder_fd, head_fd;

    pthread_mutex_t mutex;  // of the connection and what follows
    pthread_cond_t ending;
    struct server server;  // the journal's own: it is written beside the loop
    int64_t renewed_ms;    // boot time before the last question that renewed the lease
    bool lost;             // the lease
    bool fenced;           // the run is somebody else's: nothing is kept for it
    int64_t spooled;       // the last event that was put into the spool
    bool cut;              // an intent was left out of it: what comes later has no place
    pthread_t keeping;     // renews the lease
    bool has_thread, stop;
};

extern const struct journal_ops postgres_journal_ops;

// Begins to renew the lease.
bool lease_keep(struct postgres_journal *j, struct failure *why);
// Ends that, and gives the lease back unless it was lost.
void lease_leave(struct postgres_journal *j);
// Until when it can be believed, in boot time.
int64_t lease_end(const struct postgres_journal *j);

// What could not be sent is kept in the run's folder, with the event that it follows. The
// first intent, and what stands behind it, is not: it was not started.
bool spool_put(struct postgres_journal *j, const struct batch *batches);
// Sends what is there. False with the reason when the journal cannot be gone on with;
// [note] says when something was put aside.
bool spool_replay(struct postgres_journal *j, struct str *note, struct failure *why);

// Adds a chain of batches to the journal in one statement. SERVER_REFUSED with the reason when it
// is not ours any more.
enum server_answer postgres_append(struct postgres_journal *j, const struct batch *batches,
                                   int64_t until_ms, struct failure *why);
