// A script on another machine.
//
// The worker @ssh (remote_worker.c) connects with `ssh HOST bash -s`, waits until the
// other side has said hello, and only then sends the job: so a machine that cannot be
// reached has certainly done nothing. On TERM it asks the other side to stop the script's
// process group and waits until that has confirmed it. How it ended is in the file
// NAME.ssh of the run's folder, one of the words of enum remote_end.

#pragma once

#include "action/shell/process.h"
#include "action/shell/script.h"

enum remote_end {
    REMOTE_ENDED,        // the script ended, or was stopped, and all of it is gone
    REMOTE_UNREACHABLE,  // nothing was sent
    REMOTE_LOST,         // the job was sent and its end is not known
};

bool remote_script(const struct attempt *at, struct str host, const struct script_run *run,
                   struct process *p, struct expr_error *err);
// Starts it, by the connection that there is. Only now the attempt has the name under which
// its end is looked up again. The job of [at] begins with a struct remote.
struct remote {
    struct process process;
    struct str host;  // or empty
};
void remote_start(struct attempt *at);
// Corrects what the end of the worker seems to mean.
void remote_ended(struct attempt *at, const struct child_result *r, struct outcome *o);

// `runbook @ssh HOST GRACE_MS FILE [SOCKET]`, the job on standard input. SOCKET: of a
// connection that is to be shared (remote_line.h).
int remote_worker(int argc, char **argv);

struct str remote_word(enum remote_end end);
