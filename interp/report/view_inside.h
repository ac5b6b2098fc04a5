// The inside of a printed runbook, for the files that make it up: view.c (the head and what
// stands before the first step), view_steps.c (steps and checks).

#pragma once

#include "report/resolved.h"
#include "report/view.h"

struct viewing {
    const struct program *program;
    const struct history *history;
    struct arena *arena;
    struct document *doc;
    struct value inputs;        // that are known
    const struct known *known;  // from them; inside of a `use`, from what it gives
    int64_t printed_ns;
    const struct step *outer;  // around the step at hand, and its undo counts; or NULL
    size_t number;
};

// A text, as far as it is known; empty if there is none.
struct str viewed(const struct viewing *w, const struct template *t);
// What is asked, what has to be typed, and what to look at before.
struct str view_question(const struct viewing *w, const struct confirm *c);
// A check in one line or a few: its name, what it runs, what is expected.
struct str view_check(const struct viewing *w, const struct step *c);
void view_phase(struct viewing *w, const char *name, const struct list *steps);
void view_checks(struct viewing *w, const char *name, const struct list *checks);
