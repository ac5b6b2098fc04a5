// Votes on an approval: which of them count, and what they come to.
//
// The rules are those of language.md section 5: one vote a person, one refusal ends it, bound
// to what was shown. Nothing here reads a clock or a store, so that who votes is judged by the
// same rules as who counts.

#pragma once

#include "exec/question.h"
#include "store/store.h"

// What a vote is judged by, as [asked], the event that told the question, has it. It points into
// [asked] and into [a]. (question_told.c)
struct question question_as_told(struct value asked, struct arena *a);

enum vote_fault {
    VOTE_COUNTS,
    VOTE_OF_ANOTHER,       // about another step, or about what this one was before it changed
    VOTE_NOT_AMONG,        // of somebody who does not stand in `from`
    VOTE_OF_REQUESTER,     // of who started the run, with `not_requester`
    VOTE_TOO_LATE,
    VOTE_WITHOUT_REASON,
};
enum vote_fault vote_fault(const struct question *q, const struct vote *v);

struct tally {
    bool over, yes;
    size_t approvals;
    const struct vote *last;  // the one that ended it
    const struct vote **counted;
    size_t count;
};
// A refusal needs no reason to be one.
void votes_count(const struct question *q, const struct vote *votes, size_t n, struct arena *a,
                 struct tally *out);
