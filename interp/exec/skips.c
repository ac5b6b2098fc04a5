// Steps that a person leaves out: --skip ID, and --from ID, which skips all before it in
// prepare and steps, in the order of the file.

#include "base/arena.h"
#include "base/map.h"
#include "exec/session.h"

// ---- what the command line may name

// [words]: ended by NULL.
static bool is_missing(struct driver *d, struct str id, const char *flag, const char **words)
{
    struct diag *e = diag_error(d->diags, DIAG_USAGE, (struct span){ 0 },
                                "%s names the step `%.*s`, which is not in this runbook", flag,
                                STR_ARG(id));
    struct str end = str_format(d->arena, ".%.*s", STR_ARG(id));
    const char *near = diag_nearest(id, words);

    for (size_t i = 0; !near && words[i]; i++)  // `s.b`, and `b` was said
        if (str_ends(str_from(words[i]), end.s))
            near = words[i];
    if (near)
        diag_help(d->diags, e, "did you mean `%s`?", near);
    return false;
}

bool step_is_missing(struct driver *d, struct str id, const char *flag)
{
    const char **words = NEW_ARRAY(d->arena, const char *, run_task_count(d->run) + 1);

    for (size_t i = 0; i < run_task_count(d->run); i++)
        words[i] = str_copy(d->arena, run_task_at(d->run, i)->address).s;
    return is_missing(d, id, flag, words);
}

// What --skip may name: "c" or "s.a" as the file has it, "g.c" below a for_each. Keys ("g[x].c")
// only where there is a for_each. What is inside a `use` is known only when that is reached.
struct spot {
    struct str in_file, below_each;  // what stands before the ids
    bool each;                       // in a for_each
};
struct names {
    struct driver *d;
    struct map *by_id;  // struct spot
};

static void see_steps(struct names *n, const struct list *steps, struct spot p)
{
    struct arena *a = n->d->arena;

    LIST_EACH(const struct step, s, *steps) {
        struct str one = str_format(a, "%.*s%.*s", STR_ARG(p.in_file), STR_ARG(s->id.str));
        struct str two = str_format(a, "%.*s%.*s", STR_ARG(p.below_each), STR_ARG(s->id.str));
        struct spot *in_it = NEW(a, struct spot), in = p;
        in.each |= s->more->for_each != NULL;
        *in_it = in;
        map_put(n->by_id, one, in_it);
        map_put(n->by_id, two, in_it);
        if (s->more->for_each)
            in.below_each = str_format(a, "%.*s.", STR_ARG(two));
        see_steps(n, &s->more->steps, in);
        see_steps(n, &s->more->rescue, in);
        see_steps(n, &s->more->always, in);
        if (s->kind != STEP_USE)
            continue;
        const struct runbook *rb = program_use(n->d->program, s)->rb;
        in.in_file = str_format(a, "%.*s.", STR_ARG(one));
        in.below_each = str_format(a, "%.*s.", STR_ARG(two));
        see_steps(n, &rb->prepare, in);
        see_steps(n, &rb->steps, in);
        see_steps(n, &rb->always, in);
    }
}

static struct names names_of(struct driver *d)
{
    const struct runbook *rb = d->program->root->rb;
    struct names n = { d, map_new(d->arena) };
    struct spot top = { STR(""), STR(""), false };

    see_steps(&n, &rb->prepare, top);
    see_steps(&n, &rb->steps, top);
    return n;
}

static bool can_be_skipped(struct driver *d, struct str id)
{
    struct names n = names_of(d);
    struct str name = id_without_keys(id, d->arena);
    const struct spot *spot = map_get(n.by_id, name);
    const char **words = NEW_ARRAY(d->arena, const char *, map_count(n.by_id) + 1);

    for (size_t i = 0; i < map_count(n.by_id); i++)
        words[i] = str_copy(d->arena, map_key(n.by_id, i)).s;
    return (spot && (spot->each || str_equal(name, id))) || is_missing(d, id, "--skip", words);
}

