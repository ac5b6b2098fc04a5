#include "model/step.h"

#include <string.h>

#include "base/arena.h"

static const char *action_name(struct str key, const struct reader *r)
{
    for (const char *const *a = r->actions; a && *a; a++)
        if (str_is(key, *a))
            return *a;
    return NULL;
}

bool is_action(struct str key, const struct reader *r)
{
    return action_name(key, r) != NULL;
}

bool has_action(const struct node *n, const struct reader *r)
{
    if (n->kind != NODE_MAP)
        return false;
    for (const struct node *child = n->first; child; child = child->next)
        if (str_is(child->key->text.str, "use") || is_action(child->key->text.str, r))
            return true;
    return false;
}

// ---- what few steps say ----

static const struct step_more nothing_more;
const struct step step_nothing = { .more = &nothing_more };

void step_begin(void *to)
{
    ((struct step *)to)->more = &nothing_more;
}

struct step *step_new(struct arena *a)
{
    struct step *s = NEW(a, struct step);

    step_begin(s);
    return s;
}

struct step_more *step_more(struct arena *a, struct step *s)
{
    if (s->more == &nothing_more)
        s->more = NEW(a, struct step_more);
    return (struct step_more *)s->more;
}

void *step_more_to_read(void *to, struct reader *r)
{
    return step_more(r->arena, to);
}

// ---- the action ----

struct str step_action_name(const struct step *s)
{
    return str_from(s->action_name);
}

static bool second_action(const struct node *n, const struct node *first, struct reader *r)
{
    struct diag *d = refuse(r, DIAG_CONFLICTING_FIELDS, n->key->span,
                            "a step does one thing; this one has `%.*s` and `%.*s`",
                            STR_ARG(first->key->text.str), STR_ARG(n->key->text.str));
    diag_note(r->diags, d, first->key->span, "the first is here");
    diag_help(r->diags, d, "make two steps of it");
    return false;
}

// Also true for a second one: step_check() complains about it.
bool step_other(const struct node *value, void *to, struct reader *r)
{
    struct step *s = to;

    if (!is_action(value->key->text.str, r))
        return false;
    if (s->action_node)
        return true;
    s->action_node = value;
    s->action_name = action_name(value->key->text.str, r);
    return true;
}

bool hook_other(const struct node *value, void *to, struct reader *r)
{
    static const char *const may[] = { "shell", "exec", "http" };
    struct str key = value->key->text.str;

    for (size_t i = 0; is_action(key, r) && i < sizeof may / sizeof may[0]; i++)
        if (str_is(key, may[i]))
            return step_other(value, to, r);
    if (!is_action(key, r))
        return false;
    refuse(r, DIAG_CONFLICTING_FIELDS, value->key->span,
           "a hook may not do `%.*s`, only `http`, `shell`, `exec` or `use`", STR_ARG(key));
    return step_other(value, to, r);
}

// The keys of [n] that say what to do, in file order; all but the first are too many.
static bool only_one_action(const struct node *n, struct reader *r)
{
    const struct node *first = NULL;
    bool ok = true;

    for (const struct node *child = n->first; child; child = child->next) {
        struct str key = child->key->text.str;
        if (!str_is(key, "use") && !str_is(key, "steps") && !is_action(key, r))
            continue;
        if (first)
            ok = second_action(child, first, r);
        else
            first = child;
    }
    return ok;
}

// ---- the kind, and the keys it may have ----

enum {
    ACTION = 1 << STEP_ACTION,
    GATE = 1 << STEP_GATE,
    GROUP = 1 << STEP_GROUP,
    USE = 1 << STEP_USE,
    ALL_BUT_GATES = ACTION | GROUP | USE
};

static const struct {
    const char *key;
    unsigned kinds;  // that may have it
    const char *why;
} allowed[] = {
    { "expect", ACTION | GATE | USE, "its children have results, it has none" },
    { "idempotent", ACTION, "what is inside decides" },
    { "before", ACTION | GATE | USE, "put it on the child that needs it" },
    { "env", ACTION | GROUP, "a used runbook has its own" },
    { "dir", ACTION | GROUP, "a used runbook has its own" },
    { "as", ACTION | GROUP, "a used runbook has its own" },
    { "kill_grace", ACTION | GROUP | USE, "it runs nothing" },
    { "parallel", GROUP, "only a step with `steps` has children" },
    { "always", GROUP, "only a step with `steps` has children" },
    { "transaction", GROUP, "only a step with `steps` has children" },
    { "with", USE, "it gives inputs to what `use` names" },
    { "undo", ALL_BUT_GATES, "there is nothing to take back" },
    { "irreversible", ALL_BUT_GATES, "there is nothing to take back" },
    { "retry", ALL_BUT_GATES,
      "what it looks at does not change; a check with `within` asks again" },
    { "timeout", ALL_BUT_GATES,
      "a question has its own: `confirm: {message: ..., timeout: 10m}`, `approve` alike" },
};

static const char *const kind_words[] = {
    [STEP_ACTION] = "a step with an action",
    [STEP_GATE] = "a step without an action",
    [STEP_GROUP] = "a group",
    [STEP_USE] = "a `use`",
};

static bool is_check(const struct type *type)
{
    return type == &check_type || type == &type_bare_check;
}

// The poll of a check may be short of time also where it only looks at values.
static bool may_have(const struct type *type, const struct step *s, unsigned kinds)
{
    return (kinds >> s->kind & 1) || (is_check(type) && kinds == ALL_BUT_GATES);
}

