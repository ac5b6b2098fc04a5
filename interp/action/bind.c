// Every action of a runbook gets its params here, wherever its step stands.

#include <assert.h>

#include "action/action.h"
#include "action/connection.h"
#include "action/params.h"
#include "base/arena.h"

static bool bind_steps(const struct list *steps, const struct bind *b);

static bool is_name(struct str s)
{
    return s.n && str_find(s, '=') == SIZE_MAX && str_find(s, '\0') == SIZE_MAX;
}

static bool check_env(const struct list *env, const struct bind *b)
{
    const struct words_entry *e = env->items;
    bool ok = true;

    for (size_t i = 0; i < env->count; i++) {
        const struct text *key = &e[i].entry.key;

        if (!is_name(key->str)) {
            diag_error(b->diags, DIAG_BAD_LITERAL, key->span,
                       "'%.*s' cannot be the name of a variable", STR_ARG(key->str));
            ok = false;
        } else if (e[i].words && !env_name_is_safe(key->str) && !template_is_literal(e[i].words)) {
            struct diag *d = diag_error(
                b->diags, DIAG_EXPR_NOT_ALLOWED_HERE, e[i].entry.node->span,
                "%.*s decides what code runs; it cannot be set from a value", STR_ARG(key->str));
            diag_help(b->diags, d, "write it out, or set it in the script itself");
            ok = false;
        }
    }
    return ok;
}

// A key of the step that means nothing to its action.
static bool check_key(const struct step *s, const char *key, bool written, unsigned taken,
                      const struct bind *b)
{
    if (!written || (s->action->takes & taken))
        return true;
    diag_error(b->diags, DIAG_CONFLICTING_FIELDS, param_span(s->node, key),
               "`%s` means nothing to `%s`", key, s->action->name);
    return false;
}

static bool check_keys(const struct step *s, const struct bind *b)
{
    bool env = check_key(s, "env", s->more->env.count > 0, TAKES_ENV, b);
    bool dir = check_key(s, "dir", s->more->dir != NULL, TAKES_DIR, b);
    bool as = check_key(s, "as", s->more->as != NULL, TAKES_AS, b);
    bool grace = check_key(s, "kill_grace", s->more->kill_grace != NULL, TAKES_GRACE, b);

    return env && dir && as && grace;
}

static bool bind_action(struct step *s, const struct bind *b)
{
    struct reader r = { .arena = b->arena, .diags = b->diags, .actions = action_names() };
    const struct action *action = action_named(step_action_name(s));

    assert(action);  // the reader takes only names of action_names()
    s->action = action;
    s->action_node = node_copy(b->arena, s->action_node);
    s->params = arena_alloc(b->arena, 1, action->params->size);
    bool keys = check_keys(s, b);
    if (!type_read(action->params, s->action_node, s->params, &r))
        return false;
    return (!action->check || action->check(s, b)) && keys;
}

// Where only one step may stand; NULL where there is none.
static bool bind_one(const struct step *s, const struct bind *b)
{
    struct list one = { (void *)s, s ? 1 : 0 };

    return bind_steps(&one, b);
}

static bool bind_before(const struct list *before, const struct bind *b)
{
    const struct before *e = before->items;
    bool ok = true;

    for (size_t i = 0; i < before->count; i++)
        ok &= bind_one(e[i].check, b);
    return ok;
}

// What stands in a transaction group runs on its connection.
static struct bind bind_inside(const struct step *s, const struct bind *b)
{
    struct bind inside = *b;

    if (s->more->transaction)
        inside.transaction = s->more->transaction->str;
    return inside;
}

static bool bind_step(struct step *s, const struct bind *b)
{
    const struct list *const around[] = { &s->more->undo.steps, &s->more->rescue,
                                          &s->more->always };
    const struct list *const inside[] = { &s->more->steps, &s->more->verify };
    const struct bind within = bind_inside(s, b);
    bool ok = check_env(&s->more->env, b);

    if (s->kind == STEP_ACTION && s->action_node)
        ok &= bind_action(s, b);
    if (s->more->done_if)
        ok &= bind_one(s->more->done_if->check, b);
    ok &= bind_before(&s->more->before, b);
    for (size_t i = 0; i < sizeof(around) / sizeof(*around); i++)
        ok &= bind_steps(around[i], b);
    for (size_t i = 0; i < sizeof(inside) / sizeof(*inside); i++)
        ok &= bind_steps(inside[i], &within);
    return ok;
}

static bool bind_steps(const struct list *steps, const struct bind *b)
{
    struct step *s = steps->items;
    bool ok = true;

    for (size_t i = 0; i < steps->count; i++)
        ok &= bind_step(&s[i], b);
    return ok;
}

static bool bind_checklist(const struct list *items, const struct bind *b)
{
    const struct check_item *item = items->items;
    bool ok = true;

    for (size_t i = 0; i < items->count; i++)
        ok &= bind_one(item[i].check, b);
    return ok;
}

static bool bind_triggers(const struct list *triggers, const struct bind *b)
{
    const struct trigger *t = triggers->items;
    bool ok = true;

    for (size_t i = 0; i < triggers->count; i++) {
        ok &= bind_one(t[i].source, b);
        if (t[i].arm && t[i].arm->subject)
            ok &= bind_one(t[i].arm->subject->source, b);
    }
    return ok;
}

bool hooks_bind(const struct hooks *h, const struct bind *b)
{
    if (!h)
        return true;
    const struct list *const lists[] = { &h->start,   &h->progress, &h->waiting, &h->trigger,
                                         &h->success, &h->failure,  &h->undone };
    bool ok = true;

    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
        ok &= bind_steps(lists[i], b);
    return ok;
}

static bool check_shell(const struct bind *b)
{
    const struct text *shell = &b->default_shell;

    if (!shell->str.n || str_is(shell->str, "bash") || str_is(shell->str, "sh"))
        return true;
    diag_error(b->diags, DIAG_BAD_ENUM, shell->span, "'%.*s' is not a shell that scripts run in",
               STR_ARG(shell->str))
        ->help = STR("`bash` or `sh`");
    return false;
}

bool action_bind(struct runbook *rb, const struct bind *b)
{
    const struct list *const phases[] = { &rb->prepare, &rb->steps, &rb->verify, &rb->undone,
                                          &rb->always };
    bool ok = check_env(&rb->env, b);

    ok &= check_shell(b);
    ok &= connections_check(&rb->connections, b);
    if (rb->drill)
        ok &= check_env(&rb->drill->env, b);
    if (rb->drill)
        ok &= connections_check(&rb->drill->connections, b);
    if (rb->requires)
        ok &= bind_steps(&rb->requires->checks, b);
    ok &= bind_checklist(&rb->checklist, b);
    ok &= bind_triggers(&rb->triggers, b);
    for (size_t i = 0; i < sizeof(phases) / sizeof(*phases); i++)
        ok &= bind_steps(phases[i], b);
    return hooks_bind(rb->hooks, b) && ok;
}
