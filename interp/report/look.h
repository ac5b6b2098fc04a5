// What may be shown where: colours, characters, painting a line again.

#pragma once

#include "base/buf.h"

struct look {
    bool color;
    bool utf8;
    bool repaint;    // it is a terminal, and nobody reads it aloud
    size_t columns;  // 0: no terminal, lines are as long as they are
};

// How things on [fd] may look, by what it is and by the environment (NO_COLOR, FORCE_COLOR,
// TERM, ACCESSIBLE, the locale). [color]: what --color says, "" when it was not given.
struct look look_of(int fd, struct str color);
// The columns of the terminal [fd] now, 0 if it is none. COLUMNS is not asked.
size_t look_columns(int fd);

enum ink { INK_PLAIN, INK_GOOD, INK_BAD, INK_WARN, INK_DIM, INK_BOLD, INK_ASK };

// Adds [text], which is harmless, in a colour, if there are colours.
void ink(const struct look *l, enum ink color, struct str text, struct buf *out);

// How a state is shown.
struct sign {
    const char *state;
    const char *utf8;  // its character
    const char *ascii;
    enum ink ink;
    bool bad;  // the operator has to look at it
};
const struct sign *sign_of(struct str state);  // never NULL
const char *sign_shown(const struct sign *m, const struct look *l);
