#include "expr/parse.h"

#include "base/arena.h"
#include "expr/literal.h"
#include "expr/parser.h"

static struct term *expression(struct parser *p);

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
        parser_complain(p, at ? t.start + at : t.start, at ? t.start + at + 2 : t.end, problem);
    return term;
}

// args = [expr ("," expr)*] ")"
static struct terms arguments(struct parser *p)
{
    struct terms args = { 0 };

    if (parser_accept(p, ')'))
        return args;
    do
        terms_add(p, &args, expression(p), false);
    while (!p->failed && parser_accept(p, ','));
    parser_want(p, ')', "`,` or `)`");
    return args;
}

static struct term *call(struct parser *p, struct term *receiver, struct token name)
{
    struct terms args = { 0 };

    if (receiver)
        terms_add(p, &args, receiver, false);
    struct terms rest = arguments(p);
    for (size_t i = 0; i < rest.count; i++)
        terms_add(p, &args, rest.items[i], false);
    struct term *t = term_new(p, TERM_CALL, receiver ? receiver->start : (uint32_t)name.start);
    t->name = name.text;
    t->member = receiver != NULL;
    t->at = (uint32_t)name.start;
    t->at_end = (uint32_t)name.end;
    return term_with_args(p, t, &args);
}

// list = "[" [["?"] expr ("," ["?"] expr)* [","]] "]"
static struct term *list(struct parser *p, uint32_t start)
{
    struct terms items = { 0 };

    while (!p->failed && !parser_sees(p, ']')) {
        bool optional = parser_accept(p, '?');
        terms_add(p, &items, expression(p), optional);
        if (!parser_sees(p, ']') && !parser_want(p, ',', "`,` or `]`"))
            break;
    }
    parser_accept(p, ']');
    struct term *t = term_new(p, TERM_LIST, start);
    t->optionals = items.any_optional ? items.optionals : NULL;
    t->at_end = start + 1;
    return term_with_args(p, t, &items);
}

// map = "{" [["?"] expr ":" expr ("," ...)* [","]] "}"
static struct term *map(struct parser *p, uint32_t start)
{
    struct terms items = { 0 };

    while (!p->failed && !parser_sees(p, '}')) {
        bool optional = parser_accept(p, '?');
        terms_add(p, &items, expression(p), optional);
        if (!parser_want(p, ':', "`:`"))
            break;
        terms_add(p, &items, expression(p), optional);
        if (!parser_sees(p, '}') && !parser_want(p, ',', "`,` or `}`"))
            break;
    }
    parser_accept(p, '}');
    struct term *t = term_new(p, TERM_MAP, start);
    t->optionals = items.any_optional ? items.optionals : NULL;
    t->at_end = start + 1;
    return term_with_args(p, t, &items);
}

static struct term *word_literal(struct parser *p, struct token name)
{
    struct term *t = term_new(p, TERM_LITERAL, (uint32_t)name.start);

    t->constant = true;
    if (!str_is(name.text, "null"))
        t->value = value_bool(str_is(name.text, "true"));
    return t;
}

static bool is_word_literal(struct str name)
{
    return str_equal(name, STR("true")) || str_equal(name, STR("false")) ||
           str_equal(name, STR("null"));
}

static struct term *name_or_call(struct parser *p, bool absolute)
{
    struct token name = p->token;
    bool is_reserved = lexer_is_reserved(name.text);

    parser_advance(p);
    if (is_reserved && !absolute && is_word_literal(name.text))
        return word_literal(p, name);
    if (is_reserved) {
        p->token = name;
        parser_unexpected(p, "a value");
    }
    if (parser_accept(p, '('))
        return call(p, NULL, name);
    return name_term(p, name, absolute);
}

static struct term *parenthesis(struct parser *p, uint32_t start)
{
    struct term *t = expression(p);

    parser_want(p, ')', "`)`");
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
        parser_advance(p);
        return literal(p, first, false, start);
    default:
        break;
    }
    if (parser_accept(p, '('))
        return parenthesis(p, start);
    if (parser_accept(p, '['))
        return list(p, start);
    if (parser_accept(p, '{'))
        return map(p, start);
    if (parser_accept(p, '.') && p->token.kind == TOKEN_NAME)
        return name_or_call(p, true);
    parser_unexpected(p, "a value");
    return term_new(p, TERM_LITERAL, start);
}

static struct term *select_term(struct parser *p, struct term *operand, bool optional)
{
    struct token name = p->token;
    struct terms args = { 0 };

