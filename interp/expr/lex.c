#include "expr/lex.h"

#include <string.h>

static char peek(const struct lexer *l, size_t ahead)
{
    return l->at + ahead < l->source.n ? l->source.s[l->at + ahead] : '\0';
}

// What a character may be part of.
enum { LETTER = 1, DIGIT = 2, HEX = 4, WHITE = 8, SINGLE = 16, QUOTE = 32 };

// clang-format off
static const unsigned char classes[256] = {
    ['a' ... 'f'] = LETTER | HEX, ['g' ... 'z'] = LETTER, ['_'] = LETTER,
    ['A' ... 'F'] = LETTER | HEX, ['G' ... 'Z'] = LETTER, ['0' ... '9'] = DIGIT | HEX,
    [' '] = WHITE, ['\t'] = WHITE, ['\n'] = WHITE, ['\r'] = WHITE, ['\f'] = WHITE,
    ['+'] = SINGLE, ['-'] = SINGLE, ['*'] = SINGLE, ['/'] = SINGLE, ['%'] = SINGLE,
    ['<'] = SINGLE, ['>'] = SINGLE, ['!'] = SINGLE, ['?'] = SINGLE, [':'] = SINGLE,
    ['.'] = SINGLE, [','] = SINGLE, ['('] = SINGLE, [')'] = SINGLE, ['['] = SINGLE,
    [']'] = SINGLE, ['{'] = SINGLE, ['}'] = SINGLE, ['"'] = QUOTE, ['\''] = QUOTE,
};
// clang-format on

static bool is(char c, int class)
{
    return classes[(unsigned char)c] & class;
}

static bool is_digit(char c)
{
    return is(c, DIGIT);
}

static bool is_hex(char c)
{
    return is(c, HEX);
}

static bool is_letter(char c)
{
    return is(c, LETTER);
}

// Moves behind all characters of a class.
static void skip(struct lexer *l, int class)
{
    while (l->at < l->source.n && is(l->source.s[l->at], class))
        l->at++;
}

// The token between [start] and where the lexer is. Written where it is wanted: a token
// that is returned would be copied, and there is one for every few bytes.
static void token(const struct lexer *l, struct token *t, enum token_kind kind, size_t start)
{
    t->kind = kind;
    t->start = (uint32_t)start;
    t->end = (uint32_t)l->at;
    t->text.s = l->source.s + start;
    t->text.n = l->at - start;
}

static void bad(const struct lexer *l, struct token *t, size_t start, const char *problem)
{
    token(l, t, TOKEN_BAD, start);
    t->problem = problem;
}

// comment = "//" to the end of the line
static void skip_blank(struct lexer *l)
{
    for (;;) {
        skip(l, WHITE);
        if (peek(l, 0) != '/' || peek(l, 1) != '/')
            return;
        while (l->at < l->source.n && peek(l, 0) != '\n')
            l->at++;
    }
}

static void skip_digits(struct lexer *l)
{
    skip(l, DIGIT);
}

static bool skip_exponent(struct lexer *l)
{
    size_t sign = peek(l, 1) == '+' || peek(l, 1) == '-';

    if ((peek(l, 0) | 32) != 'e' || !is_digit(peek(l, 1 + sign)))
        return false;
    l->at += 1 + sign;
    skip_digits(l);
    return true;
}

static void hex_number(struct lexer *l, struct token *t, size_t start)
{
    l->at += 2;
    while (is_hex(peek(l, 0)))
        l->at++;
    if (l->at == start + 2) {
        bad(l, t, start, "hexadecimal digits are missing");
        return;
    }
    bool is_uint = (peek(l, 0) | 32) == 'u';
    l->at += is_uint;
    token(l, t, is_uint ? TOKEN_UINT : TOKEN_INT, start);
}

// number = digits ["u"] | digits ["." digits] [exponent] | "." digits [exponent] | "0x" hex ["u"]
static void number(struct lexer *l, struct token *t)
{
    size_t start = l->at;
    bool is_double = false;

    if (peek(l, 0) == '0' && (peek(l, 1) | 32) == 'x') {
        hex_number(l, t, start);
        return;
    }
    skip_digits(l);
    if (peek(l, 0) == '.' && is_digit(peek(l, 1))) {
        is_double = true;
        l->at++;
        skip_digits(l);
    }
    is_double |= skip_exponent(l);
    if (is_double) {
        token(l, t, TOKEN_DOUBLE, start);
        return;
    }
    bool is_uint = (peek(l, 0) | 32) == 'u';
    l->at += is_uint;
    token(l, t, is_uint ? TOKEN_UINT : TOKEN_INT, start);
}

// The quotes at [at]: one character, or three of them.
static size_t quote_length(const struct lexer *l)
{
    char quote = peek(l, 0);

    return peek(l, 1) == quote && peek(l, 2) == quote ? 3 : 1;
}

