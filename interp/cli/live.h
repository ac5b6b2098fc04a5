// A run that goes on while we look: who watches it, who is asked, and what becomes of it.
// Shared by run, resume, undo and abort.

#pragma once

#include "cli/open.h"

struct live {
    struct invocation *v;
    struct loop *loop;
    struct history *history;
    struct observer *teller, *events;  // the second is NULL without -o ndjson
    struct run_env env;
    struct run_options options;
};

// Takes the flags that those commands have in common. CODE_OK, or what to exit with.
int live_options(struct live *l);
// The observers and the person, by -o, --progress, -q, -v, --color and --no-input.
void live_begin(struct live *l);
// The run is over: the report of --report, and what only the diags know. Gives [code].
int live_end(struct live *l, int code);

// The whole of resume, undo and abort.
int live_existing(struct invocation *v,
                  int (*act)(struct run_env *env, struct str run, const struct run_options *o));
