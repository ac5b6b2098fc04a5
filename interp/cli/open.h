// What most commands need first: the project, the store, a run in it.
//
// Each gives CODE_OK or the exit code of the command, with the reason in v->diags.

#pragma once

#include "cli/command.h"
#include "exec/driver.h"
#include "model/project.h"
#include "report/history.h"

// The project of the caller's folder; never NULL.
struct project *open_project(struct invocation *v);
// The same for a command that is given a FILE.
struct project *open_project_of(struct invocation *v, struct str word);
// --store, else what the project says (a path: below its root), else "".
struct str store_url(struct invocation *v);
int open_store(struct invocation *v, struct loop *l, bool create, struct store **out);
// The run that [word] names.
int open_run(struct invocation *v, struct store *s, struct str word, struct run_row *out);
int store_code(enum store_error e);

// The store without writing, the run of the first word, and all that its events tell.
struct opened {
    struct store *store;
    struct run_row row;
    struct history *history;
};
int open_history(struct invocation *v, struct opened *out);

// The address of a store as it may be shown: `***` for a password.
struct str store_shown(struct str url, struct arena *a);

// What has to stand in a suggested command to reach the same runs: " --store URL", or "".
// Quoted for a shell. A password is never in it: "***" stands for it.
struct str reaching_flags(struct invocation *v);

// The diags, on standard error; with -o ndjson also as `diagnostic` events on standard
// output, unless [events_began] (the observer has them then).
void print_diags(struct invocation *v, bool events_began);