static bool closes(const struct lexer *l, char quote, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (peek(l, i) != quote)
            return false;
    return true;
}

// string = ["b"] ["r"] quotes ... quotes; decoded in literal.c
static void string(struct lexer *l, struct token *t)
{
    size_t start = l->at;
    bool is_bytes = (peek(l, 0) | 32) == 'b';

    l->at += is_bytes;
    bool is_raw = (peek(l, 0) | 32) == 'r';
    l->at += is_raw;
    char quote = peek(l, 0);
    size_t length = quote_length(l);
    l->at += length;
    while (l->at < l->source.n && !closes(l, quote, length)) {
        if (length == 1 && (peek(l, 0) == '\n' || peek(l, 0) == '\r')) {
            bad(l, t, start, "the text has no closing quote in its line");
            return;
        }
        l->at += !is_raw && peek(l, 0) == '\\' ? 2 : 1;
    }
    if (l->at >= l->source.n) {
        l->at = l->source.n;
        bad(l, t, start, "the text has no closing quote");
        return;
    }
    l->at += length;
    token(l, t, is_bytes ? TOKEN_BYTES : TOKEN_STRING, start);
}

static bool starts_string(const struct lexer *l)
{
    size_t i = (peek(l, 0) | 32) == 'b';

    i += (peek(l, i) | 32) == 'r';
    return is(peek(l, i), QUOTE);
}

// quoted = "`" (letter | digit | "_" | "." | "-" | "/" | " ")+ "`"
static void quoted_name(struct lexer *l, struct token *t)
{
    size_t start = l->at++;

    while (is_letter(peek(l, 0)) || is_digit(peek(l, 0)) ||
           (peek(l, 0) && strchr(".-/ ", peek(l, 0))))
        l->at++;
    if (peek(l, 0) != '`' || l->at == start + 1) {
        bad(l, t, start, "a name in backquotes holds letters, digits, and _ . - / or a space");
        return;
    }
    token(l, t, TOKEN_QUOTED_NAME, start);
    t->text = str_slice(l->source, start + 1, l->at++);
    t->end = (uint32_t)l->at;
}

static bool is_pair(int pair)
{
    switch (pair) {
    case SIGN_AND:
    case SIGN_OR:
    case SIGN_EQUAL:
    case SIGN_NOT_EQUAL:
    case SIGN_LESS_EQUAL:
    case SIGN_GREATER_EQUAL:
        return true;
    default:
        return false;
    }
}

static void sign(struct lexer *l, struct token *t)
{
    size_t start = l->at++;
    char first = l->source.s[start];
    int pair = (unsigned char)first << 8 | (unsigned char)peek(l, 0);

    if (is_pair(pair)) {
        l->at++;
        token(l, t, TOKEN_SIGN, start);
        t->sign = pair;
        return;
    }
    if (is(first, SINGLE)) {
        token(l, t, TOKEN_SIGN, start);
        t->sign = first;
        return;
    }
    while (l->at < l->source.n && ((unsigned char)l->source.s[l->at] & 0xC0) == 0x80)
        l->at++;
    bad(l, t, start, NULL);
}

void lexer_next(struct lexer *l, struct token *t)
{
    skip_blank(l);
    size_t start = l->at;
    char c = peek(l, 0);
    bool may_quote = is(c, QUOTE) || (c | 32) == 'b' || (c | 32) == 'r';
    if (start >= l->source.n) {
        token(l, t, TOKEN_END, start);
    } else if (may_quote && starts_string(l)) {
        string(l, t);
    } else if (is_letter(c)) {
        skip(l, LETTER | DIGIT);
        token(l, t, TOKEN_NAME, start);
    } else if (is_digit(c) || (c == '.' && is_digit(peek(l, 1)))) {
        number(l, t);
    } else if (c == '`') {
        quoted_name(l, t);
    } else {
        sign(l, t);
    }
}

bool lexer_is_reserved(struct str name)
{
    static const struct str words[] = {
        WORD("as"),    WORD("break"),   WORD("const"),    WORD("continue"),  WORD("else"),
        WORD("for"),   WORD("if"),      WORD("import"),   WORD("let"),       WORD("loop"),
        WORD("in"),    WORD("true"),    WORD("false"),    WORD("namespace"), WORD("return"),
        WORD("null"),  WORD("package"), WORD("function"), WORD("var"),       WORD("void"),
        WORD("while"),
    };

    return word_is_among(name, words, sizeof words / sizeof *words);
}

bool word_is_among(struct str name, const struct str *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (words[i].n == name.n && words[i].s[0] == name.s[0] &&
            memcmp(words[i].s, name.s, name.n) == 0)
            return true;
    return false;
}
