// Which answers a run may need, before its first step: without a terminal it refuses
// because of those that no flag gives, and lists them (language.md section 5).

#include "action/prompt.h"
#include "base/arena.h"
#include "base/map.h"
#include "exec/walk.h"

struct needing {
    struct driver *d;
    struct buf *lines;
    size_t count;
};

static bool answered(const struct said *all, size_t n, struct str id)
{
    for (size_t i = 0; i < n; i++)
        if (str_equal(all[i].id, id))
            return true;
    return false;
}

static void need(struct needing *n, struct str id, const char *what)
{
    n->count++;
    buf_format(n->lines, "  %-24.*s %s\n", STR_ARG(id), what);
}

// The phrase as it will have to be typed, where that can be known before the run.
static struct str phrase_of(const struct needing *n, const struct confirm *c)
{
    struct scope s = frame_scope(n->d->frame, now_value(), n->d->arena);
    struct expr_error err = { 0 };
    struct str text;
    bool secret;

    if (template_eval_text(c->phrase, &s, n->d->arena, &text, &secret, &err) && !secret)
        return text;
    return c->phrase->text.str;
}

static void need_confirm(struct needing *n, const struct confirm *c, struct str id)
{
    const struct run_options *o = n->d->options;
    bool severe = c->danger == DANGER_SEVERE;
    struct question q = { .kind = QUESTION_CONFIRM, .id = id,
                          .danger = c->danger ? c->danger : DANGER_MODERATE };
    struct answer a;
    char flag[200];

    if (severe && answered(o->confirms, o->confirm_count, id)) {
        if (!template_is_literal(c->phrase))
            return;  // judged when it is asked
        q.phrase = c->phrase->text.str;
    }
    if (answer_from_flags(n->d, &q, &a))
        return;
    // Nobody said --detach: who meant to answer with a flag is told that it does not.
    bool meant = n->d->detached_before && answered(o->confirms, o->confirm_count, id);
    if (o->detach && !meant)
        return;
    if (severe)
        snprintf(flag, sizeof flag, "--confirm '%.*s=%.*s'", STR_ARG(id),
                 STR_ARG(phrase_of(n, c)));
    else
        snprintf(flag, sizeof flag, "--confirm %.*s=yes  (or --yes)", STR_ARG(id));
    need(n, id, flag);
}

static void need_said(struct needing *n, struct str id, const char *flag, const char *example)
{
    const struct run_options *o = n->d->options;
    bool attest = flag[2] == 'a' && flag[3] == 't';
    char what[200];

    if (o->detach || answered(attest ? o->attests : o->answers,
                              attest ? o->attest_count : o->answer_count, id))
        return;
    snprintf(what, sizeof what, "%s '%.*s=%s'", flag, STR_ARG(id), example);
    need(n, id, what);
}

static bool is_skipped(const struct needing *n, struct str id)
{
    const struct run_options *o = n->d->options;

    for (size_t i = 0; i < o->skip_count; i++)
        if (str_equal(o->skips[i], id))
            return true;
    const struct task *t = run_task(n->d->run, id);
    return t && t->ended && state_is_good(t->state);
}

static void need_module(struct needing *n, const struct module *m, struct str prefix);

static bool has_default(const struct step *s)
{
    const struct prompt_params *p = s->params;

    return p->fallback != NULL;
}

static void need_step(struct needing *n, const struct step *s, struct str prefix)
{
    struct arena *a = n->d->arena;
    struct str id = str_format(a, "%.*s%.*s", STR_ARG(prefix), STR_ARG(s->id.str));

    if (is_skipped(n, id))
        return;
    const struct task *t = run_task(n->d->run, id);
    if (s->confirm && !(t && t->intent))
        need_confirm(n, s->confirm, id);
    if (s->approve && !n->d->options->detach && !(t && t->intent)) {
        n->count++;
        buf_format(n->lines, "  %-24.*s an approval by somebody else: start it with --detach\n",
                   STR_ARG(id));
    }
    if (s->kind == STEP_ACTION && s->action->asks) {
        bool prompt = str_is(s->action_name.str, "prompt");
        if (!prompt || !has_default(s))
            need_said(n, id, "--answer", prompt ? "VALUE" : "done");
    }
    if (s->kind == STEP_ACTION && action_needs_terminal(s)) {
        n->count++;
        buf_format(n->lines, "  %-24.*s a terminal to itself: run this on one\n", STR_ARG(id));
    }
    if (s->kind == STEP_USE)
        need_module(n, program_use(n->d->program, s), id);
    LIST_EACH(const struct step, c, s->steps)
        need_step(n, c, prefix);
    LIST_EACH(const struct step, c, s->rescue)
        need_step(n, c, prefix);
    LIST_EACH(const struct step, c, s->always)
        need_step(n, c, prefix);
}

static void need_steps(struct needing *n, const struct list *steps, struct str prefix)
{
    LIST_EACH(const struct step, s, *steps)
        need_step(n, s, prefix);
}

