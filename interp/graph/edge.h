// The edges of a graph, one moment at a time.
//
// Each vertex has two moments, its start and its end. A moment comes after others: a
// start after the end of what stands before it and of its needs, and after the start of
// the step around it; an end after its own start and the ends of its children.

#pragma once

#include "graph/graph.h"

typedef size_t moment;  // 2 * vertex, + 1 for its end
#define NO_MOMENT SIZE_MAX

struct edges {  // of one moment, while they are looked through
    moment of;
    size_t next;
    const struct vertex *child;
};

moment moment_start(const struct graph *g, const struct vertex *v);
moment moment_end(const struct graph *g, const struct vertex *v);
struct vertex *moment_vertex(const struct graph *g, moment m);

struct edges edges_of(moment m);
// The next moment that must have come before, or NO_MOMENT. [need] is set to the number of
// the need that asks for it, or SIZE_MAX for an order edge or nesting.
moment edges_next(const struct graph *g, struct edges *e, size_t *need);
