#include "action/connection.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"

bool connection_is(struct str url, const char *schemes)
{
    for (const char *at = schemes; *at;) {
        size_t n = strcspn(at, ",");
        if (url.n >= n && strncasecmp(url.s, at, n) == 0)
            return true;
        at += n + (at[n] == ',');
    }
    return false;
}

static const struct resolved_connection *named(const struct connections *c, struct str name,
                                               const char *schemes, struct arena *a,
                                               struct str *why)
{
    for (size_t i = 0; i < c->count; i++) {
        if (!str_equal(c->items[i].name, name))
            continue;
        if (connection_is(c->items[i].url, schemes))
            return &c->items[i];
        *why = str_format(a, "connection `%.*s` is none of %s", STR_ARG(name), schemes);
        return NULL;
    }
    *why = str_format(a, "there is no connection `%.*s`", STR_ARG(name));
    return NULL;
}

static struct str several(const struct connections *c, const char *schemes, struct arena *a)
{
    struct buf *b = buf_in(a);

    buf_add_s(b, "several connections could be meant (");
    for (size_t i = 0, n = 0; i < c->count; i++)
        if (connection_is(c->items[i].url, schemes))
            buf_format(b, "%s`%.*s`", n++ ? ", " : "", STR_ARG(c->items[i].name));
    buf_add_s(b, "): say `connection:`");
    return str_copy(a, buf_str(b));
}

const struct resolved_connection *connection_find(const struct connections *c, struct str name,
                                                  const char *schemes, struct arena *a,
                                                  struct str *why)
{
    const struct resolved_connection *found = NULL;

    if (name.n)
        return named(c, name, schemes, a, why);
    for (size_t i = 0; i < c->count; i++) {
        if (!connection_is(c->items[i].url, schemes))
            continue;
        if (found) {
            *why = several(c, schemes, a);
            return NULL;
        }
        found = &c->items[i];
    }
    if (!found)
        *why = str_format(a, "there is no connection of %s", schemes);
    return found;
}

// ---- at load

static const struct connection *in_list(const struct list *list, struct str name)
{
    LIST_EACH(const struct connection, c, *list)
    if (str_equal(c->entry.key.str, name))
        return c;
    return NULL;
}

const struct connection *connection_declared(struct str name, const struct bind *b)
{
    const struct connection *c = in_list(&b->rb->connections, name);

    return c || !b->project ? c : in_list(&b->project->connections, name);
}

static size_t add_names(const struct list *list, const char **words, size_t n, struct arena *a)
{
    LIST_EACH(const struct connection, c, *list)
    words[n++] = str_copy(a, c->entry.key.str).s;
    return n;
}

static void unknown(const struct text *name, const struct bind *b)
{
    const struct list none = { 0 };
    const struct list *own = &b->rb->connections;
    const struct list *project = b->project ? &b->project->connections : &none;
    const char **words = NEW_ARRAY(b->arena, const char *, own->count + project->count + 1);
    struct diag *d = diag_error(b->diags, DIAG_UNKNOWN_NAME, name->span,
                                "connection `%.*s` does not exist", STR_ARG(name->str));

    add_names(project, words, add_names(own, words, 0, b->arena), b->arena);
    const char *near = diag_nearest(name->str, words);
    if (near)
        diag_help(b->diags, d, "did you mean `%s`?", near);
}

// A URL that comes from a value is only known when it is used.
enum scheme { SCHEME_OTHER, SCHEME_MEANT, SCHEME_UNKNOWN };

static enum scheme scheme_of(const struct connection *c, const char *schemes)
{
    const struct template *url = c->url;

    if (!url || !url->count || url->parts[0].expr)
        return SCHEME_UNKNOWN;
    return connection_is(url->text.str, schemes) ? SCHEME_MEANT : SCHEME_OTHER;
}

bool connection_check(const struct text *name, const char *schemes, const char *what,
                      const struct bind *b)
{
    const struct connection *c = connection_declared(name->str, b);

    if (!name->str.n)
        return true;
    if (!c) {
        unknown(name, b);
        return false;
    }
    if (scheme_of(c, schemes) != SCHEME_OTHER)
        return true;
    diag_error(b->diags, DIAG_CONFLICTING_FIELDS, name->span, "connection `%.*s` is no %s",
               STR_ARG(name->str), what);
    return false;
}

struct candidates {
    struct buf *names;
    size_t known, unknown;
};

static void add_candidates(struct candidates *all, const struct list *list, const struct list *over,
                           const char *schemes)
{
    LIST_EACH(const struct connection, c, *list)
    {
        enum scheme is = over && in_list(over, c->entry.key.str) ? SCHEME_OTHER
                                                                 : scheme_of(c, schemes);
        all->unknown += is == SCHEME_UNKNOWN;
        if (is == SCHEME_MEANT)
            buf_format(all->names, "%s`%.*s`", all->known++ ? ", " : "", STR_ARG(c->entry.key.str));
    }
}

bool connection_check_only(struct span span, const char *schemes, const char *what,
                           const char *help, const struct bind *b)
{
    struct candidates all = { .names = buf_in(b->arena) };
    const struct list *own = &b->rb->connections;
    struct diag *d;

    // Hooks of a project run with the connections of whatever runs.
    if (b->transaction.n || (b->project && b->rb->hooks && b->rb->hooks == b->project->hooks))
        return true;
    add_candidates(&all, own, NULL, schemes);
    if (b->project)
        add_candidates(&all, &b->project->connections, own, schemes);
    if (all.known > 1) {
        d = diag_error(b->diags, DIAG_MISSING_FIELD, span, "%s could be meant: say which",
                       all.names->s);
        diag_help(b->diags, d, "`connection:` and one of these names");
        return false;
    }
    if (all.known + all.unknown > 0)
        return true;
    d = diag_error(b->diags, DIAG_MISSING_FIELD, span, "no %s is declared as a connection", what);
    diag_help(b->diags, d, "%s", help);
    return false;
}