static bool step_is_there(struct driver *d, struct str id, const char *flag)
{
    const struct task *t = run_find(d->run, id);

    return (t && (t->phase == PHASE_PREPARE || t->phase == PHASE_STEPS)) ||
           step_is_missing(d, id, flag);
}

static bool words_are_right(struct driver *d)
{
    const struct run_options *o = d->options;
    bool ok = true;

    for (size_t i = 0; i < o->skip_count; i++)
        ok &= can_be_skipped(d, o->skips[i]);
    if (o->from.n)
        ok &= step_is_there(d, o->from, "--from");
    if ((o->skip_count || o->from.n) && !o->skip_reason.n) {
        diag_error(d->diags, DIAG_USAGE, (struct span){ 0 }, "skipping steps needs a reason");
        diag_help(d->diags, d->diags->last, "say --skip-reason \"why\"");
        ok = false;
    } else if (!o->skip_count && !o->from.n && o->skip_reason.n) {
        diag_error(d->diags, DIAG_USAGE, (struct span){ 0 },
                   "--skip-reason, and nothing is skipped");
        diag_help(d->diags, d->diags->last, "say which steps: --skip ID or --from ID");
        ok = false;
    }
    return ok;
}

static bool comes_before(const struct driver *d, const struct task *a, const struct task *b)
{
    for (size_t i = 0; i < run_task_count(d->run); i++) {
        if (run_task_at(d->run, i) == a)
            return true;
        if (run_task_at(d->run, i) == b)
            return false;
    }
    return false;
}

// --from is refused when a later step needs a result of what it skips.
static bool from_is_possible(struct driver *d)
{
    struct task *from = d->options->from.n ? run_find(d->run, d->options->from) : NULL;

    for (size_t i = 0; from && i < run_task_count(d->run); i++) {
        const struct task *t = run_task_at(d->run, i);
        if (t != from && comes_before(d, t, from))
            continue;
        for (size_t k = 0; k < t->need_count; k++) {
            const struct task *n = t->needs[k];
            bool skipped = t->need_blocks[k] && n != from && comes_before(d, n, from) &&
                           from->in->owner != n;
            if (!skipped)
                continue;
            diag_error(d->diags, DIAG_USAGE, (struct span){ 0 },
                       "--from %.*s skips `%.*s`, whose result `%.*s` needs",
                       STR_ARG(d->options->from), STR_ARG(n->address), STR_ARG(t->address));
            return false;
        }
    }
    return true;
}

bool skips_are_right(struct driver *d)
{
    return words_are_right(d) && from_is_possible(d);
}

// ---- a step that is skipped

// A step of a used runbook is never meant by its bare id.
static bool words_match(const struct str *all, size_t n, const struct task *t, struct arena *a)
{
    for (size_t i = 0; i < n; i++)
        if (str_equal(all[i], t->address) || str_equal(all[i], id_without_keys(t->address, a)) ||
            str_equal(all[i], id_in_file(t, a)))
            return true;
    return false;
}

bool step_is_before(const struct driver *d, const struct task *t)
{
    struct task *from = d->options->from.n ? run_find(d->run, d->options->from) : NULL;

    if (!from || (t->phase != PHASE_PREPARE && t->phase != PHASE_STEPS))
        return false;
    for (const struct task *at = from; at; at = at->in->owner)
        if (at == t)
            return false;
    for (const struct task *at = t; at; at = at->in->owner)
        if (at == from)
            return false;
    for (size_t i = 0; i < run_task_count(d->run); i++) {
        const struct task *other = run_task_at(d->run, i);
        if (other == t)
            return true;
        if (other == from)
            return false;
    }
    return false;
}

bool skip_by_flag(struct walk *w)
{
    const struct run_options *o = w->d->options;

    if (w->task->undoes || w->task->aside)
        return false;
    if (!words_match(o->skips, o->skip_count, w->task, w->arena) && !step_is_before(w->d, w->task))
        return false;
    w->by = person(w->d);
    w->reason = o->skip_reason;
    w->message = str_format(w->arena, "skipped by %.*s: %.*s", STR_ARG(w->by), STR_ARG(w->reason));
    walk_end(w, STATE_SKIPPED, NULL, false);
    return true;
}
