// manual: a person does something, and says how it went.

#pragma once

#include "action/action.h"

enum evidence { EVIDENCE_NONE, EVIDENCE_TEXT, EVIDENCE_FILE };

struct manual_params {  // "text" is { instructions: text }
    const struct node *node;
    const struct template *instructions;
    struct list checklist;  // of const struct template *
    int evidence;           // enum evidence
};

// What is put to the person: at->job after resolve.
struct manual_job {
    struct str instructions;
    const struct str *items;
    size_t item_count;
    enum evidence evidence;
};

// The result: [answer] is "done", "failed" or "na".
struct value manual_result(struct arena *a, const char *answer, struct str note,
                           struct str evidence);

// What `--answer` has to say when it is done: "done", or "done:TEXT" where there is evidence.
const char *manual_done_words(const struct step *s);

extern const struct action action_manual;
