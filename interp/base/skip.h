// What may stand between the letters of a text without being part of it.
//
// Programs colour what they print (ECMA-48: ESC [ ... letter) and break base64 into lines,
// which may be indented. Neither may hide a secret.

#pragma once

#include "base/str.h"

enum skip_kind {
    SKIP_NONE,     // a letter
    SKIP_COLOUR,   // part of a control sequence
    SKIP_GAP,      // the end of a line, or the indent of the next
    SKIP_UNCLEAR,  // the next byte will tell
};

struct skip {  // zeroed: at the beginning
    enum { SKIP_OUTSIDE, SKIP_ESCAPE, SKIP_SEQUENCE } state;
    unsigned run;   // bytes skipped since the last letter
    bool too_many;  // so many that what comes next belongs to nothing before it
};

// What [c] is. [before] is what the byte before it was, where that was unclear, else
// SKIP_UNCLEAR.
enum skip_kind skip_next(struct skip *s, unsigned char c, enum skip_kind *before);

static inline bool skip_is_unclear(const struct skip *s)
{
    return s->state == SKIP_ESCAPE;
}

// [text] without what colours it.
struct str skip_colours(struct str text, struct arena *a);
