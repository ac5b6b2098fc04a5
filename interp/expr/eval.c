#include "expr/eval.h"

#include "base/arena.h"
#include "expr/resolve.h"

bool eval_constant(struct eval *ev, const struct term *t, struct value *out)
{
    (void)ev;
    *out = t->value;
    return true;
}

bool eval_variable(struct eval *ev, const struct term *t, struct value *out)
{
    *out = ev->variables[t->slot];
    if (out->secret && !t->inner)
        ev->tainted = true;
    return eval_step(ev);
}

bool eval_now(struct eval *ev, const struct term *t, struct value *out)
{
    if (!ev->scope || ev->scope->now.kind != VALUE_TIMESTAMP)
        return eval_root(ev, t, out);
    *out = ev->scope->now;
    return true;
}

static bool ask_scope(struct eval *ev, struct str name, struct value *out, struct str *why)
{
    *why = STR("");
    return ev->scope && ev->scope->get && ev->scope->get(ev->scope, name, ev->arena, out, why);
}

static bool unknown_name(struct eval *ev, const struct term *t, struct str why)
{
    const char *const *roots = ev->scope ? ev->scope->roots : NULL;

    if (why.n)
        eval_fail_at(ev, t, "%.*s", STR_ARG(why));
    else
        eval_fail_at(ev, t, "there is no name `%.*s` here", STR_ARG(t->name));
    const char *meant = roots && !why.n ? diag_nearest(t->name, roots) : NULL;
    if (meant)
        ev->fault.help = str_format(ev->arena, "did you mean `%s`?", meant);
    return false;
}

static bool load_root(struct eval *ev, const struct term *t, struct value *out)
{
    struct str why;

    if (!ask_scope(ev, t->name, out, &why)) {
        if (!t->is_type_name)
            return unknown_name(ev, t, why);
        *out = (struct value){ .kind = VALUE_TYPE, .s = t->name };
    }
    if (t->slot < EVAL_ROOTS) {
        ev->roots[t->slot] = *out;
        ev->loaded |= 1u << t->slot;
    }
    return true;
}

bool eval_root(struct eval *ev, const struct term *t, struct value *out)
{
    if (t->slot < EVAL_ROOTS && (ev->loaded & 1u << t->slot))
        *out = ev->roots[t->slot];
    else if (!load_root(ev, t, out))
        return false;
    if (out->secret && !t->inner)
        ev->tainted = true;
    return eval_step(ev);
}

// a.b.c with names that may have dots in them: the longest that is known, then fields.
bool eval_qualified(struct eval *ev, const struct term *t, struct value *out)
{
    const struct qualified *q = t->qualified;
    struct str why;

    for (size_t i = 0; i < q->count; i++) {
        if (!ask_scope(ev, q->names[i].name, out, &why))
            continue;
        for (size_t j = q->names[i].parts; j < q->part_count; j++) {
            struct value from = *out;
            const struct term *part = q->parts[j];
            enum access access = access_field(ev, part, from, part->name, out);
            if (access == ACCESS_ABSENT)
                access_absent(ev, part, from, value_string(part->name));
            if (access != ACCESS_FOUND)
                return false;
        }
        return eval_step(ev);
    }
    if (!q->type_name.n)
        return unknown_name(ev, t, STR(""));
    *out = (struct value){ .kind = VALUE_TYPE, .s = q->type_name };
    return true;
}

// The value that decides a row of && or ||, whatever the others are, is [decisive]. An
// operand that errs or is no bool makes the row an error only if none decides.
static bool row(struct eval *ev, const struct term *t, bool decisive, struct value *out)
{
    bool failed = false, secret = false;
    struct fault first;

    for (size_t i = 0; i < t->count; i++) {
        struct value v;
        bool ok = eval_term(ev, t->args[i], &v);
        if (ok && v.kind == VALUE_BOOL) {
            secret |= v.secret;
            if (v.b != decisive)
                continue;
            value_give_bool(out, decisive, secret);
            return true;
        }
        if (ok)
            eval_fail_at(ev, t, "`%s` wants true or false, not %s",
                         t->kind == TERM_AND ? "&&" : "||", value_kind_words(v.kind));
        if (ev->fault.limit)
            return false;
        if (!failed)
            first = ev->fault;
        failed = true;
    }
    if (failed)
        ev->fault = first;
    value_give_bool(out, !decisive, secret);
    return !failed;
}

bool eval_and(struct eval *ev, const struct term *t, struct value *out)
{
    return row(ev, t, false, out);
}

bool eval_or(struct eval *ev, const struct term *t, struct value *out)
{
    return row(ev, t, true, out);
}

// The tail of a row of conditionals is reached by a loop, so that it may be long.
bool eval_conditional(struct eval *ev, const struct term *t, struct value *out)
{
    bool secret = false;

    while (t->eval == eval_conditional) {
        struct value condition;
        if (!eval_term(ev, t->args[0], &condition))
            return false;
        if (condition.kind != VALUE_BOOL)
            return eval_fail_at(ev, t, "`?` wants true or false before it, not %s",
                                value_kind_words(condition.kind));
        secret |= condition.secret;
        t = t->args[condition.b ? 1 : 2];
    }
    if (!eval_term(ev, t, out))
        return false;
    out->secret |= secret;
    return true;
}

