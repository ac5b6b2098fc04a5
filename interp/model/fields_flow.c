// How often a step runs, what it keeps, and how it is taken back: retry, for_each,
// before, outputs, done_if, undo.

#include "base/arena.h"
#include "model/reader.h"
#include "model/step.h"

// ---- retry ----

static const struct range growth = { 1, 1000 }, fraction = { 0, 1 };
static const struct type type_backoff = { .kind = TYPE_AMOUNT,
                                          .name = "number from 1 to 1000",
                                          .size = sizeof(const struct amount *),
                                          .unit = UNIT_NUMBER,
                                          .range = &growth };
static const struct type type_jitter = { .kind = TYPE_AMOUNT,
                                         .name = "number from 0 to 1",
                                         .size = sizeof(const struct amount *),
                                         .unit = UNIT_NUMBER,
                                         .range = &fraction };

static const struct field retry_fields[] = {
    { "attempts", &type_amount_count, AT(struct retry, attempts), .flags = FIELD_REQUIRED,
      .doc = "How many times to try, the first included." },
    { "delay", &type_amount_duration, AT(struct retry, delay), .fallback = "1s",
      .doc = "How long to wait before the second try." },
    { "backoff", &type_backoff, AT(struct retry, backoff), .fallback = "1",
      .doc = "By what the delay is multiplied after each try." },
    { "max_delay", &type_amount_duration, AT(struct retry, max_delay),
      .doc = "What the delay does not grow beyond." },
    { "jitter", &type_jitter, AT(struct retry, jitter), .fallback = "0",
      .doc = "The part of the delay that is left to chance, from 0 to 1." },
    { "if", &type_condition, AT(struct retry, cond),
      .doc = "A condition on the result of the failed try; false: no further one." },
    { 0 },
};
static const struct type retry_object = {
    .kind = TYPE_OBJECT, .name = "retry", .size = sizeof(struct retry), .fields = retry_fields
};
const struct type type_retry = {
    .kind = TYPE_OPTIONAL, .name = "retry", .size = sizeof(struct retry *), .element = &retry_object
};

// ---- for_each ----

static const struct field for_each_fields[] = {
    { "in", &type_value, AT(struct for_each, in), .flags = FIELD_REQUIRED,
      .doc = "A list, a map (its keys are the items), or an expression that gives one." },
    { "as", &type_id, AT(struct for_each, as), .fallback = "item",
      .doc = "What expressions call the item." },
    { "parallel", &type_amount_count_or_bool, AT(struct for_each, parallel), .fallback = "false",
      .doc = "How many instances run at a time." },
    { "key", &type_words, AT(struct for_each, key),
      .doc = "What tells the instances apart: the item if it is text or a number, else its "
             "index." },
    { 0 },
};
static const struct type for_each_object = { .kind = TYPE_OBJECT,
                                             .name = "for_each",
                                             .size = sizeof(struct for_each),
                                             .fields = for_each_fields };

// A map of items and a map of settings look alike; one with a setting in it is the latter.
static bool is_settings(const struct node *n)
{
    for (const struct node *child = n->first; n->kind == NODE_MAP && child; child = child->next)
        if (field_named(&for_each_object, child->key->text.str))
            return true;
    return false;
}

static bool refuse_bare(const struct node *n, struct reader *r)
{
    struct diag *d = refuse(r, DIAG_WRONG_TYPE, n->span, "`%.*s` is text, not a list",
                            STR_ARG(n->text.str));
    diag_help(r->diags, d,
              "write a list, or ${{ }} around an expression that gives one: "
              "\"${{ %.*s }}\"",
              STR_ARG(n->text.str));
    return false;
}

static bool read_for_each(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    struct for_each *f = to;
    (void)type;

    if (is_settings(n))
        return type_read(&for_each_object, n, to, r);
    f->node = n;
    if (!type_read(&type_value, n, &f->in, r))
        return false;
    return f->in->kind != FORM_CONSTANT || refuse_bare(n, r);
}
static const struct type *const for_each_forms[] = { &type_value, &for_each_object, NULL };
static const struct type for_each_either = { .kind = TYPE_OWN,
                                             .name = "for_each",
                                             .size = sizeof(struct for_each),
                                             .read = read_for_each,
                                             .forms = for_each_forms };
const struct type type_for_each = { .kind = TYPE_OPTIONAL,
                                    .name = "for_each",
                                    .size = sizeof(struct for_each *),
                                    .element = &for_each_either };

// ---- outputs ----