// `undo: none` is true of everything that changes nothing.
static bool says_none(const struct node *n, const char *key)
{
    const struct node *value = node_get(n, key);

    return value && value->kind == NODE_SCALAR && str_is(value->text.str, "none") &&
           strcmp(key, "undo") == 0;
}

static const char *way_out(const struct step *s, unsigned kinds, const char *why)
{
    return s->kind == STEP_GATE && kinds != ALL_BUT_GATES ? "it runs nothing" : why;
}

static bool check_keys(const struct type *type, const struct step *s, const struct node *n,
                       struct reader *r)
{
    bool ok = true;

    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) {
        if (may_have(type, s, allowed[i].kinds) || !node_get(n, allowed[i].key) ||
            says_none(n, allowed[i].key))
            continue;
        struct diag *d = refuse(r, DIAG_CONFLICTING_FIELDS, key_span_in(n, allowed[i].key),
                                "%s may not have `%s`", kind_words[s->kind], allowed[i].key);
        diag_help(r->diags, d, "%s", way_out(s, allowed[i].kinds, allowed[i].why));
        ok = false;
    }
    return ok;
}

static bool no_action(const struct type *type, const struct node *n, struct reader *r)
{
    struct str words = words_listed(r->arena, r->actions, "or");
    struct str element = with_article(r->arena, type->name);
    struct diag *d = refuse(r, DIAG_MISSING_FIELD, lack_span(n), "%.*s must say what to do",
                            STR_ARG(element));
    diag_help(r->diags, d, "give it one of `use`, %s%.*s", type == &step_type ? "`steps`, " : "",
              STR_ARG(words));
    return false;
}

static bool find_kind(const struct type *type, const struct node *n, struct step *s,
                      struct reader *r)
{
    bool asks = node_get(n, "confirm") || node_get(n, "approve") || node_get(n, "expect");

    s->kind = node_get(n, "steps") ? STEP_GROUP
              : node_get(n, "use") ? STEP_USE
              : s->action_node     ? STEP_ACTION
                                   : STEP_GATE;
    if (s->kind == STEP_USE && !s->more->use)
        step_more(r->arena, s)->use = NEW(r->arena, struct text);  // refused, which has been told
    if (s->kind == STEP_GATE && !asks)
        return no_action(type, n, r);
    return true;
}

// ---- the id ----

static bool refuse_taken(struct span span, struct str id, struct reader *r)
{
    diag_help(
        r->diags, refuse(r, DIAG_BAD_ID, span, "the id `%.*s` is taken", STR_ARG(id)),
        "`run` is the run itself, `checklist_1` an item of the checklist; write another `id`");
    return false;
}

static bool find_id(const struct node *n, struct step *s, struct reader *r)
{
    const struct node *id = node_get(n, "id"), *name = node_get(n, "name");

    if (id)
        return !id_is_taken(s->id.str) || refuse_taken(id->span, s->id.str, r);
    if (!name || !s->name)
        return true;
    s->id = id_from_name(r->arena, &s->name->text);
    if (id_is_taken(s->id.str))
        return refuse_taken(name->span, s->id.str, r);
    if (s->id.str.n)
        return true;
    diag_help(r->diags,
              refuse(r, DIAG_MISSING_FIELD, name->span,
                     "no id can be made from this name: it has no ASCII letters or digits"),
              "write an `id`");
    return false;
}

static bool need_id(const struct type *type, const struct node *n, struct step *s, struct reader *r)
{
    if (node_get(n, "id") || node_get(n, "name"))
        return find_id(n, s, r);
    struct str element = with_article(r->arena, type->name);
    diag_help(r->diags,
              refuse(r, DIAG_MISSING_FIELD, lack_span(n), "%.*s needs `name` or `id`",
                     STR_ARG(element)),
              "add `id: a_short_word`, or a `name` from which one is made");
    return false;
}

// ---- the kinds of step ----

static bool check_body(const struct type *type, const struct node *n, struct step *s,
                       struct reader *r)
{
    bool ok = only_one_action(n, r);

    s->span = n->span;
    s->has_needs = node_get(n, "needs") != NULL;
    return find_kind(type, n, s, r) && check_keys(type, s, n, r) && ok;
}

bool step_check(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    bool ok = need_id(type, n, to, r);

    return check_body(type, n, to, r) && ok;
}

// A check changes nothing; saying otherwise is a contradiction.
static bool changes_nothing(const struct node *n, const struct step *s, struct reader *r)
{
    const struct node *effects = node_get(n, "effects");

    if (!effects || s->more->effects <= EFFECTS_READ)
        return true;
    diag_help(r->diags,
              refuse(r, DIAG_CONFLICTING_FIELDS, effects->span, "a check changes nothing"),
              "make it a step, or take `effects` away");
    return false;
}

bool bare_check_check(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    bool ok = changes_nothing(n, to, r);

    return check_body(type, n, to, r) && ok;
}

bool check_check(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    bool ok = need_id(type, n, to, r);

    return bare_check_check(type, n, to, r) && ok;
}

bool undo_check(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    const struct node *id = node_get(n, "id");
    struct step *s = to;
    bool ok = !id || !id_is_taken(s->id.str) || refuse_taken(id->span, s->id.str, r);

    return check_body(type, n, s, r) && ok;
}

bool hook_check(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    struct step *s = to;
    bool ok = need_id(type, n, s, r);

    if (!check_body(type, n, s, r))
        return false;
    return s->kind != STEP_GATE ? ok : no_action(type, n, r);
}
