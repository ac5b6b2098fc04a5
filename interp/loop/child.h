// A process that is run for a step, asked of the keeper.
//
// The keeper is one small process a run (execution.md section 2). It starts what it is
// asked to, is the subreaper of all of it, enforces timeouts on boot time, kills
// (TERM and CONT to the group, after the grace KILL; what left the group is found and
// killed too) and answers over a socket pair. It holds no store, and of secrets only
// those in the requests it was given. When the interpreter dies it lets the running
// children end under their own timeouts, keeps reading their output, leaves their
// results in [folder] (written whole or not at all: a temporary file, fsync, rename)
// and goes. When the keeper dies, every child's end is CHILD_LOST, unless its marks
// (loop/marks.h) say that it was not started: such a one is asked of a new keeper, and so is
// all that comes later. When none can be started either, its end is CHILD_LOST too.
//
// A child gets default signal dispositions, an empty mask, descriptors 0 to 2 only, no
// core dumps, a session of its own (no controlling terminal) unless [tty], and
// standard input from [input] (empty: end of file at once). RUNBOOK_STEP in its
// environment tells whose it is.

#pragma once

#include "base/mask.h"
#include "loop/loop.h"

struct keeper;

// Starts the keeper: this program again (/proc/self/exe @keeper). [folder] is where
// results are left when nobody listens any more. The session of the run begins at [from] in its
// journal: what it is asked to start is named "aN", N the place of the intent, so that after a crash
// it is known whose it was. NULL with errno if it cannot be started.
struct keeper *keeper_start(struct loop *l, struct arena *a, struct str folder, int64_t from);
// What keeps descriptors to it: main() of `runbook @keeper`. Returns the exit status.
int keeper_main(int argc, char **argv);
int64_t keeper_pid(const struct keeper *k);  // 0: it was lost, and no other was needed yet
// Calls [fn] on the loop when the keeper was lost and when another one has taken its place: [was]
// is the one that was told last, [is] the one that is there, 0 for none.
void keeper_on_change(struct keeper *k, void (*fn)(void *arg, int64_t was, int64_t is), void *arg);
// Calls [fn] on the loop when [name] could not be started for a while and is tried again until its
// timeout: the machine has no more of what [error] is about. Once for all that wait for it.
void keeper_on_held(struct keeper *k, void (*fn)(void *arg, struct str name, int error), void *arg);
// Calls [fn] on the loop when it is not well.
enum unwell {
    UNWELL_STOPPED,  // by a signal of somebody; it is told to go on
    UNWELL_SLOW,     // it should have ended something; it is waited for, for [wait_ms] at most
    UNWELL_KILLED,   // it hangs, and was killed with what it should have ended
};
void keeper_on_unwell(struct keeper *k,
                      void (*fn)(void *arg, enum unwell how, int64_t pid, int64_t wait_ms),
                      void *arg);
// Nothing more will be asked; ends when its children have. Waits for that at most
// [wait_ms], then kills it and what is left.
// Callbacks still come meanwhile; not to be called from one. Freeing the arena without it
// is as if the interpreter had died: what runs, runs on, and leaves its results.
void keeper_stop(struct keeper *k, int64_t wait_ms);
// The outcome of the attempt [name] is durable, so the keeper need not keep its result any
// longer. Whatever was not settled when the keeper ends, is left in [folder].
void keeper_settled(struct keeper *k, struct str name);
// When every attempt of the run has a durable outcome: removes what keepers that have
// ended left in [folder] of themselves.
void keeper_clean(struct str folder);

enum stream { STREAM_STDOUT, STREAM_STDERR };

