// Keys that may stand only in some parts of a runbook: `on_resume` in `prepare`, and
// what a transaction allows inside.

#include "model/reader.h"

struct part {
    bool prepare;
    const struct step *transaction;  // the group around, or NULL
};

static void check_steps(const struct list *steps, struct part part, struct reader *r);

static bool is_one_of(struct str s, const char *const *words)
{
    for (; *words; words++)
        if (str_is(s, *words))
            return true;
    return false;
}

static void refuse_in_transaction(const struct step *s, struct span span, const char *what,
                                  struct reader *r)
{
    struct diag *d = refuse(r, DIAG_CONFLICTING_FIELDS, span,
                            "a step in a transaction may not have %s", what);
    const struct node *group = node_get(s->node, "transaction");

    diag_note(r->diags, d, group->key->span, "the transaction is here");
}

static void refuse_key(const struct step *group, const struct step *s, const char *key,
                       const char *what, struct reader *r)
{
    if (node_get(s->node, key))
        refuse_in_transaction(group, key_span_in(s->node, key), what, r);
}

// sql of the group's own connection, gates, manual and prompt.
static void check_action(const struct step *group, const struct step *s, struct reader *r)
{
    static const char *const may[] = { "sql", "manual", "prompt", NULL };

    if (!is_one_of(step_action_name(s), may)) {
        refuse_in_transaction(group, s->action_node->key->span,
                              "an action other than `sql`, `manual` and `prompt`", r);
        return;
    }
    const struct node *other = s->action_node->kind == NODE_MAP
                                   ? node_get(s->action_node, "connection")
                                   : NULL;
    if (other && !str_equal(other->text.str, group->more->transaction->str))
        refuse_in_transaction(group, other->span, "another connection than its own", r);
}

static void check_child(const struct step *group, const struct step *s, struct reader *r)
{
    if (s->kind == STEP_ACTION && s->action_node)
        check_action(group, s, r);
    refuse_key(group, s, "steps", "`steps` of its own", r);
    refuse_key(group, s, "use", "`use`", r);
    refuse_key(group, s, "retry", "`retry`", r);
    refuse_key(group, s, "rescue", "`rescue`", r);
    refuse_key(group, s, "undo", "`undo`", r);
    if (s->more->on_failure == FAILURE_CONTINUE)
        refuse_key(group, s, "on_failure", "`on_failure: continue`", r);
    if (s->more->for_each && s->more->for_each->parallel &&
        s->more->for_each->node->kind == NODE_MAP)
        refuse_in_transaction(group, key_span_in(s->more->for_each->node, "parallel"),
                              "a parallel `for_each`", r);
}

static void check_step(const struct step *s, struct part part, struct reader *r)
{
    if (s->more->on_resume && !part.prepare) {
        struct diag *d = refuse(r, DIAG_CONFLICTING_FIELDS, key_span_in(s->node, "on_resume"),
                                "`on_resume` is for steps of `prepare`");
        diag_help(r->diags, d, "`done_if` is asked again on resume");
    }
    if (part.transaction)
        check_child(part.transaction, s, r);
    bool begins = s->more->transaction != NULL;
    if (begins && s->more->parallel)
        refuse_in_transaction(s, key_span_in(s->node, "parallel"), "`parallel` around it", r);
    struct part inside = { part.prepare, begins ? s : part.transaction };
    struct part outside = { part.prepare, NULL };  // inside a transaction they are refused
    check_steps(&s->more->steps, inside, r);
    check_steps(&s->more->rescue, outside, r);
    check_steps(&s->more->always, outside, r);
    check_steps(&s->more->undo.steps, (struct part){ 0 }, r);
}

static void check_steps(const struct list *steps, struct part part, struct reader *r)
{
    LIST_EACH(const struct step, s, *steps)
    if (s->node)
        check_step(s, part, r);
}

void runbook_check_places(const struct runbook *rb, struct reader *r)
{
    check_steps(&rb->prepare, (struct part){ .prepare = true }, r);
    check_steps(&rb->steps, (struct part){ 0 }, r);
    check_steps(&rb->always, (struct part){ 0 }, r);
}
