// Where a step stands: the frame of its runbook, its environment, its folder.

#include <stdlib.h>

#include "base/arena.h"
#include "base/map.h"
#include "exec/walk.h"

// ---- frames of used runbooks

static struct str join_errors(struct diags *ds, struct arena *a)
{
    struct buf b = BUF_EMPTY;

    for (const struct diag *d = ds->first; d; d = d->next)
        if (d->severity == SEVERITY_ERROR)
            buf_format(&b, "%s%.*s", b.n ? "; " : "", STR_ARG(d->message));
    return buf_take(&b, a);
}

static const struct given *given_from(struct value with, struct arena *a)
{
    size_t n = value_size(with);
    struct given *given = NEW_ARRAY(a, struct given, n + 1);

    for (size_t i = 0; i < n; i++)
        given[i] = (struct given){ .name = with.map->entries[i].key.s, .has_value = true,
                                   .value = with.map->entries[i].value };
    return given;
}

bool use_frame(struct driver *d, struct task *use, struct value with, struct value now,
               struct str *why)
{
    struct frame *caller = frame_of(use->space), *f;
    struct diags ds = { .arena = d->arena };

    if (use->inner->frame)
        return true;
    f = NEW(d->arena, struct frame);
    *f = (struct frame){ .module = use->inner->module, .parent = caller, .run = caller->run,
                         .mask = d->mask,
                         .trigger = caller->trigger, .drill = caller->drill,
                         .lookout = caller->lookout };
    if (!frame_inputs(f, given_from(with, d->arena), value_size(with), caller->dir, now, d->arena,
                      &ds) ||
        !frame_secrets(f, d->mask, now, d->arena, &ds) || !frame_vars(f, now, d->arena, &ds) ||
        !frame_places(f, d->project, now, d->arena, &ds)) {
        *why = join_errors(&ds, d->arena);
        return false;
    }
    use->inner->frame = f;
    return true;
}

void use_frame_broken(struct driver *d, struct task *use, struct str why)
{
    struct frame *f = NEW(d->arena, struct frame);

    *f = *frame_of(use->space);
    f->module = use->inner->module;
    f->inputs = f->vars = f->secrets = VALUE_NONE;
    f->broken = why;
    use->inner->frame = f;
}

// ---- the environment of a step

static bool put_env(struct mask *mask, struct map *all, const struct list *env,
                    const struct scope *s, struct arena *a, struct expr_error *err)
{
    LIST_EACH(const struct words_entry, e, *env) {
        struct str text, *line;
        bool secret;
        if (!template_eval_text(e->words, s, a, &text, &secret, err))
            return false;
        if (str_find(text, '\0') != SIZE_MAX) {
            err->message = str_format(a, "the variable %.*s holds a NUL byte",
                                      STR_ARG(e->entry.key.str));
            return false;
        }
        if (secret)  // also what was only computed from one
            mask_add(mask, text);
        line = NEW(a, struct str);
        *line = str_format(a, "%.*s=%.*s", STR_ARG(e->entry.key.str), STR_ARG(text));
        map_put(all, e->entry.key.str, line);
    }
    return true;
}

// Outermost first, so that the nearest wins.
static bool put_groups(struct mask *mask, struct map *all, const struct task *owner,
                       const struct space *top, const struct scope *s, struct arena *a,
                       struct expr_error *err)
{
    if (!owner || space_top(owner->space) != top)
        return true;
    return put_groups(mask, all, owner->in->owner, top, s, a, err) &&
           (owner->kind == TASK_EACH || put_env(mask, all, &owner->step->more->env, s, a, err));
}

static const struct str *lines_of(const struct map *all, struct arena *a)
{
    struct str *lines = NEW_ARRAY(a, struct str, map_count(all) + 1);

    for (size_t i = 0; i < map_count(all); i++)
        lines[i] = *(struct str *)map_value(all, i);
    return lines;
}

static bool groups_say_env(const struct task *t, const struct space *top)
{
    for (const struct task *at = t ? t->in->owner : NULL; at; at = at->in->owner)
        if (space_top(at->space) == top && at->kind != TASK_EACH && at->step->more->env.count)
            return true;
    return false;
}

static const struct str *environment_of(struct mask *mask, struct task *t, const struct step *s,
                                        struct space *space, const struct scope *scope,
                                        struct arena *a, struct expr_error *err)
{
    const struct frame *f = frame_of(space);
    struct map *all = map_new(a);
    bool has_groups = groups_say_env(t, space_top(space));

    if (!has_groups && s->more->env.count == 0)
        return f->environ;
    for (const struct str *e = f->environ; e->s; e++) {
        size_t eq = str_find(*e, '=');
        map_put(all, str_slice(*e, 0, eq == SIZE_MAX ? e->n : eq), (void *)e);
    }
    if (has_groups && !put_groups(mask, all, t->in->owner, space_top(space), scope, a, err))
        return NULL;
    return put_env(mask, all, &s->more->env, scope, a, err) ? lines_of(all, a) : NULL;
}

// ---- the folder, the user, the grace: of the nearest that says

static const struct template *nearest_dir(const struct task *t, const struct step *s,
                                          const struct space *top)
{
    if (s->more->dir)
        return s->more->dir;
    for (const struct task *at = t ? t->in->owner : NULL; at; at = at->in->owner)
        if (space_top(at->space) == top && at->step->more->dir)
            return at->step->more->dir;
    return NULL;
}

static const struct template *nearest_as(const struct task *t, const struct step *s,
                                         const struct space *top)
{
    if (s->more->as)
        return s->more->as;
    for (const struct task *at = t ? t->in->owner : NULL; at; at = at->in->owner)
        if (space_top(at->space) == top && at->step->more->as)
            return at->step->more->as;
    return NULL;
}

static const struct amount *nearest_grace(const struct task *t, const struct step *s,
                                          struct space *space)
{
    const struct defaults *d = space_top(space)->module->rb->defaults;

    if (s->more->kill_grace)
        return s->more->kill_grace;
    for (const struct task *at = t ? t->in->owner : NULL; at; at = at->in->owner)
        if (space_top(at->space) == space_top(space) && at->step->more->kill_grace)
            return at->step->more->kill_grace;
    return d ? d->kill_grace : NULL;
}

static struct str path_below(struct arena *a, struct str dir, struct str path)
{
    if (path.n && path.s[0] == '/')
        return path;
    return str_format(a, "%.*s/%.*s", STR_ARG(dir), STR_ARG(path));
}

bool step_environment(struct driver *d, struct task *t, const struct step *s, struct space *space,
                      const struct scope *scope, struct arena *a, struct attempt *at,
                      struct expr_error *err)
{
    const struct template *dir = nearest_dir(t, s, space_top(space));
    const struct template *as = nearest_as(t, s, space_top(space));
    struct str text;
    bool secret;
    int64_t ns;

    if (frame_of(space)->broken.n) {
        err->message = frame_of(space)->broken;
        return false;
    }
    at->env = environment_of(d->mask, t, s, space, scope, a, err);
    at->dir = frame_of(space)->dir;
    if (!at->env)
        return false;
    if (dir && !template_eval_text(dir, scope, a, &text, &secret, err))
        return false;
    if (dir)
        at->dir = path_below(a, at->dir, text);
    if (as && !template_eval_text(as, scope, a, &at->as, &secret, err))
        return false;
    if (!amount_get(nearest_grace(t, s, space), scope, a, 10000000000, &ns, err))
        return false;
    at->grace_ms = ns / 1000000;
    return true;
}
