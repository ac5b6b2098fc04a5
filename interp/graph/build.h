// How the edges of a graph are found. Inside of graph_new().

#pragma once

#include "graph/graph.h"

// Order and need edges of all vertices. What cannot be an edge is in [ds].
void build_edges(struct graph *g, struct diags *ds);

// STEP_CYCLE for every ring of steps that wait for each other; a step is in one message.
void check_cycles(const struct graph *g, struct diags *ds);
