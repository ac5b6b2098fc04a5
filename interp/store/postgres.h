// The PostgreSQL store: the same events as in SQLite, one row each, for several machines.
//
// Everything is in the schema `runbook` of the database, made at first use:
//
//     run       the row, how far its journal is (seq, hash), and the lease: who has it, the
//               epoch, until when
//     event     (run, seq): type, json, hash
//     lock      one row each time that a lock was taken; unique among those not freed
//     kept, vote, note, fire
//
// A lease lasts 30 s and is renewed every 10 s and with every commit (another time for all who use
// a database: ALTER DATABASE ... SET runbook.lease = '1min'). Others judge it by the server's
// clock, its holder by boot time. Every commit is one statement: it changes the
// run's row if the epoch and the last event are still what the writer thinks, and adds the
// events only then. So who lost the lease writes nothing, and a commit whose answer was lost
// can be tried again: either it finds everything as it was, or its own events.
//
// Files of a run (output, results) are on the machine that it runs on, below the state
// folder, with what could not be sent (`spool`) and how far the journal went (`head`).

#pragma once

#include "store/backend.h"
#include "store/chain.h"
#include "store/server.h"

enum { LEASE_MS = 30 * 1000, LEASE_LEAST_MS = 1000, LEASE_MOST_MS = 60 * 60 * 1000 };

struct postgres {
    struct store base;
    struct server server;  // of the loop's thread
    struct str url;
    struct str files;           // the folder in which runs have theirs
    struct str role;            // the database role
    int64_t lease_ms;           // how long a lease lasts; a third of it until it is renewed
    bool absent;                // there is no schema, and none is to be made
    struct str locker, locked;  // who locked last here, and what (a text[])
    struct str newer;           // why nothing in it may be touched; "" if it may
};

extern const struct run_ops postgres_run_ops;
extern const struct lock_ops postgres_lock_ops;
extern const struct note_ops postgres_note_ops;

// Asks on the store's connection, a second time when the connection was lost, which is right
// for what may be done twice. NULL with an error.
PGresult *postgres_query(struct postgres *s, const char *sql, const struct str *params, int count,
                         struct diags *ds);
// Whether a run is there; for those who want to tell.
enum store_error postgres_exists(struct postgres *s, struct str run, struct diags *ds);

// In SQL, until when a lease lasts that is taken or renewed now.
struct str postgres_lease(const struct postgres *s, struct arena *a);

// Makes the schema if it is not there ([create]), or finds that it is absent.
bool postgres_schema(struct postgres *s, bool create, struct failure *why, struct diags *ds);

// Where the files of a run are; and the name that this place was given, "none" without one.
struct str postgres_folder(struct store *s, struct str id, struct arena *a);
struct str postgres_place(struct store *s, struct str id, struct arena *a);

enum store_error postgres_create(struct store *s, struct arena *a, struct str id,
                                 struct journal **out, struct diags *ds);
enum store_error postgres_take(struct store *s, struct arena *a, struct str id, struct str mark,
                               struct journal **out, struct diags *ds);
enum store_error postgres_claim(struct store *s, const struct seen_run *runs, size_t count,
                                struct arena *a, struct claim *out, struct diags *ds);
void postgres_claim_drop(struct store *s, struct claim *c);
// Who has a run or claims it: this process, and a nonce that tells two of its holdings apart.
struct str postgres_mark(struct arena *a);
enum store_error postgres_read(struct store *s, struct str id, int64_t from_seq, bool verify,
                               bool (*see)(const struct stored_event *e, void *arg), void *arg,
                               struct diags *ds);

bool postgres_is_in(struct store *s, struct str url);

struct run_row postgres_row(struct server *server, const PGresult *r, int row, int first,
                            struct arena *a);

// Bytes from their hexadecimal digits: encode(bytes, 'hex'). How a bytea is written by itself
// hangs on a setting of the role.
struct str postgres_bytes(struct str hex, struct arena *a);
