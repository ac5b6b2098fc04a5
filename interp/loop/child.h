// A process that is run for a step, asked of the keeper.
//
// The keeper is one small process a run (execution.md section 2). It starts what it is
// asked to, is the subreaper of all of it, enforces timeouts on boot time, kills
// (TERM and CONT to the group, after the grace KILL; what left the group is found and
// killed too) and answers over a socket pair. It holds no store, and of secrets only
// those in the requests it was given. When the interpreter dies it lets the running
// children end under their own timeouts, keeps reading their output, leaves their
// results in [folder] (written whole or not at all: a temporary file, fsync, rename)
// and goes. When the keeper dies, every running child's end is CHILD_LOST.
//
// A child gets default signal dispositions, an empty mask, descriptors 0 to 2 only, no
// core dumps, a session of its own (no controlling terminal) unless [tty], and
// standard input from [input] (empty: end of file at once).

#pragma once

#include "base/mask.h"
#include "loop/loop.h"

struct keeper;

// Starts the keeper: this program again (/proc/self/exe @keeper). [folder] is where
// results are left when nobody listens any more. NULL with errno if it cannot be started.
struct keeper *keeper_start(struct loop *l, struct arena *a, struct str folder);
// What keeps descriptors to it: main() of `runbook @keeper`. Returns the exit status.
int keeper_main(int argc, char **argv);
int64_t keeper_pid(const struct keeper *k);
// Nothing more will be asked; ends when its children have. Waits for that at most
// [wait_ms], then kills it and what is left.
void keeper_stop(struct keeper *k, int64_t wait_ms);

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
    CHILD_LOST,          // the keeper died: nothing is known
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
    bool timed_out, cancelled;
    int64_t took_ms;
    bool output_lost;                 // the keeper's copy could not be kept
    const struct left_process *left;  // what it left running
    size_t left_count;
    bool cannot_kill;                 // something of it may not be signalled and lives
    struct str adopted_stdout, adopted_stderr;  // only of an adopted result, masked
};

struct child;

// [on_output] is called with what arrives, as it arrives; [on_end] once, after the
// process has ended and its output was read (what holds the pipes longer than 200 ms
// after that is not waited for). [r] lives until [on_end] returns.
struct child *child_start(struct keeper *k, struct arena *a, const struct child_spec *spec,
                          void (*on_output)(void *arg, enum stream stream, struct str bytes),
                          void (*on_end)(void *arg, const struct child_result *r), void *arg);
// TERM, its grace, KILL; or KILL at once. [on_end] still follows.
void child_cancel(struct child *c, bool at_once);
int64_t child_pid(const struct child *c);  // 0 until it is known

// After a crash of the interpreter: what became of the attempt [name] whose keeper was
// left to itself. Reads [folder]; looks whether a keeper of it still lives.
enum adoption { ADOPT_NOT_STARTED, ADOPT_KNOWN, ADOPT_RUNNING, ADOPT_UNKNOWN };
enum adoption child_adopt(struct str folder, struct str name, struct arena *a,
                          struct child_result *out);
