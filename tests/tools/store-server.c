// What goes wrong between us and a PostgreSQL store, as tests. STORE_TEST_URL says where it is
// (tests/e2e/store_postgresql.t).
//
// The store is reached through a wire that can be cut: before a request, before its answer,
// or until further notice.

#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <ftw.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "loop/loop.h"
#include "store/postgres_journal.h"
#include "tests/unit/store_opens.h"
#include "tests/unit/store_places.h"

// ---- the wire

enum cut { WHOLE, BEFORE_REQUEST, BEFORE_ANSWER, GONE, DEAF };

static struct {
    int listening, port, server_port;
    atomic_int cut;
    atomic_int refused;   // connections while it was GONE
    atomic_int gone_for;  // GONE until so many were refused; 0: for ever
    atomic_int before;    // so many requests or answers pass before the one that is lost
    pthread_t thread;
    bool running;
} wire;

static int local(int port, bool listening)
{
    struct sockaddr_in a = { .sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int rc = listening ? bind(fd, (struct sockaddr *)&a, sizeof a) || listen(fd, 16)
                       : connect(fd, (struct sockaddr *)&a, sizeof a);

    if (rc == 0)
        return fd;
    close(fd);
    return -1;
}

// Hands on what came; false when this connection is over.
static bool hand_on(int from, int to, bool answer)
{
    char bytes[16384];
    ssize_t n = read(from, bytes, sizeof bytes);
    int cut = atomic_load(&wire.cut);

    if (n <= 0 || cut == GONE)
        return false;
    if (cut == DEAF)
        return true;
    if (cut == (answer ? BEFORE_ANSWER : BEFORE_REQUEST) &&
        atomic_fetch_sub(&wire.before, 1) <= 0) {
        atomic_store(&wire.cut, WHOLE);
        return false;
    }
    return write(to, bytes, (size_t)n) == n;
}

static void *carry(void *arg)
{
    int client = (int)(intptr_t)arg, server = local(wire.server_port, false);
    struct pollfd p[] = { { client, POLLIN, 0 }, { server, POLLIN, 0 } };
    bool on = server >= 0;

    while (on && poll(p, 2, 20) >= 0) {
        on = atomic_load(&wire.cut) != GONE;
        if (on && p[0].revents)
            on = hand_on(client, server, false);
        if (on && p[1].revents)
            on = hand_on(server, client, true);
    }
    close(client);
    if (server >= 0)
        close(server);
    return NULL;
}

static bool refuses(void)
{
    if (atomic_load(&wire.cut) != GONE)
        return false;
    int n = atomic_fetch_add(&wire.refused, 1) + 1;
    if (n == atomic_load(&wire.gone_for))
        atomic_store(&wire.cut, WHOLE);
    return true;
}

static void *listen_for(void *arg)
{
    pthread_t thread;

    (void)arg;
    for (int fd; (fd = accept(wire.listening, NULL, NULL)) >= 0;) {
        if (refuses())
            close(fd);
        else if (pthread_create(&thread, NULL, carry, (void *)(intptr_t)fd) == 0)
            pthread_detach(thread);
    }
    return NULL;
}

static void cut(enum cut how, int gone_for)
{
    atomic_store(&wire.before, 0);
    atomic_store(&wire.gone_for, gone_for);
    atomic_store(&wire.refused, 0);
    atomic_store(&wire.cut, (int)how);
}

// The same after [before] of them.
static void cut_later(enum cut how, int before)
{
    cut(WHOLE, 0);
    atomic_store(&wire.before, before);
    atomic_store(&wire.cut, (int)how);
}

static const char *option(PQconninfoOption *options, const char *name)
{
    for (PQconninfoOption *o = options; o->keyword; o++)
        if (strcmp(o->keyword, name) == 0)
            return o->val ? o->val : "";
    return "";
}

// The address of the store at the end of the wire.
static struct str wired_url(const char *url)
{
    const char *why;
    const struct pq_api *pq = pq_api(&why);
    PQconninfoOption *options = pq->conninfoParse(url, NULL);
    struct sockaddr_in a;
    socklen_t n = sizeof a;

    if (!wire.running) {
        wire.server_port = atoi(option(options, "port"));
        wire.listening = local(0, true);
        getsockname(wire.listening, (struct sockaddr *)&a, &n);
        wire.port = ntohs(a.sin_port);
        wire.running = pthread_create(&wire.thread, NULL, listen_for, NULL) == 0;
    }
    struct str wired = str_format(scratch, "postgresql://%s@127.0.0.1:%d/%s",
                                  option(options, "user"), wire.port, option(options, "dbname"));
    pq->conninfoFree(options);
    return wired;
}

// ---- a store

static struct diags ds;
static struct loop *loop;
static struct store *store;
static struct str wired, direct;
static char place[] = "/tmp/store-server-XXXXXX";

static int drop_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static void clear(void *arg)
{
    (void)arg;
    cut(WHOLE, 0);
    nftw(place, drop_file, 16, FTW_DEPTH | FTW_PHYS);
    strcpy(place + strlen(place) - 6, "XXXXXX");
}

static struct store *open_store(struct str url)
{
    struct store *s = store_open(scratch, loop, url, true, &ds);

    CHECK(s != NULL);
    return s;
}

static bool begin(void)
{
    const char *url = getenv("STORE_TEST_URL");

    if (!url) {
        CHECK(!"STORE_TEST_URL says where the store is");
        return false;
    }
    direct = place_url(IN_POSTGRESQL, scratch, place);
    arena_defer(scratch, clear, NULL);
    ds = (struct diags){ .arena = scratch };
    wired = wired_url(url);
    loop = loop_new(scratch);
    store = open_store(wired);
    ds = (struct diags){ .arena = scratch };
    return store != NULL;
}

static void sql(const char *text)
{
    const char *why;
    const struct pq_api *pq = pq_api(&why);
    PGconn *c = pq->connectdbParams((const char *[]){ "dbname", NULL },
                                    (const char *[]){ direct.s, NULL }, 1);
    pq->clear(pq->exec(c, "SET client_min_messages = warning"));
    PGresult *r = pq->exec(c, text);

    if (pq->resultStatus(r) == PGRES_FATAL_ERROR)
        printf("# %s", pq->resultErrorMessage(r));
    CHECK(pq->resultStatus(r) != PGRES_FATAL_ERROR);
    pq->clear(r);
    pq->finish(c);
}

static struct journal *create(void)
{
    struct journal *j = NULL;

    CHECK(journal_create(store, scratch, STR("aaaaa"), &j, &ds) == STORE_OK);
    return j;
}

static void add(struct journal *j, const char *type)
{
    journal_add(
        j, str_from(type),
        str_format(scratch, "{\"seq\":%d,\"type\":\"%s\"}", (int)journal_next_seq(j), type));
}

static bool commit(struct journal *j, const char *type)
{
    add(j, type);
    return journal_commit_now(j, &ds);
}

static struct str seen;

static bool see(const struct stored_event *e, void *arg)
{
    (void)arg;
    seen = str_format(scratch, "%.*s%d:%.*s ", STR_ARG(seen), (int)e->seq, STR_ARG(e->type));
    return true;
}

static struct str events(void)
{
    seen = STR("");
    CHECK(store_read(open_store(direct), STR("aaaaa"), 1, true, see, NULL, &ds) == STORE_OK);
    return seen;
}

static struct journal *resume(enum store_error expected)
{
    struct journal *j = NULL;
    enum store_error e = journal_open(store, STR("aaaaa"), scratch, &j, &ds);

    if (e != expected)
        printf("# %s\n", ds.last ? ds.last->message.s : "no error");
    CHECK(e == expected);
    return j;
}

static bool error_has(const char *words)
{
    bool has = ds.last && strstr(ds.last->message.s, words);

    if (!has)
        printf("# got: %s\n", ds.last ? ds.last->message.s : "no error");
    ds = (struct diags){ .arena = scratch };
    return has;
}

// As if nothing had been heard of the store for [ms].
static void age(struct journal *j, int64_t ms)
{
    struct postgres_journal *pj = (struct postgres_journal *)j;

    pthread_mutex_lock(&pj->mutex);
    pj->renewed_ms -= ms;
    pthread_mutex_unlock(&pj->mutex);
}

static bool file_is_there(struct journal *j, const char *name)
{
    return access(str_format(scratch, "%.*s/%s", STR_ARG(journal_folder(j)), name).s, F_OK) == 0;
}

// ---- answers and requests that are lost

TEST(a_commit_whose_answer_is_lost_is_there_once)
{
    if (!begin())
        return;
    struct journal *j = create();
    CHECK(commit(j, "run.start"));
    cut(BEFORE_ANSWER, 0);
    CHECK(commit(j, "step.start"));
    CHECK(atomic_load(&wire.cut) == WHOLE);  // it happened
    CHECK(commit(j, "step.end"));
    journal_close(j);
    CHECK_STR(events(), "1:run.start 2:step.start 3:step.end ");
}

TEST(a_lease_is_given_back_though_the_connection_was_lost)
{
    if (!begin())
        return;
    struct journal *j = create();
    CHECK(commit(j, "run.start"));
    cut(BEFORE_REQUEST, 0);
    journal_close(j);
    CHECK(atomic_load(&wire.cut) == WHOLE);
    sql("SELECT 1 / (lease_until IS NULL AND holder = '')::int FROM runbook.run");
}

TEST(a_commit_that_never_arrived_is_sent_again)
{
    if (!begin())
        return;
    struct journal *j = create();
    cut(BEFORE_REQUEST, 0);
    CHECK(commit(j, "run.start"));
    CHECK(atomic_load(&wire.cut) == WHOLE);
    journal_close(j);
    CHECK_STR(events(), "1:run.start ");
}

TEST(whatever_answer_is_lost_while_a_run_is_made_it_is_made_once)
{
    if (!begin())
        return;
    for (int i = 0; i < 2; i++) {
        struct journal *j = NULL;
        store_user(store, scratch);
        cut(i ? BEFORE_ANSWER : BEFORE_REQUEST, 0);
        CHECK(journal_create(store, scratch, STR(""), &j, &ds) == STORE_OK);
        CHECK(atomic_load(&wire.cut) == WHOLE);
        if (j)
            CHECK(commit(j, "run.start"));
        if (j)
            journal_close(j);
    }
    const struct run_row *rows;
    size_t n;
    CHECK(store_runs(store, scratch, 0, &rows, &n, &ds) == STORE_OK && n == 2);
}

TEST(whatever_answer_is_lost_locks_are_taken_and_fires_claimed_once)
{
    if (!begin())
        return;
    struct journal *j = create();
    struct lock_row holder;
    const struct lock_row *locks;
    struct str run;
    bool ours = false;
    size_t n;

    cut(BEFORE_ANSWER, 0);
    CHECK(store_lock(store, STR("aaaaa"), &STR("x"), 1, scratch, &holder, &ds) == STORE_OK);
    CHECK(store_locks(store, scratch, &locks, &n, &ds) == STORE_OK && n == 1);
    cut(BEFORE_ANSWER, 0);
    CHECK(store_claim_fire(store, STR("k"), scratch, &run, &ours, &ds) == STORE_OK && ours);
    CHECK(atomic_load(&wire.cut) == WHOLE);
    journal_close(j);
}

static void leave_suspended(const char *id)
{
    struct journal *j = NULL;
    struct run_row row = { .runbook = STR("x"), .state = STR("suspended"), .ended = STR("t") };

    CHECK(journal_create(store, scratch, str_from(id), &j, &ds) == STORE_OK);
    journal_row(j, &row);
    CHECK(journal_commit_now(j, &ds));
    journal_close(j);
}

TEST(whatever_answer_is_lost_one_run_is_claimed_and_had)
{
    static const struct seen_run runs[] = { { { "aaaaa", 5 }, { "t", 1 } },
                                            { { "bbbbb", 5 }, { "t", 1 } } };
    static const enum cut cuts[] = { BEFORE_ANSWER, BEFORE_REQUEST };
    struct claim c[3];

    if (!begin())
        return;
    leave_suspended("aaaaa");
    leave_suspended("bbbbb");
    for (int i = 0; i < 2; i++) {
        cut_later(cuts[i], 1);  // who is gone is asked first
        CHECK(store_claim(store, runs, 2, scratch, &c[i], &ds) == STORE_OK);
        CHECK(atomic_load(&wire.cut) == WHOLE);
        CHECK(str_equal(c[i].run, runs[i].id));
    }
    CHECK(store_claim(store, runs, 2, scratch, &c[2], &ds) == STORE_NO_SUCH_RUN);
    struct journal *j = NULL;
    cut(BEFORE_ANSWER, 0);
    CHECK(journal_open_claimed(store, c[0].run, c[0].mark, scratch, &j, &ds) == STORE_OK);
    if (j)
        journal_close(j);
    store_claim_drop(store, &c[0]);
    store_claim_drop(store, &c[1]);
}

// ---- a store that is away

TEST(a_short_outage_is_waited_for)
{
    if (!begin())
        return;
    struct journal *j = create();
    CHECK(commit(j, "run.start"));
    cut(GONE, 3);
    CHECK(commit(j, "step.end"));
    CHECK(atomic_load(&wire.refused) == 3);
    journal_close(j);
    CHECK_STR(events(), "1:run.start 2:step.end ");
}

static struct journal *with_a_long_outage(void)
{
    struct journal *j = create();

    CHECK(commit(j, "run.start"));
    cut(GONE, 0);
    age(j, LEASE_MS - 1500);
    return j;
}

TEST(what_happened_in_a_long_outage_is_kept_here_and_sent_once)
{
    if (!begin())
        return;
    struct journal *j = with_a_long_outage();
    CHECK(!commit(j, "step.end"));
    CHECK(error_has("what has happened is kept on this machine until resume"));
    CHECK(file_is_there(j, "spool"));
    CHECK(!commit(j, "undo.end"));  // what comes after it is kept too
    journal_close(j);
    CHECK_STR(events(), "1:run.start ");
    cut(WHOLE, 0);
    for (int i = 0; i < 2; i++) {
        sql("UPDATE runbook.run SET lease_until = clock_timestamp() - interval '1 s'");
        j = resume(STORE_OK);
        CHECK(!file_is_there(j, "spool") && journal_next_seq(j) == 4);
        journal_close(j);
        CHECK_STR(events(), "1:run.start 2:step.end 3:undo.end ");
    }
}

TEST(what_was_not_started_is_not_kept)
{
    if (!begin())
        return;
    struct journal *j = with_a_long_outage();
    add(j, "step.end");
    add(j, "step.start");
    CHECK(!commit(j, "step.output"));
    CHECK(!commit(j, "step.end"));
    journal_close(j);
    cut(WHOLE, 0);
    sql("UPDATE runbook.run SET lease_until = NULL");
    j = resume(STORE_OK);
    journal_close(j);
    CHECK_STR(events(), "1:run.start 2:step.end ");
}

TEST(what_was_kept_and_arrived_after_all_is_not_sent_again)
{
    if (!begin())
        return;
    struct journal *j = with_a_long_outage();
    CHECK(!commit(j, "step.end"));
    journal_close(j);
    // As the server would have it, had only its answer been lost.
    cut(WHOLE, 0);
    struct str spool = str_format(scratch, "%.*s/spool", STR_ARG(journal_folder(j)));
    CHECK(system(str_format(scratch, "cp '%s' '%s.copy'", spool.s, spool.s).s) == 0);
    sql("UPDATE runbook.run SET lease_until = NULL");
    journal_close(resume(STORE_OK));
    CHECK(rename(str_format(scratch, "%s.copy", spool.s).s, spool.s) == 0);
    j = resume(STORE_OK);
    CHECK(!file_is_there(j, "spool"));
    journal_close(j);
    CHECK_STR(events(), "1:run.start 2:step.end ");
}

TEST(what_was_kept_and_does_not_fit_any_more_is_put_aside_and_said)
{
    if (!begin())
        return;
    struct journal *j = with_a_long_outage();
    CHECK(!commit(j, "step.end"));
    ds = (struct diags){ .arena = scratch };
    struct str spool = str_format(scratch, "%.*s/spool", STR_ARG(journal_folder(j)));
    journal_close(j);
    cut(WHOLE, 0);
    // Another machine, which knows nothing of the spool, goes on.
    CHECK(rename(spool.s, str_format(scratch, "%s.away", spool.s).s) == 0);
    sql("UPDATE runbook.run SET lease_until = NULL");
    j = resume(STORE_OK);
    CHECK(commit(j, "run.resume"));
    journal_close(j);
    CHECK(rename(str_format(scratch, "%s.away", spool.s).s, spool.s) == 0);
    j = resume(STORE_OK);
    CHECK(error_has("put aside"));
    CHECK(!file_is_there(j, "spool") && file_is_there(j, "spool.unused"));
    journal_close(j);
    CHECK_STR(events(), "1:run.start 2:run.resume ");
}

TEST(a_store_that_does_not_answer_is_not_waited_for_for_ever)
{
    if (!begin())
        return;
    struct server s;
    struct failure why = { "" };
    PGresult *r;

    CHECK(server_start(&s, wired, &why));
    CHECK(server_ask(&s, clock_boot_ms() + 5000, "SELECT 1", NULL, 0, &r, &why) == SERVER_DONE);
    s.pq->clear(r);
    cut(DEAF, 0);
    CHECK(server_ask(&s, clock_boot_ms() + 100, "SELECT 1", NULL, 0, &r, &why) == SERVER_LOST);
    CHECK(strcmp(why.text, "the PostgreSQL store does not answer") == 0);
    CHECK(server_ask(&s, clock_boot_ms() + 100, "SELECT 1", NULL, 0, &r, &why) == SERVER_LOST);
    server_end(&s);
}

// ---- the lease

static int told;

static void tell(void *arg)
{
    (void)arg;
    told++;
}

static struct journal *taken_by_another(struct journal *j, struct str url)
{
    struct journal *other = NULL;

    (void)j;
    sql("UPDATE runbook.run SET lease_until = clock_timestamp() - interval '1 s'");
    CHECK(journal_open(open_store(url), STR("aaaaa"), scratch, &other, &ds) == STORE_OK);
    ds = (struct diags){ .arena = scratch };
    return other;
}

TEST(who_lost_the_lease_writes_nothing_more)
{
    if (!begin())
        return;
    struct journal *j = create();
    CHECK(commit(j, "step.start"));
    struct journal *other = taken_by_another(j, direct);
    CHECK(!commit(j, "step.end"));
    CHECK(error_has("another interpreter has taken run `aaaaa`"));
    CHECK(!file_is_there(j, "spool"));
    journal_close(j);
    CHECK(commit(other, "run.resume"));
    journal_close(other);
    CHECK_STR(events(), "1:step.start 2:run.resume ");
}

TEST(who_lost_the_lease_is_told_without_writing)
{
    if (!begin())
        return;
    struct journal *j = create();
    CHECK(commit(j, "step.start"));
    told = 0;
    journal_on_failure(j, tell, NULL);
    struct journal *other = taken_by_another(j, direct);
    age(j, LEASE_MS / 3);
    while (!told)
        loop_turn(loop);
    CHECK(told == 1);
    CHECK(str_search(journal_failure(j), STR("the lease of run `aaaaa` was lost")) == 0);
    journal_close(j);
    journal_close(other);
}

TEST(a_lease_that_ended_while_nobody_wanted_the_run_is_taken_again)
{
    if (!begin())
        return;
    struct journal *j = create();
    CHECK(commit(j, "step.start"));
    sql("UPDATE runbook.run SET lease_until = clock_timestamp() - interval '10 min'");
    age(j, 600 * 1000);
    CHECK(commit(j, "step.end"));
    journal_close(j);
    CHECK_STR(events(), "1:step.start 2:step.end ");
}

TEST(a_live_lease_is_respected_and_names_its_holder)
{
    if (!begin())
        return;
    struct journal *j = create();
    resume(STORE_HELD);
    CHECK(error_has(str_format(scratch, "run `aaaaa` is held by pid %d on ", (int)getpid()).s));
    journal_close(j);
    journal_close(resume(STORE_OK));
}

TEST(who_died_on_this_machine_is_no_holder)
{
    int status;

    if (!begin())
        return;
    pid_t child = fork();
    if (child == 0) {
        struct arena *a = arena_new(NULL);
        struct journal *j;
        struct store *s = store_open(a, NULL, direct, true, &ds);
        _exit(!s || journal_create(s, a, STR("aaaaa"), &j, &ds) || !commit(j, "step.start"));
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    journal_close(resume(STORE_OK));
    CHECK_STR(events(), "1:step.start ");
}

TEST(locks_of_who_died_before_its_run_was_made_are_free)
{
    struct lock_row holder;
    int status;

    if (!begin())
        return;
    pid_t child = fork();
    if (child == 0) {
        struct arena *a = arena_new(NULL);
        struct store *s = store_open(a, NULL, direct, true, &ds);
        _exit(!s || store_lock(s, STR("aaaaa"), &STR("x"), 1, a, &holder, &ds) != STORE_OK);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(store_lock(store, STR("bbbbb"), &STR("x"), 1, scratch, &holder, &ds) == STORE_OK);
}

TEST(locks_of_who_died_before_its_run_began_are_free)
{
    struct lock_row holder;
    int status;

    if (!begin())
        return;
    pid_t child = fork();
    if (child == 0) {
        struct arena *a = arena_new(NULL);
        struct journal *j;
        struct store *s = store_open(a, NULL, direct, true, &ds);
        _exit(!s || store_lock(s, STR("aaaaa"), &STR("x"), 1, a, &holder, &ds) != STORE_OK ||
              journal_create(s, a, STR("aaaaa"), &j, &ds) != STORE_OK);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    sql("SELECT 1 / (lease_until > clock_timestamp() AND started = '')::int FROM runbook.run");
    CHECK(store_lock(store, STR("bbbbb"), &STR("x"), 1, scratch, &holder, &ds) == STORE_OK);
}

TEST(a_run_is_not_made_when_its_locks_were_lost_before)
{
    struct lock_row holder;
    struct journal *j;

    if (!begin())
        return;
    CHECK(store_lock(store, STR("aaaaa"), &STR("x"), 1, scratch, &holder, &ds) == STORE_OK);
    sql("UPDATE runbook.lock SET since = since - interval '2 h'");
    CHECK(store_lock(open_store(direct), STR("bbbbb"), &STR("x"), 1, scratch, &holder, &ds) ==
          STORE_OK);
    CHECK(journal_create(store, scratch, STR("aaaaa"), &j, &ds) == STORE_FAILED);
    CHECK(error_has("the locks of run `aaaaa` were taken by another run"));
    CHECK(journal_open(store, STR("aaaaa"), scratch, &j, &ds) == STORE_NO_SUCH_RUN);
}

TEST(who_died_elsewhere_is_waited_for)
{
    if (!begin())
        return;
    journal_close(create());
    sql("UPDATE runbook.run SET holder = '1 elsewhere 2026-01-01T00:00:00.000Z boot pid:[1] 1 x',"
        " lease_until = clock_timestamp() + interval '30 s'");
    resume(STORE_HELD);
    CHECK(error_has("is held by pid 1 on elsewhere, taken "));
}

// ---- a store that forgets, or was changed

TEST(a_store_that_went_back_is_found_out_at_once_and_at_resume)
{
    if (!begin())
        return;
    struct journal *j = create();
    for (int i = 0; i < 5; i++)
        CHECK(commit(j, "step.end"));
    sql("DELETE FROM runbook.event WHERE seq > 3; UPDATE runbook.run SET seq = 3,"
        " hash = (SELECT hash FROM runbook.event WHERE seq = 3)");
    CHECK(!commit(j, "step.end"));
    CHECK(error_has("went back: it has 3 events of run `aaaaa`, 5 were confirmed"));
    journal_close(j);
    CHECK(store_read(store, STR("aaaaa"), 1, true, see, NULL, &ds) == STORE_FAILED);
    CHECK(error_has("went back: it has 3 events of run `aaaaa`, 5 were confirmed"));
    resume(STORE_FAILED);
    CHECK(error_has("went back: it has 3 events of run `aaaaa`, 5 were confirmed"));
}

TEST(who_knows_what_was_lost_goes_on_all_the_same)
{
    if (!begin())
        return;
    struct journal *j = create();
    for (int i = 0; i < 5; i++)
        CHECK(commit(j, "step.end"));
    struct str head = str_format(scratch, "%.*s/head", STR_ARG(journal_folder(j)));
    journal_close(j);
    sql("DELETE FROM runbook.event WHERE seq > 3; UPDATE runbook.run SET seq = 3,"
        " hash = (SELECT hash FROM runbook.event WHERE seq = 3)");
    resume(STORE_FAILED);
    CHECK(ds.last && strstr(ds.last->help.s, str_format(scratch, "remove `%.*s`", STR_ARG(head)).s));
    CHECK(remove(head.s) == 0);
    j = resume(STORE_OK);
    CHECK(commit(j, "step.end"));
    journal_close(j);
    CHECK_STR(events(), "1:step.end 2:step.end 3:step.end 4:step.end ");
}

TEST(a_changed_a_missing_and_an_added_event_are_found)
{
    static const struct {
        const char *change, *error;
    } rows[] = {
        { "UPDATE runbook.event SET json = '{}' WHERE seq = 2", "event 2 is not what was written" },
        { "DELETE FROM runbook.event WHERE seq = 2", "event 2 is missing" },
        { "DELETE FROM runbook.event WHERE seq = 4", "event 4 is missing" },
        { "INSERT INTO runbook.event VALUES('aaaaa', 5, 'x', '{}', '00')",
          "event 5 is not what was written" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows && begin(); i++) {
        struct journal *j = create();
        for (int k = 0; k < 4; k++)
            CHECK(commit(j, "step.end"));
        journal_close(j);
        sql(rows[i].change);
        CHECK(store_read(store, STR("aaaaa"), 1, true, see, NULL, &ds) == STORE_FAILED);
        CHECK(error_has(rows[i].error));
        resume(STORE_FAILED);
        CHECK(error_has(rows[i].error));
        arena_free(scratch);
        scratch = arena_new(NULL);
    }
}

TEST(a_run_that_was_removed_is_said_to_be)
{
    if (!begin())
        return;
    struct journal *j = create();
    CHECK(commit(j, "step.start"));
    sql("DELETE FROM runbook.run");
    CHECK(!commit(j, "step.end"));
    CHECK(error_has("run `aaaaa` was removed from the PostgreSQL store"));
    journal_close(j);
}

TEST(a_newer_format_is_left_alone)
{
    const struct run_row *rows;
    struct journal *j;
    size_t n;

    if (!begin())
        return;
    sql("UPDATE runbook.format SET version = 2");
    store = open_store(direct);
    CHECK(store_runs(store, scratch, 0, &rows, &n, &ds) == STORE_FAILED);
    CHECK(error_has("written by a newer runbook (format 2, this one knows 1); upgrade runbook"));
    CHECK(journal_create(store, scratch, STR(""), &j, &ds) == STORE_FAILED);
    CHECK(error_has("upgrade runbook"));
}

TEST(looking_makes_nothing)
{
    const struct run_row *rows;
    const struct lock_row *locks;
    struct str s;
    size_t n;

    if (!begin())
        return;
    sql("DROP SCHEMA runbook CASCADE");
    struct store *looking = store_open(scratch, NULL, direct, false, &ds);
    CHECK(looking && store_user(looking, scratch).n > 0);
    CHECK(store_runs(looking, scratch, 0, &rows, &n, &ds) == STORE_OK && n == 0);
    CHECK(store_locks(looking, scratch, &locks, &n, &ds) == STORE_OK && n == 0);
    CHECK(store_recall(looking, STR("k"), scratch, &s, &ds) == STORE_OK && s.n == 0);
    CHECK(store_read(looking, STR("aaaaa"), 1, true, see, NULL, &ds) == STORE_NO_SUCH_RUN);
    sql("DO $$ BEGIN IF to_regnamespace('runbook') IS NOT NULL THEN RAISE 'it is there';"
        " END IF; END $$");
}

// ---- words

static void cannot_open(const char *url, const char *words)
{
    CHECK(store_open(scratch, NULL, str_from(url), true, &ds) == NULL);
    for (struct diag *d = ds.first; d; d = d->next)
        CHECK(str_search(d->message, STR("hunter2")) == SIZE_MAX);
    CHECK(error_has(words));
}

TEST(no_error_holds_a_password)
{
    if (!begin())
        return;
    cannot_open("postgresql://u:hunter2@[", "the address of the PostgreSQL store is not valid");
    cannot_open("postgresql://u:hunter2@127.0.0.1:1/x", "refused");
    cannot_open(
        str_format(scratch, "postgresql://nobody:hunter2@127.0.0.1:%d/hunter2", wire.server_port).s,
        "role \"nobody\" does not exist");
    cannot_open(str_format(scratch, "postgresql://127.0.0.1:%d/hunter2?user=%s&password=hunter2",
                           wire.server_port, "postgres")
                    .s,
                "database \"***\" does not exist");
}
