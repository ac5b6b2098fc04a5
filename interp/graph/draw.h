// A graph for people: `runbook graph FILE --format text|mermaid|dot|svg`.
//
// Thin edges are the order of a list, thick ones are needs. Whatever a name holds, it
// stays text in the picture.

#pragma once

#include "base/buf.h"
#include "graph/graph.h"

enum graph_format { GRAPH_TEXT, GRAPH_MERMAID, GRAPH_DOT, GRAPH_SVG };

// False when [word] is none of text, mermaid, dot, svg.
bool graph_format_of(struct str word, enum graph_format *out);
void graph_draw(const struct graph *g, enum graph_format format, struct buf *out);
