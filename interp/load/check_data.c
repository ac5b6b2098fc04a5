// The places at the top of a runbook that hold expressions.

#include "base/arena.h"
#include "load/input.h"
#include "load/rules.h"

static struct view view_at(struct checking *c, unsigned roots, bool secret, const char *what)
{
    return (struct view){
        .c = c, .roots = roots, .secret = secret, .what = what, .reading.phase = PHASE_CHECKLIST
    };
}

static void text_list(const struct view *v, const struct list *list)
{
    const struct template *const *items = list->items;

    for (size_t i = 0; i < list->count; i++)
        view_text(v, items[i]);
}

static void text_map(const struct view *v, const struct list *map)
{
    const struct words_entry *e = map->items;

    for (size_t i = 0; i < map->count; i++)
        view_text(v, e[i].words);
}

static void taint(struct checking *c, const char *root, struct str name)
{
    struct str key = str_format(c->arena, "%s.%.*s", root, STR_ARG(name));

    map_put(c->types->tainted, key, (void *)c);
}

// ---- inputs and secrets ----

static void check_pattern(struct checking *c, const struct input *in)
{
    struct str bad;

    if (in->pattern.str.n == 0)
        return;
    pattern_matches(in->pattern.str, STR(""), c->arena, &bad);
    if (bad.n)
        diag_error(c->ds, DIAG_BAD_LITERAL, in->pattern.span, "`pattern` is not a pattern: %.*s",
                   STR_ARG(bad));
}

// Bounds that no value is between.
static void check_bounds(struct checking *c, const struct input *in)
{
    struct scope none = { 0 };
    struct refusal ignored;
    struct value min, max;
    int order;

    if (!in->min || !in->max || in->min->kind != FORM_CONSTANT || in->max->kind != FORM_CONSTANT ||
        !input_from_form(in, in->min, &none, c->arena, &min, &ignored) ||
        !input_from_form(in, in->max, &none, c->arena, &max, &ignored) ||
        !value_compare(min, max, &order) || order <= 0)
        return;
    struct diag *d = diag_error(c->ds, DIAG_BAD_LITERAL, in->max->text.span,
                                "`max` is below `min`: no value is between them");
    diag_note(c->ds, d, in->min->text.span, "`min` is here");
}

// A default that its own rules refuse can never be used.
static void check_default(struct checking *c, const struct input *in)
{
    struct scope none = { 0 };
    struct refusal why = { 0 };
    struct value v;

    if (!in->fallback || in->fallback->kind != FORM_CONSTANT ||
        !input_from_form(in, in->fallback, &none, c->arena, &v, &why) ||
        input_allows(in, v, &none, c->arena, &why))
        return;
    struct diag *d = diag_error(c->ds, DIAG_BAD_LITERAL, in->fallback->text.span, "`default` %.*s",
                                STR_ARG(why.message));
    diag_help(c->ds, d, "%.*s", STR_ARG(why.help));
}

static void check_input(struct checking *c, const struct input *in)
{
    struct view v = view_at(c, ROOT_ENV | ROOT_INPUTS | ROOT_NOW, false, "an input");
    const struct form *const *allowed = in->allowed.items;
    unsigned errors = c->ds->errors;

    view_form(&v, in->fallback);
    for (size_t i = 0; i < in->allowed.count; i++)
        view_form(&v, allowed[i]);
    view_form(&v, in->min);
    view_form(&v, in->max);
    check_pattern(c, in);
    check_bounds(c, in);
    if (c->ds->errors == errors)
        check_default(c, in);
    if (in->secret == YES)
        taint(c, "inputs", in->entry.key.str);
}

static void check_secret(struct checking *c, const struct secret *s)
{
    struct view v = view_at(c, ROOT_ENV | ROOT_INPUTS | ROOT_NOW, false, "the source of a secret");

    view_text(&v, s->file);
    text_list(&v, &s->exec);
}

static void check_stdin(struct checking *c)
{
    const struct secret *s = c->module->rb->secrets.items, *first = NULL;

    for (size_t i = 0; i < c->module->rb->secrets.count; i++) {
        if (s[i].from_stdin != YES)
            continue;
        if (first) {
            struct diag *d = diag_error(c->ds, DIAG_CONFLICTING_FIELDS, s[i].entry.key.span,
                                        "two secrets read standard input");
            diag_note(c->ds, d, first->entry.key.span, "the first is here");
        }
        first = &s[i];
    }
}

// ---- the rest before the steps ----

static void check_vars(struct checking *c)
{
    struct view v = view_at(c, ROOTS_STEP & ~(unsigned)ROOT_STEPS, true, "`vars`");
    const struct form_entry *vars = c->module->rb->vars.items;

    for (size_t i = 0; i < c->module->rb->vars.count; i++) {
        struct str name = vars[i].entry.key.str;
        const struct expr_type *type = view_form(&v, vars[i].form);
        if (form_is_secret(c, vars[i].form))
            taint(c, "vars", name);
        types_add_var(c->types, c->arena, name, type);
    }
}

