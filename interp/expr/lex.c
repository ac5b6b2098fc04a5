#include "expr/lex.h"

#include <string.h>

static char peek(const struct lexer *l, size_t ahead)
{
    return l->at + ahead < l->source.n ? l->source.s[l->at + ahead] : '\0';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

static bool is_letter(char c)
{
    return ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_';
}

static bool is_white(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static struct token token(struct lexer *l, enum token_kind kind, size_t start)
{
    return (struct token){
        .kind = kind, .start = start, .end = l->at, .text = str_slice(l->source, start, l->at)
    };
}

static struct token bad(struct lexer *l, size_t start, const char *problem)
{
    struct token t = token(l, TOKEN_BAD, start);

    t.problem = problem;
    return t;
}

// comment = "//" to the end of the line
static void skip_blank(struct lexer *l)
{
    while (l->at < l->source.n) {
        if (is_white(peek(l, 0)))
            l->at++;
        else if (peek(l, 0) == '/' && peek(l, 1) == '/')
            while (l->at < l->source.n && peek(l, 0) != '\n')
                l->at++;
        else
            return;
    }
}

static void skip_digits(struct lexer *l)
{
    while (is_digit(peek(l, 0)))
        l->at++;
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

static struct token hex_number(struct lexer *l, size_t start)
{
    l->at += 2;
    while (is_hex(peek(l, 0)))
        l->at++;
    if (l->at == start + 2)
        return bad(l, start, "hexadecimal digits are missing");
    bool is_uint = (peek(l, 0) | 32) == 'u';
    l->at += is_uint;
    return token(l, is_uint ? TOKEN_UINT : TOKEN_INT, start);
}

// number = digits ["u"] | digits ["." digits] [exponent] | "." digits [exponent] | "0x" hex ["u"]
static struct token number(struct lexer *l)
{
    size_t start = l->at;
    bool is_double = false;

    if (peek(l, 0) == '0' && (peek(l, 1) | 32) == 'x')
        return hex_number(l, start);
    skip_digits(l);
    if (peek(l, 0) == '.' && is_digit(peek(l, 1))) {
        is_double = true;
        l->at++;
        skip_digits(l);
    }
    is_double |= skip_exponent(l);
    if (is_double)
        return token(l, TOKEN_DOUBLE, start);
    bool is_uint = (peek(l, 0) | 32) == 'u';
    l->at += is_uint;
    return token(l, is_uint ? TOKEN_UINT : TOKEN_INT, start);
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
static struct token string(struct lexer *l)
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
        if (length == 1 && (peek(l, 0) == '\n' || peek(l, 0) == '\r'))
            return bad(l, start, "the text has no closing quote in its line");
        l->at += !is_raw && peek(l, 0) == '\\' ? 2 : 1;
    }
    if (l->at >= l->source.n) {
        l->at = l->source.n;
        return bad(l, start, "the text has no closing quote");
    }
    l->at += length;
    return token(l, is_bytes ? TOKEN_BYTES : TOKEN_STRING, start);
}

static bool starts_string(const struct lexer *l)
{
    size_t i = (peek(l, 0) | 32) == 'b';

    i += (peek(l, i) | 32) == 'r';
    return peek(l, i) == '"' || peek(l, i) == '\'';
}

// quoted = "`" (letter | digit | "_" | "." | "-" | "/" | " ")+ "`"
static struct token quoted_name(struct lexer *l)
{
    size_t start = l->at++;

    while (is_letter(peek(l, 0)) || is_digit(peek(l, 0)) ||
           (peek(l, 0) && strchr(".-/ ", peek(l, 0))))
        l->at++;
    if (peek(l, 0) != '`' || l->at == start + 1)
        return bad(l, start, "a name in backquotes holds letters, digits, and _ . - / or a space");
    struct token t = token(l, TOKEN_QUOTED_NAME, start);
    t.text = str_slice(l->source, start + 1, l->at++);
    t.end = l->at;
    return t;
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

static struct token sign(struct lexer *l)
{
    size_t start = l->at++;
    char first = l->source.s[start];
    int pair = first << 8 | peek(l, 0);

    if (is_pair(pair)) {
        l->at++;
        struct token t = token(l, TOKEN_SIGN, start);
        t.sign = pair;
        return t;
    }
    if (first && strchr("+-*/%<>!?:.,()[]{}", first)) {
        struct token t = token(l, TOKEN_SIGN, start);
        t.sign = first;
        return t;
    }
    while (l->at < l->source.n && ((unsigned char)l->source.s[l->at] & 0xC0) == 0x80)
        l->at++;
    return bad(l, start, NULL);
}

struct token lexer_next(struct lexer *l)
{
    skip_blank(l);
    size_t start = l->at;
    if (start >= l->source.n)
        return token(l, TOKEN_END, start);
    char c = l->source.s[start];
    bool may_quote = c == '"' || c == '\'' || (c | 32) == 'b' || (c | 32) == 'r';
    if (may_quote && starts_string(l))
        return string(l);
    if (is_letter(c)) {
        while (is_letter(peek(l, 0)) || is_digit(peek(l, 0)))
            l->at++;
        return token(l, TOKEN_NAME, start);
    }
    if (is_digit(peek(l, 0)) || (peek(l, 0) == '.' && is_digit(peek(l, 1))))
        return number(l);
    if (peek(l, 0) == '`')
        return quoted_name(l);
    return sign(l);
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
        if (words[i].n == name.n && memcmp(words[i].s, name.s, name.n) == 0)
            return true;
    return false;
}
