// Tells a run to people while it goes on.
//
// Three manners. TTY: finished lines scroll, below them one line changes. PLAIN: lines with
// UTC times and a sign of life every 30 seconds, for logs, screen readers and pipes. QUIET:
// only what went wrong, and the end. In GitHub Actions plain lines stand in groups.
//
// Everything goes to a screen; what others wrote is made harmless and stands behind a
// prefix. The history that it looks at must have had the event applied before.

#pragma once

#include "exec/observer.h"
#include "loop/loop.h"
#include "report/history.h"
#include "report/past.h"
#include "report/screen.h"

enum manner { MANNER_TTY, MANNER_PLAIN, MANNER_QUIET };

struct teller_options {
    enum manner manner;
    bool verbose;
    bool github;
    bool asks;         // a person is here, and sees every question where it is asked
    struct str flags;  // for commands that are suggested at the end
    // Asked once, when the runbook is known; may be NULL, and so may its answer.
    struct past *(*past)(struct str runbook, void *arg);
    void *past_arg;
};

// Applies every event to [h], then tells it. Lives in [a], as long as the loop.
struct observer *teller_new(struct arena *a, struct loop *l, struct history *h,
                            struct screen *screen, const struct teller_options *options);
// Nothing more is told: what is printed from here on stands outside of it.
void teller_end(struct observer *o);
