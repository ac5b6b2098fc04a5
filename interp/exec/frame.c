#include "exec/frame.h"

#include "base/arena.h"
#include "exec/environ.h"
#include "exec/frame_parts.h"

// ---- what expressions see ----

static bool frame_name(const struct scope *s, struct str name, struct arena *a, struct value *out,
                       struct str *why)
{
    const struct frame *f = s->ctx;
    const struct {
        const char *name;
        const struct value *value;
    } roots[] = {
        { "inputs", &f->inputs }, { "vars", &f->vars }, { "secrets", &f->secrets },
        { "env", &f->env },       { "run", &f->run },   { "trigger", &f->trigger },
    };

    (void)a;
    for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++)
        if (str_is(name, roots[i].name)) {
            *out = *roots[i].value;
            if (out->kind == VALUE_NULL)
                *why = str_is(name, "trigger") ? STR("no trigger started this run")
                                               : STR("it is not known yet");
            return out->kind != VALUE_NULL;
        }
    return false;
}

static void made_secret(const struct scope *s, struct value v, struct arena *a)
{
    const struct frame *f = s->ctx;

    if (f->mask)
        mask_value(f->mask, v, a);
}

struct scope frame_scope(const struct frame *f, struct value now, struct arena *a)
{
    static const char *const roots[] = { "inputs", "vars", "secrets", "env",
                                         "run",    "now",  "trigger", NULL };

    (void)a;
    return (struct scope){ .get = frame_name, .secret = made_secret, .ctx = (void *)f, .now = now, .roots = roots };
}

bool frame_complain(const struct expr_error *err, const char *what, struct str name,
                    struct diags *ds)
{
    enum diag_code code = err->missing ? DIAG_PREFLIGHT : DIAG_BAD_INPUT;
    struct diag *d = diag_error(ds, code, err->span, "%s `%.*s` cannot be worked out: %.*s", what,
                                STR_ARG(name), STR_ARG(err->message));

    d->help = err->help;
    return false;
}

// ---- the beginning ----

static void without_sources(struct frame *f, const struct module *m, struct arena *a)
{
    const struct secret *secrets = m->rb->secrets.items;

    for (size_t i = 0; i < m->rb->secrets.count; i++)
        if (secrets[i].env.str.n)
            f->environ = environment_without(f->environ, secrets[i].env.str, a);
    for (size_t i = 0; i < m->use_count; i++)
        without_sources(f, m->uses[i], a);
}

void frame_begin(struct frame *f, struct arena *a)
{
    const struct frame *outermost = f;

    if (f->environ)
        return;
    while (outermost->parent)
        outermost = outermost->parent;
    f->environ = environment_strings(a);
    without_sources(f, outermost->module, a);
    f->env = environment_map(f->environ, a);
    f->dir = f->module->folder;
}

// ---- vars ----

bool frame_vars(struct frame *f, struct value now, struct arena *a, struct diags *ds)
{
    const struct runbook *rb = f->module->rb;
    const struct form_entry *vars = rb->vars.items;
    struct value_builder *known = value_map_start(a);
    bool ok = true;

    f->vars = value_finish(known);
    for (size_t i = 0; i < rb->vars.count; i++) {
        struct scope s = frame_scope(f, now, a);
        struct expr_error err = { 0 };
        struct value v;
        if (!form_fill(vars[i].form, &s, a, &v, &err)) {
            ok = frame_complain(&err, "var", vars[i].entry.key.str, ds);
            continue;
        }
        value_put(known, value_string(vars[i].entry.key.str), v);
        f->vars = value_finish(known);
    }
    return ok;
}

// ---- env and dir ----

bool frame_text(const struct template *words, const struct scope *s, const char *what,
                struct str name, struct arena *a, struct str *out, bool *secret, struct diags *ds)
{
    struct expr_error err = { 0 };

