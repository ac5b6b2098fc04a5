#include "action/sql/transaction.h"

#include "action/sql/transaction_session.h"
#include "base/arena.h"

struct transaction {
    struct attempt *group;
    const struct resolved_connection *connection;
    struct sql_session *session;
    struct sql_job job;  // the one that is running
    transaction_then *then;
    void (*noted)(struct sql_job *job);
};

struct sql_session *transaction_session(const struct transaction *t)
{
    return t->session;
}

const struct resolved_connection *transaction_connection(const struct transaction *t)
{
    return t->connection;
}

// ---- what the engine says

static void notice(struct sql_job *job, struct str text)
{
    struct transaction *t = job->owner;

    t->group->output(t->group, STREAM_STDERR, text);
}

// The group is noted while it commits, when group->transaction is this one; or settled,
// when nothing is noted.
static void noted(struct attempt *group)
{
    group->transaction->noted(&group->transaction->job);
}

static void note(struct sql_job *job, struct value value, void (*then)(struct sql_job *job))
{
    struct transaction *t = job->owner;

    t->noted = then;
    t->group->note(t->group, value, noted);
}

static void over(struct transaction *t)
{
    sql_give_back(t->session);
    t->group->transaction = NULL;
}

static void done(struct sql_job *job)
{
    struct transaction *t = job->owner;
    bool begun = job->ask == SQL_BEGIN && job->outcome.verdict == VERDICT_DONE;

    if (begun)
        t->group->transaction = t;
    else
        over(t);
    t->then(t->group, &job->outcome);
}

// ---- what is asked of it

static void ask(struct transaction *t, enum sql_ask what, transaction_then *then)
{
    t->then = then;
    t->job = (struct sql_job){
        .ask = what,
        .arena = t->group->arena,
        .timeout_ms = t->group->timeout_ms,
        .isolation = t->job.isolation,
        .notes = t->job.notes,
        .name = t->group->name,
        .notice = notice,
        .note = note,
        .done = done,
        .owner = t,
    };
    t->session->engine->start(t->session, &t->job);
}

struct failing {
    struct attempt *group;
    transaction_then *then;
    struct outcome outcome;
};

static void tell_failure(void *arg)
{
    struct failing *f = arg;

    f->then(f->group, &f->outcome);
}

// The transaction of a group on its connection; NULL, and told from the loop, without one.
static struct transaction *open_transaction(struct attempt *group, struct str connection,
                                            enum verdict otherwise, transaction_then *then)
{
    struct transaction *t = NEW(group->arena, struct transaction);
    struct loop *l = group->session->loop;
    struct str why;

    *t = (struct transaction){ .group = group };
    t->connection = connection_find(group->connections, connection, SQL_SCHEMES, group->arena,
                                    &why);
    if (t->connection) {
        t->session = sql_take(group->session, t->connection, group->dir);
        return t;
    }
    struct failing *f = NEW(group->arena, struct failing);
    *f = (struct failing){ group, then, { .verdict = otherwise, .message = why } };
    f->outcome.not_started = otherwise == VERDICT_FAILED;
    loop_timer(l, group->arena, loop_now_ms(l), tell_failure, f);
    return NULL;
}

void transaction_begin(struct attempt *group, struct str connection, struct str isolation,
                       transaction_then *then)
{
    struct transaction *t = open_transaction(group, connection, VERDICT_FAILED, then);

    if (!t)
        return;
    t->job.isolation = isolation;
    ask(t, SQL_BEGIN, then);
}

void transaction_commit(struct attempt *group, transaction_then *then)
{
    ask(group->transaction, SQL_COMMIT, then);
}

void transaction_rollback(struct attempt *group, transaction_then *then)
{
    ask(group->transaction, SQL_ROLLBACK, then);
}

void transaction_settle(struct attempt *group, struct str connection, struct value notes,
                        transaction_then *then)
{
    struct transaction *t = open_transaction(group, connection, VERDICT_UNKNOWN, then);

    if (!t)
        return;
    t->job.notes = notes;
    ask(t, SQL_SETTLE, then);
}