void check_connections(struct checking *c, const struct list *list)
{
    struct view v = view_at(c, ROOTS_PLAIN | ROOT_SECRETS, true, "`connections`");
    const struct connection *items = list->items;

    for (size_t i = 0; i < list->count; i++) {
        const struct connection *k = &items[i];
        view_text(&v, k->url);
        text_map(&v, &k->headers);
        if (k->auth) {
            view_text(&v, k->auth->user);
            view_text(&v, k->auth->password);
            view_text(&v, k->auth->bearer);
        }
        if (k->tls) {
            view_amount(&v, k->tls->verify);
            view_text(&v, k->tls->ca);
            view_text(&v, k->tls->cert);
            view_text(&v, k->tls->key);
        }
        view_text(&v, k->proxy);
        view_amount(&v, k->timeout);
    }
}

static void check_confirm(const struct view *v, const struct confirm *k)
{
    if (!k)
        return;
    const struct template *const *show = k->show.items;
    view_text(v, k->message);
    view_text(v, k->phrase);
    for (size_t i = 0; i < k->show.count; i++)
        view_words(v, show[i]);
    view_amount(v, k->timeout);
}

static void check_retry(const struct view *from, const struct retry *r)
{
    struct view v = *from;

    if (!r)
        return;
    const struct amount *amounts[] = { r->attempts, r->delay, r->backoff, r->max_delay, r->jitter };
    for (size_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++)
        view_amount(&v, amounts[i]);
    v.roots |= ROOT_RESULT;
    view_condition(&v, r->cond);
}

static void check_plain_places(struct checking *c)
{
    const struct runbook *rb = c->module->rb;
    struct view v = view_at(c, ROOTS_PLAIN, false, "the head of a runbook");
    const struct check_item *items = rb->checklist.items;

    view_text(&v, rb->title);
    view_text(&v, rb->description);
    text_map(&v, &rb->labels);
    view_text(&v, rb->dir);
    view_amount(&v, rb->timeout);
    v.what = "`lock`";
    text_list(&v, &rb->locks);
    v.what = "`confirm`";
    check_confirm(&v, rb->confirm);
    v.what = "`checklist`";
    for (size_t i = 0; i < rb->checklist.count; i++)
        view_text(&v, items[i].item);
    v.what = "`requires`";
    if (rb->requires) {
        text_list(&v, &rb->requires->tools);
        text_list(&v, &rb->requires->env);
        text_list(&v, &rb->requires->files);
    }
    v.what = "`defaults`";
    if (rb->defaults) {
        view_amount(&v, rb->defaults->timeout);
        view_amount(&v, rb->defaults->kill_grace);
        check_retry(&v, rb->defaults->retry);
    }
}

static void check_drill(struct checking *c)
{
    const struct drill *d = c->module->rb->drill;
    struct view v = view_at(c, ROOT_ENV | ROOT_INPUTS | ROOT_NOW, false, "`drill`");

    if (!d)
        return;
    const struct form_entry *inputs = d->inputs.items;
    for (size_t i = 0; i < d->inputs.count; i++)
        view_form(&v, inputs[i].form);
    v.roots = ROOTS_PLAIN | ROOT_SECRETS;
    v.secret = true;
    text_map(&v, &d->env);
    check_connections(c, &d->connections);
}

static void taint_env(struct checking *c)
{
    const struct words_entry *e = c->module->rb->env.items;

    for (size_t i = 0; i < c->module->rb->env.count; i++)
        if (words_are_secret(c, e[i].words))
            taint(c, "env", e[i].entry.key.str);
}

void check_data(struct checking *c)
{
    const struct runbook *rb = c->module->rb;
    const struct input *inputs = rb->inputs.items;
    const struct secret *secrets = rb->secrets.items;
    struct view env = view_at(c, ROOTS_PLAIN | ROOT_SECRETS, true, "`env`");

    for (size_t i = 0; i < rb->inputs.count; i++)
        check_input(c, &inputs[i]);
    for (size_t i = 0; i < rb->secrets.count; i++)
        check_secret(c, &secrets[i]);
    check_stdin(c);
    check_vars(c);
    text_map(&env, &rb->env);
    taint_env(c);
    check_connections(c, &rb->connections);
    check_plain_places(c);
    check_drill(c);
}

// ---- what is read after the steps ----

static struct view view_at_end(struct checking *c, bool secret, const char *what)
{
    struct view v = view_at(c, ROOTS_STEP | ROOT_RUN_END, secret, what);

    v.reading.phase = PHASE_ALWAYS + 1;
    return v;
}

static void check_outputs(struct checking *c)
{
    const struct list *list = &c->module->rb->outputs;
    const struct output *outputs = list->items;
    const struct expr_type **types = NEW_ARRAY(c->arena, const struct expr_type *, list->count + 1);

    for (size_t i = 0; i < list->count; i++) {
        struct view v = view_at_end(c, outputs[i].secret, "an output without `secret: true`");
        types[i] = view_form(&v, outputs[i].value);
    }
    types_set_outputs(c->types, c->arena, c->module->rb, types);
}

void check_outcome(struct checking *c)
{
    const struct runbook *rb = c->module->rb;
    const struct report *r = rb->report;
    const struct followup *followups = rb->followups.items;
    struct view v = view_at_end(c, false, "`followups`");

    check_outputs(c);
    for (size_t i = 0; i < rb->followups.count; i++)
        view_text(&v, followups[i].title);
    if (!r)
        return;
    const struct template *const lines[] = { r->impact,           r->detected,
                                             r->data_loss,        r->cause,
                                             r->prevention,       r->lessons,
                                             r->previous_version, r->target_version };
    v.what = "`report`";
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        view_text(&v, lines[i]);
}
