// The connections of a session to databases.

#include "action/connection.h"
#include "action/sql_engine.h"
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

// A runbook that is used may have a connection of the same name to another place.
static bool is_same(const struct sql_session *s, const struct resolved_connection *c,
                    struct str dir)
{
    return str_equal(s->name, c->name) && str_equal(s->url, c->url) &&
           str_equal(s->user, c->user) && str_equal(s->dir, dir);
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
    opened->name = str_copy(s->arena, c->name);
    opened->url = str_copy(s->arena, c->url);
    opened->user = str_copy(s->arena, c->user);
    opened->dir = str_copy(s->arena, dir);
    opened->busy = true;
    *link = opened;
    return opened;
}

void sql_give_back(struct sql_session *session)
{
    session->busy = false;
}