static void need_module(struct needing *n, const struct module *m, struct str caller)
{
    const struct runbook *rb = m->rb;
    struct arena *a = n->d->arena;
    struct str prefix = caller.n ? str_format(a, "%.*s.", STR_ARG(caller)) : STR("");
    size_t number = 0;

    LIST_EACH(const struct check_item, item, rb->checklist) {
        number++;
        struct str id = str_format(a, "%.*schecklist_%zu", STR_ARG(prefix), number);
        if (!item->check && !recorded_answer(n->d, &(struct question){ .id = id }, &(struct answer){ 0 }))
            need_said(n, id, "--attest", "NOTE");
    }
    if (rb->confirm && !run_changed_anything(n->d->run))
        need_confirm(n, rb->confirm, str_format(a, "%.*srun", STR_ARG(prefix)));
    need_steps(n, &rb->prepare, prefix);
    need_steps(n, &rb->steps, prefix);
    need_steps(n, &rb->always, prefix);
}

static size_t answers_needed(struct driver *d, struct buf *lines)
{
    struct needing n = { .d = d, .lines = lines };

    need_module(&n, d->program->root, STR(""));
    return n.count;
}

int answers_missing(struct driver *d)
{
    struct buf lines = BUF_EMPTY;

    if (d->asker->has_terminal && !d->options->no_input)
        return 0;
    size_t n = answers_needed(d, &lines);
    struct str text = buf_take(&lines, d->arena);
    if (n == 0)
        return 0;
    diag_error(d->diags, DIAG_USAGE, (struct span){ 0 },
               "there is no terminal to ask on, and the run may need %zu answer%s:\n%.*s", n,
               n == 1 ? "" : "s", (int)(text.n - 1), text.s);
    return CODE_DECLINED;
}

// ---- flags that answer nothing

struct asking {
    struct driver *d;
    struct map *ids;  // of everything that may be asked, or be meant by a flag
};

static void note_id(struct asking *k, struct str id)
{
    map_put(k->ids, id, k);
}

static void note_module(struct asking *k, const struct module *m, struct str caller);

static void note_steps(struct asking *k, const struct list *steps, struct str prefix)
{
    LIST_EACH(const struct step, s, *steps) {
        struct str id = str_format(k->d->arena, "%.*s%.*s", STR_ARG(prefix), STR_ARG(s->id.str));
        note_id(k, id);
        if (s->kind == STEP_USE)
            note_module(k, program_use(k->d->program, s), id);
        note_steps(k, &s->steps, prefix);
        note_steps(k, &s->rescue, prefix);
        note_steps(k, &s->always, prefix);
        for (size_t i = 0; i < s->undo.steps.count; i++)
            note_id(k, s->undo.is_list ? str_format(k->d->arena, "%.*s~undo.%zu", STR_ARG(id), i + 1)
                                       : str_format(k->d->arena, "%.*s~undo", STR_ARG(id)));
    }
}

static void note_module(struct asking *k, const struct module *m, struct str caller)
{
    struct arena *a = k->d->arena;
    struct str prefix = caller.n ? str_format(a, "%.*s.", STR_ARG(caller)) : STR("");

    for (size_t i = 1; i <= m->rb->checklist.count; i++)
        note_id(k, str_format(a, "%.*schecklist_%zu", STR_ARG(prefix), i));
    note_id(k, str_format(a, "%.*srun", STR_ARG(prefix)));
    note_steps(k, &m->rb->prepare, prefix);
    note_steps(k, &m->rb->steps, prefix);
    note_steps(k, &m->rb->verify, prefix);
    note_steps(k, &m->rb->always, prefix);
}

// The part of an address in front of an instance: what is in a for_each is known only
// when its list is.
static struct str known_part(struct str id)
{
    size_t bracket = str_find(id, '[');

    return bracket == SIZE_MAX ? id : str_slice(id, 0, bracket);
}

static bool all_known(struct asking *k, const struct said *all, size_t n, const char *flag)
{
    struct driver *d = k->d;
    bool ok = true;

    for (size_t i = 0; i < n; i++) {
        struct str id = known_part(all[i].id);
        if (map_get(k->ids, id))
            continue;
        const char **words = NEW_ARRAY(d->arena, const char *, map_count(k->ids) + 1);
        for (size_t w = 0; w < map_count(k->ids); w++)
            words[w] = map_key(k->ids, w).s;
        struct diag *e = diag_error(d->diags, DIAG_USAGE, (struct span){ 0 },
                                    "%s names `%.*s`, which is not a step of this runbook", flag,
                                    STR_ARG(all[i].id));
        const char *near = diag_nearest(id, words);
        if (near)
            diag_help(d->diags, e, "did you mean `%s`?", near);
        ok = false;
    }
    return ok;
}

bool flags_are_right(struct driver *d)
{
    const struct run_options *o = d->options;
    struct asking k = { d, map_new(d->arena) };

    note_module(&k, d->program->root, STR(""));
    bool ok = all_known(&k, o->confirms, o->confirm_count, "--confirm");
    ok &= all_known(&k, o->answers, o->answer_count, "--answer");
    return all_known(&k, o->attests, o->attest_count, "--attest") && ok;
}
