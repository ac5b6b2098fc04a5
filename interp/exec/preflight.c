// What a run needs of this machine, looked at before anything is changed.

#include <stdlib.h>
#include <unistd.h>

#include "action/shell/carry.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/version.h"
#include "exec/capture.h"
#include "exec/environ.h"
#include "exec/frame_parts.h"
#include "load/version.h"

enum { PATIENCE_MS = 5000, MOST = 64 * 1024 };

struct looking {
    const struct frame *frame;
    struct scope scope;
    struct value now;
    struct arena *arena;
    struct diags *ds;
    bool ok;
    struct map *users;  // that were tried
    const struct lookout *lookout;
};

static struct diag *fail(struct looking *l, struct span where, struct str message)
{
    l->ok = false;
    for (struct diag *d = l->ds->first; d; d = d->next)
        if (d->code == DIAG_PREFLIGHT && d->span.source == where.source &&
            d->span.start == where.start)
            return d;  // a runbook that is used twice asks twice
    return diag_error(l->ds, DIAG_PREFLIGHT, where, "%.*s", STR_ARG(message));
}

// False when it depends on what only the run will tell, which is for the root an error.
static bool said(struct looking *l, const struct template *words, struct str *out)
{
    struct diags unheard = { .arena = l->arena };
    struct diags *ds = l->frame->parent ? &unheard : l->ds;
    bool secret;
    bool ok = frame_text(words, &l->scope, "requirement", words->text.str, l->arena, out, &secret,
                         ds);

    l->ok &= ok || l->frame->parent;
    return ok;
}

// ---- tools ----

static struct str version_of(struct looking *l, struct str tool)
{
    static const char *const ways[] = { "--version", "-V", "version", NULL };

    for (const char *const *way = ways; *way && !lookout_called(l->lookout); way++) {
        struct str argv[] = { tool, str_from(*way) };
        struct captured c = capture(argv, 2, l->frame->dir, l->frame->environ, PATIENCE_MS, MOST,
                                    l->arena);
        struct str version = c.exit == 0 ? version_in(c.out) : STR("");
        if (version.n)
            return version;
    }
    return STR("");
}

static void look_at_version(struct looking *l, const struct wanted *w, struct span where)
{
    struct str version = version_of(l, w->name);

    if (version.n == 0)
        fail(l, where,
             str_format(l->arena, "the version of `%.*s` is not known: it does not say it",
                        STR_ARG(w->name)));
    else if (!version_satisfies(version, w))
        fail(l, where,
             str_format(l->arena, "`%.*s` is version %.*s", STR_ARG(w->name), STR_ARG(version)));
}

static void look_for_tool(struct looking *l, const struct template *words)
{
    struct wanted w;
    struct str text;

    if (!said(l, words, &text))
        return;
    if (!wanted_parse(text, true, &w)) {
        struct diag *d = fail(l, words->text.span,
                              str_format(l->arena, "`%.*s` is no tool", STR_ARG(text)));
        diag_help(l->ds, d, "write a name, or a name and a version: psql >= 15");
    } else if (program_path(w.name, l->frame->dir, l->frame->environ, l->arena).n == 0) {
        struct diag *d = fail(l, words->text.span,
                              str_format(l->arena, "tool `%.*s` is not there", STR_ARG(w.name)));
        diag_help(l->ds, d, "install it, or put its folder into PATH");
    } else if (w.comparison != ANY_VERSION) {
        look_at_version(l, &w, words->text.span);
    }
}

// ---- the rest ----

static void look_for_variable(struct looking *l, const struct template *words)
{
    struct str name, value;

    if (!said(l, words, &name) || environment_get(l->frame->environ, name, &value) ||
        getenv(str_copy(l->arena, name).s))
        return;
    struct diag *d = fail(l, words->text.span,
                          str_format(l->arena, "the variable `%.*s` is not set", STR_ARG(name)));
    diag_help(l->ds, d, "export %.*s=...", STR_ARG(name));
}

static void look_for_file(struct looking *l, const struct template *words)
{
    struct str path;

    if (!said(l, words, &path) || access(frame_path(l->frame->dir, path, l->arena).s, F_OK) == 0)
        return;
    fail(l, words->text.span, str_format(l->arena, "file `%.*s` is not there", STR_ARG(path)));
}

static void look_at_ourselves(struct looking *l, const struct text *wanted)
{
    struct wanted w;

    if (wanted->str.n == 0 || !wanted_parse(wanted->str, false, &w) ||
        version_satisfies(STR(RUNBOOK_VERSION), &w))
        return;
    fail(l, wanted->span,
         str_format(l->arena, "this is runbook %s, and `%.*s` is asked for", RUNBOOK_VERSION,
                    STR_ARG(wanted->str)));
}

