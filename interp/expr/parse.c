#include "expr/parse.h"

#include <string.h>

#include "base/arena.h"
#include "expr/lex.h"
#include "expr/literal.h"

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

static struct term *expression(struct parser *p);

static void add_term(struct parser *p, struct terms *list, struct term *t, bool optional)
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

static void complain(struct parser *p, size_t from, size_t to, const char *message)
{
    if (!p->failed)
        diag_error(p->diags, DIAG_EXPR_SYNTAX, text_span(p->text, from, to), "%s", message);
    p->failed = true;
}

static void complain_over_limit(struct parser *p, size_t from, size_t to, const char *message)
{
    if (!p->failed)
        diag_error(p->diags, DIAG_OVER_LIMIT, text_span(p->text, from, to), "%s", message);
    p->failed = true;
}

// Binary operators by how tightly they bind; && and || take any number of operands.
enum { LEVEL_OR, LEVEL_AND, LEVEL_RELATION, LEVEL_SUM, LEVEL_PRODUCT, LEVEL_UNARY };

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

static void advance(struct parser *p)
{
    p->last_end = (uint32_t)p->token.end;
    lexer_next(&p->lexer, &p->token);
    p->level = operator_level(&p->token, &p->op);
}

static bool is_sign(const struct parser *p, int sign)
{
    return p->token.kind == TOKEN_SIGN && p->token.sign == sign;
}

static bool accept(struct parser *p, int sign)
{
    if (!is_sign(p, sign))
        return false;
    advance(p);
    return true;
}

// Says what stands where something else was wanted.
static void unexpected(struct parser *p, const char *wanted)
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

static bool want(struct parser *p, int sign, const char *words)
{
    if (accept(p, sign))
        return true;
    unexpected(p, words);
    return false;
}

static struct term *term_new(struct parser *p, enum term_kind kind, uint32_t start)
{
    struct term *t = NEW(p->arena, struct term);

    t->kind = kind;
    t->start = t->at = start;
    t->end = t->at_end = p->last_end;
    return t;
}

// The height counts long rows of operators, too: it is what recursion over the tree
// costs. Two bytes of source make at most one item, so [count] holds them.
static void measure(struct parser *p, struct term *t)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->args[i]->height >= t->height)
            t->height = (uint16_t)(t->args[i]->height + 1);
    if (t->height > EXPR_HEIGHT_LIMIT)
        complain_over_limit(p, t->start, t->end,
                            "the expression is over the depth limit: more than 1000 operators in "
                            "one row");
}

static struct term *with_args(struct parser *p, struct term *t, const struct terms *args)
{
    t->args = args->items;
    t->count = (uint16_t)args->count;
    measure(p, t);
    return t;
}

static struct term *name_term(struct parser *p, struct token name, bool absolute)
{
    struct term *t = term_new(p, TERM_ROOT, (uint32_t)name.start);

    t->name = name.text;
    t->absolute = absolute;
    return t;
}

static struct term *literal(struct parser *p, struct token t, bool negative, uint32_t start)
{
    struct term *term = term_new(p, TERM_LITERAL, start);
    const char *problem;
    size_t at;

    term->constant = true;
    if (!literal_read(t, negative, p->arena, &term->value, &problem, &at))
        complain(p, at ? t.start + at : t.start, at ? t.start + at + 2 : t.end, problem);
    return term;
}

// args = [expr ("," expr)*] ")"
static struct terms arguments(struct parser *p)
{
    struct terms args = { 0 };

    if (accept(p, ')'))
        return args;
    do
        add_term(p, &args, expression(p), false);
    while (!p->failed && accept(p, ','));
    want(p, ')', "`,` or `)`");
    return args;
}

static struct term *call(struct parser *p, struct term *receiver, struct token name)
{
    struct terms args = { 0 };

    if (receiver)
        add_term(p, &args, receiver, false);
    struct terms rest = arguments(p);
    for (size_t i = 0; i < rest.count; i++)
        add_term(p, &args, rest.items[i], false);
    struct term *t = term_new(p, TERM_CALL, receiver ? receiver->start : (uint32_t)name.start);
    t->name = name.text;
    t->member = receiver != NULL;
    t->at = (uint32_t)name.start;
    t->at_end = (uint32_t)name.end;
    return with_args(p, t, &args);
}

// list = "[" [["?"] expr ("," ["?"] expr)* [","]] "]"
static struct term *list(struct parser *p, uint32_t start)
{
    struct terms items = { 0 };

    while (!p->failed && !is_sign(p, ']')) {
        bool optional = accept(p, '?');
        add_term(p, &items, expression(p), optional);
        if (!is_sign(p, ']') && !want(p, ',', "`,` or `]`"))
            break;
    }
    accept(p, ']');
    struct term *t = term_new(p, TERM_LIST, start);
    t->optionals = items.any_optional ? items.optionals : NULL;
    t->at_end = start + 1;
    return with_args(p, t, &items);
}

// map = "{" [["?"] expr ":" expr ("," ...)* [","]] "}"
static struct term *map(struct parser *p, uint32_t start)
{
    struct terms items = { 0 };

