// What would happen, for a person who has to decide.
//
// Every step in order, through groups, for_each and used runbooks: what it does to the
// world, what it asks, how it is taken back, how long it took before; where the point of
// no return is. What could be resolved comes from a dry run ([h]); the rest is shown as it
// is written.

#pragma once

#include "load/program.h"
#include "report/history.h"
#include "report/page.h"
#include "report/past.h"

struct plan {
    const struct program *program;
    const struct history *history;  // of a dry run
    const struct past *past;        // may be NULL
    bool refused;                   // it would not begin, as an input is not valid
    bool commands;                  // also what exactly each step would run
};

void plan_write(const struct plan *plan, struct page *p);
