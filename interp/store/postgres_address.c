// Whether two addresses are of one database.

#include <string.h>

#include "base/arena.h"
#include "store/postgres.h"

struct address {
    struct str host, port, dbname, user;
};

static struct str said(const char *text, struct arena *a)
{
    return text ? str_copy(a, str_from(text)) : STR("");
}

static bool read_address(struct postgres *s, const char *url, struct arena *a, struct address *out)
{
    char *error = NULL;
    PQconninfoOption *options = s->server.pq->conninfoParse(url, &error);

    *out = (struct address){ 0 };
    for (PQconninfoOption *o = options; o && o->keyword; o++) {
        struct str *to = strcmp(o->keyword, "host") == 0     ? &out->host
                         : strcmp(o->keyword, "port") == 0   ? &out->port
                         : strcmp(o->keyword, "dbname") == 0 ? &out->dbname
                         : strcmp(o->keyword, "user") == 0   ? &out->user
                                                             : NULL;
        if (to)
            *to = said(o->val, a);
    }
    if (options)
        s->server.pq->conninfoFree(options);
    if (error)
        s->server.pq->freemem(error);
    return options != NULL;
}

static bool is_this_machine(struct str host)
{
    return !host.n || host.s[0] == '/' || str_is(host, "localhost") || str_is(host, "127.0.0.1") ||
           str_is(host, "::1");
}

// What is left out is what libpq takes: port 5432, the database named as the user.
static bool is_same(const struct address *x, const struct address *y)
{
    struct str px = x->port.n ? x->port : STR("5432"), py = y->port.n ? y->port : STR("5432");
    struct str dx = x->dbname.n ? x->dbname : x->user, dy = y->dbname.n ? y->dbname : y->user;
    bool host = str_equal(x->host, y->host) ||
                (is_this_machine(x->host) && is_this_machine(y->host));

    return host && str_equal(px, py) && str_equal(dx, dy);
}

bool postgres_is_in(struct store *base, struct str url)
{
    struct postgres *s = (struct postgres *)base;
    struct arena *a = arena_new(NULL);
    struct address ours, other;
    bool same = read_address(s, s->url.s, a, &ours) &&
                read_address(s, str_copy(a, url).s, a, &other) && is_same(&ours, &other);

    arena_free(a);
    return same;
}
