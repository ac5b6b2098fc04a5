#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "action/sql/engine.h"
#include "action/sql/link_inside.h"
#include "base/arena.h"

void link_set_error(struct link *k, const char *message)
{
    if (k->failed)
        return;
    k->failed = true;
    k->error = (struct link_error){ .message = str_trim(str_copy(k->question, str_from(message))) };
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
        .position = strtoul(field(k, r, PG_DIAG_STATEMENT_POSITION).s, NULL, 10),
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
    k->blocked = blocked;
    watch_change(k->watch, blocked || k->copying ? WATCH_READ | WATCH_WRITE : WATCH_READ);
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
            k->events.result(k->events.arg, k->at, r);
        return true;
    case PGRES_PIPELINE_ABORTED:
        return true;  // behind one that failed
    case PGRES_COPY_IN:
        k->copying = !send_data(k);
        if (k->watch)
            flush(k);
        return !k->copying;
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH:
        // Nobody wants the data, and there is no other way to refuse it.
        link_set_error(k, "COPY to the client is not possible here");
        link_drop(k);
        return false;
    default:
        take_error(k, r);
        return true;
    }
}

// All of several questions is answered.
static void leave_together(struct link *k)
{
    if (k->together)
        k->pq->exitPipelineMode(k->conn);
    k->together = false;
}

// Takes what has come until all of it is taken or more has to come.
static void take_results(struct link *k)
{
    while (k->asking && !k->pq->isBusy(k->conn)) {
        PGresult *r = k->pq->getResult(k->conn);
        if (!r && k->together && k->pq->status(k->conn) == CONNECTION_OK) {
            k->at++;
            k->pq->setSingleRowMode(k->conn);
            continue;
        }
        if (!r || k->pq->resultStatus(r) == PGRES_PIPELINE_SYNC) {
            k->pq->clear(r);
            leave_together(k);
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
    if (!alive)
        unwatch(k);  // what is lost is told by the result
    else if (k->blocked || k->copying)
        flush(k);
    if (k->asking && !k->copying)
        take_results(k);
}

void link_ready(void *arg, int events)
{
    struct link *k = arg;

    (void)events;
    k->pending += (int64_t)valve_in(k->valve);
    if (k->asking && k->pending > SQL_BYTES_MOST + SQL_BYTES_MOST / 4) {
        k->failed = false;
        link_set_error(k, "a row is larger than 64 MiB");
        link_drop(k);
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
        link_drop(k);
    link_let_go(k);
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

static bool send_all(struct link *k, const struct link_question *q, size_t count)
{
    k->together = k->pq->enterPipelineMode(k->conn);
    bool ok = k->together;
    for (size_t i = 0; i < count && ok; i++)
        ok = send_question(k, &q[i]) && (i > 0 || k->pq->sendFlushRequest(k->conn));
    return ok && k->pq->pipelineSync(k->conn);
}

static void prepare(struct link *k, void (*then)(void *arg, bool ok))
{
    arena_free(k->question);
    k->question = arena_new(k->arena);
    k->error = (struct link_error){ 0 };
    k->failed = k->enough = k->copying = k->has_data = k->together = false;
    k->asking = true;
    k->pending = 0;
    k->at = 0;
    k->then = then;
}

static void sent(struct link *k, bool ok)
{
    if (ok) {
        k->pq->setSingleRowMode(k->conn);
        flush(k);
        return;
    }
    link_set_error(k, k->conn ? k->pq->errorMessage(k->conn) : "the connection was lost");
    if (k->together)
        link_drop(k);  // half of it may be on its way
    loop_timer(k->loop, k->question, loop_now_ms(k->loop), tell_failure, k);
}

void link_ask(struct link *k, const struct link_question *q, void (*then)(void *arg, bool ok))
{
    prepare(k, then);
    k->data = q->data;
    k->has_data = q->has_data;
    sent(k, !link_is_lost(k) && send_question(k, q));
}

void link_ask_all(struct link *k, const struct link_question *q, size_t count,
                  void (*then)(void *arg, bool ok))
{
    prepare(k, then);
    sent(k, !link_is_lost(k) && send_all(k, q, count));
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
        loop_work_apart(k->loop, cancel_in_thread, cancelled, c);
    else
        free(c);
}

void link_enough(struct link *k, struct str why)
{
    link_set_error(k, why.s);
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

int link_version(const struct link *k)
{
    return k->conn ? k->pq->serverVersion(k->conn) : 0;
}
