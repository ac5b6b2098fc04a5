// A YAML structure with expressions in it: filled in, it becomes a value.
//
// Wherever the language takes any value (`vars`, `with`, `json`, `params`, ...), a
// plain scalar is read by the YAML 1.2 core schema (true, null, numbers; what looks
// like a number but is not one there, as 007 or +1, is an error that says "quote
// it"), a quoted one is text, and both may hold ${{ }}.

#pragma once

#include "expr/template.h"
#include "yaml/node.h"

struct form {
    enum { FORM_CONSTANT, FORM_TEMPLATE, FORM_LIST, FORM_MAP } kind;
    struct text text;  // as it is written; of a list or map its place alone
    struct value constant;
    const struct template *template;
    struct form *items;  // list, map
    struct text *keys;   // map; keys are literal text
    size_t count;
};

struct form *form_read(struct arena *a, const struct node *n, struct diags *ds);
bool form_fill(const struct form *f, const struct scope *s, struct arena *a, struct value *out,
               struct expr_error *err);
const struct expr_type *form_check(const struct form *f, const struct check_scope *s,
                                   struct arena *a, struct diags *ds);

// It says nothing: empty, ~ or null, unquoted.
bool form_is_null(const struct form *f);

// The value of a plain scalar by the core schema. False with an error in [ds].
bool core_scalar(const struct text *t, struct value *out, struct diags *ds);

// Calls [see] for every expression in [f], in file order.
void form_each(const struct form *f, void (*see)(const struct expr *e, void *ctx), void *ctx);
