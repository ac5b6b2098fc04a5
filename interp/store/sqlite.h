// The SQLite store: one folder, one database a run.
//
//     index.db          rows of runs that nobody has open, and the locks of runbooks
//     triggers.db       what triggers remember, and which fire was whose
//     runs/ID/
//         journal.db    the events, the row, the epoch
//         lock          who has the run
//         head          how far the journal went, beside it
//         reserve       room that is given up when the disk is full
//         votes/        answers from elsewhere, a file each
//         ...           what is kept with the run: the plan, output, results
//
// The index is a cache: a run without a row in it is read from its own database, and a row
// is taken out before its run is opened and put back when it is closed. Rows of runs that
// crashed are therefore never wrong, and the whole file may be deleted. A damaged one is put
// aside and made again by whoever comes upon it (sqlite_mend.c).

#pragma once

#include <sys/types.h>

#include "store/backend.h"
#include "store/sqlite_db.h"

struct sqlite_store {
    struct store base;
    struct str root, runs;   // real paths
    bool absent;             // there is no folder, and none is to be made
    struct db index, notes;  // opened when first needed
    bool index_written;      // the index was opened for writing
    ino_t index_inode;       // the file that was opened: another process may put it aside
    struct str locked_for;   // the run for which something was locked last
    struct str locked;       // ... and what, joined by newlines
};

extern const struct run_ops sqlite_run_ops;
extern const struct lock_ops sqlite_lock_ops;
extern const struct note_ops sqlite_note_ops;

// The path of a run's folder, or of a file in it.
struct str run_path(const struct sqlite_store *s, struct str id, const char *file, struct arena *a);
// Adds what [why] says as an error.
enum store_error sqlite_fail(struct diags *ds, const struct failure *why);
// The same; when it is about the index, with the way out.
enum store_error sqlite_index_fail(struct sqlite_store *s, struct diags *ds,
                                   const struct failure *why);
// "" is absent: for writing.
enum store_error sqlite_no_folder(struct sqlite_store *s, struct diags *ds);

// ---- sqlite_run.c: the database of a run

extern const struct db_kind journal_kind;

struct run_meta {
    struct str run, host;  // whose it is, and on which machine
    int64_t inode, born;   // of the file: a copy has others
    int64_t epoch;
};

// A new one at [path], with its first epoch. The folder is the caller's.
enum { FIRST_EPOCH = 1 };
// [locks]: what its process has locked for it, joined by newlines.
bool run_make(const char *path, struct str id, struct str locks, struct failure *why);
bool run_meta(struct db *db, struct arena *a, struct run_meta *out, struct failure *why);
// Whether the file is where and what it was made as.
bool run_is_original(const struct run_meta *m, struct str id, const char *path,
                     struct failure *why);
// The row of a run, from its own database. False with an empty [why]: there is no such run.
bool run_row(const struct sqlite_store *s, struct str id, struct arena *a, struct run_row *out,
             struct failure *why);
// The same. [damaged], after a failure: the file is, and not only the way to it.
bool run_row_or(const struct sqlite_store *s, struct str id, struct arena *a, struct run_row *out,
                bool *damaged, struct failure *why);
// The address of the step that was started last.
struct str run_last_step(const struct sqlite_store *s, struct str id, struct arena *a);
enum store_error run_read(struct store *s, struct str id, int64_t from_seq, bool verify,
                          bool (*see)(const struct stored_event *e, void *arg), void *arg,
                          struct diags *ds);

// ---- sqlite_take.c: having a run

enum store_error sqlite_create(struct store *s, struct arena *a, struct str id,
                               struct journal **out, struct diags *ds);
enum store_error sqlite_take(struct store *s, struct arena *a, struct str id, struct str mark,
                             struct journal **out, struct diags *ds);

// ---- sqlite_claim.c

enum store_error sqlite_claim(struct store *s, const struct seen_run *runs, size_t count,
                              struct arena *a, struct claim *out, struct diags *ds);
void sqlite_claim_drop(struct store *s, struct claim *c);

// ---- sqlite_index.c

// Opens it, making it from the runs if need be; [ds] (may be NULL) is told what they do not say any
// more. False with an empty [why]: it is absent and [make] is false.
bool index_open(struct sqlite_store *s, bool make, struct diags *ds, struct failure *why);
bool index_put(struct sqlite_store *s, const struct run_row *row, struct failure *why);
// These two mend a damaged index.
bool index_drop(struct sqlite_store *s, struct str id, struct diags *ds, struct failure *why);
bool index_unlock(struct sqlite_store *s, struct str run, struct diags *ds, struct failure *why);
void index_close(struct sqlite_store *s);
struct str index_path(const struct sqlite_store *s, struct arena *a);
// Whether the file that was opened is still the index.
bool index_is_current(const struct sqlite_store *s);

// ---- sqlite_fill.c

extern const struct db_kind index_kind;
// Makes the tables and fills them from the runs, unless somebody else has done it meanwhile.
bool index_fill(struct sqlite_store *s, struct diags *ds, struct failure *why);
bool index_insert(struct sqlite_store *s, const struct run_row *row, struct failure *why);

// ---- sqlite_mend.c

// After a failure of the index: when the file is damaged, it is put aside and made again from the
// runs, with a warning in [ds]; when somebody else did that meanwhile, the new one is opened. True
// when what failed may be tried again; otherwise [why] says why not.
bool index_mend(struct sqlite_store *s, struct diags *ds, struct failure *why);
// store_sweep(): what was put aside before [before_ns].
enum store_error sqlite_sweep(struct store *s, int64_t before_ns, size_t *removed,
                              struct diags *ds);

// ---- sqlite_locks.c

// What this process has locked for a run, joined by newlines. It stands in the run's own row from
// when it is made; until then it is in the index alone, which may be made again from the runs.
struct str locks_of(const struct sqlite_store *s, struct str run);
// Locks it once more, behind that. STORE_LOCKED, with a diag: another run has got it meanwhile.
enum store_error locks_confirm(struct sqlite_store *s, struct str run, struct arena *a,
                               struct diags *ds);

// The ids of all runs that begin with [start], unsorted.
bool run_ids(const struct sqlite_store *s, struct str start, struct arena *a, struct str **ids,
             size_t *count);