// Those of the root have been read by now. What a used runbook will read when it is
// reached had better be there before anything is changed.
static void look_for_secret(struct looking *l, const struct secret *s)
{
    struct span where = s->entry.key.span;
    struct str name = s->entry.key.str;

    if (s->env.str.n && !getenv(str_copy(l->arena, s->env.str).s))
        fail(l, where,
             str_format(l->arena, "secret `%.*s`: the variable `%.*s` is not set", STR_ARG(name),
                        STR_ARG(s->env.str)));
    if (s->file && template_is_literal(s->file) &&
        access(
            frame_path(frame_early_dir(l->frame, l->now, l->arena), s->file->text.str, l->arena).s,
            R_OK) != 0)
        fail(l, where,
             str_format(l->arena, "secret `%.*s`: file `%.*s` cannot be read", STR_ARG(name),
                        STR_ARG(s->file->text.str)));
}

static void look_for_secrets(struct looking *l, const struct frame *f)
{
    const struct secret *s = f->module->rb->secrets.items;

    l->frame = f;
    for (size_t i = 0; f->parent && i < f->module->rb->secrets.count; i++)
        look_for_secret(l, &s[i]);
}

static void each(struct looking *l, const struct list *words,
                 void (*look)(struct looking *l, const struct template *words))
{
    const struct template *const *items = words->items;

    for (size_t i = 0; i < words->count; i++)
        look(l, items[i]);
}

// ---- users that steps run as ----

static void look_for_users(struct looking *l, const struct list *steps);

static void look_for_user(struct looking *l, const struct template *words)
{
    struct str argv[] = { STR("sudo"), STR("-n"), STR("-u"), STR(""), STR("--"), STR("true") };
    struct expr_error unheard;
    bool secret;

    // One that only the run will tell is met there.
    if (!template_eval_text(words, &l->scope, l->arena, &argv[3], &secret, &unheard) ||
        !carry_user(argv[3], l->arena, &unheard) || map_get(l->users, argv[3]) ||
        lookout_called(l->lookout))
        return;
    map_put(l->users, argv[3], l);
    struct captured c = capture(argv, 6, l->frame->dir, l->frame->environ, PATIENCE_MS, MOST,
                                l->arena);
    if (c.started && c.exit == 0)
        return;
    struct diag *d = fail(l, words->text.span,
                          str_format(l->arena,
                                     c.started ? "sudo does not let us run as '%.*s'"
                                               : "there is no sudo to run as '%.*s'",
                                     STR_ARG(argv[3])));
    d->help = str_format(l->ds->arena, "try: sudo -n -u %.*s -- true", STR_ARG(argv[3]));
}

static void look_at_step(struct looking *l, const struct step *s)
{
    const struct list *const inside[] = { &s->more->verify, &s->more->undo.steps, &s->more->rescue,
                                          &s->more->steps, &s->more->always };

    if (s->more->as)
        look_for_user(l, s->more->as);
    if (s->more->done_if && s->more->done_if->check)
        look_at_step(l, s->more->done_if->check);
    for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++)
        look_for_users(l, inside[i]);
}

static void look_for_users(struct looking *l, const struct list *steps)
{
    const struct step *s = steps->items;

    for (size_t i = 0; i < steps->count; i++)
        look_at_step(l, &s[i]);
}

static void look_for_all_users(struct looking *l, const struct runbook *rb)
{
    look_for_users(l, &rb->prepare);
    look_for_users(l, &rb->steps);
    look_for_users(l, &rb->verify);
    look_for_users(l, &rb->undone);
    look_for_users(l, &rb->always);
}

static void look_around(const struct frame *f, struct str path, void *ctx)
{
    struct looking *l = ctx;
    const struct requires *r = f->module->rb->requires;

    (void)path;
    look_for_secrets(l, f);
    l->frame = f;
    l->scope = frame_scope(f, l->now, l->arena);
    look_for_all_users(l, f->module->rb);
    if (!r)
        return;
    each(l, &r->tools, look_for_tool);
    each(l, &r->env, look_for_variable);
    each(l, &r->files, look_for_file);
    look_at_ourselves(l, &r->runbook);
}

bool preflight(const struct program *p, const struct frame *root, struct arena *a, struct diags *ds)
{
    struct looking l = {
        .arena = a,
        .ds = ds,
        .ok = true,
        .now = value_timestamp(clock_wall_ns() / 1000000000, 0),
        .users = map_new(a),
        .lookout = root->lookout,
    };

    frame_each_ahead(root, p, l.now, a, look_around, &l);
    return l.ok;
}
