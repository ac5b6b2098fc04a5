// What the formats of a drawn graph share. Inside of graph/draw*.

#pragma once

#include "graph/draw.h"

void draw_mermaid(const struct graph *g, struct buf *out);
void draw_dot(const struct graph *g, struct buf *out);
void draw_svg(const struct graph *g, struct buf *out);

// What a step is called under its id: its name as written, or empty.
struct str vertex_name(const struct vertex *v);
// What it does, in a word: "shell", "use postgres/restore", "parallel group", "gate".
void vertex_kind(const struct vertex *v, struct buf *out);
// What is drawn, in the order in which it runs. The checks of two of them are no vertices:
// they run one after the other, and nothing waits for them.
extern const enum phase drawn_phases[];
extern const size_t drawn_phase_count;
const struct list *checks_of_phase(const struct graph *g, enum phase phase);
// The first vertex of a phase, or NULL.
const struct vertex *first_of_phase(const struct graph *g, enum phase phase);
size_t vertex_number(const struct graph *g, const struct vertex *v);

// One character of [s] at a time, none of them able to leave its line: control characters
// are spaces, what is not UTF-8 is U+FFFD. False at the end.
bool safe_next(struct str s, size_t *at, uint32_t *code);
void add_safe(struct buf *out, struct str s);
