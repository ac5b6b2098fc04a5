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
    TOKEN_SIGN,  // [sign]: one or two characters
};

struct token {
    enum token_kind kind;
    size_t start, end;  // in the source
    struct str text;
    char sign[3];
    const char *problem;
};

struct lexer {
    struct str source;
    size_t at;
};

struct token lexer_next(struct lexer *l);

// Words that name nothing: `for`, `if`, `package`, ...
bool lexer_is_reserved(struct str name);
