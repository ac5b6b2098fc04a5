// A connection to a PostgreSQL server, from its beginning to its end.

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "action/sql/link_inside.h"
#include "base/arena.h"
#include "base/buf.h"

void link_drop(struct link *k)
{
    if (k->watch)
        watch_stop(k->watch);
    k->watch = NULL;
    if (k->conn)
        k->pq->finish(k->conn);
    k->conn = NULL;
    valve_close(k->valve);
    k->valve = NULL;
}

static void free_link(struct link *k)
{
    link_drop(k);
    arena_free(k->arena);
}

void link_close(struct link *k)
{
    if (!k)
        return;
    k->closed = true;
    k->asking = false;
    if (!k->opening && !k->inside)
        link_drop(k);
    if (!k->users)
        free_link(k);
}

void link_let_go(struct link *k)
{
    k->users--;
    if (k->closed && !k->users)
        free_link(k);
}

// With its detail: only that says of a COMMIT which no standby confirmed that it took place.
static void notice(void *arg, const PGresult *r)
{
    struct link *k = arg;
    const char *severity = k->pq->resultErrorField(r, PG_DIAG_SEVERITY);
    const char *message = k->pq->resultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = k->pq->resultErrorField(r, PG_DIAG_MESSAGE_DETAIL);

    if (k->closed || !message)
        return;
    struct arena *a = arena_new(k->arena);
    struct buf *b = buf_in(a);
    buf_format(b, "%s: %s\n", severity ? severity : "NOTICE", message);
    if (detail)
        buf_format(b, "DETAIL: %s\n", detail);
    k->events.notice(k->events.arg, buf_str(b));
    arena_free(a);
}

static void connect_in_thread(void *arg)
{
    struct link *k = arg;

    k->conn = k->pq->connectdbParams(k->keywords, k->values, 1);
}

// From here on the connection is the loop's.
static bool take_over(struct link *k)
{
    k->pq->setnonblocking(k->conn, 1);
    k->pq->setNoticeReceiver(k->conn, notice, k);
    k->valve = valve_open(k->pq->socket(k->conn));
    if (!k->valve) {
        link_set_error(k, strerror(errno));
        return false;
    }
    k->watch = loop_watch(k->loop, k->arena, valve_fd(k->valve), WATCH_READ, link_ready, k);
    return true;
}

static void connected(void *arg)
{
    struct link *k = arg;
    bool ok = k->conn && k->pq->status(k->conn) == CONNECTION_OK;

    k->opening = false;
    if (!ok)
        link_set_error(k, k->conn ? k->pq->errorMessage(k->conn) : "out of memory");
    ok = ok && !k->closed && take_over(k);
    if (!k->closed)
        k->then(k->events.arg, ok);
    link_let_go(k);
}

static void tell_opened(void *arg)
{
    struct link *k = arg;

    k->then(k->events.arg, false);
}

struct settings {
    const char **keywords, **values;
    size_t count;
    struct arena *arena;
};

static void set(struct settings *s, const char *keyword, struct str value)
{
    if (value.n == 0)
        return;
    s->keywords[s->count] = keyword;
    s->values[s->count++] = str_copy(s->arena, value).s;
}

// Before version 16 libpq knows no certificates of the system by itself.
static struct str ca_of(const struct resolved_connection *c)
{
    static const char system[] = "/etc/ssl/certs/ca-certificates.crt";

    if (c->ca.n || !c->tls || !c->tls_verify)
        return c->ca;
    return access(system, R_OK) == 0 ? str_from(system) : c->ca;
}

// What stands before dbname gives way to the URL; what stands behind it does not.
static struct settings settings_of(const struct resolved_connection *c, int64_t timeout_ms,
                                   struct arena *a)
{
    struct settings s = { NEW_ARRAY(a, const char *, 20), NEW_ARRAY(a, const char *, 20), 0, a };
    int64_t seconds = (timeout_ms + 999) / 1000;

    set(&s, "fallback_application_name", STR("runbook"));
    set(&s, "keepalives_idle", STR("30"));
    set(&s, "keepalives_interval", STR("10"));
    set(&s, "keepalives_count", STR("3"));
    // libpq takes less than 2 for 2.
    set(&s, "connect_timeout", str_format(a, "%lld", (long long)(seconds < 2 ? 2 : seconds)));
    set(&s, "dbname", c->url);
    set(&s, "user", c->user);
    set(&s, "password", c->password);
    set(&s, "sslrootcert", ca_of(c));
    set(&s, "sslcert", c->cert);
    set(&s, "sslkey", c->key);
    if (c->tls)
        set(&s, "sslmode", c->tls_verify ? STR("verify-full") : STR("require"));
    set(&s, "client_encoding", STR("UTF8"));
    return s;
}

struct link *link_open(struct loop *l, const struct resolved_connection *c, int64_t timeout_ms,
                       const struct link_events *events, void (*then)(void *arg, bool ok))
{
    // On its own: a thread may outlive whoever closes it.
    struct arena *a = arena_new(NULL);
    struct link *k = NEW(a, struct link);
    const char *why;

    *k = (struct link){ .loop = l, .arena = a, .events = *events, .then = then };
    k->question = arena_new(a);
    k->pq = pq_api(&why);
    struct settings s = settings_of(c, timeout_ms, a);
    k->keywords = s.keywords;
    k->values = s.values;
    if (!k->pq) {
        link_set_error(k, why);
        loop_timer(l, a, loop_now_ms(l), tell_opened, k);
        return k;
    }
    k->opening = true;
    k->users++;
    loop_work_apart(l, connect_in_thread, connected, k);
    return k;
}
