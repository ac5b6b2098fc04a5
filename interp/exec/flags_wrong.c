// Flags that answer nothing, or with what is no answer: refused before the run, with the name
// that was meant.

#include "action/manual.h"
#include "action/prompt.h"
#include "base/arena.h"
#include "base/map.h"
#include "exec/walk.h"

// ---- what may be asked, and where

enum { MAY_CONFIRM = 1, MAY_ANSWER = 2, MAY_ATTEST = 4 };

struct asking {  // a place in the file where something may be asked
    int kinds;
    const struct step *step;  // of manual and prompt
};
struct askings {
    struct driver *d;
    struct map *by_id;
};

static struct asking *note(struct askings *k, struct str id, int kinds)
{
    struct asking *g = map_get(k->by_id, id);

    if (!g) {
        g = NEW(k->d->arena, struct asking);
        map_put(k->by_id, id, g);
    }
    g->kinds |= kinds;
    return g;
}

// Steps are known by their id behind that of the `use`, and by the groups around them.
struct names {
    struct str in_file, in_groups;
};

static struct names below(struct askings *k, struct names n, struct str id, const char *mark)
{
    struct arena *a = k->d->arena;

    return (struct names){
        str_format(a, "%.*s%.*s%s", STR_ARG(n.in_file), STR_ARG(id), mark),
        str_format(a, "%.*s%.*s%s", STR_ARG(n.in_groups), STR_ARG(id), mark),
    };
}

static bool asks(const struct step *s)
{
    return s->kind == STEP_ACTION && s->action && s->action->asks;
}

static void note_step(struct askings *k, const struct step *s, struct names n)
{
    int kinds = (s->more->confirm ? MAY_CONFIRM : 0) | (asks(s) ? MAY_ANSWER : 0);
    struct str names[] = { n.in_file, n.in_groups };

    for (size_t i = 0; i < 2; i++) {
        struct asking *g = note(k, names[i], kinds);
        g->step = asks(s) ? s : g->step;
    }
}

static void note_module(struct askings *k, const struct module *m, struct names n);
static void note_steps(struct askings *k, const struct list *steps, struct names n);

static void note_check(struct askings *k, const struct step *check, struct names around,
                       const char *mark)
{
    if (check)
        note_step(k, check, below(k, below(k, around, STR(""), mark),
                                  check->id.str.n ? check->id.str : STR("check_1"), ""));
}

static void note_inside(struct askings *k, const struct step *s, struct names n, struct names own)
{
    struct names in = { n.in_file, below(k, own, STR(""), ".").in_groups };

    note_steps(k, &s->more->steps, in);
    note_steps(k, &s->more->rescue, in);
    note_steps(k, &s->more->always, in);
    note_steps(k, &s->more->verify, below(k, own, STR(""), ".verify."));
    if (s->more->done_if)
        note_check(k, s->more->done_if->check, own, ".done_if.");
}

static void note_undo(struct askings *k, const struct step *s, struct names own)
{
    const struct step *bodies = s->more->undo.steps.items;

    for (size_t i = 0; i < s->more->undo.steps.count; i++) {
        struct str number = s->more->undo.is_list ? str_format(k->d->arena, "~undo.%zu", i + 1)
                                            : STR("~undo");
        struct names n = below(k, own, number, "");
        note_step(k, &bodies[i], n);
        note_steps(k, &bodies[i].more->steps, below(k, n, STR(""), "."));
    }
}

static void note_steps(struct askings *k, const struct list *steps, struct names n)
{
    LIST_EACH(const struct step, s, *steps) {
        struct names own = below(k, n, s->id.str, "");
        note_step(k, s, own);
        if (s->kind == STEP_USE)
            note_module(k, program_use(k->d->program, s), below(k, own, STR(""), "."));
        note_inside(k, s, n, own);
        note_undo(k, s, own);
    }
}

static void note_module(struct askings *k, const struct module *m, struct names n)
{
    const struct check_item *items = m->rb->checklist.items;

    if (m->rb->confirm) {
        note(k, below(k, n, STR("run"), "").in_file, MAY_CONFIRM);
        note(k, below(k, n, STR("run"), "").in_groups, MAY_CONFIRM);
    }
    for (size_t i = 0; i < m->rb->checklist.count; i++) {
        struct names own = below(k, n, str_format(k->d->arena, "checklist_%zu", i + 1), "");
        int kinds = items[i].check ? 0 : MAY_ATTEST;
        note(k, own.in_file, kinds);
        note(k, own.in_groups, kinds);
        note_check(k, items[i].check, own, ".");
    }
    note_steps(k, &m->rb->prepare, n);
    note_steps(k, &m->rb->steps, n);
    note_steps(k, &m->rb->verify, n);
    note_steps(k, &m->rb->undone, n);
    note_steps(k, &m->rb->always, n);
}

