// A run that this process has: what its two halves, taking it and writing it, share.

#pragma once

#include "store/chain.h"
#include "store/sqlite.h"
#include "store/sqlite_head.h"
#include "store/sqlite_owner.h"

struct sqlite_journal {
    struct journal base;
    struct sqlite_store *store;
    struct owner owner;
    int folder_fd, head_fd;
    struct db db;
    sqlite3_stmt *begin, *commit, *rollback, *ask_epoch, *add_event, *put_row;
    int64_t epoch;
    struct chain chain;  // what is durable
    int log_pages;  // of the log that are in use
    int log_room;   // ... that were written before they were needed
    bool spent;  // the reserve was given up
    bool full;   // there was no room for what should have been written
};

extern const struct journal_ops sqlite_journal_ops;

// journal_look(): opens it, once all that resume decides by was looked at (sqlite_take.c).
enum store_error sqlite_look(struct journal *j,
                             bool (*see)(const struct stored_event *e, void *arg), void *arg,
                             struct diags *ds);
// Makes the reserve, if there is room for it.
bool reserve_make(struct sqlite_journal *j);
// Closes all that is open of it.
void sqlite_journal_drop(struct sqlite_journal *j);
