#include "store/server.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "store/postgres_grants.h"

// ---- words

// The first line of what libpq says, without the password should it stand in it.
static void say(struct server *s, const char *message, struct failure *why)
{
    struct str left = { message, strcspn(message, "\n") };
    struct str secret = str_from(s->password);
    struct buf line = BUF_EMPTY;
    size_t at;

    while (secret.n && (at = str_search(left, secret)) != SIZE_MAX) {
        buf_add(&line, str_slice(left, 0, at));
        buf_add_s(&line, "***");
        left = str_slice(left, at + secret.n, left.n);
    }
    buf_add(&line, left);
    failure_set(why, "the PostgreSQL store: %s", line.s);
    buf_free(&line);
}

static void say_late(struct failure *why)
{
    failure_set(why, "the PostgreSQL store does not answer");
}

// ---- connecting

// Where a `/` or an `@` of a password was not written as %2F or %40, the rest of the password is
// taken for a part of the address, which messages quote.
static bool looks_right(const PQconninfoOption *o)
{
    static const char *const parts[] = { "host", "port", "dbname" };

    for (size_t i = 0; o->val && i < sizeof parts / sizeof *parts; i++)
        if (strcmp(o->keyword, parts[i]) == 0 && strchr(o->val, '@'))
            return false;
    return !o->val || strcmp(o->keyword, "port") != 0 ||
           o->val[strspn(o->val, "0123456789,")] == '\0';
}

static void take_option(struct server *s, const PQconninfoOption *o)
{
    if (strcmp(o->keyword, "password") == 0 && o->val && o->val[0])
        s->password = strdup(o->val);
}

bool server_start(struct server *s, struct str url, struct failure *why)
{
    const char *missing;
    char *error = NULL;

    *s = (struct server){ .pq = pq_api(&missing) };
    if (!s->pq) {
        failure_set(why, "libpq cannot be loaded: %s", missing);
        return false;
    }
    s->url = strndup(url.s, url.n);
    PQconninfoOption *options = s->pq->conninfoParse(s->url, &error);
    bool right = options != NULL;
    for (PQconninfoOption *o = options; o && o->keyword; o++) {
        right = right && looks_right(o);
        take_option(s, o);
    }
    // What libpq says about a bad address may quote it, password and all.
    if (!right)
        failure_set(why,
                    "the address of the PostgreSQL store is not valid; a `/`, `@` or `%%` in its "
                    "password is written %%2F, %%40, %%25");
    s->pq->conninfoFree(options);
    s->pq->freemem(error);
    return right;
}

void server_disconnect(struct server *s)
{
    if (s->conn)
        s->pq->finish(s->conn);
    s->conn = NULL;
}

void server_end(struct server *s)
{
    if (s->pq)
        server_disconnect(s);
    free(s->url);
    free(s->password);
    *s = (struct server){ 0 };
}

// False when the time is up.
static bool wait_for(struct server *s, short events, int64_t until_ms)
{
    struct pollfd p = { .fd = s->pq->socket(s->conn), .events = events };
    int64_t left = until_ms - clock_boot_ms();
    int rc;

    if (p.fd < 0)
        return true;  // libpq knows what is wrong
    // In short pieces: poll() does not count the time that the machine slept.
    do {
        rc = poll(&p, 1, left < 1000 ? (left > 0 ? (int)left : 0) : 1000);
        left = until_ms - clock_boot_ms();
    } while ((rc == 0 || (rc < 0 && errno == EINTR)) && left > 0);
    return rc > 0;
}

static void no_notices(void *arg, const PGresult *r)
{
    (void)arg, (void)r;
}

