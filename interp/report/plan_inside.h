// The inside of a plan, for the files that make it up: plan.c (steps), plan_wide.c, plan_head.c,
// plan_questions.c, plan_beside.c (secrets and hooks), plan_sum.c.

#pragma once

#include "load/known.h"
#include "report/plan.h"

// What a step does, as its row says.
enum doing {
    DOES_READ,
    DOES_WRITE,
    DOES_DESTROY,
    DOES_BY_HAND,  // a person does it, and says so
    DOES_ASK,      // a gate or a prompt
    DOES_WAIT,
    DOINGS
};

// Where the writing stands.
struct planning {
    const struct plan *plan;
    struct page *page;
    const struct known *known;  // of the runbook at hand; NULL in one that is used
    const struct step *outer;  // around the step at hand, and its undo counts; or NULL
    size_t number;  // of the step
    size_t wide;    // columns for ids
    size_t count[DOINGS], questions, undoable;
    bool past_return;  // the point of no return was passed
    struct buf *no_way_back;
    struct buf *stays;         // what it does stays after an undo: `undo: none`
    struct buf *by_hand;       // done by a person, and nothing says how it is taken back
    struct buf *destroys_too;  // destroys by its words, and does not say so
};

// Columns for the ids of all steps, those inside with their indent; ids that would leave too little
// of [columns] (0: no limit) stick out.
size_t plan_widest(const struct program *p, size_t columns);
// A text, as far as it is known; empty if there is none.
struct str plan_words(const struct planning *g, const struct template *t);
void plan_head(const struct planning *g);
// A line for each secret: its name and where it comes from.
struct str plan_secrets(const struct planning *g);
void plan_hooks(const struct planning *g);
// A row for what a person is asked, and its count. [flag]: what answers it in advance, or empty.
void plan_question(struct planning *g, const char *indent, const char *what, struct str text,
                   struct str flag);
void plan_confirm(struct planning *g, const char *indent, const struct confirm *c, struct str id);
// Of manual work or a prompt.
void plan_work(struct planning *g, const char *indent, const struct step *s, struct str id);
void plan_checklist(struct planning *g, const struct runbook *rb, struct str prefix);
void plan_sum(const struct planning *g);
