// What the holder of a lock is waiting for.

#pragma once

#include "store/store.h"

// Tells [waits], in [a], and [unknown] of a lock: what its run, which is not running, stands at.
void lock_look(struct store *s, struct lock_row *l, struct arena *a);
