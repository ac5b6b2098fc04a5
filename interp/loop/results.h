// Results that a keeper left for a later interpreter: "NAME.result" in the run's folder.

#pragma once

#include "loop/child.h"
#include "loop/kept.h"

// Whole or not at all, and durable. False with errno; nothing is left behind then.
bool result_save(struct str folder, struct str name, const struct child_result *r,
                 const struct kept output[2], struct mask *mask);
// False: there is none (or one that was not written by us).
bool result_load(struct str folder, struct str name, struct arena *a, struct child_result *r);
