#include "expr/parser.h"

#include <string.h>

#include "base/arena.h"

void parser_complain(struct parser *p, size_t from, size_t to, const char *message)
{
    if (!p->failed)
        diag_error(p->diags, DIAG_EXPR_SYNTAX, text_span(p->text, from, to), "%s", message);
    p->failed = true;
}

void parser_over_limit(struct parser *p, size_t from, size_t to, const char *message)
{
    if (!p->failed)
        diag_error(p->diags, DIAG_OVER_LIMIT, text_span(p->text, from, to), "%s", message);
    p->failed = true;
}

static const struct {
    int sign, level;
    enum operation op;
} operators[] = {
    { SIGN_OR, LEVEL_OR, 0 },
    { SIGN_AND, LEVEL_AND, 0 },
    { '<', LEVEL_RELATION, OP_LESS },
    { SIGN_LESS_EQUAL, LEVEL_RELATION, OP_LESS_EQUAL },
    { '>', LEVEL_RELATION, OP_GREATER },
    { SIGN_GREATER_EQUAL, LEVEL_RELATION, OP_GREATER_EQUAL },
    { SIGN_EQUAL, LEVEL_RELATION, OP_EQUAL },
    { SIGN_NOT_EQUAL, LEVEL_RELATION, OP_NOT_EQUAL },
    { '+', LEVEL_SUM, OP_ADD },
    { '-', LEVEL_SUM, OP_SUBTRACT },
    { '*', LEVEL_PRODUCT, OP_MULTIPLY },
    { '/', LEVEL_PRODUCT, OP_DIVIDE },
    { '%', LEVEL_PRODUCT, OP_MODULO },
};

static int operator_level(const struct token *t, enum operation *op)
{
    if (t->kind == TOKEN_NAME && t->text.n == 2 && t->text.s[0] == 'i' && t->text.s[1] == 'n') {
        *op = OP_IN;
        return LEVEL_RELATION;
    }
    if (t->kind != TOKEN_SIGN)
        return -1;
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (t->sign == operators[i].sign) {
            *op = operators[i].op;
            return operators[i].level;
        }
    return -1;
}

void parser_advance(struct parser *p)
{
    p->last_end = (uint32_t)p->token.end;
    lexer_next(&p->lexer, &p->token);
    p->level = operator_level(&p->token, &p->op);
}

bool parser_sees(const struct parser *p, int sign)
{
    return p->token.kind == TOKEN_SIGN && p->token.sign == sign;
}

bool parser_accept(struct parser *p, int sign)
{
    if (!parser_sees(p, sign))
        return false;
    parser_advance(p);
    return true;
}

// Says what stands where something else was wanted.
void parser_unexpected(struct parser *p, const char *wanted)
{
    struct token t = p->token;

    if (p->failed)
        return;
    p->failed = true;
    struct span span = text_span(p->text, t.start, t.end);
    if (t.kind == TOKEN_END)
        diag_error(p->diags, DIAG_EXPR_SYNTAX, span, "the expression ends where %s is wanted",
                   wanted);
    else if (t.kind == TOKEN_BAD && t.problem)
        diag_error(p->diags, DIAG_EXPR_SYNTAX, span, "%s", t.problem);
    else
        diag_error(p->diags, DIAG_EXPR_SYNTAX, span, "`%.*s` stands where %s is wanted",
                   STR_ARG(str_slice(p->text->str, t.start, t.end)), wanted);
}

bool parser_want(struct parser *p, int sign, const char *words)
{
    if (parser_accept(p, sign))
        return true;
    parser_unexpected(p, words);
    return false;
}

void terms_add(struct parser *p, struct terms *list, struct term *t, bool optional)
{
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 4;
        struct term **items = NEW_ARRAY(p->arena, struct term *, room);
        bool *optionals = NEW_ARRAY(p->arena, bool, room);
        if (list->count) {
            memcpy(items, list->items, list->count * sizeof *items);
            memcpy(optionals, list->optionals, list->count);
        }
        list->items = items;
        list->optionals = optionals;
        list->room = room;
    }
    list->any_optional |= optional;
    list->optionals[list->count] = optional;
    list->items[list->count++] = t;
}

struct term *term_new(struct parser *p, enum term_kind kind, uint32_t start)
{
    struct term *t = NEW(p->arena, struct term);

    t->kind = kind;
    t->start = t->at = start;
    t->end = t->at_end = p->last_end;
    return t;
}

// The height counts long rows of operators, too: it is what recursion over the tree
// costs. Two bytes of source make at most one item, so [count] holds them.
void term_measure(struct parser *p, struct term *t)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->args[i]->height >= t->height)
            t->height = (uint16_t)(t->args[i]->height + 1);
    if (t->height > EXPR_HEIGHT_LIMIT)
        parser_over_limit(p, t->start, t->end,
                          "the expression is over the depth limit: more than 1000 operators in "
                          "one row");
}

struct term *term_with_args(struct parser *p, struct term *t, const struct terms *args)
{
    t->args = args->items;
    t->count = (uint16_t)args->count;
    term_measure(p, t);
    return t;
}