static bool optional_item(struct eval *ev, const struct term *t, struct value *item, bool *present)
{
    if (item->kind != VALUE_OPTIONAL)
        return eval_fail_at(ev, t, "what stands behind `?` must be an optional value, not %s",
                            value_kind_words(item->kind));
    *present = item->optional != NULL;
    if (*present)
        *item = *item->optional;
    return true;
}

bool eval_list_term(struct eval *ev, const struct term *t, struct value *out)
{
    struct value_list *list = eval_list(ev, t->count);
    bool secret = false;

    if (!list || !eval_charge(ev, 10))
        return false;
    for (size_t i = 0; i < t->count; i++) {
        struct value *item = &list->items[list->count];
        bool present = true;
        if (!eval_term(ev, t->args[i], item))
            return false;
        secret |= item->secret;
        if (t->optionals && t->optionals[i] && !optional_item(ev, t->args[i], item, &present))
            return false;
        list->count += present;
    }
    return eval_give_list(ev, list, secret, out);
}

static bool is_key(struct value v)
{
    return v.kind == VALUE_STRING || v.kind == VALUE_INT || v.kind == VALUE_UINT ||
           v.kind == VALUE_BOOL;
}

bool eval_put(struct eval *ev, const struct term *t, struct value_builder *map, struct value key,
              struct value value)
{
    if (!is_key(key))
        return eval_fail_at(ev, t, "%s cannot be a key", value_kind_words(key.kind));
    if (!eval_take(ev, sizeof(struct value_entry)) || !eval_solid(ev, &value))
        return false;
    if (value_put_new(map, key, value))
        return true;
    struct str text = value_show(key, ev->arena, 60);
    return eval_fail_at(ev, t, "the key %.*s stands twice in one map", STR_ARG(text));
}

bool eval_map_term(struct eval *ev, const struct term *t, struct value *out)
{
    struct value_builder *map = value_map_start(ev->arena);

    if (!eval_charge(ev, 30))
        return false;
    for (size_t i = 0; i + 1 < t->count; i += 2) {
        struct value key, value;
        bool present = true;
        if (!eval_term(ev, t->args[i], &key) || !eval_term(ev, t->args[i + 1], &value))
            return false;
        if (t->optionals && t->optionals[i] && !optional_item(ev, t->args[i + 1], &value, &present))
            return false;
        if (present && !eval_put(ev, t->args[i], map, key, value))
            return false;
    }
    return eval_give_map(ev, map, out);
}

void eval_made_secret(struct eval *ev, struct value v)
{
    if (ev->scope && ev->scope->secret)
        ev->scope->secret(ev->scope, v, ev->arena);
}

static void begin(struct eval *ev, const struct expr *e, const struct term *t,
                  const struct scope *s, struct arena *a)
{
    ev->expr = e;
    ev->scope = s;
    ev->arena = a;
    ev->cost = EXPR_COST_LIMIT;
    ev->memory = EXPR_MEMORY_LIMIT;
    ev->loaded = 0;
    ev->tainted = false;
    ev->at = t;
    ev->variables = ev->few_variables;
    if (e->variable_count > EVAL_VARIABLES)
        ev->variables = NEW_ARRAY(a, struct value, e->variable_count);
}

static bool run(struct eval *ev, const struct expr *e, const struct term *t, const struct scope *s,
                struct arena *a, struct value *out)
{
    begin(ev, e, t, s, a);
    return t->eval(ev, t, out);
}

bool eval_alone(const struct expr *e, const struct term *t, struct arena *a, struct value *out)
{
    struct eval ev;

    return run(&ev, e, t, NULL, a, out);
}

bool expr_eval(const struct expr *e, const struct scope *s, struct arena *a, struct value *out,
               struct expr_error *err)
{
    struct eval ev;

    if (!run(&ev, e, e->term, s, a, out) || !eval_solid(&ev, out)) {
        eval_report(&ev, err);
        return false;
    }
    if (ev.tainted)
        out->secret = true;
    if (out->secret && (out->kind == VALUE_LIST || out->kind == VALUE_MAP))
        eval_made_secret(&ev, *out);
    return true;
}

bool expr_test(const struct expr *e, const struct scope *s, struct arena *a, bool *out,
               struct expr_error *err)
{
    struct value v;

    if (!expr_eval(e, s, a, &v, err))
        return false;
    if (v.kind != VALUE_BOOL) {
        *err = (struct expr_error){ .span = text_span(&e->text, 0, e->text.str.n),
                                    .end = (uint32_t)e->text.str.n };
        err->message = str_format(a, "a condition is true or false, but this is %s",
                                  value_kind_words(v.kind));
        return false;
    }
    *out = v.b;
    return true;
}

bool eval_part(const struct expr *e, const struct term *t, const struct scope *s, struct arena *a,
               int64_t *cost, struct value *out)
{
    struct eval ev;

    if (*cost <= 0)
        return false;
    begin(&ev, e, t, s, a);
    ev.cost = *cost;
    bool ok = t->eval(&ev, t, out);
    *cost = ev.cost;
    if (ok)
        out->secret |= ev.tainted;
    return ok;
}

const struct text *expr_text(const struct expr *e)
{
    return &e->text;
}
