// What is wrong with a runbook as a whole.

#include "base/arena.h"
#include "base/near.h"
#include "load/destroys.h"
#include "load/rules.h"
#include "load/version.h"

// ---- requires ----

static void check_tool(struct checking *c, const struct text *t)
{
    struct wanted w;

    if (wanted_parse(t->str, true, &w))
        return;
    struct diag *d = diag_error(c->ds, DIAG_BAD_LITERAL, t->span,
                                "`%.*s` is not a tool, or a tool and a version", STR_ARG(t->str));
    diag_help(c->ds, d, "write `psql` or `psql >= 15`");
}

static void check_requires(struct checking *c)
{
    const struct requires *r = c->module->rb->requires;

    if (!r)
        return;
    const struct template *const *tools = r->tools.items;
    for (size_t i = 0; i < r->tools.count; i++)
        if (tools[i] && template_is_literal(tools[i]))
            check_tool(c, &tools[i]->text);
}

// ---- drill ----

static void unknown(struct checking *c, const struct text *name, const char *what,
                    const char *const *words)
{
    struct diag *d = diag_error(c->ds, DIAG_UNKNOWN_NAME, name->span, "%s `%.*s` does not exist",
                                what, STR_ARG(name->str));
    diag_meant(c->ds, d, name->str, words);
}

static bool is_word(struct str s, const char *const *words)
{
    for (; *words; words++)
        if (str_is(s, *words))
            return true;
    return false;
}

static const char *const *input_names(struct checking *c)
{
    const struct list *list = &c->module->rb->inputs;
    const struct input *inputs = list->items;
    const char **words = NEW_ARRAY(c->arena, const char *, list->count + 1);

    for (size_t i = 0; i < list->count; i++)
        words[i] = str_copy(c->arena, inputs[i].entry.key.str).s;
    return words;
}

static const char *const *connection_names(struct checking *c)
{
    const struct list *lists[] = { &c->module->rb->connections, &c->program->project->connections };
    const char **words = NEW_ARRAY(c->arena, const char *, lists[0]->count + lists[1]->count + 1);
    size_t n = 0;

    for (size_t i = 0; i < 2; i++) {
        const struct connection *k = lists[i]->items;
        for (size_t j = 0; j < lists[i]->count; j++)
            words[n++] = str_copy(c->arena, k[j].entry.key.str).s;
    }
    return words;
}

static void check_drill_names(struct checking *c)
{
    const struct drill *d = c->module->rb->drill;

    if (!d)
        return;
    const struct form_entry *inputs = d->inputs.items;
    const struct connection *connections = d->connections.items;
    for (size_t i = 0; i < d->inputs.count; i++)
        if (!is_word(inputs[i].entry.key.str, input_names(c)))
            unknown(c, &inputs[i].entry.key, "input", input_names(c));
    for (size_t i = 0; i < d->connections.count; i++)
        if (!is_word(connections[i].entry.key.str, connection_names(c)))
            unknown(c, &connections[i].entry.key, "connection", connection_names(c));
}

void check_runbook_rules(struct checking *c)
{
    check_requires(c);
    check_drill_names(c);
    check_triggers(c);
}

// ---- what the project asks for ----

struct asking {
    const struct program *p;
    const struct module *m;
    struct diags *ds;
};

// A confirm or approve on the step or on something around it, or on the runbook.
static bool is_confirmed(const struct spot *s, const struct runbook *rb)
{
    for (; s; s = s->around)
        if (s->step->more->confirm || s->step->more->approve)
            return true;
    return rb->confirm != NULL;
}

static bool is_verified(const struct spot *s, const struct runbook *rb)
{
    for (; s; s = s->around)
        if (s->step->more->verify.count)
            return true;
    return rb->verify.count > 0;
}

static bool has_word(struct str s, const char *word)
{
    return str_search(s, str_from(word)) != SIZE_MAX;
}

