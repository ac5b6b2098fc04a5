// Inside of words.

#include "action/shell/script_scan.h"

#include <string.h>

#include "base/arena.h"

static bool is_name_char(int c)
{
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool one_of(int c, const char *set)
{
    return c > 0 && strchr(set, c);
}

static void meet(struct scan *sc, enum script_place place)
{
    struct script_site *s = &sc->script->sites[sc->met];

    s->place = place;
    sc->marks[sc->met].depth = sc->depth;
    sc->met++;
    sc->at++;
}

// ---- where things end

// Behind the quote that closes the one before [at].
static size_t quote_end(const struct scan *sc, size_t at, char quote, bool escapes)
{
    for (; at < sc->n; at++) {
        if (escapes && sc->s[at] == '\\')
            at++;
        else if (sc->s[at] == quote)
            return at + 1;
    }
    return sc->n;
}

// Steps over one character, or what is quoted there.
static size_t over(const struct scan *sc, size_t at)
{
    switch (sc->s[at]) {
    case '\\':
        return at + 2;
    case '\'':
        return quote_end(sc, at + 1, '\'', false);
    case '"':
        return quote_end(sc, at + 1, '"', true);
    default:
        return at + 1;
    }
}

size_t arithmetic_end(const struct scan *sc, size_t at)
{
    int depth = 2;

    while (at < sc->n) {
        char c = sc->s[at];
        depth += c == '(';
        depth -= c == ')';
        at = over(sc, at);
        if (depth == 1)
            return at < sc->n && sc->s[at] == ')' ? at + 1 : 0;
    }
    return 0;
}

static size_t closing(const struct scan *sc, size_t at, char open, char close, size_t limit)
{
    size_t last = limit < sc->n - at ? at + limit : sc->n;
    int depth = 1;

    while (at < last) {
        char c = sc->s[at];
        depth += c == open;
        depth -= c == close;
        at = over(sc, at);
        if (!depth)
            return at;
    }
    return sc->n;
}

size_t bracket_end(const struct scan *sc, size_t at, size_t limit)
{
    return at < sc->n ? closing(sc, at, '[', ']', limit) : sc->n;
}

// ---- expansions

static void dollar(struct scan *sc, bool quoted);

static void backslash(struct scan *sc)
{
    sc->at++;
    if (peek(sc, 0) == '\0')
        refuse_until(sc, sc->at + 1, AFTER_BACKSLASH);
    else
        scan_step(sc);
}

static void backquote(struct scan *sc)
{
    refuse_until(sc, quote_end(sc, sc->at + 1, '`', true), IN_BACKQUOTES);
}

void scan_quoted(struct scan *sc, bool here)
{
    switch (peek(sc, 0)) {
    case '\0':
        sc->script->sites[sc->met].here = here;
        meet(sc, PLACE_QUOTED);
        break;
    case '\\':
        backslash(sc);
        break;
    case '`':
        backquote(sc);
        break;
    case '$':
        dollar(sc, true);
        break;
    default:
        sc->at++;
        break;
    }
}

static void double_quotes(struct scan *sc)
{
    sc->at++;
    while (sc->at < sc->n && peek(sc, 0) != '"')
        scan_quoted(sc, false);
    scan_step(sc);
}

static void single_quotes(struct scan *sc)
{
    refuse_until(sc, quote_end(sc, sc->at + 1, '\'', false), IN_SINGLE_QUOTES);
}

// The word of ${name:-word} and its like, up to and with the closing brace. In double
// quotes that of - = + ? is still quoted, and a pattern is not.
static void parameter_word(struct scan *sc, bool quoted)
{
    while (sc->at < sc->n && peek(sc, 0) != '}') {
        int c = peek(sc, 0);

        if (c == '"')
            double_quotes(sc);
        else if (quoted)
            scan_quoted(sc, false);
        else if (c == '\'')
            single_quotes(sc);
        else if (c == '\0')
            meet(sc, PLACE_WORD);
        else if (c == '$')
            dollar(sc, false);
        else
            scan_quoted(sc, false);
    }
    scan_step(sc);
}

static void parameter_name(struct scan *sc)
{
    if (one_of(peek(sc, 0), "!#") && peek(sc, 1) != '}')
        sc->at++;
    if (one_of(peek(sc, 0), "@*#?-$!"))
        sc->at++;
    while (is_name_char(peek(sc, 0)))
        sc->at++;
    if (peek(sc, 0) == '\0')
        refuse_until(sc, sc->at + 1, AS_NAME);
    if (peek(sc, 0) == '[')
        refuse_until(sc, bracket_end(sc, sc->at + 1, sc->n), IN_SUBSCRIPT);
}

// ${...}, from behind its brace.
static void parameter(struct scan *sc, bool quoted)
{
    if (!scan_enter(sc))
        return;
    parameter_name(sc);
    int c = peek(sc, 0);
    size_t first = sc->met;

    if (c == ':' && !one_of(peek(sc, 1), "-=+?"))
        refuse_until(sc, closing(sc, sc->at, '{', '}', sc->n), IN_ARITHMETIC);
    else
        parameter_word(sc, quoted && one_of(c, ":-=+?"));
    // What becomes of a replacement is split, whatever is quoted in it.
    if (c == '/' && !quoted && sc->place == PLACE_WORDS)
        refuse_sites(sc, first, sc->met, IN_REPLACEMENT, STR(""));
    sc->nesting--;
}

void scan_nested(struct scan *sc)
{
    struct here *pending = sc->pending, **pending_end = sc->pending_end;
    enum script_place place = sc->place;

    sc->depth++;
    sc->place = PLACE_WORDS;
    sc->pending = NULL;
    sc->pending_end = &sc->pending;
    scan_commands(sc);
    sc->depth--;
    sc->place = place;
    sc->pending = pending;
    sc->pending_end = pending ? pending_end : &sc->pending;
}

static void substitution(struct scan *sc)
{
    size_t end = peek(sc, 2) == '(' ? arithmetic_end(sc, sc->at + 3) : 0;

    if (end) {
        refuse_until(sc, end, IN_ARITHMETIC);
        return;
    }
    sc->at += 2;
    scan_nested(sc);
}

static void dollar(struct scan *sc, bool quoted)
{
    int c = peek(sc, 1);

    if (c == '(') {
        substitution(sc);
    } else if (c == '{') {
        sc->at += 2;
        parameter(sc, quoted);
    } else if (c == '[') {
        refuse_until(sc, bracket_end(sc, sc->at + 2, sc->n), IN_ARITHMETIC);
    } else if (c == '\'' && !quoted) {
        refuse_until(sc, quote_end(sc, sc->at + 2, '\'', true), IN_ANSI_QUOTES);
    } else if (c == '\0') {
        refuse_until(sc, sc->at + 2, AFTER_DOLLAR);
    } else {
        sc->at += one_of(c, "@*#?-$!") ? 2 : 1;
    }
}

// ---- words

void scan_blanks(struct scan *sc)
{
    for (;;) {
        if (peek(sc, 0) == '\\' && peek(sc, 1) == '\n')
            sc->at += 2;
        else if (one_of(peek(sc, 0), " \t"))
            sc->at++;
        else
            return;
    }
}

// A pattern of extglob, @(a|b), from behind its parenthesis.
static void pattern(struct scan *sc)
{
    int depth = 1;

    while (sc->at < sc->n && depth) {
        switch (peek(sc, 0)) {
        case '(':
            depth++, sc->at++;
            break;
        case ')':
            depth--, sc->at++;
            break;
        case '\'':
            single_quotes(sc);
            break;
        case '"':
            double_quotes(sc);
            break;
        case '\0':
            meet(sc, PLACE_WORD);
            break;
        case '$':
            dollar(sc, false);
            break;
        default:
            scan_quoted(sc, false);
            break;
        }
    }
}

static void add_literal(struct buf *text, const struct scan *sc, size_t from, size_t to)
{
    for (size_t i = from; i < to && i < sc->n; i++)
        if (sc->s[i] != '\\' || (i + 1 < to && sc->s[i + 1] == '\\' && i++ < to))
            buf_add_c(text, sc->s[i]);
}

// Eats what is quoted at [at]; its text, if it is no expansion, goes to [text].
static bool quoted_part(struct scan *sc, struct word *w, struct buf *text)
{
    size_t from = sc->at;

    switch (peek(sc, 0)) {
    case '\\':
        backslash(sc);
        add_literal(text, sc, from + 1, sc->at);
        w->quoted = true;
        return true;
    case '\'':
        single_quotes(sc);
        add_literal(text, sc, from + 1, sc->at - 1);
        w->quoted = true;
        return true;
    case '"':
        double_quotes(sc);
        if (memchr(sc->s + from, '$', sc->at - from) || memchr(sc->s + from, '`', sc->at - from))
            w->plain = false;
        add_literal(text, sc, from + 1, sc->at - 1);
        w->quoted = true;
        return true;
    default:
        return false;
    }
}

// Eats an expansion at [at].
static bool expansion_part(struct scan *sc, struct word *w, bool at_command)
{
    int c = peek(sc, 0), next = peek(sc, 1);

    if (c == '\0') {
        meet(sc, sc->place);
    } else if (c == '$') {
        dollar(sc, false);
    } else if (c == '`') {
        backquote(sc);
    } else if (one_of(c, "<>") && next == '(') {
        sc->at += 2;
        scan_nested(sc);
    } else if (one_of(c, "?*+@!") && next == '(' && !(c == '!' && at_command)) {
        sc->at += 2;
        pattern(sc);
    } else {
        return false;
    }
    w->plain = false;
    return true;
}

struct word scan_word(struct scan *sc, bool at_command)
{
    struct word w = { .first = sc->met, .plain = true };
    struct buf text = BUF_EMPTY;
    size_t from = sc->at;

    while (sc->at < sc->n) {
        if (quoted_part(sc, &w, &text) || expansion_part(sc, &w, at_command && sc->at == from))
            continue;
        if (one_of(peek(sc, 0), " \t\n;&|()<>"))
            break;
        buf_add_c(&text, sc->s[sc->at++]);
    }
    w.end = sc->met;
    w.plain = w.plain && w.first == w.end;
    w.text = buf_take(&text, sc->arena);
    return w;
}

struct word scan_word_in(struct scan *sc, enum script_place place)
{
    enum script_place outer = sc->place;

    sc->place = place;
    struct word w = scan_word(sc, false);
    sc->place = outer;
    return w;
}

void scan_comment(struct scan *sc)
{
    const char *newline = memchr(sc->s + sc->at, '\n', sc->n - sc->at);

    refuse_until(sc, newline ? (size_t)(newline - sc->s) : sc->n, IN_COMMENT);
}

void scan_space(struct scan *sc)
{
    for (;;) {
        scan_blanks(sc);
        if (peek(sc, 0) == '\n') {
            sc->at++;
            scan_here_bodies(sc);
        } else if (peek(sc, 0) == '#') {
            scan_comment(sc);
        } else {
            return;
        }
    }
}

bool str_any(struct str s, const char *const *words)
{
    for (; *words; words++)
        if (str_is(s, *words))
            return true;
    return false;
}
