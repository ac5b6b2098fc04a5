// How an open question is answered, as it is typed.

#pragma once

#include "report/history.h"

// The flag of `resume` that answers it: " --confirm deploy=yes"; "" where none does.
struct str answers_flag(const struct asked *q, struct arena *a);
// What has to be said with a vote on it: " --reason TEXT", or "".
struct str answers_reason(const struct asked *q);