struct child_spec {
    struct str name;          // the attempt's file name in [folder], unique in the run
    const struct str *argv;   // ended by n == 0 && s == NULL
    const struct str *env;    // "NAME=value", ended likewise: the whole environment
    struct str dir;
    struct str input;         // what stands on standard input
    int64_t timeout_ms;       // 0: none
    int64_t grace_ms;         // between TERM and KILL
    bool tty;                 // runs in the terminal's foreground, nothing is captured
    enum { LEFT_KEEP, LEFT_KILL } left;  // of its descendants, when it succeeded
    const int *ok_exit;       // statuses that count as success for [left]; ended by -1;
                              // NULL: 0
    const struct mask *mask;  // for output that the keeper has to keep by itself
};

enum child_end {
    CHILD_EXITED,        // [status]
    CHILD_SIGNALLED,     // [status] is the signal
    CHILD_NOT_STARTED,   // [error] is the errno of exec or fork; no effect
    CHILD_LOST,          // how it ended is not known: the keeper died, or (cannot_kill) it lives
};

struct left_process {
    int64_t pid;
    struct str command;   // its command line, at most 200 bytes
    bool alive;           // still lives: left alone, or could not be killed
};

struct child_result {
    enum child_end end;
    int status;
    int error;
    bool bad_dir;        // [error] is about the folder, not the program
    bool timed_out, cancelled;
    int64_t took_ms;
    bool output_lost;                 // the keeper's copy could not be kept
    const struct left_process *left;  // what it left running
    size_t left_count;
    bool cannot_kill;                 // something of it may not be signalled and lives
    // Only of an adopted result: all that it wrote, masked; of more than 2 MiB the first and
    // the last. By stream: how many bytes are missing, and where.
    struct str adopted_stdout, adopted_stderr;
    int64_t adopted_left_out[2];
    size_t adopted_cut[2];
};

struct child;

// [on_output] is called with what arrives, as it arrives; [on_end] once, after the
// process has ended and its output was read (what holds the pipes longer than 200 ms
// after that is not waited for, and has nobody to read it). [r] lives until [on_end] returns. Neither is called
// from within child_start(). If [a] is freed before the end, the child is killed and
// nothing is called any more.
struct child *child_start(struct keeper *k, struct arena *a, const struct child_spec *spec,
                          void (*on_output)(void *arg, enum stream stream, struct str bytes),
                          void (*on_end)(void *arg, const struct child_result *r), void *arg);
// TERM, its grace, KILL; or KILL at once. [on_end] still follows.
void child_cancel(struct child *c, bool at_once);
int64_t child_pid(const struct child *c);  // 0 until it is known
// After [on_end], when its success turned out to be none: kills what it left running. Then
// calls [on_end] with the result as it was, but for what lives now.
void child_kill_left(struct child *c, int64_t grace_ms,
                     void (*on_end)(void *arg, const struct child_result *r), void *arg);

// After a crash of the interpreter: what became of the attempt [name] that has an intent
// and no outcome. Also after CHILD_LOST: whether something of it still lives.
enum adoption {
    ADOPT_NOT_STARTED,  // certainly not: no effect
    ADOPT_KNOWN,        // *out is its result
    ADOPT_RUNNING,      // under its keeper, or without one; out->left says what lives, if known
    ADOPT_UNKNOWN,      // it may have taken effect, and nothing of it lives here
};
enum adoption child_adopt(struct str folder, struct str name, struct arena *a,
                          struct child_result *out);
// To be called as often as child_adopt() while that says ADOPT_RUNNING: when no keeper is
// left to do it, holds the timeout of the attempt (TERM and CONT, after the grace KILL). True when
// that was seconds ago: what lives then cannot be killed.
bool child_hold_timeout(struct str folder, struct str name);
// Something of the attempt [name] lives, whatever became of its keeper: its number, or 0.
int64_t child_alive(struct str folder, struct str name);
// What was asked to end by one of the two below has had its grace and KILL, and seconds more.
bool child_is_hopeless(struct str folder, struct str name);
// The attempt is to end now, whoever keeps it: TERM and CONT, after its grace KILL. To be called as
// often as child_adopt() while that says ADOPT_RUNNING.
void child_stop(struct str folder, struct str name);
