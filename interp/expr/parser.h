// The state of parsing: the next word of the source, and what is said about it.

#pragma once

#include "expr/lex.h"
#include "expr/term.h"

// Binary operators by how tightly they bind; && and || take any number of operands.
enum { LEVEL_OR, LEVEL_AND, LEVEL_RELATION, LEVEL_SUM, LEVEL_PRODUCT, LEVEL_UNARY };

struct parser {
    struct arena *arena;
    const struct text *text;
    struct diags *diags;
    struct lexer lexer;
    struct token token;  // the next one
    int level;           // how tightly it binds if it is a binary operator, else -1
    enum operation op;
    uint32_t last_end;  // where the one before it ended
    int depth;
    bool failed;  // one mistake is told; what follows it is noise
};

// Items that are collected while their number is not known.
struct terms {
    struct term **items;
    size_t count, room;
    bool *optionals, any_optional;
};

// The first mistake is told; what follows it is noise.
void parser_complain(struct parser *p, size_t from, size_t to, const char *message);
void parser_over_limit(struct parser *p, size_t from, size_t to, const char *message);
// Says what stands where [wanted] was wanted.
void parser_unexpected(struct parser *p, const char *wanted);

void parser_advance(struct parser *p);
bool parser_sees(const struct parser *p, int sign);
bool parser_accept(struct parser *p, int sign);
bool parser_want(struct parser *p, int sign, const char *words);

void terms_add(struct parser *p, struct terms *list, struct term *t, bool optional);

// A term from [start] to the end of the last word.
struct term *term_new(struct parser *p, enum term_kind kind, uint32_t start);
struct term *term_with_args(struct parser *p, struct term *t, const struct terms *args);
void term_measure(struct parser *p, struct term *t);
