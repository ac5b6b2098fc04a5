// The question that a vote is about: open, asked later, or none any more.

#pragma once

#include "cli/open.h"
#include "exec/votes.h"

// A vote on an approval, for or against.
struct voting {
    struct invocation *v;
    struct opened o;
    bool yes;
    struct str step;
    bool is_open;           // false: it was not asked yet
    struct question asked;  // what it is judged by, as far as that is known
    struct vote vote;
};

// The only open approval, or that of the step; how many there are.
const struct asked *voting_open(const struct voting *g, size_t *count);
// How the question of the step came to its end the last time it was asked; NULL: it never was.
const struct asked *voting_last_answer(const struct voting *g);
// Fills in the rest of [g] about its question. 0, or an exit code with an error told.
int voting_find(struct voting *g);
