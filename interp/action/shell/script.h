// A shell script with ${{ }} in it, read so that no value can become code.
//
// When the runbook is loaded the script is scanned as bash (or sh) would read it, and
// each ${{ }} learns where it stands. When the step is reached each becomes a reference
// to a variable of its own, quoted for that place:
//
//     echo ${{ v }}          echo "${__rb_1}"       one word, whatever it holds
//     for f in ${{ list }}   "${__rb_1_1}" "${__rb_1_2}"
//     echo "a ${{ v }}"      echo "a ${__rb_1}"     also in a here-document
//
// Where the shell would not take a value as data (single quotes, $(( )), a command's
// name, ...) it is an error at load, with the way to write it. Values travel beside
// the script (carry.h), never in it.

#pragma once

#include "base/buf.h"
#include "base/mask.h"
#include "expr/template.h"

enum { SCRIPT_VALUE_MAX = 128 * 1024 };

enum script_place {
    PLACE_NOWHERE,  // refused
    PLACE_WORDS,    // unquoted, where a list becomes many words
    PLACE_WORD,     // unquoted, where the shell takes exactly one word
    PLACE_QUOTED,   // in double quotes or an unquoted here-document
};

struct script_site {
    const struct expr *expr;
    size_t part;  // of the template
    size_t at;    // in [text] of the script
    enum script_place place;
    bool here;           // PLACE_QUOTED: in a here-document, where " is not special
    struct str command;  // the command whose argument it is, as written; or empty
};

struct script {
    const struct template *source;
    struct str text;  // the script with one NUL for each ${{ }}
    struct script_site *sites;
    size_t site_count;
    bool bash;
};

// NULL with DIAG_EXPR_IN_QUOTES at each ${{ }} that cannot stand where it does. The sites
// are in file order.
struct script *script_read(struct arena *a, const struct template *t, bool bash, struct diags *ds);

// A script whose values are known.
struct script_value {
    struct str name, value;
};
struct script_run {
    struct str text;                    // what the shell gets
    const struct script_value *values;  // the variables it reads
    size_t value_count;
    bool secret;       // one of them is, or was computed from one
    struct str shown;  // the same with the values written out, for people
};

// What [mask] (may be NULL) knows is not in [out->shown]: quoting would hide it from the mask.
bool script_fill(const struct script *s, const struct scope *scope, const struct mask *mask,
                 struct arena *a, struct script_run *out, struct expr_error *err);
