// What a kind of store has to do; the functions of store.h hand on to these.
//
// A backend embeds struct store and struct journal as its first member. Everything here
// runs on the loop's thread but write() and what it calls.

#pragma once

#include "store/store.h"
#include "store/writer.h"

struct store_ops {
    const struct run_ops *runs;
    const struct lock_ops *locks;
    const struct note_ops *notes;
};

struct store {
    struct store_ops ops;
    struct arena *arena;
    struct loop *loop;  // NULL: nobody waits
};

// Which runs are wanted; a backend may leave out others.
struct wanted_runs {
    bool open;           // not those that have ended, are final or aborted
    struct str runbook;  // of that one, and started after [after]; "": of any
    struct str after;
};

// Runs: finding, taking, reading, removing.
struct run_ops {
    enum store_error (*list)(struct store *s, const struct wanted_runs *w, struct arena *a,
                             struct run_row **rows, size_t *count, struct diags *ds);
    // The ids that begin with [start], at most [room] of them; how many there are.
    enum store_error (*ids)(struct store *s, struct str start, struct arena *a, struct str *ids,
                            size_t room, size_t *count, struct diags *ds);
    enum store_error (*row)(struct store *s, struct str id, struct arena *a, struct run_row *out,
                            struct diags *ds);
    // STORE_HELD, without a diag: the id is taken.
    enum store_error (*create)(struct store *s, struct arena *a, struct str id,
                               struct journal **out, struct diags *ds);
    // journal_take(). [mark]: of the claim that was made for us, or "".
    enum store_error (*open)(struct store *s, struct arena *a, struct str id, struct str mark,
                             struct journal **out, struct diags *ds);
    enum store_error (*read)(struct store *s, struct str id, int64_t from_seq, bool verify,
                             bool (*see)(const struct stored_event *e, void *arg), void *arg,
                             struct diags *ds);
    enum store_error (*kept)(struct store *s, struct str id, const char *name, struct arena *a,
                             struct str *out, struct diags *ds);
    struct str (*folder)(struct store *s, struct str id, struct arena *a);
    // store_is_in(); NULL: never.
    bool (*is_in)(struct store *s, struct str url);
    // store_place(); NULL: "".
    struct str (*place)(struct store *s, struct str id, struct arena *a);
    enum store_error (*claim)(struct store *s, const struct seen_run *runs, size_t count,
                              struct arena *a, struct claim *out, struct diags *ds);
    void (*drop)(struct store *s, struct claim *c);
    // STORE_HELD, without a diag: somebody has it.
    enum store_error (*remove)(struct store *s, struct str id, struct diags *ds);
    // store_sweep(); NULL: nothing is ever put aside.
    enum store_error (*sweep)(struct store *s, int64_t before_ns, size_t *removed,
                              struct diags *ds);
    struct str (*user)(struct store *s, struct arena *a);
};

struct lock_ops {
    enum store_error (*lock)(struct store *s, struct str run, const struct str *names, size_t count,
                             struct arena *a, struct lock_row *holder, struct diags *ds);
    enum store_error (*unlock)(struct store *s, struct str run, struct diags *ds);
    enum store_error (*list)(struct store *s, struct arena *a, const struct lock_row **rows,
                             size_t *count, struct diags *ds);
};

struct note_ops {
    enum store_error (*vote)(struct store *s, struct str run, const struct vote *v,
                             struct diags *ds);
    enum store_error (*votes)(struct store *s, struct str run, struct arena *a,
                              const struct vote **votes, size_t *count, struct diags *ds);
    enum store_error (*remember)(struct store *s, struct str key, struct str json,
                                 struct diags *ds);
    enum store_error (*recall)(struct store *s, struct str key, struct arena *a, struct str *json,
                               struct diags *ds);
    // Puts [run] for [key] if there is none; *run is then what stands there.
    enum store_error (*claim)(struct store *s, struct str key, struct arena *a, struct str *run,
                              bool *ours, struct diags *ds);
};

struct journal_ops {
    // journal_look(). NULL: it was looked at when it was taken, and is read as any run is.
    enum store_error (*look)(struct journal *j,
                             bool (*see)(const struct stored_event *e, void *arg), void *arg,
                             struct diags *ds);
    // Makes a chain of batches durable, all or nothing. In the writer's thread; false with
    // the reason in [why].
    bool (*write)(struct journal *j, const struct batch *batches, struct failure *why);
    // Puts in order what need not be waited for; in the writer's thread, between writes, when
    // [is_untidy]. NULL: nothing.
    bool (*is_untidy)(const struct journal *j);
    bool (*tidy)(struct journal *j, struct failure *why);
    // What comes after a failure, to be kept where it can be; NULL: it is lost.
    void (*late)(struct journal *j, const struct batch *batches);
    // journal_last_words(): how many events are durable, or -1; NULL: never possible.
    int64_t (*last)(struct journal *j);
    bool (*keep)(struct journal *j, const char *name, struct str bytes, struct diags *ds);
    // After the last write: gives the run free.
    void (*close)(struct journal *j);
    // Other machines may have the run: it can be lost also while nothing is written, and what
    // runs here is not seen by who has it then.
    bool remote;
    bool near;  // one write and one sync of a disk of this machine
};

struct journal {
    const struct journal_ops *ops;
    struct store *store;
    struct arena *arena;  // its own, below that of the caller
    struct str id, folder, place;
    int64_t next_seq;
    struct writer *writer;
    bool closed;
    bool limited;  // it was a limit of this process that left no room; set before it fails
};

// Makes [j] ready, which lives in an arena of its own, [own]: its writer, [threaded] or not.
// It is closed with that arena at the latest.
void journal_start(struct journal *j, struct store *s, const struct journal_ops *ops,
                   struct arena *own, bool threaded, struct str id);

// Adds an error and returns [e].
enum store_error store_fail(struct diags *ds, enum store_error e, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
struct diag *store_diag(struct diags *ds, enum store_error e, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// "run `x` is held by pid P on HOST, taken T ago", and how to look at it and stop it there.
enum store_error store_held(struct diags *ds, struct str id, int pid, const char *host,
                            struct str taken);
// "there is no run `x`".
enum store_error store_no_run(struct diags *ds, struct str id);

// An id for a new run that begins with nothing in particular: [length] of [0-9a-z].
struct str id_random(struct arena *a, size_t length);
bool id_is_good(struct str id);

// Whether an event says that something starts.
bool is_start(struct str type);
// ... or that it may: what must not be journalled on the reserve.
bool is_intent(struct str type);
// The address in the line of an event, "step":"...", or "".
struct str event_step(struct str json, struct arena *a);

struct store *memory_open(struct arena *a, struct loop *l);
struct store *postgres_open(struct arena *a, struct loop *l, struct str url, bool create,
                            struct diags *ds);
struct store *sqlite_open(struct arena *a, struct loop *l, struct str path, bool create,
                          struct diags *ds);

// The operating system user: the name, else the number.
struct str system_user(struct arena *a);
struct str system_host(struct arena *a);
// This process, so that it is told apart from every other, also one with its number later:
// "PID HOST SINCE BOOT NAMESPACE START".
struct str process_mark(struct arena *a);
// Whether a process with that mark was on this machine and is gone. False where that cannot
// be known.
bool process_is_gone(struct str mark);
// Whether it was before this machine started; for what only this machine can have written.
bool process_was_before(struct str mark);
