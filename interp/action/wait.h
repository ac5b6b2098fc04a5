// wait: nothing, for a while. A countdown on the loop that a cancel ends at once.

#pragma once

#include "action/action.h"

struct wait_params {
    const struct amount *duration;
};

// How long an attempt that was resolved waits.
int64_t wait_ms(const struct attempt *at);

extern const struct action action_wait;
