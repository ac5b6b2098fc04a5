// How an open question is answered, as it is typed.

#pragma once

#include "report/history.h"

// The flag of `resume` that answers it: " --confirm deploy=yes"; "" where none does.
struct str answers_flag(const struct asked *q, struct arena *a);
// What has to be said with a vote on it: " --reason TEXT", or "".
struct str answers_reason(const struct asked *q);
// Who may vote on an approval, where that is not anybody: "of ada or bob, not of root"; or "".
struct str answers_from(const struct asked *q, struct arena *a);
// Whose votes an approval wants, where not anybody's will do: ", of ada or bob, not of root, 2 votes";
// "" of other questions.
struct str answers_wanted(const struct asked *q, struct arena *a);
// Whether the time to vote on it is up and the votes that are there do not decide: that is a no.
bool answers_too_late(const struct asked *q);
// What an answer came through when it did not come from a person: "the time was up".
struct str answers_way(struct str how);
// Who answered, and through what: "ada (terminal)"; or why nobody did.
struct str answers_by(const struct asked *q, struct arena *a);
// Who voted what, of an answer as its event has it: "ada approved: seen; bob refused". "" where no
// more is to be said than who answered and why.
struct str answers_ballots(struct value answer, struct arena *a);
// What was said with the answer: the votes, the note, the evidence of manual work; or "".
struct str answers_note(const struct asked *q, struct arena *a);
