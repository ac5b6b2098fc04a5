// `runbook worker`: goes on with runs that waited for a person and have their answer.
//
// A run that was started with --detach ends with 6 when only approvals are open. Votes come
// from anywhere; a worker finds out that they decide, claims the run, and carries it on as
// `runbook resume RUN --detach` would, in a process of its own, so that the end of the worker
// is not the end of its runs. As long as nobody answers it tells the contacts of the run when it is
// their turn, in a process that goes on with nothing. A run that crashed on this machine while
// nobody stayed with it, is gone on with too. Any number of workers may look at one store: each run
// is claimed by one of them, and what another has done in the meantime is seen before anything is
// started.

#pragma once

#include "base/map.h"
#include "cli/open.h"

// A run that is being carried on.
struct job {
    struct taking *taking;
    struct arena *arena;
    struct str run;
    struct claim claim;
    int pid, fd;  // its process, and what that says on standard error
    struct watch *watch;
    struct lines *lines;
    struct job *next;
};

struct taking {
    struct invocation *v;
    struct loop *loop;
    struct store *store;
    struct str host, name;     // "HOST/PID"
    const struct str *labels;  // KEY=VALUE: runs with others are left to other workers
    size_t label_count;
    size_t most;  // jobs at a time
    bool once;    // what can be gone on with now, and no more
    int signals;  // so many times asked to stop
    struct job *jobs;
    size_t job_count;
    struct map *left;   // runs that a person has to go on with, and that this was said of
    struct map *tried;  // when each was taken last (struct taken), by the id of the run
    struct timer *timer;
    bool over, unreadable;
    int code;  // of the last look
};

// Why a run is to be gone on with, in words ("approved by ada"), or "" if it is not. [calls]: it is
// not, and its contacts are to be told that it waits; then the words are about that.
struct str taking_why(struct taking *t, const struct run_row *row, struct arena *a, bool *calls);

// Starts the process; [calls]: one that only tells the contacts. [ended] is called when it is over
// and what it said was passed on, with its exit code, and the signal that killed it or 0; the job
// and the claim are gone then. False with errno; the claim is the caller's.
bool job_start(struct taking *t, const struct run_row *row, bool calls, const struct claim *claim,
               void (*ended)(struct taking *t, struct str run, int code, int signo));
// Asks all of them to stop: the step that runs is let finish; a second time it is stopped.
void jobs_stop(struct taking *t);

// A line on standard error, with the time.
void taking_say(struct taking *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
