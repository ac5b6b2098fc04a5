// Text with ${{ expressions }} in it.
//
// The end of `${{` is found by the CEL lexer. `$${{` is a literal `${{`. The result
// is never looked at again: what a value holds is data, whatever it looks like. A
// text that is exactly one ${{ }} keeps the value's type; in longer text string,
// bool, numbers, durations and timestamps become text, and everything else is an
// error that names toJson().

#pragma once

#include "expr/check.h"

struct template_part {
    struct str literal;  // when expr is NULL; already unescaped
    const struct expr *expr;
    uint32_t start, end;  // in the decoded text of the template, braces included
};

struct template
{
    struct text text;
    const struct template_part *parts;
    size_t count;
};

// NULL if an expression in it does not parse. A text without ${{ }} has at most one
// part, a literal.
struct template *template_parse(struct arena *a, const struct text *t, struct diags *ds);

bool template_is_literal(const struct template *t);
// The only expression of a template that is nothing else, or NULL.
const struct expr *template_whole(const struct template *t);

// The value; a string unless the template is one whole expression.
bool template_eval(const struct template *t, const struct scope *s, struct arena *a,
                   struct value *out, struct expr_error *err);
// The text, whatever its type; an error for what has no text.
bool template_eval_text(const struct template *t, const struct scope *s, struct arena *a,
                        struct str *out, bool *secret, struct expr_error *err);

// Checks every expression; the type of the whole, or NULL with the reasons in [ds].
const struct expr_type *template_check(const struct template *t, const struct check_scope *s,
                                       struct arena *a, struct diags *ds);

// A condition: a bare expression, or exactly one ${{ }} (white space around it is not
// text). Text around it is an error. NULL with the reason in [ds].
struct expr *condition_parse(struct arena *a, const struct text *t, struct diags *ds);
