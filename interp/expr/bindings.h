// A scope made of a map: what `runbook eval` and the tests evaluate against.

#pragma once

#include "expr/expr.h"

// Names are the keys of [map]; `now` is [now] if that is a timestamp.
const struct scope *scope_of_map(struct arena *a, struct value map, struct value now);
