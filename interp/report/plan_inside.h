// The inside of a plan, for the files that make it up: plan.c (steps), plan_head.c.

#pragma once

#include "report/known.h"
#include "report/plan.h"

// Where the writing stands.
struct planning {
    const struct plan *plan;
    struct page *page;
    const struct known *known;  // of the runbook at hand; NULL in one that is used
    size_t number;  // of the step
    size_t wide;    // columns for ids
    size_t reads, writes, destroys, questions, undoable;
    bool past_return;  // the point of no return was passed
    struct buf *no_way_back;
    struct buf *stays;         // what it does stays after an undo: `undo: none`
    struct buf *destroys_too;  // destroys by its words, and does not say so
};

// A text, as far as it is known; empty if there is none.
struct str plan_words(const struct planning *g, const struct template *t);
void plan_head(const struct planning *g);
