// What a second signal would leave of an attempt that runs, said with the first one.

#pragma once

#include "exec/inside.h"

// What the step itself says that it leaves, else what can be said of its action; or "".
struct str half_done_words(const struct act *x);
