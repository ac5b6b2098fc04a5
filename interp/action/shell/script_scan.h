// How bash reads a script, as far as it must be known to say where a ${{ }} stands.
//
// A recursive descent over the text, in which each ${{ }} is one NUL. script_scan.c has
// what is inside a word (quotes, $, ${ }), script_here.c here-documents, script_command.c
// what is between words (operators, redirections, reserved words), script_assign.c
// assignments, script_refuse.c the refusals.
// What is not understood ends in a refusal, never in a guess: a site that nobody
// has given a place is refused by script_read().

#pragma once

#include "action/shell/script.h"
#include "base/map.h"

// Why a ${{ }} cannot stand where it does.
enum refusal {
    NOT_REFUSED,
    IN_SINGLE_QUOTES,
    IN_ANSI_QUOTES,
    IN_QUOTED_HERE,
    IN_COMMENT,
    IN_ARITHMETIC,
    IN_COMPARISON,
    IN_REGEX,
    IN_BACKQUOTES,
    IN_SUBSCRIPT,
    IN_REPLACEMENT,
    IN_HERE_WORD,
    AFTER_BACKSLASH,
    AFTER_DOLLAR,
    AS_COMMAND,
    AS_NAME,
    AS_CODE,
    AS_DESCRIPTOR,
    TO_INTEGER,
    TO_ARRAY,
    TO_SETTING,
    TO_SHELL,
    TO_PROGRAM,
    TO_AWK,
    TO_SSH,
    UNCLEAR,
};

struct inner;
struct here {  // a here-document whose body is still to come
    struct str word;
    bool strip_tabs, quoted;
    const struct inner *inner;  // what reads it
    struct here *next;
};

struct scan {
    struct arena *arena;
    struct diags *diags;
    struct script *script;
    const char *s;
    size_t n, at;
    enum script_place place;  // of what is unquoted here
    size_t met;               // sites before this one have been met
    unsigned depth;           // command substitutions around [at]
    unsigned nesting;         // of anything in anything
    bool too_deep;
    struct here *pending, **pending_end;
    struct mark_site *marks;        // one for each site
    struct map *integers, *arrays;  // variables that were declared so
};

// What else is known of a site, until the script has been read.
struct mark_site {
    unsigned depth;
    bool refused;
    struct str variable;  // that it is assigned to
    bool declared;        // by declare, local, ...
};

struct word {
    size_t first, end;  // its sites
    struct str text;    // without its quotes, when [plain]
    bool plain;         // it holds no expansion
    bool quoted;        // something in it was quoted
};

static inline int peek(const struct scan *sc, size_t ahead)
{
    return sc->at + ahead < sc->n ? (unsigned char)sc->s[sc->at + ahead] : -1;
}

// Over one character, if there is one.
static inline void scan_step(struct scan *sc)
{
    if (sc->at < sc->n)
        sc->at++;
}

enum { NESTING_MAX = 200 };

// One level deeper; false, at the end of the text, if that is too deep.
static inline bool scan_enter(struct scan *sc)
{
    if (sc->nesting < NESTING_MAX)
        return ++sc->nesting;
    sc->too_deep = true;
    sc->at = sc->n;
    return false;
}

// Reads one word up to an unquoted blank or operator. [at_command]: a leading `!(` is
// not a pattern.
struct word scan_word(struct scan *sc, bool at_command);
// The same, with a place of its own for what is unquoted in it.
struct word scan_word_in(struct scan *sc, enum script_place place);
// One character or construct of what stands in double quotes or a here-document.
void scan_quoted(struct scan *sc, bool here);
// A comment, up to its newline.
void scan_comment(struct scan *sc);
// Blanks, newlines and comments.
void scan_space(struct scan *sc);
// The end word of a here-document, behind its operator: taken as it is, but for its quotes.
void scan_here_word(struct scan *sc, bool strip_tabs, const struct inner *inner);
// True if [s] is one of [words], ended by NULL.
bool str_any(struct str s, const char *const *words);
// Blanks and continued lines.
void scan_blanks(struct scan *sc);
// The bodies of the here-documents that were announced on the line that has just ended.
void scan_here_bodies(struct scan *sc);
// Commands up to the end of the text or an unmatched ")", which is eaten.
void scan_commands(struct scan *sc);
// The same inside of $( ), <( ) and the like.
void scan_nested(struct scan *sc);

// Refuses each site before [end], and goes there.
void refuse_until(struct scan *sc, size_t end, enum refusal why);
// Refuses sites that have been met: [from, to). Those inside a nested $( ) stay.
void refuse_sites(struct scan *sc, size_t from, size_t to, enum refusal why, struct str what);
// Where the arithmetic that begins at [at], behind "((", ends: behind its "))". 0 if it is
// no arithmetic but two parentheses.
size_t arithmetic_end(const struct scan *sc, size_t at);
// Behind the bracket that closes the one before [at]; the end of the text if it is not
// within [limit] bytes.
size_t bracket_end(const struct scan *sc, size_t at, size_t limit);
