#include "action/sql/scan.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool begins_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80);
}

static bool in_word(char c)
{
    return begins_word(c) || is_digit(c) || c == '$';
}

static char byte_at(const struct sql_scan *s, size_t i)
{
    return i < s->text.n ? s->text.s[i] : '\0';
}

static bool stands(const struct sql_scan *s, size_t i, const char *what)
{
    return str_starts(str_slice(s->text, i < s->text.n ? i : s->text.n, s->text.n), what);
}

// To PostgreSQL a carriage return ends a line as well.
static bool ends_line(const struct sql_scan *s, size_t i)
{
    return s->text.s[i] == '\n' || (s->text.s[i] == '\r' && s->dialect == SQL_POSTGRES);
}

static size_t line_comment(const struct sql_scan *s, size_t i)
{
    while (i < s->text.n && !ends_line(s, i))
        i++;
    return i;
}

static size_t block_comment(const struct sql_scan *s, size_t i, bool *open)
{
    int depth = 0;

    while (i < s->text.n) {
        if (stands(s, i, "/*") && (depth == 0 || s->dialect == SQL_POSTGRES)) {
            depth++;
            i += 2;
        } else if (stands(s, i, "*/")) {
            i += 2;
            if (--depth == 0)
                return i;
        } else {
            i++;
        }
    }
    *open = true;
    return i;
}

// Behind the closing [quote]; [i] is behind the opening one. Twice the quote is one.
static size_t quoted(const struct sql_scan *s, size_t i, char quote, bool backslash, bool *open)
{
    for (; i < s->text.n; i++) {
        if (backslash && s->text.s[i] == '\\') {
            i++;
        } else if (s->text.s[i] == quote) {
            if (byte_at(s, i + 1) != quote || quote == ']')
                return i + 1;
            i++;
        }
    }
    *open = true;
    return s->text.n;
}

// Where a text that ended at [i] goes on: PostgreSQL joins 'a' and 'b' when there is a
// line end between them, and the second is read like the first. 0 if it does not.
static size_t continuation(const struct sql_scan *s, size_t i)
{
    bool line = false;

    for (;;) {
        while (is_space(byte_at(s, i)) && i < s->text.n)
            line |= ends_line(s, i++);
        if (!stands(s, i, "--"))
            break;
        i = line_comment(s, i);
    }
    return line && byte_at(s, i) == '\'' ? i + 1 : 0;
}

static size_t escape_text(const struct sql_scan *s, size_t i, bool *open)
{
    size_t end = quoted(s, i, '\'', true, open);

    for (size_t next; !*open && (next = continuation(s, end));)
        end = quoted(s, next, '\'', true, open);
    return end;
}

// $tag$ ... $tag$: the end, or 0 if no dollar quote begins at [i].
static size_t dollar_quoted(const struct sql_scan *s, size_t i, bool *open)
{
    size_t tag = i + 1;

    if (is_digit(byte_at(s, tag)))
        return 0;
    while (in_word(byte_at(s, tag)) && byte_at(s, tag) != '$')
        tag++;
    if (byte_at(s, tag) != '$')
        return 0;
    struct str mark = str_slice(s->text, i, tag + 1);
    size_t end = str_search(str_slice(s->text, tag + 1, s->text.n), mark);
    *open = end == SIZE_MAX;
    return *open ? s->text.n : tag + 1 + end + mark.n;
}

static size_t word_end(const struct sql_scan *s, size_t i)
{
    while (i < s->text.n && in_word(s->text.s[i]))
        i++;
    return i;
}

static bool begins_parameter(const struct sql_scan *s, size_t i)
{
    char c = s->text.s[i], next = byte_at(s, i + 1);

    if (s->dialect == SQL_POSTGRES)
        return c == '$' && is_digit(next);
    return c == '?' || ((c == '$' || c == ':' || c == '@') && in_word(next));
}

static size_t number_end(const struct sql_scan *s, size_t i)
{
    while (i < s->text.n && (in_word(s->text.s[i]) || s->text.s[i] == '.'))
        i++;
    return i;
}

static void quote_token(const struct sql_scan *s, struct sql_token *t)
{
    char c = s->text.s[t->start];

    t->kind = c == '\'' ? SQL_TEXT : SQL_NAME;
    t->end = quoted(s, t->start + 1, c == '[' ? ']' : c, false, &t->open);
}

static void word_token(const struct sql_scan *s, struct sql_token *t)
{
    t->kind = SQL_WORD;
    t->end = word_end(s, t->start);
    bool escape = s->dialect == SQL_POSTGRES && t->end == t->start + 1 &&
                  (s->text.s[t->start] | 0x20) == 'e' && byte_at(s, t->end) == '\'';
    if (escape) {
        t->kind = SQL_TEXT;
        t->end = escape_text(s, t->end + 1, &t->open);
    }
}

static bool begins_quote(const struct sql_scan *s, char c)
{
    return c == '\'' || c == '"' || (s->dialect == SQL_SQLITE && (c == '`' || c == '['));
}

bool sql_next(struct sql_scan *s, struct sql_token *t)
{
    while (s->at < s->text.n && is_space(s->text.s[s->at]))
        s->at++;
    if (s->at >= s->text.n)
        return false;
    *t = (struct sql_token){ .start = s->at };
    char c = s->text.s[s->at];
    size_t dollar = 0;

    if (stands(s, s->at, "--")) {
        t->end = line_comment(s, s->at);
    } else if (stands(s, s->at, "/*")) {
        t->end = block_comment(s, s->at, &t->open);
    } else if (begins_quote(s, c)) {
        quote_token(s, t);
    } else if (begins_word(c)) {
        word_token(s, t);
    } else if (is_digit(c)) {
        t->kind = SQL_NUMBER;
        t->end = number_end(s, s->at);
    } else if (begins_parameter(s, s->at)) {
        t->kind = SQL_PARAMETER;
        t->end = word_end(s, s->at + 1);
    } else if (c == '$' && s->dialect == SQL_POSTGRES &&
               (dollar = dollar_quoted(s, s->at, &t->open))) {
        t->kind = SQL_TEXT;
        t->end = dollar;
    } else {
        t->kind = SQL_PUNCTUATION;
        t->end = s->at + 1;
    }
    s->at = t->end;
    return true;
}

bool sql_next_code(struct sql_scan *s, struct sql_token *t)
{
    while (sql_next(s, t))
        if (t->kind != SQL_COMMENT)
            return true;
    return false;
}

bool sql_is_word(const struct sql_scan *s, const struct sql_token *t, const char *word)
{
    size_t n = strlen(word);

    if (t->kind != SQL_WORD || t->end - t->start != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = s->text.s[t->start + i];
        if ((c >= 'a' && c <= 'z' ? c - 32 : c) != word[i])
            return false;
    }
    return true;
}

bool sql_is_mark(const struct sql_scan *s, const struct sql_token *t, char c)
{
    return t->kind == SQL_PUNCTUATION && s->text.s[t->start] == c;
}
