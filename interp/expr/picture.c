// An expression with the value of each part under it.
//
//     result.value > 1000
//     |      |     |
//     |      12    false
//     {"value": 12, ...}

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "expr/eval.h"
#include "value/json.h"

enum { SHOWN = 48, MOST_PARTS = 64, SMALL = 1024 };

struct part {
    const struct term *term;
    struct value value;
    struct str text;  // its value in words
    size_t column, width;
};

struct picture {
    const struct expr *expr;
    const struct scope *scope;
    struct arena *arena;
    int64_t cost;  // what all parts together may still take
    struct part parts[MOST_PARTS];
    size_t count;
};

static bool worth_showing(const struct term *t)
{
    return !t->constant && t->kind != TERM_LITERAL && t->kind != TERM_LIST && t->kind != TERM_MAP &&
           t->kind != TERM_CONDITIONAL && !(t->kind == TERM_ROOT && t->is_type_name);
}

static void add_part(struct picture *p, const struct term *t, struct value v)
{
    if (p->count == MOST_PARTS || !worth_showing(t))
        return;
    struct str before = str_slice(p->expr->text.str, 0, t->at);
    struct part *part = &p->parts[p->count++];
    *part = (struct part){ .term = t, .value = v, .column = utf8_length(before) };
    part->text = value_show(v, p->arena, SHOWN);
    part->width = utf8_length(part->text);
}

static void walk(struct picture *p, const struct term *t);

// Only as far as it was evaluated: what comes behind the part that decides was not.
static void walk_row(struct picture *p, const struct term *t)
{
    for (size_t i = 0; i < t->count; i++) {
        struct value v;
        walk(p, t->args[i]);
        bool ok = eval_part(p->expr, t->args[i], p->scope, p->arena, &p->cost, &v);
        if (ok && v.kind == VALUE_BOOL && v.b == (t->kind == TERM_OR))
            return;
    }
}

static void walk_conditional(struct picture *p, const struct term *t)
{
    struct value v;

    walk(p, t->args[0]);
    if (eval_part(p->expr, t->args[0], p->scope, p->arena, &p->cost, &v) && v.kind == VALUE_BOOL)
        walk(p, t->args[v.b ? 1 : 2]);
}

// The inside of a macro has another value for each element, so only its range is shown.
static void walk(struct picture *p, const struct term *t)
{
    struct value v;

    if (t->constant)
        return;
    if (t->kind == TERM_AND || t->kind == TERM_OR)
        walk_row(p, t);
    else if (t->kind == TERM_CONDITIONAL)
        walk_conditional(p, t);
    else if (t->kind == TERM_MACRO)
        walk(p, t->args[MACRO_RANGE]);
    else if (t->eval != eval_qualified)
        for (size_t i = 0; i < t->count; i++)
            walk(p, t->args[i]);
    if (eval_part(p->expr, t, p->scope, p->arena, &p->cost, &v))
        add_part(p, t, v);
}

static int by_column(const void *a, const void *b)
{
    size_t x = ((const struct part *)a)->column, y = ((const struct part *)b)->column;

    return (x > y) - (x < y);
}

static struct picture *take_picture(const struct expr *e, const struct scope *s, struct arena *a)
{
    struct picture *p = NEW(a, struct picture);

    *p = (struct picture){ .expr = e, .scope = s, .arena = a, .cost = EXPR_COST_LIMIT };
    walk(p, e->term);
    qsort(p->parts, p->count, sizeof *p->parts, by_column);
    return p;
}

static void pad(struct buf *out, size_t *column, size_t to)
{
    for (; *column < to; ++*column)
        buf_add_c(out, ' ');
}

static void trim_line(struct buf *out)
{
    while (out->n && out->s[out->n - 1] == ' ')
        out->n--;
    buf_add_c(out, '\n');
}

static void draw_source(const struct expr *e, struct buf *out)
{
    struct str s = e->text.str;

    for (size_t i = 0; i < s.n; i++)
        buf_add_c(out, (unsigned char)s.s[i] < ' ' ? ' ' : s.s[i]);
    trim_line(out);
}

static void draw_bars(const struct picture *p, size_t count, struct buf *out)
{
    size_t column = 0;

    for (size_t i = 0; i < count; i++) {
        pad(out, &column, p->parts[i].column);
        if (column == p->parts[i].column)
            buf_add_c(out, '|'), column++;
    }
    trim_line(out);
}

// How many of the first [count] parts are not yet drawn behind this line: from the
// right, each value that fits before what stands right of it.
static size_t draw_values(const struct picture *p, size_t count, struct buf *out)
{
    size_t first = count - 1, column = 0;

    while (first > 0 &&
           p->parts[first - 1].column + p->parts[first - 1].width < p->parts[first].column)
        first--;
    for (size_t i = 0; i < count; i++) {
        pad(out, &column, p->parts[i].column);
        if (column > p->parts[i].column)
            continue;
        buf_add(out, i < first ? STR("|") : p->parts[i].text);
        column += i < first ? 1 : p->parts[i].width;
    }
    trim_line(out);
    return first;
}

struct str expr_picture(const struct expr *e, const struct scope *s, struct arena *a)
{
    struct picture *p = take_picture(e, s, a);
    struct buf out = BUF_EMPTY;
    size_t left = p->count;

    draw_source(e, &out);
    if (left)
        draw_bars(p, left, &out);
    while (left)
        left = draw_values(p, left, &out);
    return buf_take(&out, a);
}

// Big values are told by their beginning, secret ones not at all.
static struct value told(struct value v, struct arena *a)
{
    if (v.secret || v.kind == VALUE_OBJECT)
        return value_string(value_show(v, a, SMALL));
    bool simple = v.kind != VALUE_LIST && v.kind != VALUE_MAP && v.kind != VALUE_STRING;
    if (simple || json_text(v, a).n <= SMALL)
        return v;
    return value_string(value_show(v, a, SMALL));
}

struct value expr_parts(const struct expr *e, const struct scope *s, struct arena *a)
{
    struct picture *p = take_picture(e, s, a);
    struct value_builder *list = value_list_start(a);

    for (size_t i = 0; i < p->count; i++) {
        const struct term *t = p->parts[i].term;
        struct value_builder *part = value_map_start(a);
        value_put_s(part, "text", value_string(str_slice(e->text.str, t->start, t->end)));
        value_put_s(part, "value", told(p->parts[i].value, a));
        value_add(list, value_finish(part));
    }
    return value_finish(list);
}
