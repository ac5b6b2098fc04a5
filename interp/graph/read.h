// Which results an expression may read where it stands.
//
// `steps.x` is there for what certainly comes after x has ended: later in its list,
// behind a need, in a later phase. What only hangs on a step (its checks, its undo) or
// on the runbook (verify, hooks, report) is judged by the same rules.

#pragma once

#include "graph/graph.h"

struct reading {
    const struct vertex *vertex;  // the step it belongs to, or NULL
    enum phase phase;             // when vertex is NULL: results of earlier phases are there
    bool after;                   // after the vertex's action: its own and its children's too
    const struct step *undoes;    // it stands in the undo of this step
};

// Judges what [ref] reads there. The vertex comes in [t]: NULL when it reads no step of the
// graph. False, with UNKNOWN_STEP or USE_BEFORE_RUN in [ds], when it must not be read.
bool reading_check(const struct graph *g, const struct reading *at, const struct expr_ref *ref,
                   struct vertex **t, struct diags *ds);
// True for a result: what blocks when it is not there. Not for steps.x.state.
bool reading_needs(const struct reading *at, const struct expr_ref *ref, const struct vertex *t);

// UNKNOWN_STEP at [where], with a "did you mean".
void graph_unknown_step(const struct graph *g, struct str id, struct span where, struct diags *ds);

// True when [v] cannot start before [t] has ended, whatever happens.
bool graph_waits_for(const struct graph *g, const struct vertex *v, const struct vertex *t);

// True when [v] stands in an `always` and [t] not: it runs whatever became of [t], so it can read
// what came of that, and need nothing of it.
bool graph_ends(const struct vertex *v, const struct vertex *t);
