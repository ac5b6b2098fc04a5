#include "expr/template.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "expr/lex.h"
#include "value/json.h"

static bool starts_at(struct str s, size_t at, const char *what)
{
    return str_starts(str_slice(s, at, s.n), what);
}

// Where the }} stands that closes an expression beginning at [at]: braces of maps are
// counted, and those inside of text are no braces. SIZE_MAX if there is none.
static size_t find_close(struct str s, size_t at)
{
    struct lexer l = { s, at };
    int depth = 0;

    for (;;) {
        struct token t;
        lexer_next(&l, &t);
        if (t.kind == TOKEN_END)
            return SIZE_MAX;
        if (t.kind != TOKEN_SIGN)
            continue;
        if (t.sign == '{')
            depth++;
        if (t.sign == '}' && depth == 0)
            return starts_at(s, t.start, "}}") ? t.start : SIZE_MAX;
        if (t.sign == '}')
            depth--;
    }
}

struct reader {
    struct arena *arena;
    const struct text *text;
    struct diags *diags;
    struct template_part *parts;
    size_t count, room;
    size_t from;  // where the literal that is being read began
    bool failed;
};

static void add_part(struct reader *r, struct template_part part)
{
    if (r->count == r->room) {
        size_t room = r->room ? r->room * 2 : 1;  // most texts are one literal
        r->parts = arena_grow(r->arena, r->parts, r->room, room, sizeof *r->parts);
        r->room = room;
    }
    r->parts[r->count++] = part;
}

static void add_literal(struct reader *r, size_t to)
{
    if (to > r->from)
        add_part(r, (struct template_part){ .literal = str_slice(r->text->str, r->from, to),
                                            .start = r->from,
                                            .end = to });
}

// expression = "${{" CEL "}}"; returns where it ends.
static size_t read_expression(struct reader *r, size_t at)
{
    struct str s = r->text->str;
    size_t close = find_close(s, at + 3);

    if (close == SIZE_MAX) {
        struct diag *d = diag_error(r->diags, DIAG_EXPR_SYNTAX, text_span(r->text, at, at + 3),
                                    "`${{` has no `}}` behind its expression");
        diag_help(r->diags, d, "a literal `${{` is written `$${{`");
        r->failed = true;
        return s.n;
    }
    struct text *inside = NEW(r->arena, struct text);
    *inside = text_cut(r->arena, r->text, at + 3, close);
    const struct expr *e = expr_parse(r->arena, inside, r->diags);
    r->failed |= !e;
    add_part(r, (struct template_part){ .expr = e, .start = at, .end = close + 2 });
    return close + 2;
}

// "$${{" stands for "${{": the first $ is left out.
static size_t read_escape(struct reader *r, size_t at)
{
    add_literal(r, at);
    r->from = at + 1;
    add_literal(r, at + 4);
    return r->from = at + 4;
}

struct template *template_parse(struct arena *a, const struct text *t, struct diags *ds)
{
    struct reader r = { .arena = a, .text = t, .diags = ds };
    struct str s = t->str;

    for (size_t at = 0; at < s.n;) {
        const char *dollar = memchr(s.s + at, '$', s.n - at);
        at = dollar ? (size_t)(dollar - s.s) : s.n;
        if (starts_at(s, at, "$${{")) {
            at = read_escape(&r, at);
        } else if (starts_at(s, at, "${{")) {
            add_literal(&r, at);
            at = r.from = read_expression(&r, at);
        } else if (at < s.n) {
            at++;
        }
    }
    add_literal(&r, s.n);
    if (r.failed)
        return NULL;
    struct template *template = NEW(a, struct template);
    *template = (struct template){ *t, r.parts, r.count };
    return template;
}

bool template_is_literal(const struct template *t)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->parts[i].expr)
            return false;
    return true;
}

const struct expr *template_whole(const struct template *t)
{
    return t->count == 1 ? t->parts[0].expr : NULL;
}

static bool no_text(const struct template_part *part, struct value v, struct arena *a,
                    struct expr_error *err)
{
    const struct text *text = expr_text(part->expr);

    *err = (struct expr_error){ .span = text_span(text, 0, text->str.n),
                                .end = (uint32_t)text->str.n };
    err->message = str_format(a, "%s cannot stand inside text", value_kind_words(v.kind));
    struct str source = str_trim(text->str);
    if (v.kind == VALUE_OPTIONAL)
        err->help = str_format(a,
                               "say what to write when there is no value: ${{ %.*s.orValue('') }}",
                               STR_ARG(source));
    else
        err->help = str_format(a, "write it as JSON: ${{ toJson(%.*s) }}", STR_ARG(source));
    return false;
}