// ---- names

struct kind_of_flag {
    const char *flag, *what;
    int kind;
};

static void names_nothing(struct askings *k, const struct kind_of_flag *f, struct str id)
{
    struct driver *d = k->d;
    const struct asking *g = map_get(k->by_id, id_without_keys(id, d->arena));
    const char **words = NEW_ARRAY(d->arena, const char *, map_count(k->by_id) + 1);
    size_t n = 0;

    for (size_t i = 0; i < map_count(k->by_id); i++)
        if (((const struct asking *)map_value(k->by_id, i))->kinds & f->kind)
            words[n++] = str_copy(d->arena, map_key(k->by_id, i)).s;
    struct diag *e = diag_error(d->diags, DIAG_USAGE, (struct span){ 0 },
                                "%s names `%.*s`, which %s", f->flag, STR_ARG(id),
                                g ? f->what : "is not a step of this runbook");
    const char *near = diag_nearest(id, words);
    if (near)
        diag_help(d->diags, e, "did you mean `%s`?", near);
}

// Of two answers to one question nobody can say which is meant.
static bool are_once(struct askings *k, const struct said *all, size_t n,
                     const struct kind_of_flag *f)
{
    struct map *seen = map_new(k->d->arena);
    bool ok = true;

    for (size_t i = 0; i < n; i++) {
        if (map_get(seen, all[i].id)) {
            diag_error(k->d->diags, DIAG_USAGE, (struct span){ 0 }, "%s `%.*s` is given twice",
                       f->flag, STR_ARG(all[i].id));
            ok = false;
        }
        map_put(seen, all[i].id, k);
    }
    return ok;
}

static bool are_known(struct askings *k, const struct said *all, size_t n,
                      const struct kind_of_flag *f)
{
    bool ok = true;

    for (size_t i = 0; i < n; i++) {
        const struct asking *g = map_get(k->by_id, id_without_keys(all[i].id, k->d->arena));
        if (g && g->kinds & f->kind)
            continue;
        names_nothing(k, f, all[i].id);
        ok = false;
    }
    return ok && are_once(k, all, n, f);
}

// ---- --answer with what is no answer, as far as that can be known before the run

static bool prompt_takes(struct driver *d, const struct prompt_params *p, struct str text,
                         struct str *why)
{
    struct prompt_job job;
    struct value ignored;

    if (!prompt_literal(p, &job, d->arena))
        return true;
    return prompt_read(&job, text, STR(""), d->arena, &ignored, why);
}

static bool is_an_answer(struct driver *d, const struct step *s, struct str text, struct str *why)
{
    struct answer ignored;

    if (s->action == &action_prompt)
        return prompt_takes(d, s->params, text, why);
    const struct manual_params *work = s->params;
    return work_answer(d, text, work->evidence, &ignored, why);
}

static bool are_answers(struct askings *k)
{
    const struct run_options *o = k->d->options;
    bool ok = true;

    for (size_t i = 0; i < o->answer_count; i++) {
        const struct said *s = &o->answers[i];
        const struct asking *g = map_get(k->by_id, id_without_keys(s->id, k->d->arena));
        struct str why;
        if (!g || !g->step || is_an_answer(k->d, g->step, s->text, &why))
            continue;
        diag_error(k->d->diags, DIAG_USAGE, (struct span){ 0 }, "--answer %.*s: %.*s",
                   STR_ARG(s->id), STR_ARG(why));
        ok = false;
    }
    return ok;
}

bool flags_are_right(struct driver *d)
{
    static const struct kind_of_flag confirm = { "--confirm", "asks for no confirm", MAY_CONFIRM },
                                     answer = { "--answer", "is neither `manual` nor `prompt`",
                                                MAY_ANSWER },
                                     attest = { "--attest", "is no item that a person attests",
                                                MAY_ATTEST };
    const struct run_options *o = d->options;
    struct askings k = { d, map_new(d->arena) };

    if (o->confirm_count + o->answer_count + o->attest_count == 0)
        return true;
    note_module(&k, d->program->root, (struct names){ STR(""), STR("") });
    bool ok = are_known(&k, o->confirms, o->confirm_count, &confirm);
    ok &= are_known(&k, o->answers, o->answer_count, &answer);
    ok &= are_known(&k, o->attests, o->attest_count, &attest);
    return ok && are_answers(&k);
}
