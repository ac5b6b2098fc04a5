// What may stand in each place of a step: whether a secret may, and what becomes of it.

#pragma once

#include "graph/site.h"

enum becomes {
    BECOMES_TEXT,       // lists and maps have none
    BECOMES_BYTES,      // text, or bytes that are all of it
    BECOMES_VALUE,      // anything
    BECOMES_WORDS,      // of a script: text, and a list as many words
    BECOMES_PARAMETER,  // each expression by itself
    BECOMES_CONDITION,
};

struct place_rule {
    const char *action;  // for places of an action, else NULL
    const char *key;     // of the step, or of the action: "" for what stands there itself
    bool secret;         // a secret may stand here
    enum becomes becomes;
    const char *what;  // as a message calls it: "a secret cannot stand in ..."
};

// Never NULL.
const struct place_rule *place_rule_of(const struct step *s, const struct site *site);
