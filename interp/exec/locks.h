// What the holder of a lock is waiting for.

#pragma once

#include "store/store.h"

// The question at which a suspended run waits for a person, in [a]; "" if it does not wait.
struct str lock_waits_at(struct store *s, struct str run, struct arena *a);