// What keeps something: the words of lint.md section E.
static bool keeps_something(const struct step *s)
{
    static const char *const programs[] = { "pg_dump",
                                            "mysqldump",
                                            "--rdb",
                                            "BGSAVE",
                                            "tar -c",
                                            "tar c",
                                            "cp -a",
                                            "restic backup",
                                            "velero backup create",
                                            "rsync",
                                            NULL };

    if (s->kind == STEP_USE)
        return str_ends(s->more->use->str, "/dump") || str_ends(s->more->use->str, "/backup") ||
               str_ends(s->more->use->str, "/snapshot");
    if (s->kind != STEP_ACTION || !s->action_node)
        return false;
    const struct source *src = s->action_node->span.source;
    struct str text = str_slice(src->text, s->action_node->span.start, s->action_node->span.end);
    if (str_is(step_action_name(s), "git") || str_is(step_action_name(s), "file"))
        return s->action_node->kind == NODE_MAP &&
               (node_get(s->action_node, "copy") || node_get(s->action_node, "stash") ||
                node_get(s->action_node, "tag"));
    for (const char *const *p = programs; *p; p++)
        if (has_word(text, *p))
            return !str_is(str_from(*p), "rsync") || !has_word(text, "--delete");
    return false;
}

// Something that surely ran before it and keeps what is there.
static bool is_backed_up(const struct spot *s, const struct module *m)
{
    const struct vertex *at = graph_vertex(m->graph, s->step);

    if (s->step->more->undo.kind == UNDO_AUTO)
        return true;
    for (size_t i = 0; i < m->graph->count; i++) {
        const struct vertex *v = &m->graph->vertices[i];
        if (v->step->cond || !keeps_something(v->step) || v->phase == PHASE_ALWAYS)
            continue;
        if (!at || v->phase < at->phase ||
            (v->phase == at->phase && graph_waits_for(m->graph, at, v)))
            return true;
    }
    return false;
}

static void complain(const struct asking *q, const struct step *s, struct str command,
                     const char *what, const char *help)
{
    const struct destroy_policy *policy = &q->p->project->destroy_needs;
    struct span where = s->id.span.source ? s->id.span
                        : s->name         ? s->name->text.span
                                          : s->span;
    struct str cause = command.n ? str_format(q->p->arena, " (`%.*s`)", STR_ARG(command)) : STR("");
    struct diag *d = diag_error(q->ds, DIAG_MISSING_FIELD, where,
                                "this step destroys something%.*s, and there is no %s",
                                STR_ARG(cause), what);

    diag_help(q->ds, d, "%s", help);
    diag_note(q->ds, d, policy->span, "the project asks for it");
}

static void look(const struct spot *s, void *ctx)
{
    const struct asking *q = ctx;
    const struct destroy_policy *policy = &q->p->project->destroy_needs;
    const struct runbook *rb = q->m->rb;

    struct str command;

    if ((s->step->kind != STEP_ACTION && s->step->more->effects != EFFECTS_DESTROY) ||
        !step_destroys(q->p, s->step, &command) || spot_is_in(s, BELOW_UNDO))
        return;
    if (policy->confirm && !is_confirmed(s, rb))
        complain(q, s->step, command, "`confirm` before it",
                 "add `confirm:` with the question that a person should answer");
    if (policy->backup && !is_backed_up(s, q->m))
        complain(q, s->step, command, "backup before it",
                 "keep what is there first, in a step of `prepare` without `if`");
    if (policy->verify && !is_verified(s, rb))
        complain(q, s->step, command, "`verify` after it",
                 "add `verify:` with a check that shows that it worked");
}

// Only in the runbook that is run: what it uses is judged where it is used, by its effects.
void check_program(const struct program *p, struct diags *ds)
{
    const struct destroy_policy *policy = &p->project->destroy_needs;
    struct asking q = { .p = p, .m = p->root, .ds = ds };

    if (p->root && (policy->confirm || policy->backup || policy->verify))
        runbook_each_spot(p->root->rb, look, &q);
}
