// Where runs are kept.
//
// A run is one append-only sequence of events with a hash chain. The store does not
// know what events mean: it keeps each as its JSON text, with its type and number, and
// a small index row a run for listing. One interface, three stores: memory (tests),
// SQLite (a database a run, below a folder), PostgreSQL.
//
// What was added since the last commit becomes durable together. Nothing that must not
// be lost is acted on before its commit has said so. After one failed write nothing
// more is written (execution.md promise 12): every later call fails.

#pragma once

#include "base/diag.h"
#include "loop/loop.h"
#include "value/value.h"

struct store;
struct journal;

// What is known about a run without reading its events. Times are RFC 3339.
struct run_row {
    struct str id, runbook, title, state, result, user, host, started, ended;
    int exit;  // -1 while it has none
    int64_t took_ms;
    struct str locks;    // names joined by newlines
    struct str trigger;  // "" unless a trigger started it
    struct str labels;   // joined by newlines: a worker that takes it must have them all
    int drill;           // 1: it is a rehearsal
};
// [result] is a word; behind a newline each there are the steps that were taken back since, one at
// a time, of a run that is otherwise what it was.
struct str row_result(const struct run_row *row);      // the word
struct str row_taken_back(const struct run_row *row);  // the steps, joined by newlines; or ""
// [state] is "waiting" (for a yes before it begins), "running", "suspended", "ended" (resumable,
// see exit), "final" or "aborted". Who reads the row of one that says "running" and that no
// interpreter has any more, is told "crashed", which is found out and not kept.

enum store_error {
    STORE_OK,
    STORE_CANNOT_OPEN,  // exit 4: no such folder, not ours, network file system, ...
    STORE_NO_SUCH_RUN,  // exit 2
    STORE_HELD,         // exit 7: another interpreter has the run; the diag says who
    STORE_LOCKED,       // exit 7: another run has one of the locks; no diag
    STORE_FAILED,       // exit 12
};
// All but STORE_OK and STORE_LOCKED have added an error to the diags.

// [url]: "" or a path (SQLite below that folder; "" is $XDG_STATE_HOME/runbook, else
// ~/.local/state/runbook), "postgresql://...", "memory:". NULL with the reason in [ds]
// (DIAG_STORE). [create]: make the folder where there is none; without it an absent folder
// is an empty store and nothing is written.
struct store *store_open(struct arena *a, struct loop *l, struct str url, bool create,
                         struct diags *ds);

// SQLite and PostgreSQL need a real loop for journal_commit(); [l] may be NULL where nobody
// waits (`show`, tests): what would be called back is then called at once.

// Runs, newest first. [limit] 0: all.
enum store_error store_runs(struct store *s, struct arena *a, size_t limit,
                            const struct run_row **rows, size_t *count, struct diags *ds);
// Those that go on, wait, are suspended or crashed; for who asks again and again.
enum store_error store_runs_open(struct store *s, struct arena *a, const struct run_row **rows,
                                 size_t *count, struct diags *ds);
// Those of a runbook that were started after [after] (a time as in a row), newest first.
enum store_error store_runs_after(struct store *s, struct str runbook, struct str after,
                                  struct arena *a, const struct run_row **rows, size_t *count,
                                  struct diags *ds);
// The full id of a run by its id or an unambiguous beginning of it.
enum store_error store_find(struct store *s, struct str id, struct arena *a, struct run_row *out,
                            struct diags *ds);

// ---- one run, held by one interpreter

struct stored_event;

// A new run with an id of its own (5 or more of [0-9a-z], not taken), or [id] if not empty;
// one that is taken already is STORE_HELD. STORE_LOCKED, here with a diag: what was locked for it
// was lost meanwhile, and another run has it.
enum store_error journal_create(struct store *s, struct arena *a, struct str id,
                                struct journal **out, struct diags *ds);
// To go on with a run: it is ours, and nothing of it was looked at; nothing but journal_look(),
// journal_id(), _folder() and _place(), and journal_close() may follow. STORE_HELD names the holder:
// "held by pid P on HOST since T". Every write carries the epoch of this opening: an older holder
// can write nothing more. [mark]: of struct claim, for the process that a claim was made for, which
// has the run instead of who claimed it; "" for others.
enum store_error journal_take(struct store *s, struct str id, struct str mark, struct arena *a,
                              struct journal **out, struct diags *ds);
