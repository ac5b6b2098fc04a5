#include "action/sql_link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "action/sql_engine.h"
#include "action/sql_valve.h"
#include "base/arena.h"
#include "base/buf.h"

struct link {
    const struct pq_api *pq;
    struct loop *loop;
    struct arena *arena;
    struct link_events events;
    PGconn *conn;
    struct valve *valve;   // NULL until it is connected
    bool closed;           // it is to be freed as soon as nobody uses it
    bool opening, inside;  // a thread has [conn]; readable() is at work
    int users;             // the thread and the callback that come back to it

    const char **keywords, **values;  // for the thread that connects
    void (*then)(void *arg, bool ok);

    struct watch *watch;
    struct arena *question;  // of the question that is open, and its error
    struct str data;         // of COPY that is still to be sent
    bool asking, failed;
    bool has_data, copying;  // the server waits for data
    bool enough;             // no more results are wanted
    int64_t pending;         // bytes that have come since the last row
    struct link_error error;
};

static void set_error(struct link *k, const char *message)
{
    if (k->failed)
        return;
    k->failed = true;
    k->error = (struct link_error){ .message = str_trim(str_copy(k->question, str_from(message))) };
}

// ---- opening and closing

static void drop_connection(struct link *k)
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
    drop_connection(k);
    arena_free(k->arena);
}

void link_close(struct link *k)
{
    if (!k)
        return;
    k->closed = true;
    k->asking = false;
    if (!k->opening && !k->inside)
        drop_connection(k);
    if (!k->users)
        free_link(k);
}

static void let_go(struct link *k)
{
    k->users--;
    if (k->closed && !k->users)
        free_link(k);
}

static void notice(void *arg, const PGresult *r)
{
    struct link *k = arg;
    const char *severity = k->pq->resultErrorField(r, PG_DIAG_SEVERITY);
    const char *message = k->pq->resultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);

    if (k->closed || !message)
        return;
    struct arena *a = arena_new(k->arena);
    k->events.notice(k->events.arg,
                     str_format(a, "%s: %s\n", severity ? severity : "NOTICE", message));
    arena_free(a);
}

static void connect_in_thread(void *arg)
{
    struct link *k = arg;

    k->conn = k->pq->connectdbParams(k->keywords, k->values, 1);
}

static void readable(void *arg, int events);

// From here on the connection is the loop's.
static bool take_over(struct link *k)
{
    k->pq->setnonblocking(k->conn, 1);
    k->pq->setNoticeReceiver(k->conn, notice, k);
    k->valve = valve_open(k->pq->socket(k->conn));
    if (!k->valve) {
        set_error(k, strerror(errno));
        return false;
    }
    k->watch = loop_watch(k->loop, k->arena, valve_fd(k->valve), WATCH_READ, readable, k);
    return true;
}

static void connected(void *arg)
{
    struct link *k = arg;
    bool ok = k->conn && k->pq->status(k->conn) == CONNECTION_OK;

    k->opening = false;
    if (!ok)
        set_error(k, k->conn ? k->pq->errorMessage(k->conn) : "out of memory");
    ok = ok && !k->closed && take_over(k);
    if (!k->closed)
        k->then(k->events.arg, ok);
    let_go(k);
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
    set(&s, "sslrootcert", c->ca);
    set(&s, "sslcert", c->cert);
    set(&s, "sslkey", c->key);
    if (!c->tls_verify)
        set(&s, "sslmode", STR("require"));
    else if (c->ca.n)
        set(&s, "sslmode", STR("verify-full"));
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
        set_error(k, why);
        loop_timer(l, a, loop_now_ms(l), tell_opened, k);
        return k;
    }
    k->opening = true;
    k->users++;
    loop_work(l, connect_in_thread, connected, k);
    return k;
}

// ---- answers

static void finish(struct link *k)
{
    k->asking = false;
    k->then(k->events.arg, !k->failed);
}

static struct str field(struct link *k, const PGresult *r, int code)
{
    return str_copy(k->question, str_from(k->pq->resultErrorField(r, code)));
}

static void take_error(struct link *k, const PGresult *r)
{
    if (k->failed)
        return;
    k->failed = true;
    k->error = (struct link_error){
        .sqlstate = field(k, r, PG_DIAG_SQLSTATE),
        .severity = field(k, r, PG_DIAG_SEVERITY),
        .message = field(k, r, PG_DIAG_MESSAGE_PRIMARY),
        .detail = field(k, r, PG_DIAG_MESSAGE_DETAIL),
        .hint = field(k, r, PG_DIAG_MESSAGE_HINT),
    };
    if (k->error.message.n == 0)  // of libpq itself, as when the connection was lost
        k->error.message = str_trim(str_copy(k->question, str_from(k->pq->resultErrorMessage(r))));
}

// Sends of the data what there is room for. False when the rest has to wait.
static bool send_data(struct link *k)
{
    enum { PART = 64 * 1024 };

    while (k->data.n) {
        struct str part = str_slice(k->data, 0, k->data.n < PART ? k->data.n : PART);
        int sent = k->pq->putCopyData(k->conn, part.s, (int)part.n);
        if (sent == 0)
            return false;
        if (sent < 0)
            break;
        k->data = str_slice(k->data, part.n, k->data.n);
    }
    return k->pq->putCopyEnd(k->conn, k->has_data ? NULL : "there is no data for it") != 0;
}

static void unwatch(struct link *k)
{
    if (k->watch)
        watch_stop(k->watch);
    k->watch = NULL;
}

