// What waits for what, in one runbook.
//
// A vertex is a step that may start by itself: in prepare, steps, always, and nested in
// groups, rescue and always of steps. Checks, undos, hooks and the steps of a used
// runbook are not in it (a used runbook has a graph of its own). There are two kinds
// of edge (language.md section 4): order, between neighbours of a list, which only
// waits; and need, from `needs` and from every result that a step's expressions read
// outside has() and .?, which also blocks.

#pragma once

#include "base/map.h"
#include "graph/site.h"

enum role { ROLE_STEPS, ROLE_RESCUE, ROLE_ALWAYS };
enum phase {
    PHASE_CHECKLIST,
    PHASE_CONFIRM,
    PHASE_PREPARE,
    PHASE_STEPS,
    PHASE_VERIFY,
    PHASE_UNDO,
    PHASE_UNDONE,
    PHASE_ALWAYS
};

struct vertex {
    const struct step *step;
    struct vertex *parent;    // the step around it, NULL at the top
    enum role role : 8;       // which list of its parent it is in
    enum phase phase : 8;     // PREPARE, STEPS or ALWAYS
    bool in_order;            // its list runs in order (not parallel)
    uint32_t index;           // in its list
    struct vertex *before;    // the order edge: it starts after this one has ended; or NULL
    struct vertex **needs;    // need edges, each once
    struct span *need_spans;  // where each is written: the word in `needs`, or what is read
    uint32_t need_count;
    uint32_t written;         // so many of [needs] stand in `needs`, the rest was read

    // For walking. Children in file order: steps, rescue, always.
    struct vertex *first_child, *next_sibling;
    uint32_t depth;  // 0 at the top
    uint32_t chain;  // everything from this index of its list on has ended when it starts
};

struct graph {
    const struct runbook *rb;
    struct vertex *vertices;  // in file order
    size_t count;
    struct map *by_id;      // struct vertex
    struct map *other_ids;  // struct step: checks, undos and hooks that have an id
    const char **words;     // all ids, for "did you mean"; NULL until it is asked for
    struct arena *arena;
};

// NULL, with everything that is wrong in [ds], when a step needs what is not there, waits
// for itself, or reads the result of a step that is later, parallel or in another branch.
struct graph *graph_new(struct arena *a, const struct runbook *rb, struct diags *ds);
// The same, but also when something is wrong: for looking at, not for running.
struct graph *graph_read(struct arena *a, const struct runbook *rb, struct diags *ds);
const struct vertex *graph_vertex(const struct graph *g, const struct step *step);
const struct vertex *graph_find(const struct graph *g, struct str id);

// Calls [see] for every expression that a step itself evaluates (not those of its
// children, checks and undos), with the key it stands behind ("action" for what it does).
// The expression lives only as long as the call.
void step_each_expr(const struct step *s,
                    void (*see)(const struct expr *e, const char *key, void *ctx), void *ctx);
const char *phase_word(enum phase phase);
