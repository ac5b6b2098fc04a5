// What became of a transaction whose COMMIT was not answered.
//
// The server knows, by the transaction id, for as long as it has not cleaned up behind it.
// A server that took over from another one may use the id for something else, so it has to
// be the same one: the system identifier and the timeline say so.

#include "action/sql/pg.h"
#include "base/arena.h"

enum { PAUSE_MS = 250 };

static void try_again(struct pg *p, struct str why);

static void give_up(struct pg *p, struct str why)
{
    pg_end(p, VERDICT_UNKNOWN,
           str_format(p->job->arena, "COMMIT of transaction %.*s was not answered, and %.*s",
                      STR_ARG(p->xid), STR_ARG(why)),
           str_format(p->job->arena, "ask the server: SELECT pg_xact_status('%.*s')",
                      STR_ARG(p->xid)));
}

static void told(struct pg *p, bool ok)
{
    if (!ok && link_is_lost(p->link))
        try_again(p, STR("the server cannot be reached"));
    else if (!ok)
        give_up(p, pg_error_words(p));
    else if (str_is(p->answer, "committed"))
        pg_succeed(p);
    else if (str_is(p->answer, "aborted"))
        pg_end(p, VERDICT_FAILED, STR("the connection was lost and the server has rolled back"),
               STR(""));
    else if (str_is(p->answer, "in progress"))
        try_again(p, STR("the transaction is still in progress"));
    else
        give_up(p, STR("the server no longer knows what became of it"));
}

static bool is_another_server(const struct pg *p)
{
    struct value server;

    // Before a crash its identity was journalled, else it is known from the session.
    if (!value_field(p->job->notes, "server", p->arena, &server))
        return false;
    return server.kind == VALUE_STRING && server.s.n && !str_equal(server.s, p->identity);
}

static void connected(struct pg *p, bool ok)
{
    struct arena *a = p->arena;

    if (!ok) {
        try_again(p, STR("the server cannot be reached"));
        return;
    }
    if (is_another_server(p)) {
        give_up(p, STR("the server that answers now is not the one that was asked"));
        return;
    }
    // The id is made of digits: the server's own, or checked when it was read back.
    pg_ask(p,
           link_version(p->link) >= 130000
               ? str_format(a, "SELECT pg_xact_status('%.*s'::xid8)", STR_ARG(p->xid))
               : str_format(a, "SELECT txid_status('%.*s'::bigint)", STR_ARG(p->xid)),
           false, told);
}

static void connect_now(void *arg)
{
    pg_connect(arg, connected);
}

static void try_again(struct pg *p, struct str why)
{
    struct loop *l = p->session->loop;

    if (loop_now_ms(l) >= p->settle_until_ms) {
        give_up(p, why);
        return;
    }
    pg_hang_up(p);
    loop_timer(l, p->arena, loop_now_ms(l) + PAUSE_MS, connect_now, p);
}

static void time_is_up(void *arg)
{
    struct pg *p = arg;

    pg_hang_up(p);
    give_up(p, STR("the server cannot be reached"));
}

// As long as the step itself may take, within bounds.
static int64_t patience_ms(const struct pg *p)
{
    int64_t own = p->job->timeout_ms;

    if (own == 0 || own > SQL_SETTLE_MS)
        return SQL_SETTLE_MS;
    return own < SQL_SETTLE_LEAST_MS ? SQL_SETTLE_LEAST_MS : own;
}

void pg_settle(struct pg *p)
{
    int64_t patience = patience_ms(p);

    p->settling = true;
    p->settle_until_ms = loop_now_ms(p->session->loop) + patience;
    pg_hang_up(p);
    pg_set_timer(p, patience + PAUSE_MS, time_is_up);
    pg_connect(p, connected);
}
