// Every step of a runbook, whatever it hangs on.
//
// Steps, checks, undos, hooks and the sources of triggers are all read as steps; what
// tells them apart is where they stand.

#pragma once

#include "model/runbook.h"

enum area {
    AREA_REQUIRES,
    AREA_CHECKLIST,
    AREA_TRIGGER,
    AREA_PREPARE,
    AREA_STEPS,
    AREA_VERIFY,
    AREA_UNDONE,
    AREA_ALWAYS,
    AREA_HOOK,
};

enum below {
    BELOW_TOP,
    BELOW_DONE_IF,
    BELOW_BEFORE,
    BELOW_STEPS,
    BELOW_VERIFY,
    BELOW_RESCUE,
    BELOW_ALWAYS,
    BELOW_UNDO,
};

struct spot {
    const struct step *step;
    const struct spot *around;  // the spot it hangs on; NULL at the top of its area
    enum area area;
    enum below why;    // how it hangs there
    const char *hook;  // AREA_HOOK: "start", ...
    const struct trigger *trigger;
};

// Calls [see] for every step of [rb], each before what hangs on it.
void runbook_each_spot(const struct runbook *rb, void (*see)(const struct spot *s, void *ctx),
                       void *ctx);
// The spots that hang on [s], without those below them; in the order in which they are
// reached when it runs.
void spot_each_below(const struct spot *s, void (*see)(const struct spot *s, void *ctx), void *ctx);
// The tops of all areas of a runbook.
void runbook_each_top(const struct runbook *rb, void (*see)(const struct spot *s, void *ctx),
                      void *ctx);

// It stands where only a check may stand.
bool spot_is_check(const struct spot *s);
// Some spot around it, or itself, hangs in this way.
bool spot_is_in(const struct spot *s, enum below why);
