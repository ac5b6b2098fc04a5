// A set of texts that are all looked for at once in a stream: the automaton of Aho and
// Corasick ("Efficient string matching", 1975).
//
// A state is the longest end of what was read that begins one of the texts. Texts are long
// and share little, so most states have one child: lists of children take a fortieth of the
// memory of tables and are hardly slower.

#pragma once

#include "base/str.h"

struct form_state {
    uint32_t child, sibling;  // 0: none; the root is nobody's child
    uint32_t fail;            // the state of the next shorter end
    uint32_t depth;           // bytes that led here
    uint32_t match;           // length of the longest text that ends here; 0: none
    unsigned char byte;       // that led here
};

struct forms {                  // zeroed: none
    struct form_state *states;  // malloc; the root first
    uint32_t count, room;
    uint32_t first[256];  // the root's children
    bool linked;          // [fail] and inherited [match] are as they should be
};

void forms_add(struct forms *f, struct str text);
void forms_free(struct forms *f);
// To be called after the last text was added, before anything is read.
void forms_link(struct forms *f);

uint32_t forms_fail(const struct forms *f, uint32_t state, unsigned char c);
// The state behind [c]; the first is 0.
static inline uint32_t forms_next(const struct forms *f, uint32_t state, unsigned char c)
{
    return state ? forms_fail(f, state, c) : f->first[c];
}