// Looks at all that was written. [see], if any, is told of every event, each after it was checked,
// until it returns false; what it was told counts for nothing when the rest turns out to be
// damaged. After that the journal is open; after an error it can only be closed.
enum store_error journal_look(struct journal *j,
                              bool (*see)(const struct stored_event *e, void *arg), void *arg,
                              struct diags *ds);
// Whether it needs nothing but the journal: another thread may do it, while nothing is asked of the
// journal nor of its store.
bool journal_looks_alone(const struct journal *j);
// What was added and not committed is lost; who waits for a commit is not called any more.
void journal_close(struct journal *j);

struct str journal_id(const struct journal *j);
struct str journal_folder(const struct journal *j);  // output and result files; absolute
struct str journal_place(const struct journal *j);   // as store_place()
int64_t journal_next_seq(const struct journal *j);

// Adds one event to those that will be committed together; [json] is the whole line with
// the seq in it (journal_next_seq()). Cheap; reports nothing.
//
// When the disk is full, the reserve is spent on outcomes: what comes before the first
// intent (step.start, step.intent, undo.start) is made durable, the commit fails all the same, and
// nothing is started. A commit without an intent succeeds.
void journal_add(struct journal *j, struct str type, struct str json);
// Changes the index row with the same commit.
void journal_row(struct journal *j, const struct run_row *row);
// Makes all added so far durable, in a thread, then calls [then] on the loop: false when
// it failed, and then for ever. Commits are in order; adding may go on meanwhile. [then]
// may be NULL.
void journal_commit(struct journal *j, void (*then)(void *arg, bool ok), void *arg);
// The same, waiting. For places without a loop turn (run.start, the end).
bool journal_commit_now(struct journal *j, struct diags *ds);
// The same without a diag; and whether that takes so little time, as of the last ones, that a loop
// may wait for it; and whether the last took [most_ms] at most besides.
bool journal_commit_here(struct journal *j);
bool journal_is_near(const struct journal *j);
bool journal_is_quick(const struct journal *j, int64_t most_ms);
// After a failure for want of room alone (a full disk): what could be kept was, and the end of the
// session may be written behind it, without intents. What was added and is not durable is
// dropped, and the numbers go on behind what is. False: nothing more can be written.
bool journal_last_words(struct journal *j);
// It has failed for want of room alone.
bool journal_is_full(const struct journal *j);
// That was a limit of the size of files, and no full disk.
bool journal_is_limited(const struct journal *j);
// Calls [fn] once, on the loop, when the journal fails, also when nothing is being committed:
// the lease of a run in PostgreSQL was lost, and what runs must be stopped.
void journal_on_failure(struct journal *j, void (*fn)(void *arg), void *arg);
// After a failure: another machine may have the run by now, and cannot see what runs here: it
// must be stopped. Otherwise it may end, and is adopted at resume.
bool journal_must_stop(const struct journal *j);
// Why it failed, for the operator.
struct str journal_failure(const struct journal *j);

// A file of the run kept with it (the plan, what is too long for an event): written whole,
// once, before the event that speaks of it.
// [name] has no slash.
bool journal_keep(struct journal *j, const char *name, struct str bytes, struct diags *ds);

// ---- reading, by anybody, also while it runs

struct stored_event {
    int64_t seq;
    struct str type, json;
};
// Calls [see] for every event from [from_seq] on, in order; false from it ends. [verify]
// checks the chain: a hole or a wrong hash is STORE_FAILED with its place.
enum store_error store_read(struct store *s, struct str id, int64_t from_seq, bool verify,
                            bool (*see)(const struct stored_event *e, void *arg), void *arg,
                            struct diags *ds);
enum store_error store_kept(struct store *s, struct str id, const char *name, struct arena *a,
                            struct str *out, struct diags *ds);
struct str store_folder(struct store *s, struct str id, struct arena *a);
// Names the folder on this machine where the files of the run are, what its steps left among them:
// "" where it is beside the journal. A run in PostgreSQL has one on every machine it was on; what
// stands in another is not known here.
struct str store_place(struct store *s, struct str id, struct arena *a);

