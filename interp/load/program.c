#include "load/program.h"

#include <string.h>

#include "base/arena.h"
#include "graph/spot.h"
#include "load/check.h"
#include "load/shelf.h"

struct loading {
    struct program *p;
    struct shelf *shelf;
    struct diags *ds;
    struct module *m;     // whose steps are being looked at
    struct arena *types;  // of all modules; gone when everything has been checked
};

static struct str address_of(const struct step *const *s)
{
    return (struct str){ (const char *)s, sizeof *s };
}

const struct module *program_use(const struct program *p, const struct step *use)
{
    return map_get(p->by_use, address_of(&use));
}

// ---- what is used ----

static struct str ring_of_files(struct arena *a, const struct module *from,
                                const struct module *again)
{
    struct str path = again->rb->source->name;

    for (const struct module *m = from; m != again; m = m->user)
        path = str_format(a, "%.*s → %.*s", STR_ARG(m->rb->source->name), STR_ARG(path));
    return str_format(a, "%.*s → %.*s", STR_ARG(again->rb->source->name), STR_ARG(path));
}

static void use_cycle(const struct loading *l, const struct step *use, const struct module *again)
{
    struct str path = ring_of_files(l->ds->arena, l->m, again);

    diag_error(l->ds, DIAG_USE_CYCLE, use->more->use->span, "`%.*s` uses itself: %.*s",
               STR_ARG(again->rb->address), STR_ARG(path));
}

// Few runbooks use more than a handful of others.
static void add_use(struct arena *a, struct module *m, struct module *used)
{
    for (size_t i = 0; i < m->use_count; i++)
        if (m->uses[i] == used)
            return;
    struct module **uses = NEW_ARRAY(a, struct module *, m->use_count + 1);
    for (size_t i = 0; i < m->use_count; i++)
        uses[i] = m->uses[i];
    uses[m->use_count++] = used;
    m->uses = uses;
}

static struct module *load_module(struct loading *l, struct runbook *rb);

// The reader has told what is no address.
static bool is_address(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.s[i] >= 'a' && s.s[i] <= 'z') || (s.s[i] >= '0' && s.s[i] <= '9') ||
              s.s[i] == '-' || s.s[i] == '/'))
            return false;
    return s.n > 0;
}

static void find_use(const struct spot *spot, void *ctx)
{
    struct loading *l = ctx;
    const struct step *use = spot->step;

    if (use->kind != STEP_USE || !is_address(use->more->use->str))
        return;
    struct runbook *rb = shelf_use(l->shelf, use->more->use);
    if (!rb)
        return;
    struct module *m = map_get(l->p->by_path, rb->path);
    if (m && m->open) {
        use_cycle(l, use, m);
        return;
    }
    const struct step **key = NEW(l->p->arena, const struct step *);
    *key = use;
    m = m ? m : load_module(l, rb);
    map_put(l->p->by_use, address_of(key), m);
    add_use(l->p->arena, l->m, m);
}

// ---- one runbook ----

static void vouch(const struct spot *spot, void *ctx)
{
    struct loading *l = ctx;

    if (spot_is_check(spot) || runbook_has_type(l->m->rb, RUNBOOK_CHECK)) {
        const struct step **key = NEW(l->p->arena, const struct step *);
        *key = spot->step;
        map_put(l->p->vouched, address_of(key), (void *)spot->step);
    }
}

// Where there is no project, what a file uses from a library works beside that file too.
static struct str folder_of(const struct program *p, struct str path)
{
    const char *slash = path.n ? memrchr(path.s, '/', path.n) : NULL;

    if (p->project->root.n)
        return p->project->root;
    return slash ? str_copy(p->arena, str_slice(path, 0, (size_t)(slash - path.s))) : STR(".");
}

static void finish(struct loading *l, struct module *m)
{
    struct bind bind = { .arena = l->p->arena,
                         .diags = l->ds,
                         .rb = m->rb,
                         .project = l->p->project,
                         .dir = m->folder };

    if (m->rb->defaults)
        bind.default_shell = m->rb->defaults->shell;
    runbook_each_spot(m->rb, vouch, l);
    m->bound = action_bind(m->rb, &bind);
    m->graph = graph_read(l->p->arena, m->rb, l->ds);
    check_module(l->p, m, l->types, l->ds);
}