    while (!p->failed && !is_sign(p, '}')) {
        bool optional = accept(p, '?');
        add_term(p, &items, expression(p), optional);
        if (!want(p, ':', "`:`"))
            break;
        add_term(p, &items, expression(p), optional);
        if (!is_sign(p, '}') && !want(p, ',', "`,` or `}`"))
            break;
    }
    accept(p, '}');
    struct term *t = term_new(p, TERM_MAP, start);
    t->optionals = items.any_optional ? items.optionals : NULL;
    t->at_end = start + 1;
    return with_args(p, t, &items);
}

static struct term *word_literal(struct parser *p, struct token name)
{
    struct term *t = term_new(p, TERM_LITERAL, (uint32_t)name.start);

    t->constant = true;
    if (!str_is(name.text, "null"))
        t->value = value_bool(str_is(name.text, "true"));
    return t;
}

static struct term *name_or_call(struct parser *p, bool absolute)
{
    struct token name = p->token;

    advance(p);
    if (!absolute &&
        (str_is(name.text, "true") || str_is(name.text, "false") || str_is(name.text, "null")))
        return word_literal(p, name);
    if (lexer_is_reserved(name.text)) {
        p->token = name;
        unexpected(p, "a value");
    }
    if (accept(p, '('))
        return call(p, NULL, name);
    return name_term(p, name, absolute);
}

static struct term *parenthesis(struct parser *p, uint32_t start)
{
    struct term *t = expression(p);

    want(p, ')', "`)`");
    t->start = start;
    t->end = p->last_end;
    return t;
}

// primary = ["."] name [args] | literal | "(" expr ")" | list | map
static struct term *primary(struct parser *p)
{
    struct token first = p->token;
    uint32_t start = (uint32_t)first.start;

    switch (first.kind) {
    case TOKEN_NAME:
        return name_or_call(p, false);
    case TOKEN_INT:
    case TOKEN_UINT:
    case TOKEN_DOUBLE:
    case TOKEN_STRING:
    case TOKEN_BYTES:
        advance(p);
        return literal(p, first, false, start);
    default:
        break;
    }
    if (accept(p, '('))
        return parenthesis(p, start);
    if (accept(p, '['))
        return list(p, start);
    if (accept(p, '{'))
        return map(p, start);
    if (accept(p, '.') && p->token.kind == TOKEN_NAME)
        return name_or_call(p, true);
    unexpected(p, "a value");
    return term_new(p, TERM_LITERAL, start);
}

static struct term *select_term(struct parser *p, struct term *operand, bool optional)
{
    struct token name = p->token;
    struct terms args = { 0 };

    if (name.kind != TOKEN_NAME && name.kind != TOKEN_QUOTED_NAME) {
        unexpected(p, "the name of a field");
        return operand;
    }
    advance(p);
    if (!optional && name.kind == TOKEN_NAME && accept(p, '('))
        return call(p, operand, name);
    if (str_is(name.text, "in") && name.kind == TOKEN_NAME)
        complain(p, name.start, name.end, "`in` is an operator; write [\"in\"]");
    add_term(p, &args, operand, false);
    struct term *t = term_new(p, TERM_SELECT, operand->start);
    t->name = name.text;
    t->optional = optional;
    t->at = (uint32_t)name.start;
    return with_args(p, t, &args);
}

static struct term *index_term(struct parser *p, struct term *operand, uint32_t at)
{
    struct terms args = { 0 };
    bool optional = accept(p, '?');

    add_term(p, &args, operand, false);
    add_term(p, &args, expression(p), false);
    want(p, ']', "`]`");
    struct term *t = term_new(p, TERM_INDEX, operand->start);
    t->optional = optional;
    t->at = at;
    return with_args(p, t, &args);
}

// member = primary ("." ["?"] name [args] | "[" ["?"] expr "]")*
static struct term *members(struct parser *p, struct term *t)
{
    while (!p->failed) {
        uint32_t at = (uint32_t)p->token.start;
        if (accept(p, '.')) {
            bool optional = accept(p, '?');
            t = select_term(p, t, optional);
        } else if (accept(p, '[')) {
            t = index_term(p, t, at);
        } else if (is_sign(p, '{') && (t->kind == TERM_ROOT || t->kind == TERM_SELECT)) {
            unexpected(p, "an operator (there are no messages to build)");
        } else {
            break;
        }
    }
    return t;
}

static struct term *operator_term(struct parser *p, enum operation op, struct token sign,
                                  struct term *left, struct term *right)
{
    struct terms args = { 0 };

    add_term(p, &args, left, false);
    if (right)
        add_term(p, &args, right, false);
    struct term *t = term_new(p, TERM_OPERATOR, right ? left->start : (uint32_t)sign.start);
    t->op = op;
    t->repeat = 1;
    t->at = (uint32_t)sign.start;
    t->at_end = (uint32_t)sign.end;
    return with_args(p, t, &args);
}

static bool is_number_token(const struct parser *p)
{
    return p->token.kind == TOKEN_INT || p->token.kind == TOKEN_DOUBLE;
}

