// The lease of a run: renewed in a thread of its own, so that a loop that is busy, or a
// commit that waits, does not lose it.

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/thread.h"
#include "store/postgres_journal.h"

enum {
    LOOK_MS = 1000,  // how often the clock is looked at, at least: a machine that slept, woke up
    GIVE_BACK_MS = 3000,  // it ends by itself when that fails
};

int64_t lease_end(const struct postgres_journal *j)
{
    return j->renewed_ms + j->store->lease_ms;
}

// Fenced: somebody else has the run.
static enum server_answer renew(struct postgres_journal *j, int64_t until_ms, struct failure *why)
{
    struct arena *a = arena_new(NULL);
    const struct str params[] = { j->base.id, str_format(a, "%" PRId64, j->epoch) };
    struct str sql = str_format(a,
                                "UPDATE runbook.run SET lease_until = %.*s"
                                " WHERE id = $1 AND epoch = $2 AND holder <> '' RETURNING 1",
                                STR_ARG(postgres_lease(j->store, a)));
    int64_t asked = clock_boot_ms();
    PGresult *r;
    enum server_answer answer = server_ask(&j->server, until_ms, sql.s, params, 2, &r, why);

    if (answer == SERVER_DONE) {
        if (server_rows(&j->server, r) == 0) {
            failure_set(why, "another interpreter has taken run `%.*s`", STR_ARG(j->base.id));
            j->fenced = true;
            answer = SERVER_REFUSED;
        }
        j->server.pq->clear(r);
    }
    if (answer == SERVER_DONE)
        j->renewed_ms = asked;
    arena_free(a);
    return answer;
}

// With the mutex held. A lease that ended while this process or its machine stood still is
// asked for once more: when nobody took the run, the epoch is still ours.
static void look(struct postgres_journal *j)
{
    int64_t now = clock_boot_ms();
    struct failure why = { "" };

    if (now - j->renewed_ms < j->store->lease_ms / 3)
        return;
    int64_t end = lease_end(j), until = now >= end ? now + 2000 : end;
    enum server_answer answer = renew(
        j, until < now + SERVER_DEADLINE_MS ? until : now + SERVER_DEADLINE_MS, &why);
    if (answer == SERVER_DONE || (!j->fenced && clock_boot_ms() < lease_end(j)))
        return;
    struct failure lost;
    failure_set(&lost, "the lease of run `%.*s` was lost: %.300s", STR_ARG(j->base.id), why.text);
    j->lost = true;
    writer_fail(j->base.writer, &lost);
}

static void rest(struct postgres_journal *j)
{
    int64_t ms = j->store->lease_ms / 6 < LOOK_MS ? j->store->lease_ms / 6 : LOOK_MS;
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += ms * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&j->ending, &j->mutex, &until);
}

static void *keep(void *arg)
{
    struct postgres_journal *j = arg;

    pthread_mutex_lock(&j->mutex);
    while (!j->stop && !j->lost) {
        rest(j);
        if (!j->stop)
            look(j);
    }
    pthread_mutex_unlock(&j->mutex);
    return NULL;
}

bool lease_keep(struct postgres_journal *j, struct failure *why)
{
    int error = thread_start(&j->keeping, keep, j);

    j->has_thread = error == 0;
    if (error)
        failure_set(why, "no thread can be started: %s", strerror(error));
    return error == 0;
}

// A second time when the connection was lost meanwhile: other machines would wait for the lease to
// end.
static void give_back(struct postgres_journal *j)
{
    struct arena *a = arena_new(NULL);
    struct failure ignored;
    const struct str params[] = { j->base.id, str_format(a, "%" PRId64, j->epoch) };
    int64_t until = clock_boot_ms() + GIVE_BACK_MS;
    enum server_answer answer = SERVER_LOST;
    PGresult *r;

    for (int i = 0; i < 2 && answer == SERVER_LOST; i++)
        answer = server_ask(&j->server, until,
                            "UPDATE runbook.run SET lease_until = NULL, holder = '' WHERE id = $1"
                            " AND epoch = $2",
                            params, 2, &r, &ignored);
    if (answer == SERVER_DONE)
        j->server.pq->clear(r);
    arena_free(a);
}

void lease_leave(struct postgres_journal *j)
{
    if (j->has_thread) {
        pthread_mutex_lock(&j->mutex);
        j->stop = true;
        pthread_cond_broadcast(&j->ending);
        pthread_mutex_unlock(&j->mutex);
        pthread_join(j->keeping, NULL);
    }
    j->has_thread = false;
    if (!j->lost && j->epoch && j->server.pq)
        give_back(j);
}