static struct module *load_module(struct loading *l, struct runbook *rb)
{
    struct module *m = NEW(l->p->arena, struct module), *user = l->m;

    *m = (struct module){ .rb = rb, .user = user, .open = true, .folder = l->p->folder };
    m->of_project = rb->hooks && rb->hooks == l->p->project->hooks;
    map_put(l->p->by_path, rb->path, m);
    l->m = m;
    runbook_each_spot(rb, find_use, l);
    finish(l, m);
    l->m = user;
    m->open = false;
    return m;
}

// The hooks of the project are checked like those of a runbook that has nothing else.
static void load_project_hooks(struct loading *l)
{
    const struct project *p = l->p->project;

    if (!p->hooks || !p->node)
        return;
    struct runbook *rb = NEW(l->p->arena, struct runbook);
    *rb = (struct runbook){ .node = p->node,
                            .source = p->node->span.source,
                            .path = p->file,
                            .address = STR(".runbook.yaml"),
                            .hooks = p->hooks };
    l->p->project_hooks = load_module(l, rb);
}

// What runs, is planned or shown needs no more of the files than what was read of them.
static void forget_node(const struct spot *spot, void *ctx)
{
    struct step *s = (struct step *)spot->step;
    (void)ctx;

    s->node = NULL;
    if (s->action_node)  // a copy of its own, by action_bind()
        ((struct node *)s->action_node)->key = NULL;
}

static void forget_trees(struct loading *l)
{
    for (size_t i = 0; i < map_count(l->p->by_path); i++) {
        struct runbook *rb = ((struct module *)map_value(l->p->by_path, i))->rb;
        if (!rb->tree)  // the hooks of the project: its file may be used again
            continue;
        runbook_each_spot(rb, forget_node, NULL);
        arena_free(rb->tree);
        rb->tree = NULL;
        rb->node = NULL;
    }
}

static void forget_types(struct loading *l)
{
    for (size_t i = 0; i < map_count(l->p->by_path); i++)
        ((struct module *)map_value(l->p->by_path, i))->types = NULL;
    arena_free(l->types);
}

static struct program *load(struct arena *a, const struct project *project, struct shelf *shelf,
                            struct str path, struct diags *ds)
{
    unsigned errors = ds->errors;
    struct program *p = NEW(a, struct program);
    struct loading l = { .p = p, .shelf = shelf, .ds = ds };

    *p = (struct program){ .arena = a,
                           .project = project,
                           .library = shelf_library(shelf),
                           .by_path = map_new(a),
                           .by_use = map_new(a),
                           .vouched = map_new(a) };
    struct runbook *rb = shelf_read(shelf, path);
    p->folder = folder_of(p, rb ? rb->path : path);
    l.types = arena_new(NULL);
    if (rb)
        p->root = load_module(&l, rb);
    load_project_hooks(&l);
    forget_types(&l);
    if (!rb)
        return NULL;
    check_program(p, ds);
    if (ds->errors != errors)
        return NULL;
    forget_trees(&l);
    return p;
}

struct program *program_load(struct arena *a, const struct project *project, struct str path,
                             struct diags *ds)
{
    return load(a, project, shelf_on_disk(a, project, ds), path, ds);
}

struct program *program_from(struct arena *a, const struct project *project,
                             const struct program_file *files, size_t count, struct str path,
                             struct diags *ds)
{
    return load(a, project, shelf_kept(a, project, files, count, ds), path, ds);
}

const struct program_file *program_files(const struct program *p, struct arena *a, size_t *count)
{
    size_t n = map_count(p->by_path);
    struct program_file *files = NEW_ARRAY(a, struct program_file, n);

    *count = 0;
    for (size_t i = 0; i < n; i++) {
        const struct module *m = map_value(p->by_path, i);
        if (!m->of_project)
            files[(*count)++] = (struct program_file){ m->rb->path, m->rb->source->text };
    }
    return files;
}
