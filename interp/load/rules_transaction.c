// Transaction groups: what stands in them the reader has judged, on what they are we can.

#include "base/arena.h"
#include "base/near.h"
#include "load/rules.h"

static const struct connection *connection_named(const struct list *list, struct str name)
{
    const struct connection *c = list->items;

    for (size_t i = 0; i < list->count; i++)
        if (str_equal(c[i].entry.key.str, name))
            return &c[i];
    return NULL;
}

static size_t add_names(struct checking *c, const struct list *list, const char **words, size_t n)
{
    const struct connection *items = list->items;

    for (size_t i = 0; i < list->count; i++)
        words[n++] = str_copy(c->arena, items[i].entry.key.str).s;
    return n;
}

static void unknown(struct checking *c, const struct text *name)
{
    const struct list *own = &c->module->rb->connections;
    const struct list *project = &c->program->project->connections;
    const char **words = NEW_ARRAY(c->arena, const char *, own->count + project->count + 1);

    add_names(c, project, words, add_names(c, own, words, 0));
    struct diag *d = diag_error(c->ds, DIAG_UNKNOWN_NAME, name->span,
                                "connection `%.*s` does not exist", STR_ARG(name->str));
    diag_meant(c->ds, d, name->str, words);
}

void check_transaction(struct checking *c, const struct step *s)
{
    const struct text *name = s->more->transaction;
    const struct connection *k;

    if (!name || str_search(name->str, STR("${{")) != SIZE_MAX)
        return;  // the reader has told what is wrong with it
    k = connection_named(&c->module->rb->connections, name->str);
    if (!k)
        k = connection_named(&c->program->project->connections, name->str);
    if (!k)
        unknown(c, name);
    else if (k->url && str_starts(k->url->text.str, "http"))
        diag_error(c->ds, DIAG_CONFLICTING_FIELDS, name->span, "connection `%.*s` is no database",
                   STR_ARG(name->str));
}
