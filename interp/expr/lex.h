// The words of an expression.
//
// The lexer reads bytes, never a C string: a NUL is a byte like any other. It is also
// what finds the end of a ${{ in a template.

#pragma once

#include "base/str.h"

enum token_kind {
    TOKEN_END,
    TOKEN_BAD,  // [problem] says why
    TOKEN_NAME,
    TOKEN_QUOTED_NAME,  // `a-b`: only a field, without its backquotes
    TOKEN_INT,
    TOKEN_UINT,
    TOKEN_DOUBLE,
    TOKEN_STRING,
    TOKEN_BYTES,
    TOKEN_SIGN,  // [sign]
};

// Signs of two characters.
enum sign {
    SIGN_AND = '&' << 8 | '&',
    SIGN_OR = '|' << 8 | '|',
    SIGN_EQUAL = '=' << 8 | '=',
    SIGN_NOT_EQUAL = '!' << 8 | '=',
    SIGN_LESS_EQUAL = '<' << 8 | '=',
    SIGN_GREATER_EQUAL = '>' << 8 | '=',
};

struct token {
    enum token_kind kind : 8;
    int sign : 24;        // the character, or one of enum sign
    uint32_t start, end;  // in the source
    union {
        struct str text;
        const char *problem;  // TOKEN_BAD; NULL: the character is none of the language
    };
};

struct lexer {
    struct str source;
    size_t at;
};

void lexer_next(struct lexer *l, struct token *t);

// Words that name nothing: `for`, `if`, `package`, ...
bool lexer_is_reserved(struct str name);

// Lists of words that can be looked through quickly.
#define WORD(literal)                  \
    {                                  \
        (literal), sizeof(literal) - 1 \
    }
bool word_is_among(struct str name, const struct str *words, size_t count);
