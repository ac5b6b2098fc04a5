// What can be told about connections before anything runs.

#include <string.h>

#include "action/connection.h"
#include "action/http/http.h"
#include "action/params.h"
#include "base/arena.h"

// What a connection is by its URL, and which keys mean something to it.
static const struct {
    const char *schemes, *what;
    const char *keys[6];
} kinds[] = {
    { "http+unix:", "a socket", { "url", "headers", "auth", "timeout" } },
    { "http:,https:", "a web server", { "url", "headers", "auth", "tls", "proxy", "timeout" } },
    { "postgresql:,postgres:", "a database server", { "url", "auth", "tls", "timeout" } },
    { "sqlite:", "a file", { "url" } },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static size_t kind_of_url(struct str url)
{
    size_t i = 0;

    while (i < KINDS && !connection_is(url, kinds[i].schemes))
        i++;
    return i;
}

bool connection_is_known(struct str url)
{
    return kind_of_url(url) < KINDS;
}

static bool is_among(struct str word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count && words[i]; i++)
        if (str_is(word, words[i]))
            return true;
    return false;
}

// KINDS while it is not known, as when the URL comes from a value.
static size_t kind_of(const struct connection *c)
{
    if (!c->url || !c->url->count || c->url->parts[0].expr)
        return KINDS;
    return kind_of_url(c->url->parts[0].literal);
}

static bool meaningless(const struct node *key, const char *what, const struct bind *b)
{
    diag_error(b->diags, DIAG_CONFLICTING_FIELDS, key->span,
               "`%.*s` means nothing to a connection that is %s", STR_ARG(key->text.str), what);
    return false;
}

static bool check_keys(const struct connection *c, size_t kind, const struct bind *b)
{
    bool ok = true;

    if (kind == KINDS || c->node->kind != NODE_MAP)
        return true;
    for (const struct node *n = c->node->first; n; n = n->next)
        if (!is_among(n->key->text.str, kinds[kind].keys, 6))
            ok = meaningless(n->key, kinds[kind].what, b);
    const struct node *bearer = c->auth && c->auth->bearer && c->auth->node
                                    ? node_get(c->auth->node, "bearer")
                                    : NULL;
    if (bearer && strcmp(kinds[kind].what, "a database server") == 0)
        ok = meaningless(bearer->key, kinds[kind].what, b);
    return ok;
}

// What begins with a value may yet become any of them, "post${{ x }}" too.
static bool check_scheme(const struct connection *c, size_t kind, const struct bind *b)
{
    const struct template *t = c->url;

    if (kind != KINDS || (t->count && t->parts[0].expr))
        return true;
    if (!template_is_literal(t) && !memchr(t->parts[0].literal.s, ':', t->parts[0].literal.n))
        return true;
    struct diag *d =
        diag_error(b->diags, DIAG_BAD_LITERAL, t->text.span, "there is no such kind of connection");
    diag_help(b->diags, d,
              "it begins with postgresql://, sqlite:, http://, https:// or http+unix://");
    return false;
}

// sqlite://folder/file: neither a path as it is nor the URL of one.
static bool check_file(const struct connection *c, const struct bind *b)
{
    struct str start = c->url->count ? c->url->parts[0].literal : STR("");

    if (c->url->count && c->url->parts[0].expr)
        return true;
    if (!str_starts(start, "sqlite://") || str_starts(start, "sqlite:///") ||
        str_is(start, "sqlite://"))
        return true;
    struct diag *d = diag_error(b->diags, DIAG_BAD_LITERAL, c->url->text.span,
                                "two slashes begin no path of a file");
    diag_help(b->diags, d, "`sqlite:folder/file` is below `dir`, `sqlite:/folder/file` is not");
    return false;
}

static bool check_url(const struct connection *c, const struct bind *b)
{
    struct http_url u;
    struct str why;

    if (!check_file(c, b))
        return false;
    if (!template_is_literal(c->url) || !connection_is(c->url->text.str, HTTP_SCHEMES) ||
        http_url_parse(c->url->text.str, b->arena, &u, &why))
        return true;
    diag_error(b->diags, DIAG_BAD_LITERAL, c->url->text.span, "%.*s", STR_ARG(why));
    return false;
}

static bool check_headers(const struct connection *c, const struct bind *b)
{
    bool ok = true;

    LIST_EACH(const struct words_entry, e, c->headers)
    ok &= http_check_header(e, b);
    return ok;
}

bool connections_check(const struct list *connections, const struct bind *b)
{
    bool ok = true;

    LIST_EACH(const struct connection, c, *connections)
    {
        size_t kind = kind_of(c);
        ok &= check_keys(c, kind, b);
        if (c->url)
            ok &= check_scheme(c, kind, b) && check_url(c, b);
        ok &= check_headers(c, b);
    }
    return ok;
}
