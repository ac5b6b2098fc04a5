// What the files share that make nodes out of events.

#pragma once

#include "yaml/reading.h"

struct anchor {
    struct node *node;  // NULL while it is still open
};
struct anchor *open_anchor(struct reading *r, const char *name);
// A copy of what the alias names; a refused node, with an error, where that cannot be.
struct node *read_alias(struct reading *r, const yaml_event_t *event);

const char *anchor_of(const yaml_event_t *e);  // NULL: it has none
bool has_tag(const yaml_event_t *e);
// Behind anchors and tags, and the white space and comments that follow them. Tags are
// errors.
uint32_t behind_properties(struct reading *r, uint32_t at, uint32_t end);

struct node *node_new(struct reading *r, enum node_kind kind, struct span span);
// Stands for a value about which somebody has already complained.
struct node *node_refused(struct reading *r, struct span span);
// The children of a node while they are read.
struct family {
    struct node *parent, *last;
    size_t count;
    struct map *index;  // from some count on
};
void node_append(struct reading *r, struct family *f, struct node *child);
// What few nodes have, to be written.
struct node_extra *node_more(struct reading *r, struct node *n);