    if (name.kind != TOKEN_NAME && name.kind != TOKEN_QUOTED_NAME) {
        parser_unexpected(p, "the name of a field");
        return operand;
    }
    parser_advance(p);
    if (!optional && name.kind == TOKEN_NAME && parser_accept(p, '('))
        return call(p, operand, name);
    if (str_is(name.text, "in") && name.kind == TOKEN_NAME)
        parser_complain(p, name.start, name.end, "`in` is an operator; write [\"in\"]");
    terms_add(p, &args, operand, false);
    struct term *t = term_new(p, TERM_SELECT, operand->start);
    t->name = name.text;
    t->optional = optional;
    t->at = (uint32_t)name.start;
    return term_with_args(p, t, &args);
}

static struct term *index_term(struct parser *p, struct term *operand, uint32_t at)
{
    struct terms args = { 0 };
    bool optional = parser_accept(p, '?');

    terms_add(p, &args, operand, false);
    terms_add(p, &args, expression(p), false);
    parser_want(p, ']', "`]`");
    struct term *t = term_new(p, TERM_INDEX, operand->start);
    t->optional = optional;
    t->at = at;
    return term_with_args(p, t, &args);
}

// member = primary ("." ["?"] name [args] | "[" ["?"] expr "]")*
static struct term *members(struct parser *p, struct term *t)
{
    while (!p->failed) {
        uint32_t at = (uint32_t)p->token.start;
        if (parser_accept(p, '.')) {
            bool optional = parser_accept(p, '?');
            t = select_term(p, t, optional);
        } else if (parser_accept(p, '[')) {
            t = index_term(p, t, at);
        } else if (parser_sees(p, '{') && (t->kind == TERM_ROOT || t->kind == TERM_SELECT)) {
            parser_unexpected(p, "an operator (there are no messages to build)");
        } else {
            break;
        }
    }
    return t;
}

static struct term *operator_term(struct parser *p, enum operation op, struct token sign,
                                  struct term *left, struct term *right)
{
    struct term *t = term_new(p, TERM_OPERATOR, right ? left->start : (uint32_t)sign.start);

    t->op = op;
    t->repeat = 1;
    t->at = sign.start;
    t->at_end = sign.end;
    t->count = right ? 2 : 1;
    t->args = NEW_ARRAY(p->arena, struct term *, t->count);
    t->args[0] = left;
    if (right)
        t->args[1] = right;
    term_measure(p, t);
    return t;
}

static bool is_number_token(const struct parser *p)
{
    return p->token.kind == TOKEN_INT || p->token.kind == TOKEN_DOUBLE;
}

// unary = member | "!"+ member | "-"+ member; the last "-" before digits is their sign
static struct term *unary(struct parser *p)
{
    struct token first = p->token;
    bool is_not = parser_sees(p, '!');
    uint16_t count = 0;
    uint32_t sign_start = 0;

    if (!is_not && !parser_sees(p, '-'))
        return members(p, primary(p));
    while (parser_sees(p, is_not ? '!' : '-') && count < UINT16_MAX) {
        sign_start = (uint32_t)p->token.start;
        parser_advance(p);
        count++;
    }
    struct term *operand;
    if (!is_not && is_number_token(p)) {
        struct token digits = p->token;
        parser_advance(p);
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

    terms_add(p, &args, first, false);
    while (!p->failed && parser_accept(p, level == LEVEL_OR ? SIGN_OR : SIGN_AND))
        terms_add(p, &args, binary(p, level + 1), false);
    struct term *t = term_new(p, level == LEVEL_OR ? TERM_OR : TERM_AND, first->start);
    t->at = (uint32_t)sign.start;
    t->at_end = (uint32_t)sign.end;
    return term_with_args(p, t, &args);
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
        parser_advance(p);
        left = operator_term(p, op, sign, left, binary(p, level + 1));
    }
    return left;
}

static bool enter(struct parser *p)
{
    if (++p->depth <= EXPR_DEPTH_LIMIT + 1)
        return true;
    parser_over_limit(p, p->token.start, p->token.end,
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
    term_measure(p, t);
}

static struct term *conditional(struct parser *p, struct term *condition)
{
    struct token sign = p->token;
    struct terms args = { 0 };
    struct term *t = term_new(p, TERM_CONDITIONAL, condition->start);

    parser_advance(p);
    t->at = (uint32_t)sign.start;
    t->at_end = (uint32_t)sign.end;
    terms_add(p, &args, condition, false);
    terms_add(p, &args, binary(p, LEVEL_OR), false);
    terms_add(p, &args, condition, false);
    t->args = args.items;
    t->count = 3;
    parser_want(p, ':', "`:`");
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
        if (p->failed || !parser_sees(p, '?'))
            break;
        *tail = conditional(p, *tail);
        tail = &(*tail)->args[2];
        if (links > EXPR_HEIGHT_LIMIT)
            parser_over_limit(p, p->token.start, p->token.end,
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
    parser_advance(&p);
    struct term *t = expression(&p);
    if (!p.failed && p.token.kind != TOKEN_END)
        parser_unexpected(&p, "an operator");
    return p.failed ? NULL : t;
}
