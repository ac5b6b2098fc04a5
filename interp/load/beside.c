#include "load/beside.h"

#include <stddef.h>
#include <string.h>

#include "base/arena.h"

// -------- secrets

// Its name alone: among its words may be what unlocks a secret.
static struct str program_of(const struct secret *s, const struct known *k, struct arena *a)
{
    const struct template *const *words = s->exec.items;

    return str_format(a, "%.*s%s", STR_ARG(known_words(k, words[0], a)),
                      s->exec.count > 1 ? " ..." : "");
}

struct str secret_source(const struct secret *s, const struct known *k, struct arena *a)
{
    if (s->env.str.n)
        return str_format(a, "the variable `%.*s`", STR_ARG(s->env.str));
    if (s->file)
        return str_format(a, "the file `%.*s`", STR_ARG(known_words(k, s->file, a)));
    if (s->exec.count)
        return str_format(a, "what `%.*s` prints", STR_ARG(program_of(s, k, a)));
    return STR("standard input");
}

// -------- side by side

struct str side_by_side(const struct amount *parallel, const struct known *k, struct arena *a)
{
    if (!parallel || (!parallel->template && parallel->n == 1))
        return STR("");
    if (parallel->template)
        return str_format(a, "side by side, as many at a time as `%.*s` says",
                          STR_ARG(known_words(k, parallel->template, a)));
    if (!parallel->n)
        return STR("side by side");
    return str_format(a, "side by side, at most %lld at a time", (long long)parallel->n);
}

// -------- hooks

const struct hook_moment hook_moments[] = {
    { "start", offsetof(struct hooks, start) },
    { "progress", offsetof(struct hooks, progress) },
    { "waiting", offsetof(struct hooks, waiting) },
    { "success", offsetof(struct hooks, success) },
    { "failure", offsetof(struct hooks, failure) },
    { "undone", offsetof(struct hooks, undone) },
    { 0 },
};

static const struct list *list_of(const struct hooks *h, const char *moment)
{
    static const struct list none;

    for (const struct hook_moment *m = hook_moments; h && m->name; m++)
        if (!strcmp(m->name, moment))
            return (const struct list *)((const char *)h + m->offset);
    return &none;
}

static struct str text_of(const struct step *s)
{
    return str_trim(str_slice(s->span.source->text, s->span.start, s->span.end));
}

static bool is_told(const struct list *told, const struct step *s)
{
    LIST_EACH(const struct step, other, *told)
    if (str_equal(text_of(other), text_of(s)))
        return true;
    return false;
}

struct hooks_told hooks_told(const struct hooks *project, const struct hooks *own,
                             const char *moment, struct arena *a)
{
    const struct list *first = list_of(project, moment), *then = list_of(own, moment);
    struct hooks_told all = {
        .steps = NEW_ARRAY(a, const struct step *, first->count + then->count + 1)
    };

    LIST_EACH(const struct step, s, *first)
    all.steps[all.count++] = s;
    all.of_project = all.count;
    LIST_EACH(const struct step, s, *then)
    if (!is_told(first, s))
        all.steps[all.count++] = s;
    return all;
}