// ---- locks: taken together, all or none; kept until freed, whatever becomes of us

struct lock_row {
    struct str name, run, user, host, since;
    struct str step;  // that was started last; "" if none
    bool stale;       // its run is over and only the freeing was lost: may be taken
    bool crashed;     // no interpreter has its run any more, which is not over
    struct str waits; // the question at which its run waits for a person; told by who looked
    bool unknown;     // its run ended, and what became of a step is not known; told by who looked
    bool only_back;   // a step of its run was undone, so that it is undone or aborted; told likewise
};
// Crashed, suspended and unknown (exit 11) runs keep theirs; a stale one is taken over. A run
// may lock before it is created; until then its locks go with this process.
// STORE_LOCKED: [holder] is the first by name that is held by another run.
enum store_error store_lock(struct store *s, struct str run, const struct str *names, size_t count,
                            struct arena *a, struct lock_row *holder, struct diags *ds);
enum store_error store_unlock(struct store *s, struct str run, struct diags *ds);
enum store_error store_locks(struct store *s, struct arena *a, const struct lock_row **rows,
                             size_t *count, struct diags *ds);

// ---- answers given from elsewhere: approve, reject, abort; one a person, question and digest

// A later one of the same person replaces the earlier, but nothing replaces a refusal. With an empty step it is about the
// run itself: yes starts one that waits, no aborts it.
struct vote {
    struct str step, user, reason, digest, at;
    bool yes;
};
enum store_error store_vote(struct store *s, struct str run, const struct vote *v,
                            struct diags *ds);
enum store_error store_votes(struct store *s, struct str run, struct arena *a,
                             const struct vote **votes, size_t *count, struct diags *ds);

// ---- runs that somebody is to go on with

// A run that can be gone on with, as it was seen: suspended or crashed, and when its last session
// ended ("": none has).
struct seen_run {
    struct str id, ended;
};
// A run that is kept for a process that is about to be started. It goes with this process, in
// PostgreSQL at the latest with the lease.
struct claim {
    struct str run;
    struct str mark;  // for journal_take(); "" where there is no need of it
    int fd;           // the store's own
};
// Claims the first of [runs] that is still as it was seen and that nobody has, claimed by others
// included: who asks at the same moment gets another one, and nobody waits. STORE_NO_SUCH_RUN,
// without a diag: there is none. In PostgreSQL a claimed run is held against everybody; in SQLite
// against claims alone, and a person may come first.
enum store_error store_claim(struct store *s, const struct seen_run *runs, size_t count,
                             struct arena *a, struct claim *out, struct diags *ds);
// When the process is over or was not started. Its run is left alone if it took it.
void store_claim_drop(struct store *s, struct claim *c);

// ---- what triggers remember; JSON texts by key, durable when it returns

enum store_error store_remember(struct store *s, struct str key, struct str json, struct diags *ds);
// STORE_OK with an empty text if nothing is remembered.
enum store_error store_recall(struct store *s, struct str key, struct arena *a, struct str *json,
                              struct diags *ds);
// One fire, one run: of all who claim [key] (runbook, trigger, subject, n), one gets [ours].
// [run] is the id that the fire's run has or will have, the same for everybody.
enum store_error store_claim_fire(struct store *s, struct str key, struct arena *a, struct str *run,
                                  bool *ours, struct diags *ds);

// ---- housekeeping
// Removes runs that are final or aborted and ended longer ago than that.
enum store_error store_prune(struct store *s, int64_t older_than_ns, size_t *removed,
                             struct diags *ds);
// Removes files that were damaged, and were put aside longer ago than that; how many.
enum store_error store_sweep(struct store *s, int64_t older_than_ns, size_t *removed,
                             struct diags *ds);

// Who is asking: the operating system user (PostgreSQL: the database role).
struct str store_user(struct store *s, struct arena *a);
// Whether the database at [url] is the one in which the runs are kept. Told by the addresses alone: a
// second name for one server is not seen through.
bool store_is_in(struct store *s, struct str url);