// True when the next result may be asked for, false when something has to be waited for.
static bool take(struct link *k, const PGresult *r)
{
    switch (k->pq->resultStatus(r)) {
    case PGRES_SINGLE_TUPLE:
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY:
        k->pending = 0;
        if (!k->enough)
            k->events.result(k->events.arg, r);
        return true;
    case PGRES_COPY_IN:
        k->copying = !send_data(k);
        return !k->copying;
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH:
        // Nobody wants the data, and there is no other way to refuse it.
        set_error(k, "COPY to the client is not possible here");
        drop_connection(k);
        return false;
    default:
        take_error(k, r);
        return true;
    }
}

// Takes what has come until all of it is taken or more has to come.
static void take_results(struct link *k)
{
    while (k->asking && !k->pq->isBusy(k->conn)) {
        PGresult *r = k->pq->getResult(k->conn);
        if (!r) {
            finish(k);
            return;
        }
        bool more = take(k, r);
        k->pq->clear(r);
        if (!k->conn) {
            finish(k);
            return;
        }
        if (!more)
            return;
    }
}

// Sends what there is to send, and watches for what has to come.
static void flush(struct link *k)
{
    int left;
    bool blocked;

    if (k->copying)
        k->copying = !send_data(k);
    do {
        left = k->pq->flush(k->conn);
        blocked = valve_out(k->valve);
    } while (left > 0 && !blocked);
    watch_change(k->watch, blocked || k->copying ? WATCH_READ | WATCH_WRITE : WATCH_READ);
}

// Whether libpq has not read all that it was given.
static bool has_input(struct link *k)
{
    int waiting = 0;

    return k->asking && k->watch && ioctl(k->pq->socket(k->conn), FIONREAD, &waiting) == 0 &&
           waiting > 0;
}

static void take_input(struct link *k)
{
    PGnotify *n;
    bool alive = k->pq->consumeInput(k->conn);

    while ((n = k->pq->notifies(k->conn)))
        k->pq->freemem(n);
    if (alive)
        flush(k);
    else
        unwatch(k);  // what is lost is told by the result
    if (k->asking && !k->copying)
        take_results(k);
    if (k->asking && k->watch)
        flush(k);  // data of COPY
}

static void readable(void *arg, int events)
{
    struct link *k = arg;

    (void)events;
    k->pending += (int64_t)valve_in(k->valve);
    if (k->asking && k->pending > SQL_BYTES_MOST + SQL_BYTES_MOST / 4) {
        k->failed = false;
        set_error(k, "a row is larger than 64 MiB");
        drop_connection(k);
        finish(k);
        return;
    }
    // Whoever is told of a result may ask the next question, or close the link.
    k->inside = true;
    k->users++;
    do
        take_input(k);
    while (has_input(k));
    k->inside = false;
    if (k->closed)
        drop_connection(k);
    let_go(k);
}

// ---- asking

static bool send_question(struct link *k, const struct link_question *q)
{
    const char **values = NEW_ARRAY(k->question, const char *, q->count + 1);
    Oid *types = NEW_ARRAY(k->question, Oid, q->count + 1);

    if (q->simple)
        return k->pq->sendQuery(k->conn, q->text.s);
    for (size_t i = 0; i < q->count; i++) {
        types[i] = q->parameters[i].type;
        values[i] = q->parameters[i].text;
    }
    return k->pq->sendQueryParams(k->conn, q->text.s, (int)q->count, types, values, NULL, NULL, 0);
}

static void tell_failure(void *arg)
{
    finish(arg);
}

void link_ask(struct link *k, const struct link_question *q, void (*then)(void *arg, bool ok))
{
    arena_free(k->question);
    k->question = arena_new(k->arena);
    k->error = (struct link_error){ 0 };
    k->failed = k->enough = k->copying = false;
    k->asking = true;
    k->pending = 0;
    k->then = then;
    k->data = q->data;
    k->has_data = q->has_data;
    if (!link_is_lost(k) && send_question(k, q)) {
        k->pq->setSingleRowMode(k->conn);
        flush(k);
        return;
    }
    set_error(k, k->conn ? k->pq->errorMessage(k->conn) : "the connection was lost");
    loop_timer(k->loop, k->question, loop_now_ms(k->loop), tell_failure, k);
}

// ---- stopping

// On its own: the thread may outlive the link, and frees it.
struct cancelling {
    const struct pq_api *pq;
    PGcancel *cancel;
};

static void cancel_in_thread(void *arg)
{
    struct cancelling *c = arg;
    char ignored[256];

    c->pq->cancel(c->cancel, ignored, sizeof ignored);
    c->pq->freeCancel(c->cancel);
    free(c);
}

static void cancelled(void *arg)
{
    (void)arg;  // it is free; that the server has stopped is told by its answer
}

void link_cancel(struct link *k)
{
    struct cancelling *c = k->asking && k->conn ? malloc(sizeof *c) : NULL;

    if (!c)
        return;
    *c = (struct cancelling){ k->pq, k->pq->getCancel(k->conn) };
    if (c->cancel)
        loop_work(k->loop, cancel_in_thread, cancelled, c);
    else
        free(c);
}

void link_enough(struct link *k, struct str why)
{
    set_error(k, why.s);
    k->enough = true;
    link_cancel(k);
}

// ---- looking

const struct link_error *link_error(const struct link *k)
{
    return &k->error;
}

bool link_is_lost(const struct link *k)
{
    return !k->conn || k->pq->status(k->conn) != CONNECTION_OK || !k->watch;
}

bool link_is_idle(const struct link *k)
{
    return !link_is_lost(k) && k->pq->transactionStatus(k->conn) == PQTRANS_IDLE;
}

bool link_has_failed(const struct link *k)
{
    return !link_is_lost(k) && k->pq->transactionStatus(k->conn) == PQTRANS_INERROR;
}

int link_version(const struct link *k)
{
    return k->conn ? k->pq->serverVersion(k->conn) : 0;
}
