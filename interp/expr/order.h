// Lists put in order: sort() and sortBy().

#pragma once

#include "expr/eval.h"

// Sorts [items] by their [keys], both at once and in place; stable. False, blaming
// ev->at, when two keys have no order together.
bool order_by(struct eval *ev, struct value_list *keys, struct value_list *items);
