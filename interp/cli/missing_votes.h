// What an approval still needs, for who has just voted: how many votes, and whose.

#pragma once

#include "exec/votes.h"

// How many are missing; 0 when it is decided.
size_t missing_votes(const struct question *q, const struct tally *t);
// "1 more vote is needed, of ada or bob".
struct str missing_votes_text(const struct question *q, const struct tally *t, struct arena *a);