// What the address says stands behind ours, and wins.
static PGconn *start_connecting(struct server *s)
{
    static const char *const defaults[][2] = {
        { "client_encoding", "UTF8" },   { "fallback_application_name", "runbook" },
        { "keepalives", "1" },           { "keepalives_idle", "10" },
        { "keepalives_interval", "5" },  { "keepalives_count", "3" },
        { "tcp_user_timeout", "15000" }, { "connect_timeout", "5" },
    };
    enum { DEFAULTS = sizeof defaults / sizeof *defaults };
    const char *keywords[DEFAULTS + 2], *values[DEFAULTS + 2];

    for (int i = 0; i < DEFAULTS; i++) {
        keywords[i] = defaults[i][0];
        values[i] = defaults[i][1];
    }
    keywords[DEFAULTS] = "dbname";
    values[DEFAULTS] = s->url;
    keywords[DEFAULTS + 1] = values[DEFAULTS + 1] = NULL;
    return s->pq->connectStartParams(keywords, values, 1);
}

static bool connect_now(struct server *s, int64_t until_ms, struct failure *why)
{
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    bool in_time = true;

    s->conn = start_connecting(s);
    while (in_time && s->pq->status(s->conn) != CONNECTION_BAD && next != PGRES_POLLING_OK &&
           next != PGRES_POLLING_FAILED) {
        in_time = wait_for(s, next == PGRES_POLLING_READING ? POLLIN : POLLOUT, until_ms);
        next = in_time ? s->pq->connectPoll(s->conn) : next;
    }
    if (next == PGRES_POLLING_OK) {
        s->pq->setNoticeReceiver(s->conn, no_notices, NULL);
        return s->pq->setnonblocking(s->conn, 1) == 0;
    }
    if (in_time)
        say(s, s->pq->errorMessage(s->conn), why);
    else
        say_late(why);
    server_disconnect(s);
    return false;
}

// ---- asking

static bool send_all(struct server *s, int64_t until_ms)
{
    int rc;

    while ((rc = s->pq->flush(s->conn)) == 1) {
        if (!wait_for(s, POLLIN | POLLOUT, until_ms) || !s->pq->consumeInput(s->conn))
            return false;
    }
    return rc == 0;
}

// The last result of what was sent; NULL when the connection was lost or the time is up
// ([late]).
static PGresult *receive(struct server *s, int64_t until_ms, bool *late)
{
    PGresult *last = NULL, *r;

    for (;;) {
        while (s->pq->isBusy(s->conn)) {
            *late = !wait_for(s, POLLIN, until_ms);
            if (*late || !s->pq->consumeInput(s->conn)) {
                s->pq->clear(last);
                return NULL;
            }
        }
        if (!(r = s->pq->getResult(s->conn)))
            return last;
        // The first error of several statements is the one that tells.
        if (last && s->pq->resultStatus(last) == PGRES_FATAL_ERROR) {
            s->pq->clear(r);
            continue;
        }
        s->pq->clear(last);
        last = r;
    }
}

static bool is_one_of(const char *state, const char *const *classes)
{
    for (; *classes; classes++)
        if (state && strncmp(state, *classes, strlen(*classes)) == 0)
            return true;
    return false;
}

// Errors after which the same question may be asked again of another connection: class 08,
// the server stops or starts (57P), it has no room (53), it took too long for the role's
// `statement_timeout` or `lock_timeout`, or it is read only, as one is that takes the place of
// another.
static bool is_passing(const char *state)
{
    static const char *const classes[] = {
        "08", "57P", "53", "40", "57014", "55P03", "25006", NULL
    };

    return is_one_of(state, classes);
}

// Two came at once, and it took back what we asked for: a deadlock, or a role whose transactions
// are `serializable`.
static bool is_conflict(const char *state)
{
    static const char *const classes[] = { "40001", "40P01", NULL };

    return is_one_of(state, classes);
}

static enum server_answer judge(struct server *s, PGresult *r, bool late, struct failure *why)
{
    ExecStatusType status = r ? s->pq->resultStatus(r) : PGRES_FATAL_ERROR;

    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
        return SERVER_DONE;
    const char *state = r ? s->pq->resultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
    const char *message = r ? s->pq->resultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    if (late)
        say_late(why);
    else
        say(s, message ? message : s->pq->errorMessage(s->conn), why);
    if (is_conflict(state))
        return SERVER_LOST;  // with the connection
    if (state && !is_passing(state)) {
        snprintf(s->state, sizeof s->state, "%s", state);
        return SERVER_REFUSED;
    }
    server_disconnect(s);
    return SERVER_LOST;
}