    if (!template_eval_text(words, s, a, out, secret, &err))
        return frame_complain(&err, what, name, ds);
    if (str_find(*out, '\0') == SIZE_MAX)
        return true;
    diag_error(ds, DIAG_BAD_INPUT, words->text.span, "%s `%.*s` holds a NUL byte", what,
               STR_ARG(name));
    return false;
}

// Reads what the interpreter's environment says, writes what the runbook's will be.
static bool overlay(struct frame *f, const struct list *entries, const struct scope *s,
                    struct value *env, struct arena *a, struct diags *ds)
{
    const struct words_entry *e = entries->items;
    struct str *added = NEW_ARRAY(a, struct str, entries->count + 1);
    struct value_builder *all = value_map_start(a);
    size_t count = 0;
    bool ok = true;

    for (size_t i = 0; i < env->map->count; i++)
        value_put(all, env->map->entries[i].key, env->map->entries[i].value);
    for (size_t i = 0; i < entries->count; i++) {
        struct str name = e[i].entry.key.str, text;
        bool secret = false;
        if (!frame_text(e[i].words, s, "env", name, a, &text, &secret, ds)) {
            ok = false;
            continue;
        }
        struct value v = value_string(text);
        value_put(all, value_string(name), secret ? value_secret(v) : v);
        added[count++] = str_format(a, "%.*s=%.*s", STR_ARG(name), STR_ARG(text));
    }
    *env = value_finish(all);
    f->environ = environment_joined(f->environ, added, count, a);
    return ok;
}

static bool set_env(struct frame *f, const struct project *p, const struct scope *s,
                    struct arena *a, struct diags *ds)
{
    const struct runbook *rb = f->module->rb;
    struct value env = f->env;
    bool ok = overlay(f, &p->env, s, &env, a, ds);

    ok &= overlay(f, &rb->env, s, &env, a, ds);
    if (f->drill && rb->drill)
        ok &= overlay(f, &rb->drill->env, s, &env, a, ds);
    f->env = env;
    return ok;
}

struct str frame_path(struct str dir, struct str path, struct arena *a)
{
    if (path.n == 0 || path.s[0] == '/')
        return str_copy(a, path);
    if (dir.n == 0)
        return str_copy(a, path);
    return str_format(a, "%.*s/%.*s", STR_ARG(dir), STR_ARG(path));
}

struct str frame_early_dir(const struct frame *f, struct value now, struct arena *a)
{
    const struct template *dir = f->module->rb->dir;
    struct frame early = *f;
    struct expr_error unheard = { 0 };
    struct str text = STR("");
    bool secret;

    early.vars = early.secrets = VALUE_NONE;
    struct scope s = frame_scope(&early, now, a);
    if (!dir || !template_eval_text(dir, &s, a, &text, &secret, &unheard))
        return f->module->folder;
    return frame_path(f->module->folder, text, a);
}

static bool set_dir(struct frame *f, const struct scope *s, struct arena *a, struct diags *ds)
{
    const struct template *dir = f->module->rb->dir;
    struct str text;
    bool secret;

    if (!dir)
        return true;
    if (!frame_text(dir, s, "key", STR("dir"), a, &text, &secret, ds))
        return false;
    f->dir = frame_path(f->dir, text, a);
    return true;
}

// A limit that cannot be worked out would be none.
static bool set_timeout(struct frame *f, const struct scope *s, struct arena *a, struct diags *ds)
{
    struct expr_error err = { 0 };

    return f->parent || amount_get(f->module->rb->timeout, s, a, 0, &f->timeout_ns, &err) ||
           frame_complain(&err, "key", STR("timeout"), ds);
}

bool frame_places(struct frame *f, const struct project *p, struct value now, struct arena *a,
                  struct diags *ds)
{
    struct scope s = frame_scope(f, now, a);
    bool ok = set_env(f, p, &s, a, ds);

    f->dir = f->module->folder;
    ok &= set_dir(f, &s, a, ds);
    ok &= set_timeout(f, &s, a, ds);
    if (f->module->rb->defaults)
        f->shell = f->module->rb->defaults->shell.str;
    return frame_connections(f, p, &s, a, ds) && ok;
}
