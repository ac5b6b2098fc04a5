// What the params of several actions have in common: reading short forms, and turning
// what was written into text when the step is reached.

#pragma once

#include "action/action.h"

// For TYPE_OWN types with two forms, "a scalar (or list) or the whole mapping":
// forms[0] is read into [at_short], unless [n] is a mapping: then forms[1] into [to].
bool short_read(const struct type *type, const struct node *n, void *at_short, void *to,
                struct reader *r);

extern const struct type type_ok_exit;  // list of int64_t, or one

// The text of [t]; empty where [t] is NULL. [secret] (may be NULL) is set when a secret is
// in it, and left alone otherwise. A NUL is refused: none of our sinks can carry one.
bool words_text(const struct template *t, const struct attempt *at, struct str *out, bool *secret,
                struct expr_error *err);
// The same for what may not be secret, because others can see it (argv, a path, a ref).
bool words_open(const struct template *t, const struct attempt *at, struct str *out,
                struct expr_error *err);
// Whether what a step wrote is in [e]; [inputs_too]: also in the inputs of its runbook, and so in
// its vars.
bool reads_step(const struct expr *e, bool inputs_too);
// Whether [text], which was made by [e] (NULL: it is literal), holds a secret that a step read:
// nobody marked it, so its bytes tell.
bool is_secret_read(const struct expr *e, const struct attempt *at, struct str text);
// A list of templates, as texts that are ended by s == NULL. An element that is one
// expression with a list as its value becomes as many texts.
bool words_list(const struct list *templates, const struct attempt *at, const struct str **out,
                size_t *count, struct expr_error *err);
// The bytes for a standard input or a file: text, or what is written as one expression
// that gives bytes.
bool words_bytes(const struct template *t, const struct attempt *at, struct str *out,
                 struct expr_error *err);

// Whether JSON can carry [v] as it is: every text in it is UTF-8.
bool json_can_carry(struct value v);

// Where to point when [key] of [params] is wrong: the key, else the whole.
struct span param_span(const struct node *params, const char *key);

// Fails with [message] at the text of [t].
bool words_refuse(const struct template *t, struct expr_error *err, struct str message);

// [path] below [dir], unless it is absolute.
struct str path_below(struct arena *a, struct str dir, struct str path);

// One error about several verbs of which exactly one must be written; [written] says which
// are. False when there was one.
struct verb {
    const char *name;
    bool written;
};
bool one_verb(const struct verb *verbs, const struct node *n, const char *action, struct diags *ds);