// What holds itself several times grows fast: each value of a chain of `vars` four times the one
// before is gigabytes after a dozen.
static bool has_room(const struct template_part *part, struct str text, const struct buf *out,
                     struct expr_error *err)
{
    const struct text *source = expr_text(part->expr);

    if (text.n <= EXPR_MEMORY_LIMIT && out->n + text.n <= EXPR_MEMORY_LIMIT)
        return true;
    *err = (struct expr_error){ .span = text_span(source, 0, source->str.n),
                                .end = (uint32_t)source->str.n,
                                .message = STR("the text is over the size limit of 16 MiB") };
    return false;
}

static bool add_text(const struct template_part *part, const struct scope *s, struct arena *a,
                     struct buf *out, bool *secret, struct expr_error *err)
{
    struct value v;
    struct str text;

    if (!part->expr) {
        buf_add(out, part->literal);
        return true;
    }
    if (!expr_eval(part->expr, s, a, &v, err))
        return false;
    if (!value_to_text(v, a, &text))
        return no_text(part, v, a, err);
    if (!has_room(part, text, out, err))
        return false;
    *secret |= v.secret;
    buf_add(out, text);
    return true;
}

bool template_eval_text(const struct template *t, const struct scope *s, struct arena *a,
                        struct str *out, bool *secret, struct expr_error *err)
{
    struct buf text = BUF_EMPTY;
    bool ok = true;

    *secret = false;
    for (size_t i = 0; ok && i < t->count; i++)
        ok = add_text(&t->parts[i], s, a, &text, secret, err);
    *out = ok ? buf_take(&text, a) : STR("");
    buf_free(&text);
    return ok;
}

bool template_eval(const struct template *t, const struct scope *s, struct arena *a,
                   struct value *out, struct expr_error *err)
{
    struct str text;
    bool secret;

    if (template_whole(t))
        return expr_eval(template_whole(t), s, a, out, err);
    if (!template_eval_text(t, s, a, &text, &secret, err))
        return false;
    *out = value_string(text);
    out->secret = secret;
    return true;
}

const struct expr_type *template_check(const struct template *t, const struct check_scope *s,
                                       struct arena *a, struct diags *ds)
{
    const struct expr_type *type = expr_string;
    bool ok = true;

    for (size_t i = 0; i < t->count; i++) {
        const struct expr *e = t->parts[i].expr;
        if (!e)
            continue;
        const struct expr_type *part = expr_check(e, s, a, ds);
        ok &= part != NULL;
        if (!part || t->count == 1) {
            type = part;
        } else if (!expr_type_has_text(part)) {
            const struct text *text = expr_text(e);
            struct diag *d = diag_error(ds, DIAG_INTERPOLATE_OBJECT,
                                        text_span(text, 0, text->str.n),
                                        "%s cannot stand inside text", expr_type_words(part));
            diag_help(ds, d, "write it as JSON: ${{ toJson(%.*s) }}", STR_ARG(str_trim(text->str)));
            ok = false;
        }
    }
    return ok ? type : NULL;
}

// Whether a ${{ stands in [s] outside of quotes: CEL has no dollar sign.
static bool has_dollar(struct str s)
{
    struct lexer l = { s, 0 };

    for (;;) {
        struct token t;
        lexer_next(&l, &t);
        if (t.kind == TOKEN_END)
            return false;
        if (t.kind == TOKEN_BAD && starts_at(s, t.start, "${{"))
            return true;
    }
}

// condition = CEL | "${{" CEL "}}", alone but for white space
struct expr *condition_parse(struct arena *a, const struct text *t, struct diags *ds)
{
    struct str s = str_trim(t->str);
    size_t start = (size_t)(s.s - t->str.s), end = start + s.n;
    struct text *inside = NEW(a, struct text);

    if (starts_at(s, 0, "${{") && find_close(t->str, start + 3) == end - 2) {
        *inside = text_cut(a, t, start + 3, end - 2);
        return expr_parse(a, inside, ds);
    }
    *inside = text_cut(a, t, start, end);
    if (!has_dollar(s))
        return expr_parse(a, inside, ds);
    struct diag *d = diag_error(ds, DIAG_TEXT_AROUND_CONDITION, text_span(t, start, end),
                                "there is text around `${{ }}` in a condition");
    diag_help(ds, d, "a condition is one expression: write it without `${{ }}`");
    return NULL;
}