// unary = member | "!"+ member | "-"+ member; the last "-" before digits is their sign
static struct term *unary(struct parser *p)
{
    struct token first = p->token;
    bool is_not = is_sign(p, '!');
    uint16_t count = 0;
    uint32_t sign_start = 0;

    if (!is_not && !is_sign(p, '-'))
        return members(p, primary(p));
    while (is_sign(p, is_not ? '!' : '-') && count < UINT16_MAX) {
        sign_start = (uint32_t)p->token.start;
        advance(p);
        count++;
    }
    struct term *operand;
    if (!is_not && is_number_token(p)) {
        struct token digits = p->token;
        advance(p);
        operand = members(p, literal(p, digits, true, sign_start));
        count--;
    } else {
        operand = members(p, primary(p));
    }
    if (count == 0)
        return operand;
    struct term *t = operator_term(p, is_not ? OP_NOT : OP_NEGATE, first, operand, NULL);
    t->repeat = count;
    return t;
}

static struct term *binary(struct parser *p, int level);

// A row of && or || is one term, so that a long one is not a deep one.
static struct term *row(struct parser *p, struct term *first, int level)
{
    struct terms args = { 0 };
    struct token sign = p->token;

    add_term(p, &args, first, false);
    while (!p->failed && accept(p, level == LEVEL_OR ? SIGN_OR : SIGN_AND))
        add_term(p, &args, binary(p, level + 1), false);
    struct term *t = term_new(p, level == LEVEL_OR ? TERM_OR : TERM_AND, first->start);
    t->at = (uint32_t)sign.start;
    t->at_end = (uint32_t)sign.end;
    return with_args(p, t, &args);
}

// or = and ("||" and)*, and = relation ("&&" relation)*, relation = sum (relop sum)*,
// sum = product (("+" | "-") product)*, product = unary (("*" | "/" | "%") unary)*
static struct term *binary(struct parser *p, int level)
{
    if (level == LEVEL_UNARY)
        return unary(p);
    struct term *left = binary(p, level + 1);
    while (!p->failed && p->level == level) {
        if (level <= LEVEL_AND) {
            left = row(p, left, level);
            continue;
        }
        struct token sign = p->token;
        enum operation op = p->op;
        advance(p);
        left = operator_term(p, op, sign, left, binary(p, level + 1));
    }
    return left;
}

static bool enter(struct parser *p)
{
    if (++p->depth <= EXPR_DEPTH_LIMIT + 1)
        return true;
    complain_over_limit(p, p->token.start, p->token.end,
                        "the expression is nested deeper than the depth limit of 100");
    return false;
}

// The links of a ? b : c ? d : e were made from the first to the last; what they span
// and how high they are is known from the last to the first.
static void close_links(struct parser *p, struct term *t)
{
    if (t->kind != TERM_CONDITIONAL || t->height)
        return;
    close_links(p, t->args[2]);
    t->end = t->args[2]->end;
    measure(p, t);
}

static struct term *conditional(struct parser *p, struct term *condition)
{
    struct token sign = p->token;
    struct terms args = { 0 };
    struct term *t = term_new(p, TERM_CONDITIONAL, condition->start);

    advance(p);
    t->at = (uint32_t)sign.start;
    t->at_end = (uint32_t)sign.end;
    add_term(p, &args, condition, false);
    add_term(p, &args, binary(p, LEVEL_OR), false);
    add_term(p, &args, condition, false);
    t->args = args.items;
    t->count = 3;
    want(p, ':', "`:`");
    return t;
}

// expr = or ["?" or ":" expr]; a row of them is read in a loop, not by recursion
static struct term *expression(struct parser *p)
{
    struct term *head = NULL, **tail = &head;

    if (!enter(p))
        return term_new(p, TERM_LITERAL, p->last_end);
    for (int links = 0; !p->failed; links++) {
        *tail = binary(p, LEVEL_OR);
        if (p->failed || !is_sign(p, '?'))
            break;
        *tail = conditional(p, *tail);
        tail = &(*tail)->args[2];
        if (links > EXPR_HEIGHT_LIMIT)
            complain_over_limit(p, p->token.start, p->token.end,
                                "the expression is over the depth limit: more than 1000 "
                                "conditionals in one row");
    }
    p->depth--;
    if (!p->failed)
        close_links(p, head);
    return head ? head : term_new(p, TERM_LITERAL, p->last_end);
}

struct term *parse_terms(struct arena *a, const struct text *text, struct diags *ds)
{
    struct parser p = { .arena = a, .text = text, .diags = ds, .lexer.source = text->str };

    if (text->str.n > EXPR_SOURCE_LIMIT) {
        diag_error(ds, DIAG_OVER_LIMIT, text_span(text, 0, 1),
                   "the expression is over the source limit of 64 KiB");
        return NULL;
    }
    advance(&p);
    struct term *t = expression(&p);
    if (!p.failed && p.token.kind != TOKEN_END)
        unexpected(&p, "an operator");
    return p.failed ? NULL : t;
}
