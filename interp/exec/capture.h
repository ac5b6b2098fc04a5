// Runs a small program now and waits for what it says: where a secret comes from, which
// version a tool has. Never for steps.

#pragma once

#include "base/diag.h"

struct captured {
    bool started;
    bool timed_out;
    bool too_long;   // it said more than [limit]; it was killed
    int exit;        // 128 + the signal that ended it
    struct str out;  // standard output, at most [limit] bytes
};

// Standard input is empty, standard error is thrown away (it may hold what must not be
// shown). The program is looked for in the PATH of [vars]; after [timeout_ms] it and its
// process group are killed.
struct captured capture(const struct str *argv, size_t count, struct str dir,
                        const struct str *vars, int64_t timeout_ms, size_t limit, struct arena *a);
// The program that [name] stands for in the PATH of [vars], or empty.
struct str program_path(struct str name, struct str dir, const struct str *vars, struct arena *a);
