// Connections that the scripts of a run on one machine share.
//
// Logging in takes longer than most scripts. Once a machine has answered, the next script
// for it first has a connection opened that others may use (ssh -M, its socket in the run's
// private folder), by a process of its own under the keeper: `runbook @ssh-line`. It ends
// with the run; when the interpreter dies, once the last script that uses it has ended; when
// it is lost, the next script opens another. Where there can be none (the path of a socket
// is short), or none is to be had, each script connects by itself.

#pragma once

#include "action/shell/process.h"

// Calls [then] when it is known how [host] is to be reached: with the socket, or with NULL
// for a connection of its own. At once, or later; not any more when [at] is gone.
void remote_line_wait(struct attempt *at, struct str host,
                      void (*then)(struct attempt *at, const char *socket));
// The host has answered a script.
void remote_line_answered(struct attempt *at, struct str host);
// The run ends: to be called before the keeper is stopped. [s] may have no lines.
void remote_lines_end(struct session *s);
// Removes what scripts on other machines left in the folder of a run of which every outcome
// is durable.
void remote_clean(struct str folder);

// `runbook @ssh-line HOST SOCKET PID`, PID being the interpreter.
int remote_line_worker(int argc, char **argv);
// What the users of the line at [socket] have locked while they use it.
int remote_line_users(const char *socket);