static bool lacks_privilege(const struct server *s)
{
    return strcmp(s->state, "42501") == 0;
}

static enum server_answer finish(struct server *s, const char *sql, bool sent, int64_t until_ms,
                                 PGresult **result, struct failure *why)
{
    bool late = false;
    PGresult *r = sent && send_all(s, until_ms) ? receive(s, until_ms, &late) : NULL;
    enum server_answer answer = judge(s, r, late, why);

    if (answer == SERVER_REFUSED && lacks_privilege(s))
        grants_tell(s, sql, why);
    if (answer != SERVER_DONE) {
        if (s->conn || r)
            s->pq->clear(r);
        r = NULL;
    }
    *result = r;
    return answer;
}

// NULL for null, a copy with its NUL otherwise.
static const char *const *c_strings(const struct str *params, int count, struct arena *a)
{
    const char **values = NEW_ARRAY(a, const char *, count);

    for (int i = 0; i < count; i++)
        values[i] = params[i].s || params[i].n ? str_copy(a, params[i]).s : NULL;
    return values;
}

static enum server_answer ask_once(struct server *s, int64_t until_ms, const char *sql,
                                   const char *const *values, int count, PGresult **result,
                                   struct failure *why)
{
    *result = NULL;
    if (!s->conn && !connect_now(s, until_ms, why))
        return SERVER_LOST;
    int sent = s->pq->sendQueryParams(s->conn, sql, count, NULL, values, NULL, NULL, 0);
    return finish(s, sql, sent, until_ms, result, why);
}

// Many may have conflicted: they do not come back all at once. False when the time is up.
static bool step_aside(int64_t until_ms, int times)
{
    const struct timespec t = { .tv_nsec = (1 + (getpid() * 7 + times * 5) % 17) * 1000000L };

    nanosleep(&t, NULL);
    return clock_boot_ms() < until_ms;
}

// What was lost while the connection stands was taken back, so it is not in doubt.
enum server_answer server_ask(struct server *s, int64_t until_ms, const char *sql,
                              const struct str *params, int count, PGresult **result,
                              struct failure *why)
{
    struct arena *a = arena_new(NULL);
    const char *const *values = c_strings(params, count, a);
    enum server_answer answer = ask_once(s, until_ms, sql, values, count, result, why);

    for (int i = 0; answer == SERVER_LOST && s->conn && step_aside(until_ms, i); i++)
        answer = ask_once(s, until_ms, sql, values, count, result, why);
    arena_free(a);
    return answer;
}

// The connection of one that failed may be left in the middle of it.
enum server_answer server_script(struct server *s, int64_t until_ms, const char *sql,
                                 struct failure *why)
{
    PGresult *r = NULL;
    enum server_answer answer = SERVER_LOST;

    if (s->conn || connect_now(s, until_ms, why))
        answer = finish(s, sql, s->pq->sendQuery(s->conn, sql), until_ms, &r, why);
    if (s->pq)
        s->pq->clear(r);
    if (answer != SERVER_DONE)
        server_disconnect(s);
    return answer;
}

// ---- results

struct str server_text(struct server *s, const PGresult *r, int row, int column, struct arena *a)
{
    return str_copy(a, (struct str){ s->pq->getvalue(r, row, column),
                                     (size_t)s->pq->getlength(r, row, column) });
}

int64_t server_int(struct server *s, const PGresult *r, int row, int column)
{
    return strtoll(s->pq->getvalue(r, row, column), NULL, 10);
}

int server_rows(struct server *s, const PGresult *r)
{
    return s->pq->ntuples(r);
}

void server_array_add(struct buf *b, struct str item)
{
    buf_add_s(b, b->n ? ",\"" : "{\"");
    for (size_t i = 0; i < item.n; i++) {
        if (item.s[i] == '"' || item.s[i] == '\\')
            buf_add_c(b, '\\');
        buf_add_c(b, item.s[i]);
    }
    buf_add_c(b, '"');
}

void server_array_end(struct buf *b)
{
    buf_add_s(b, b->n ? "}" : "{}");
}
