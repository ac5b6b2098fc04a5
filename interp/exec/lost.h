// Attempts of this session of which something may live though nobody keeps it: their keeper died,
// or they could not be killed. Nothing is undone, and nothing is tried again, over what lives
// (execution.md section 1, promise 4). What earlier sessions left is alive.c's.

#pragma once

#include "exec/act.h"

// It has ended, as far as we know.
void lost_note(struct act *x, const struct outcome *o);

struct living {
    struct str address;
    int64_t pid;
    bool hopeless;  // it was killed, in vain
};
// Something of one at [address] or below it (empty: of any) lives. To be called again and again: it
// is held to its timeout, or, of a check, stopped.
bool lost_lives(struct driver *d, struct str address, struct living *out);

// {step, file} of the checks that could not be stopped: of these no step says that it is not known.
struct value lost_checks(struct driver *d);
// True: something lives, and [t] is undone when it does not, or not in this session.
bool undo_is_held(struct driver *d, struct task *t);
// True: what the last attempt of [w] started lives, and another one begins when it does not.
bool retry_is_held(struct walk *w);
