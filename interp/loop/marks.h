// What a keeper notes in the run's folder, so that after a crash of everything at any
// instant it is known what became of each attempt.
//
// A file a keeper, "keeper.N". Its first line, durable before the first child is started and
// there before the file has its name, says in which boot of the machine and for which interpreter,
// at which place in the journal the session began, how many keepers it had before this one, and
// the number of the file's inode, which a copy does not have; and, kept up to date in its place, how
// long the file is at least, so that one whose tail was cut off shows. Then a line for each thing that
// is about to happen or has happened, written before the next instant begins; each has before it
// where in the file it stands:
//
//     start NAME             now it may start: from here on it may have taken effect
//     box PATH NAME          in hexadecimal; it will start in that control group (loop/cgroup.h)
//     failed NAME            it was not started after all: no effect
//     pid PID FROM TO DUE GRACE NAME
//                            it was started; its start time is in [FROM, TO], its timeout
//                            comes at DUE (boot time in ms; 0: none)
//     asked TIME NAME        by a later interpreter, to end: its timeout has come
//     ended RESULT NAME      in hexadecimal; only when there is no room for a result file
//     next N PLACE           by the interpreter: there is a keeper.N, of the session that began
//                            at PLACE
//     hangup                 the interpreter is gone; no further child is started
//
// That a line is missing says something only where no line and no file can have been lost: see
// marks.complete. The lines are not synced: they survive the death of any process, and after the death of
// the machine (another boot id) they are not relied on. The file is locked from before the
// keeper starts until it has ended; a child that has not yet executed its program holds
// the lock too.

#pragma once

#include "base/str.h"

// Makes the file of the next keeper, locked, with its first line: its path in *path, the
// descriptor returned (close-on-exec). -1 with errno.
struct marks_of {
    int64_t from;  // the place in the journal at which the session begins
    int before;    // keepers that this session has lost
};
int marks_create(struct str folder, struct marks_of of, struct arena *a, struct str *path);

// The keeper's side. False with errno if it could not be written.
bool marks_sync(int fd, struct str path);
// Another descriptor to the file, for its first line: what [fd] writes stands at the end. -1 with errno.
int marks_head(int fd);
bool marks_start(int fd, int head, struct str name);
bool marks_failed(int fd, struct str name);
bool marks_box(int fd, struct str name, struct str path);
struct marked {
    int64_t pid;       // 0: not known
    int64_t from, to;  // ticks
    int64_t due_ms, grace_ms;
};
bool marks_pid(int fd, struct str name, const struct marked *p);
bool marks_ended(int fd, struct str name, struct str result);
bool marks_hangup(int fd);

// What is noted about one attempt.
struct marks {
    bool may_start;     // a keeper lives that may still start it, asked by another interpreter
    bool started;       // "start"
    bool failed;        // "failed"
    bool keeper_lives;  // the one that started it
    bool complete;      // all that was noted in the session is there, so what is not was not done
    long keepers;       // files that were looked at
    bool other_boot;    // the keeper, or the last one, was in another boot of the machine:
                        // pids say nothing, nor does it that a line is missing
    struct marked process;
    int64_t asked_ms;   // to end, because its timeout had come; 0: not yet
    struct str path;    // of the file that says so
    struct str box;     // the control group of its processes; n == 0: it has none
    struct str marker;  // of the processes of the attempt, see marks_marker()
    struct str result;  // of "ended"; n == 0: none
};
void marks_read(struct str folder, struct str name, struct arena *a, struct marks *out);
// Notes in m->path that the attempt was asked to end.
void marks_asked(const struct marks *m, struct str name, int64_t now_ms);
// Removes the files, unless a keeper lives.
void marks_clean(struct str folder);
// One file only, as seen by the interpreter whose keeper it was.
void marks_read_one(struct str path, struct str name, struct arena *a, struct marks *out);

#define MARKER_VARIABLE "RUNBOOK_STEP"
// Its value in the environment of what an attempt runs: unique to the attempt and the keeper
// (the file at [path]). Ends with [name].
struct str marks_marker(struct str path, struct str name, struct arena *a);
// The same, of the file keeper.[keeper] in [folder], there or not.
struct str marks_marker_of(struct str folder, long keeper, struct str name, struct arena *a);
