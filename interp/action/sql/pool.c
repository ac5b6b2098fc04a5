// The connections of a session to databases.

#include "action/connection.h"
#include "action/sql/engine.h"
#include "base/arena.h"

struct sql_pool {
    struct sql_session *sessions;
};

const struct sql_engine *sql_engine_of(struct str url)
{
    static const struct sql_engine *const engines[] = { &sql_postgres, &sql_sqlite };

    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++)
        if (connection_is(url, engines[i]->schemes))
            return engines[i];
    return NULL;
}

// A runbook that is used may have a connection of the same name to another place, or the
// same place with another login.
static bool is_same(const struct sql_session *s, const struct resolved_connection *c,
                    struct str dir)
{
    const struct resolved_connection *own = &s->connection;

    return str_equal(own->name, c->name) && str_equal(own->url, c->url) &&
           str_equal(own->user, c->user) && str_equal(own->password, c->password) &&
           str_equal(own->ca, c->ca) && str_equal(own->cert, c->cert) &&
           str_equal(own->key, c->key) && own->tls == c->tls && own->tls_verify == c->tls_verify &&
           str_equal(s->dir, dir);
}

static struct resolved_connection copy_of(const struct resolved_connection *c, struct arena *a)
{
    struct resolved_connection copy = *c;

    copy.headers = NULL;  // means nothing to a database
    copy.name = str_copy(a, c->name);
    copy.url = str_copy(a, c->url);
    copy.user = str_copy(a, c->user);
    copy.password = str_copy(a, c->password);
    copy.ca = str_copy(a, c->ca);
    copy.cert = str_copy(a, c->cert);
    copy.key = str_copy(a, c->key);
    return copy;
}

struct sql_session *sql_take(struct session *s, const struct resolved_connection *c, struct str dir)
{
    if (!s->sql)
        s->sql = NEW(s->arena, struct sql_pool);
    struct sql_session **link = &s->sql->sessions;
    for (; *link; link = &(*link)->next)
        if (!(*link)->busy && is_same(*link, c, dir)) {
            (*link)->busy = true;
            return *link;
        }
    struct sql_session *opened = sql_engine_of(c->url)->open(s, c, dir);
    opened->connection = copy_of(c, s->arena);
    opened->dir = str_copy(s->arena, dir);
    opened->busy = true;
    *link = opened;
    return opened;
}

void sql_give_back(struct sql_session *session)
{
    session->busy = false;
}
