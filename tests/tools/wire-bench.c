// The same small thing N times, by an action or without us, for tests/bench/http-sql.sh.
//
//     wire-bench http URL N [AT_ONCE]   GET by the http action
//     wire-bench curl URL N [AT_ONCE]   GET by libcurl's multi interface, handles used again
//     wire-bench sql URL N [AT_ONCE]    SELECT 1 by the sql action
//     wire-bench pq URL N               SELECT 1 by PQexec
//     wire-bench pq3 URL N              the same in a transaction, as the action asks it
//
// The actions are played on the real loop as exec/ does it (resolve, start, done), with no
// journal and no driver. AT_ONCE is how many are on their way at a time.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <libpq-fe.h>

#include "action/connection.h"
#include "base/arena.h"
#include "base/library.h"

static void die(const char *why)
{
    fprintf(stderr, "wire-bench: %s\n", why);
    exit(1);
}

// ---- by an action

struct play {
    struct arena *arena;
    struct session session;
    struct connections connections;
    const struct step *step;
    long left, running;
};

static bool get_nothing(const struct scope *s, struct str name, struct arena *a, struct value *out,
                        struct str *why)
{
    (void)s, (void)name, (void)a, (void)out, (void)why;
    return false;
}

static void output(struct attempt *at, enum stream stream, struct str bytes)
{
    (void)at, (void)stream, (void)bytes;
}

static void start_one(struct play *p);

static void free_attempt(void *arg)
{
    arena_free(arg);
}

static void done(struct attempt *at, const struct outcome *o)
{
    struct play *p = at->owner;

    if (o->verdict != VERDICT_DONE || !o->rule)
        die(str_copy(p->arena, o->message).s);
    loop_later(p->session.loop, free_attempt, at->arena);
    p->running--;
    if (p->left)
        start_one(p);
}

static void start_one(struct play *p)
{
    static const struct scope scope = { .get = get_nothing };
    struct arena *a = arena_new(p->arena);
    struct attempt *at = NEW(a, struct attempt);
    struct expr_error err = { 0 };

    *at = (struct attempt){ .arena = a,
                            .session = &p->session,
                            .step = p->step,
                            .action = p->step->action,
                            .params = p->step->params,
                            .name = STR("bench"),
                            .number = 1,
                            .scope = &scope,
                            .dir = STR("/"),
                            .connections = &p->connections,
                            .timeout_ms = 60000,
                            .read_only = true,
                            .output = output,
                            .done = done,
                            .owner = p };
    p->left--;
    p->running++;
    if (!at->action->resolve(at, &err))
        die(str_copy(p->arena, err.message).s);
    at->action->start(at);
}

static void play(const char *book, const char *url, long n, long at_once)
{
    struct play p = { .arena = arena_new(NULL), .left = n };
    struct diags ds = { .arena = p.arena };
    struct source *src = source_new(p.arena, STR("bench"), str_from(book));
    struct runbook *rb = runbook_read(p.arena, src, action_names(), &ds);
    struct bind bind = { .arena = p.arena, .diags = &ds, .rb = rb };
    struct resolved_connection db = { .name = STR("db"), .url = str_from(url), .tls_verify = true };

    if (!rb || !action_bind(rb, &bind))
        die("the runbook is not read");
    p.step = rb->steps.items;
    p.connections = (struct connections){ &db, 1 };
    p.session = (struct session){ .arena = arena_new(NULL), .loop = loop_new(p.arena) };
    while (p.left && p.running < at_once)
        start_one(&p);
    while (p.running && loop_turn(p.session.loop)) {
    }
    if (p.left || p.running)
        die("it is stuck");
    arena_free(p.session.arena);
    arena_free(p.arena);
}

static void by_http(const char *url, long n, long at_once)
{
    char book[1000];

    snprintf(book, sizeof book,
             "runbook: 1\nname: bench\ntype: check\nsteps:\n  - {id: a, http: \"GET %s\"}\n", url);
    play(book, url, n, at_once);
}

static void by_sql(const char *url, long n, long at_once)
{
    play("runbook: 1\nname: bench\ntype: check\nconnections: {db: postgresql:///}\n"
         "steps:\n  - {id: a, sql: SELECT 1}\n",
         url, n, at_once);
}

// ---- without us