struct secret_output {
    const struct node *node;
    const struct form *value;
    int secret;  // enum tristate
};
static const struct field output_fields[] = {
    { "value", &type_value, AT(struct secret_output, value), .flags = FIELD_REQUIRED,
      .doc = "What is handed on." },
    { "secret", &type_bool, AT(struct secret_output, secret), .flags = FIELD_REQUIRED,
      .doc = "`true`: the value may hold a secret." },
    { 0 },
};
static const struct type output_object = { .kind = TYPE_OBJECT,
                                           .name = "output",
                                           .size = sizeof(struct secret_output),
                                           .fields = output_fields };

static bool read_output(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    struct output *o = to;
    struct secret_output secret = { 0 };
    (void)type;

    if (n->kind != NODE_MAP || !node_get(n, "secret"))
        return type_read(&type_value, n, &o->value, r);
    bool ok = type_read(&output_object, n, &secret, r);
    o->value = secret.value;
    o->secret = secret.secret == YES;
    return ok;
}
static const struct type *const output_forms[] = { &type_value, &output_object, NULL };
static const struct type output_either = { .kind = TYPE_OWN,
                                           .name = "output",
                                           .size = sizeof(struct output),
                                           .read = read_output,
                                           .forms = output_forms };
const struct type type_outputs = { .kind = TYPE_MAP,
                                   .name = "map of values",
                                   .size = sizeof(struct list),
                                   .element = &output_either };

// ---- before ----

static bool read_before(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    struct before *b = to;
    (void)type;

    if (!has_action(n, r))
        return type_read(&type_value, n, &b->value, r);
    struct step *check = step_new(r->arena);
    b->check = check;
    return type_read(&type_bare_check, n, check, r);
}
static const struct type *const before_forms[] = { &type_value, &type_bare_check, NULL };
static const struct type before_either = { .kind = TYPE_OWN,
                                           .name = "value or read action",
                                           .size = sizeof(struct before),
                                           .read = read_before,
                                           .forms = before_forms };
const struct type type_before = { .kind = TYPE_MAP,
                                  .name = "map of values or read actions",
                                  .size = sizeof(struct list),
                                  .element = &before_either };

// ---- done_if ----

static bool read_done_if(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    struct done_if *d = to;
    (void)type;

    d->node = n;
    if (n->kind != NODE_MAP)
        return type_read(&type_condition, n, &d->cond, r);
    struct step *check = step_new(r->arena);
    d->check = check;
    return type_read(&type_bare_check, n, check, r);
}
static const struct type *const done_if_forms[] = { &type_condition, &type_bare_check, NULL };
static const struct type done_if_either = { .kind = TYPE_OWN,
                                            .name = "condition or check",
                                            .size = sizeof(struct done_if),
                                            .read = read_done_if,
                                            .forms = done_if_forms };
const struct type type_done_if = { .kind = TYPE_OPTIONAL,
                                   .name = "condition or check",
                                   .size = sizeof(struct done_if *),
                                   .element = &done_if_either };

// ---- undo ----

static const char *const undo_words[] = { "none", "auto", NULL };
static const struct type type_undo_word = {
    .kind = TYPE_CHOICE, .name = "way to undo", .size = sizeof(int), .choices = undo_words
};
static const struct type type_undo_list = { .kind = TYPE_LIST,
                                            .name = "list of undo steps",
                                            .size = sizeof(struct list),
                                            .element = &undo_body_type,
                                            .filled = true };

static bool read_undo_body(const struct node *n, struct undo *u, struct reader *r)
{
    u->kind = UNDO_STEPS;
    u->steps = (struct list){ step_new(r->arena), 1 };
    return type_read(&undo_body_type, n, u->steps.items, r);
}

static bool read_undo(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    struct undo *u = to;
    int word = 0;
    (void)type;

    u->node = n;
    if (n->kind == NODE_MAP)
        return read_undo_body(n, u, r);
    if (n->kind == NODE_LIST) {
        u->kind = UNDO_STEPS;
        u->is_list = true;
        return type_read(&type_undo_list, n, &u->steps, r);
    }
    bool ok = type_read(&type_undo_word, n, &word, r);
    u->kind = word == 1 ? UNDO_NONE : word == 2 ? UNDO_AUTO : UNDO_UNWRITTEN;
    return ok;
}
static const struct type *const undo_forms[] = { &type_undo_word, &undo_body_type, &type_undo_list,
                                                 NULL };
const struct type type_undo = { .kind = TYPE_OWN,
                                .name = "undo",
                                .size = sizeof(struct undo),
                                .read = read_undo,
                                .forms = undo_forms };
