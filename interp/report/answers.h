// How an open question is answered, as it is typed.

#pragma once

#include "report/history.h"

// The flag of `resume` that answers it: " --confirm deploy=yes"; "" where none does.
struct str answers_flag(const struct asked *q, struct arena *a);
// What has to be said with a vote on it: " --reason TEXT", or "".
struct str answers_reason(const struct asked *q);
// What was said with the answer: the note, and the evidence of manual work. "" if nothing was.
struct str answers_note(const struct asked *q, struct arena *a);