// clang-format off
#define CURL_PLAIN(X) X(global_init) X(easy_init) X(easy_setopt) X(multi_init) \
    X(multi_add_handle) X(multi_remove_handle) X(multi_perform) X(multi_poll) X(multi_info_read)
#define PQ_PLAIN(X) X(connectdb) X(status) X(exec) X(resultStatus) X(clear)
// clang-format on

#define POINTER(name) __typeof__(&curl_##name) name;
static struct {
    CURL_PLAIN(POINTER)
} curl;
#undef POINTER
#define POINTER(name) __typeof__(&PQ##name) name;
static struct {
    PQ_PLAIN(POINTER)
} pq;
#undef POINTER

static size_t ignore(char *bytes, size_t size, size_t n, void *arg)
{
    (void)bytes, (void)arg;
    return size * n;
}

static void add_plain(CURLM *multi, const char *url)
{
    CURL *easy = curl.easy_init();

    curl.easy_setopt(easy, CURLOPT_URL, url);
    curl.easy_setopt(easy, CURLOPT_WRITEFUNCTION, ignore);
    curl.multi_add_handle(multi, easy);
}

static void by_curl(const char *url, long n, long at_once)
{
#define SYMBOL(name) { "curl_" #name, &curl.name },
    static const struct library_symbol symbols[] = { CURL_PLAIN(SYMBOL){ NULL, NULL } };
#undef SYMBOL
    const char *why;
    int running, left;

    if (!dynamic_load("libcurl.so.4", symbols, &why))
        die(why);
    curl.global_init(CURL_GLOBAL_DEFAULT);
    CURLM *multi = curl.multi_init();
    long started = 0, over = 0;
    for (; started < at_once && started < n; started++)
        add_plain(multi, url);
    while (over < n) {
        CURLMsg *m;
        curl.multi_perform(multi, &running);
        while ((m = curl.multi_info_read(multi, &left))) {
            CURL *easy = m->easy_handle;
            if (m->data.result != CURLE_OK)
                die("a request failed");
            over++;
            curl.multi_remove_handle(multi, easy);
            if (started++ < n)
                curl.multi_add_handle(multi, easy);
        }
        if (running)
            curl.multi_poll(multi, NULL, 0, 1000, NULL);
    }
}

static void ask(PGconn *conn, const char *text, ExecStatusType wanted)
{
    PGresult *r = pq.exec(conn, text);

    if (pq.resultStatus(r) != wanted)
        die("a statement failed");
    pq.clear(r);
}

static PGconn *plain_connection(const char *url)
{
#define SYMBOL(name) { "PQ" #name, &pq.name },
    static const struct library_symbol symbols[] = { PQ_PLAIN(SYMBOL){ NULL, NULL } };
#undef SYMBOL
    const char *why;

    if (!dynamic_load("libpq.so.5", symbols, &why))
        die(why);
    PGconn *conn = pq.connectdb(url);
    if (pq.status(conn) != CONNECTION_OK)
        die("no connection");
    return conn;
}

static void by_pq(const char *url, long n, long at_once)
{
    PGconn *conn = plain_connection(url);

    (void)at_once;
    while (n--)
        ask(conn, "SELECT 1", PGRES_TUPLES_OK);
}

static void by_pq3(const char *url, long n, long at_once)
{
    PGconn *conn = plain_connection(url);

    (void)at_once;
    while (n--) {
        ask(conn,
            "BEGIN READ ONLY; SET LOCAL statement_timeout = 60000; "
            "SET LOCAL lock_timeout = 54000",
            PGRES_COMMAND_OK);
        ask(conn, "SELECT 1", PGRES_TUPLES_OK);
        ask(conn, "COMMIT", PGRES_COMMAND_OK);
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(const char *url, long n, long at_once);
    } ways[] = {
        { "http", by_http }, { "curl", by_curl }, { "sql", by_sql },
        { "pq", by_pq },     { "pq3", by_pq3 },
    };

    for (size_t i = 0; argc >= 4 && i < sizeof ways / sizeof *ways; i++)
        if (strcmp(argv[1], ways[i].name) == 0) {
            ways[i].run(argv[2], atol(argv[3]), argc > 4 ? atol(argv[4]) : 1);
            return 0;
        }
    fputs("wire-bench http|curl|sql|pq|pq3 URL N [AT_ONCE]\n", stderr);
    return 2;
}
