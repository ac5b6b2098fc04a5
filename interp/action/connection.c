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
