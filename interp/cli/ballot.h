// The votes on an approval, as its event in the journal says who may give them: for those who
// vote, and for those who look whether it is decided. The rules are those of the run
// (exec/votes.h).

#pragma once

#include "exec/votes.h"
#include "report/history.h"

// What a vote is judged by; it points into [asked] and into [a].
struct question ballot_question(const struct asked *asked, struct arena *a);

// What the votes on the open approvals of [h] come to, into their [votes].
enum store_error ballots_count(struct store *s, struct history *h, struct arena *a,
                               struct diags *ds);
