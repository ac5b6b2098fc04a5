// Commands that read what they are given as code of their own: `bash -c CODE`, `awk CODE`,
// `ssh HOST CODE`, `python3 <<EOF`. To our shell it is data, so it has to be known here.

#pragma once

#include "action/shell/script_scan.h"

enum inner_kind { INNER_SHELL, INNER_PROGRAM, INNER_AWK, INNER_SSH, INNER_SU, INNER_WATCH };

struct inner {
    const struct inner_row *row;  // NULL: not yet, perhaps behind `sudo`, `xargs`, ...
    bool looks;                   // any word may still be the name of one
    bool code_next;               // the next word is code
    bool skips;                   // the next word belongs to an option
    bool has_code;                // so that standard input is data
    bool reads_input;             // a shell is what is run there; `bash -s`
    size_t operands;
};

// A new command, with its name. NULL if it has nothing to do with any of that.
struct inner *inner_new(struct scan *sc, const struct word *name);
// One more word of it; refuses the sites in it that would be code.
void inner_word(struct scan *sc, struct inner *in, const struct word *w);
// Why its standard input takes no value; NOT_REFUSED if that is data. [in] may be NULL.
enum refusal inner_input(const struct inner *in, struct str *name);
