// What every store must do, played against each of them. With STORE_TEST_URL also against
// the store at that address (tests/e2e/store_postgresql.t gives a PostgreSQL).

#include "tests/unit/test.h"

#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loop/loop.h"
#include "store/memory.h"
#include "store/store.h"
#include "tests/unit/store_opens.h"
#include "tests/unit/store_places.h"

static struct diags ds;
static struct store *store;  // the one that is tested, as its first user sees it
static struct loop *loop;
static enum backing backing;
static struct buf *text;  // what see() has seen

static int drop_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static void play(enum backing where, void (*body)(void))
{
    char folder[] = "/tmp/store-test-XXXXXX";
    struct str url = place_url(where, scratch, folder);

    ds = (struct diags){ .arena = scratch };
    backing = where;
    loop = loop_new(scratch);
    text = buf_in(scratch);
    store = url.n ? store_open(scratch, loop, url, true, &ds) : NULL;
    if (store)
        body();
    else if (url.n)
        CHECK(!"the store can be opened");
    for (struct diag *d = failures ? ds.first : NULL; d; d = d->next)
        printf("# %.*s\n", STR_ARG(d->message));
    arena_free(scratch);
    scratch = arena_new(NULL);
    nftw(folder, drop_file, 16, FTW_DEPTH | FTW_PHYS);
}

static void add_test(struct test *t)
{
    *tests_end = t;
    tests_end = &t->next;
}

// clang-format off
#define CONTRACT(id)                                                                   \
    static void body_##id(void);                                                       \
    TEST(memory_##id)                                                                  \
    {                                                                                  \
        play(IN_MEMORY, body_##id);                                                    \
    }                                                                                  \
    TEST(sqlite_##id)                                                                  \
    {                                                                                  \
        play(IN_SQLITE, body_##id);                                                    \
    }                                                                                  \
    static void postgresql_##id(void)                                                  \
    {                                                                                  \
        play(IN_POSTGRESQL, body_##id);                                                \
    }                                                                                  \
    __attribute__((constructor)) static void add_postgresql_##id(void)                 \
    {                                                                                  \
        static struct test t = { "postgresql_" #id, postgresql_##id, NULL };           \
        if (getenv("STORE_TEST_URL"))                                                  \
            add_test(&t);                                                              \
    }                                                                                  \
    static void body_##id(void)
// clang-format on

static struct journal *create(const char *id)
{
    struct journal *j = NULL;

    CHECK(journal_create(store, scratch, str_from(id), &j, &ds) == STORE_OK);
    return j;
}

static void add(struct journal *j, const char *type, const char *step)
{
    journal_add(j, str_from(type),
                str_format(scratch, "{\"v\":1,\"seq\":%d,\"type\":\"%s\",\"step\":\"%s\"}",
                           (int)journal_next_seq(j), type, step));
}

static struct run_row some_row(const char *state)
{
    return (struct run_row){ .runbook = STR("deploy"),
                             .title = STR("It's \"deploy\""),
                             .state = str_from(state),
                             .user = STR("ada"),
                             .host = STR("h1"),
                             .started = STR("2026-09-21T14:02:11.204Z"),
                             .exit = -1,
                             .took_ms = 5000000000,
                             .locks = STR("a\nb") };
}

static void put_row(struct journal *j, struct run_row row)
{
    journal_row(j, &row);
    CHECK(journal_commit_now(j, &ds));
}

static bool see(const struct stored_event *e, void *arg)
{
    (void)arg;
    buf_format(text, "%d:%.*s ", (int)e->seq, STR_ARG(e->type));
    return true;
}

// The events of a run from [seq] on, as "1:type 2:type ".
static struct str events(const char *run, int seq)
{
    buf_clear(text);
    CHECK(store_read(store, str_from(run), seq, true, see, NULL, &ds) == STORE_OK);
    return buf_str(text);
}

static bool error_has(const char *words)
{
    const char *last = ds.errors ? ds.last->message.s : "(no error)";
    bool has = strstr(last, words) != NULL;

    if (!has)
        printf("# got: %s\n", last);
    ds = (struct diags){ .arena = scratch };
    return has;
}

// ---- runs that are not there

CONTRACT(an_empty_store_has_no_runs)
{
    const struct run_row *rows;
    const struct lock_row *locks;
    struct run_row row;
    size_t n = 9;

    CHECK(store_runs(store, scratch, 0, &rows, &n, &ds) == STORE_OK && n == 0);
    CHECK(store_locks(store, scratch, &locks, &n, &ds) == STORE_OK && n == 0);
    CHECK(store_find(store, STR("7kq2f"), scratch, &row, &ds) == STORE_NO_SUCH_RUN);
    CHECK(error_has("there is no run `7kq2f`"));
}

CONTRACT(nothing_can_be_done_to_a_run_that_is_not_there)
{
    struct journal *j;
    struct vote v = { .step = STR("a"), .user = STR("u"), .at = STR("t") };
    const struct vote *votes;
    struct str s;
    size_t n;

    CHECK(journal_open(store, STR("nope"), scratch, &j, &ds) == STORE_NO_SUCH_RUN);
    CHECK(journal_open(store, STR("../../etc"), scratch, &j, &ds) == STORE_NO_SUCH_RUN);
    CHECK(store_read(store, STR("nope"), 1, true, see, NULL, &ds) == STORE_NO_SUCH_RUN);
    CHECK(store_kept(store, STR("nope"), "plan", scratch, &s, &ds) == STORE_NO_SUCH_RUN);
    CHECK(store_vote(store, STR("nope"), &v, &ds) == STORE_NO_SUCH_RUN);
    CHECK(store_votes(store, STR("nope"), scratch, &votes, &n, &ds) == STORE_NO_SUCH_RUN);
    CHECK(j == NULL);
}

// ---- a journal

CONTRACT(what_was_committed_is_read_back_in_order)
{
    struct journal *j = create("");

    CHECK(journal_id(j).n >= 5 && journal_next_seq(j) == 1);
    add(j, "run.start", "");
    add(j, "step.start", "a");
    CHECK(journal_commit_now(j, &ds));
    add(j, "step.end", "a");
    CHECK(journal_commit_now(j, &ds));
    CHECK_STR(events(journal_id(j).s, 1), "1:run.start 2:step.start 3:step.end ");
    CHECK_STR(events(journal_id(j).s, 3), "3:step.end ");
    CHECK_STR(events(journal_id(j).s, 4), "");
    CHECK(journal_next_seq(j) == 4);
    journal_close(j);
}

CONTRACT(what_was_not_committed_is_lost_with_the_journal)
{
    struct journal *j = create("aaaaa"), *again;

    add(j, "run.start", "");
    CHECK(journal_commit_now(j, &ds));
    add(j, "step.start", "a");
    journal_close(j);
    CHECK(journal_open(store, STR("aaaaa"), scratch, &again, &ds) == STORE_OK);
    CHECK(journal_next_seq(again) == 2);
    add(again, "run.resume", "");
    CHECK(journal_commit_now(again, &ds));
    CHECK_STR(events("aaaaa", 1), "1:run.start 2:run.resume ");
    journal_close(again);
}

CONTRACT(text_of_any_bytes_and_length_survives)
{
    struct journal *j = create("aaaaa");
    char *big = arena_alloc(scratch, 64 * 1024, 1);

    memset(big, 'x', 64 * 1024);
    journal_add(j, STR("t"), (struct str){ big, 64 * 1024 });
    journal_add(j, STR("t"), STR("{\"text\":\"\xC3\xA4 '\\u0000 \\\\ $1 ?1\"}"));
    CHECK(journal_commit_now(j, &ds));
    CHECK_STR(events("aaaaa", 1), "1:t 2:t ");
    journal_close(j);
}

static int told, told_ok;

static void tell(void *arg, bool ok)
{
    CHECK((int)(intptr_t)arg == told);  // in order
    told++;
    told_ok += ok;
}

CONTRACT(commits_beside_the_loop_are_told_in_order)
{
    struct journal *j = create("aaaaa");

    told = told_ok = 0;
    for (int i = 0; i < 50; i++) {
        add(j, "step.output", "a");
        journal_commit(j, tell, (void *)(intptr_t)i);
        if (i % 7 == 0)
            loop_turn(loop);
    }
    for (int i = 0; told < 50 && i < 1000; i++)
        loop_turn(loop);
    CHECK(told == 50 && told_ok == 50);
    CHECK(!loop_turn(loop));  // nothing is left to wait for
    CHECK_STR(events("aaaaa", 50), "50:step.output ");
    journal_close(j);
}

CONTRACT(nobody_is_told_after_the_journal_was_closed)
{
    struct journal *j = create("aaaaa");

    told = told_ok = 0;
    add(j, "a", "");
    journal_commit(j, tell, (void *)0);
    journal_close(j);
    while (loop_turn(loop))
        ;
    CHECK(told == 0);
    CHECK_STR(events("aaaaa", 1), "1:a ");  // it was made durable all the same
}

static void close_when_told(void *arg, bool ok)
{
    (void)ok;
    told++;
    journal_close(arg);
}

CONTRACT(a_journal_may_be_closed_by_who_is_told)
{
    struct journal *j = create("aaaaa");

    told = 0;
    add(j, "a", "");
    journal_commit(j, close_when_told, j);
    add(j, "b", "");
    journal_commit(j, close_when_told, j);
    while (loop_turn(loop))
        ;
    CHECK(told == 1);
}

CONTRACT(a_kept_file_is_written_once)
{
    struct journal *j = create("aaaaa");
    struct str s;

    CHECK(journal_keep(j, "plan.json", STR("{}\0x"), &ds));
    CHECK(store_kept(store, STR("aaaaa"), "plan.json", scratch, &s, &ds) == STORE_OK);
    CHECK(s.n == 4 && memcmp(s.s, "{}\0x", 4) == 0);
    CHECK(store_kept(store, STR("aaaaa"), "other", scratch, &s, &ds) == STORE_FAILED);
    CHECK(!journal_keep(j, "plan.json", STR("other"), &ds));
    journal_close(j);
}

CONTRACT(a_run_has_a_folder_for_its_files)
{
    struct journal *j = create("aaaaa");
    struct stat st;

    CHECK(stat(journal_folder(j).s, &st) == 0 && S_ISDIR(st.st_mode));
    CHECK((st.st_mode & 0777) == 0700);
    CHECK(str_equal(store_folder(store, STR("aaaaa"), scratch), journal_folder(j)));
    journal_close(j);
}

// ---- having a run

CONTRACT(an_id_is_taken_once)
{
    struct journal *j = create("aaaaa"), *other;

    CHECK(journal_create(store, scratch, STR("aaaaa"), &other, &ds) == STORE_HELD);
    CHECK(error_has("there is a run `aaaaa` already"));
    CHECK(journal_create(store, scratch, STR("../x"), &other, &ds) == STORE_FAILED);
    CHECK(error_has("cannot be the id of a run"));
    journal_close(j);
}

CONTRACT(a_run_belongs_to_one_at_a_time)
{
    struct journal *j = create("aaaaa"), *other;

    CHECK(journal_open(store, STR("aaaaa"), scratch, &other, &ds) == STORE_HELD);
    CHECK(error_has("run `aaaaa` is held by pid "));
    journal_close(j);
    CHECK(journal_open(store, STR("aaaaa"), scratch, &other, &ds) == STORE_OK);
    journal_close(other);
}

CONTRACT(closing_twice_is_harmless)
{
    struct journal *j = create("aaaaa");

    journal_close(j);
    journal_close(j);
}

// ---- rows

static void check_row(const struct run_row *r, const char *state)
{
    CHECK_STR(r->id, "aaaaa");
    CHECK_STR(r->runbook, "deploy");
    CHECK_STR(r->title, "It's \"deploy\"");
    CHECK_STR(r->state, state);
    CHECK_STR(r->user, "ada");
    CHECK_STR(r->started, "2026-09-21T14:02:11.204Z");
    CHECK_STR(r->locks, "a\nb");
    CHECK_STR(r->trigger, "");
    CHECK(r->exit == -1 && r->took_ms == 5000000000);
}

// One that says that it runs and that nobody has any more has crashed.
CONTRACT(the_row_is_seen_while_it_runs_and_after)
{
    struct journal *j = create("aaaaa");
    const struct run_row *rows;
    struct run_row row;
    size_t n;

    put_row(j, some_row("running"));
    CHECK(store_runs(store, scratch, 0, &rows, &n, &ds) == STORE_OK && n == 1);
    if (n == 1)
        check_row(&rows[0], "running");
    journal_close(j);
    CHECK(store_runs(store, scratch, 0, &rows, &n, &ds) == STORE_OK && n == 1);
    if (n == 1)
        check_row(&rows[0], "crashed");
    CHECK(store_find(store, STR("aaa"), scratch, &row, &ds) == STORE_OK);
    check_row(&row, "crashed");
}

CONTRACT(runs_that_are_open_are_listed_alone)
{
    static const char *const states[] = { "running", "waiting", "suspended",
                                          "ended",   "final",   "aborted" };
    const struct run_row *rows;
    size_t n;

    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        struct journal *j = create(((const char *[]){ "a", "b", "c", "d", "e", "f" })[i]);
        struct run_row row = some_row(states[i]);
        row.started = str_format(scratch, "2026-01-0%zu", 9 - i);
        put_row(j, row);
        journal_close(j);
    }
    CHECK(store_runs_open(store, scratch, &rows, &n, &ds) == STORE_OK && n == 3);
    for (size_t i = 0; i < n; i++)
        CHECK_STR(rows[i].id, ((const char *[]){ "a", "b", "c" })[i]);
    CHECK_STR(rows[0].state, "crashed");
}

CONTRACT(runs_are_listed_newest_first)
{
    static const char *const starts[] = { "2026-01-02", "2026-01-03", "2026-01-01" };
    const struct run_row *rows;
    size_t n;

    for (int i = 0; i < 3; i++) {
        struct journal *j = create(((const char *[]){ "bbbbb", "ccccc", "aaaaa" })[i]);
        struct run_row row = some_row("final");
        row.started = str_from(starts[i]);
        put_row(j, row);
        journal_close(j);
    }
    CHECK(store_runs(store, scratch, 0, &rows, &n, &ds) == STORE_OK && n == 3);
    if (n == 3) {
        CHECK_STR(rows[0].id, "ccccc");
        CHECK_STR(rows[1].id, "bbbbb");
        CHECK_STR(rows[2].id, "aaaaa");
    }
    CHECK(store_runs(store, scratch, 1, &rows, &n, &ds) == STORE_OK && n == 1);
}

CONTRACT(runs_of_a_runbook_after_a_time_are_found_whoever_else_ran_since)
{
    static const struct {
        const char *id, *runbook, *started;
    } runs[] = { { "aaaaa", "book", "2026-01-03" },
                 { "bbbbb", "other", "2026-01-04" },
                 { "ccccc", "book", "2026-01-05" },
                 { "ddddd", "book", "2026-01-02" },
                 { "eeeee", "book", "2026-01-01" } };
    const struct run_row *rows;
    size_t n;
    struct journal *open = create("fffff");
    struct run_row row = some_row("running");

    row.runbook = STR("book");
    row.started = STR("2026-01-06");
    put_row(open, row);
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        struct journal *j = create(runs[i].id);
        row = some_row("final");
        row.runbook = str_from(runs[i].runbook);
        row.started = str_from(runs[i].started);
        put_row(j, row);
        journal_close(j);
    }
    CHECK(store_runs_after(store, STR("book"), STR("2026-01-02"), scratch, &rows, &n, &ds) ==
              STORE_OK &&
          n == 3);
    for (size_t i = 0; i < n && i < 3; i++)
        CHECK_STR(rows[i].id, ((const char *[]){ "fffff", "ccccc", "aaaaa" })[i]);
    CHECK(store_runs_after(store, STR("third"), STR(""), scratch, &rows, &n, &ds) == STORE_OK &&
          n == 0);
    journal_close(open);
}

CONTRACT(a_run_is_found_by_an_unambiguous_beginning)
{
    struct run_row row;

    journal_close(create("abc11"));
    journal_close(create("abc22"));
    journal_close(create("abc"));
    CHECK(store_find(store, STR("abc1"), scratch, &row, &ds) == STORE_OK);
    CHECK_STR(row.id, "abc11");
    CHECK(store_find(store, STR("abc"), scratch, &row, &ds) == STORE_OK);
    CHECK_STR(row.id, "abc");
    CHECK(store_find(store, STR("ab"), scratch, &row, &ds) == STORE_NO_SUCH_RUN);
    CHECK(error_has("`ab` begins the ids of 3 runs"));
    CHECK(store_find(store, STR(""), scratch, &row, &ds) == STORE_NO_SUCH_RUN);
    CHECK(store_find(store, STR("b"), scratch, &row, &ds) == STORE_NO_SUCH_RUN);
}

// ---- locks

static enum store_error lock(const char *run, const char *names, struct lock_row *holder)
{
    struct str list[4];
    size_t n = 0;

    for (; *names; names++)
        list[n++] = (struct str){ names, 1 };
    *holder = (struct lock_row){ 0 };
    return store_lock(store, str_from(run), list, n, scratch, holder, &ds);
}

CONTRACT(locks_are_taken_all_or_none)
{
    struct journal *a = create("aaaaa"), *b = create("bbbbb");
    struct lock_row holder;
    const struct lock_row *rows;
    size_t n;

    add(a, "step.start", "restore");
    put_row(a, some_row("running"));
    put_row(b, some_row("running"));
    CHECK(lock("aaaaa", "yx", &holder) == STORE_OK);
    CHECK(lock("bbbbb", "zy", &holder) == STORE_LOCKED && !ds.errors);
    CHECK_STR(holder.name, "y");
    CHECK_STR(holder.run, "aaaaa");
    CHECK_STR(holder.step, "restore");
    CHECK(holder.user.n && holder.host.n && holder.since.n && !holder.stale);
    CHECK(lock("bbbbb", "z", &holder) == STORE_OK);
    CHECK(store_locks(store, scratch, &rows, &n, &ds) == STORE_OK && n == 3);
    if (n == 3)
        CHECK_STR(rows[2].run, "bbbbb");
    journal_close(a);
    journal_close(b);
}

CONTRACT(ones_own_locks_are_taken_again)
{
    struct journal *a = create("aaaaa");
    struct lock_row holder;
    const struct lock_row *rows;
    size_t n;

    put_row(a, some_row("running"));
    CHECK(lock("aaaaa", "xy", &holder) == STORE_OK);
    CHECK(lock("aaaaa", "zyx", &holder) == STORE_OK);
    CHECK(store_locks(store, scratch, &rows, &n, &ds) == STORE_OK && n == 3);
    CHECK(store_unlock(store, STR("aaaaa"), &ds) == STORE_OK);
    CHECK(store_locks(store, scratch, &rows, &n, &ds) == STORE_OK && n == 0);
    CHECK(store_unlock(store, STR("aaaaa"), &ds) == STORE_OK);
    journal_close(a);
}

CONTRACT(locks_may_be_taken_before_the_run_is_made)
{
    struct lock_row holder;
    const struct lock_row *rows;
    size_t n;

    CHECK(lock("aaaaa", "xy", &holder) == STORE_OK);
    CHECK(lock("bbbbb", "y", &holder) == STORE_LOCKED && !holder.stale);
    CHECK_STR(holder.run, "aaaaa");
    CHECK_STR(holder.step, "");
    struct journal *a = create("aaaaa");
    CHECK(lock("bbbbb", "y", &holder) == STORE_LOCKED);
    journal_close(a);
    CHECK(store_unlock(store, STR("aaaaa"), &ds) == STORE_OK);
    CHECK(lock("bbbbb", "y", &holder) == STORE_OK);
    CHECK(store_locks(store, scratch, &rows, &n, &ds) == STORE_OK && n == 1);
}

static void locks_of_a_closed_run(const char *state, int exit, enum store_error expected)
{
    struct journal *a = create(""), *b = create("");
    struct str first = journal_id(a), second = journal_id(b);
    struct run_row row = some_row(state);
    struct lock_row holder;

    row.exit = exit;
    put_row(a, row);
    put_row(b, some_row("running"));
    CHECK(lock(first.s, "x", &holder) == STORE_OK);
    journal_close(a);
    enum store_error got = lock(second.s, "x", &holder);
    if (got != expected)
        printf("# a run that is %s, exit %d\n", state, exit);
    CHECK(got == expected);
    store_unlock(store, first, &ds);
    store_unlock(store, second, &ds);
    journal_close(b);
}

CONTRACT(crashed_suspended_and_unknown_runs_keep_their_locks_others_do_not)
{
    locks_of_a_closed_run("running", -1, STORE_LOCKED);
    locks_of_a_closed_run("suspended", 6, STORE_LOCKED);
    locks_of_a_closed_run("ended", 11, STORE_LOCKED);
    locks_of_a_closed_run("ended", 1, STORE_OK);
    locks_of_a_closed_run("final", 0, STORE_OK);
    locks_of_a_closed_run("aborted", 130, STORE_OK);
}

// ---- votes

static void vote(const char *step, const char *user, const char *digest, bool yes)
{
    struct vote v = { .step = str_from(step),
                      .user = str_from(user),
                      .reason = STR("be\"cause\n"),
                      .digest = str_from(digest),
                      .at = STR("2026-01-01T00:00:00.000Z"),
                      .yes = yes };

    CHECK(store_vote(store, STR("aaaaa"), &v, &ds) == STORE_OK);
}

CONTRACT(votes_are_one_a_person_question_and_digest)
{
    struct journal *j = create("aaaaa");
    const struct vote *votes;
    size_t n;

    CHECK(store_votes(store, STR("aaaaa"), scratch, &votes, &n, &ds) == STORE_OK && n == 0);
    vote("a", "ada", "d1", true);
    vote("a", "bob", "d1", true);
    vote("b", "ada", "d1", true);
    vote("a", "ada", "d2", true);
    vote("a", "ada", "d1", false);
    // Who votes in PostgreSQL is the role, here the same for all.
    CHECK(store_votes(store, STR("aaaaa"), scratch, &votes, &n, &ds) == STORE_OK);
    CHECK(n == (backing == IN_POSTGRESQL ? 3 : 4));
    int no = 0;
    for (size_t i = 0; i < n; i++) {
        no += !votes[i].yes;
        CHECK_STR(votes[i].reason, "be\"cause\n");
        if (backing == IN_POSTGRESQL)
            CHECK(str_equal(votes[i].user, store_user(store, scratch)));
    }
    CHECK(no == 1);
    journal_close(j);
}

CONTRACT(an_approval_never_replaces_a_refusal)
{
    struct journal *j = create("aaaaa");
    const struct vote *votes;
    size_t n;

    vote("a", "ada", "d1", true);
    vote("a", "ada", "d1", false);
    vote("a", "ada", "d1", true);
    CHECK(store_votes(store, STR("aaaaa"), scratch, &votes, &n, &ds) == STORE_OK);
    CHECK(n == 1 && !votes[0].yes);
    journal_close(j);
}

// ---- runs that are gone on with, what triggers remember, old runs

// A run that nobody has, in that state, whose last session ended then.
static void leave(const char *id, const char *state, const char *ended)
{
    struct journal *j = create(id);
    struct run_row row = some_row(state);

    row.ended = str_from(ended);
    put_row(j, row);
    journal_close(j);
}

static struct claim claim(const char *id, const char *ended)
{
    struct seen_run seen = { str_from(id), str_from(ended) };
    struct claim c;
    enum store_error e = store_claim(store, &seen, 1, scratch, &c, &ds);

    CHECK(e == (c.run.n ? STORE_OK : STORE_NO_SUCH_RUN) && !ds.errors);
    return c;
}

CONTRACT(a_run_is_claimed_once_and_had_by_whom_it_was_claimed_for)
{
    struct journal *j;

    leave("aaaaa", "suspended", "2026-09-21T14:05:00.000Z");
    struct claim mine = claim("aaaaa", "2026-09-21T14:05:00.000Z");
    CHECK_STR(mine.run, "aaaaa");
    CHECK(!claim("aaaaa", "2026-09-21T14:05:00.000Z").run.n);
    if (journal_open_claimed(store, mine.run, mine.mark, scratch, &j, &ds) != STORE_OK) {
        CHECK(!"it is had by its claim");
        return;
    }
    CHECK(!claim("aaaaa", "2026-09-21T14:05:00.000Z").run.n);
    put_row(j, some_row("suspended"));
    store_claim_drop(store, &mine);
    CHECK(!claim("aaaaa", "").run.n);  // its process has it all the same
    add(j, "x", "");
    CHECK(journal_commit_now(j, &ds));
    journal_close(j);
}

CONTRACT(a_claim_that_is_dropped_is_for_the_next_one)
{
    leave("aaaaa", "suspended", "t1");
    struct claim mine = claim("aaaaa", "t1");
    store_claim_drop(store, &mine);
    CHECK(!mine.run.n);
    mine = claim("aaaaa", "t1");
    CHECK_STR(mine.run, "aaaaa");
    store_claim_drop(store, &mine);
}

CONTRACT(who_claims_at_the_same_time_gets_another_run)
{
    static const struct seen_run runs[] = { { { "aaaaa", 5 }, { "t1", 2 } },
                                            { { "bbbbb", 5 }, { "t2", 2 } } };
    struct claim first, second, third;

    leave("aaaaa", "suspended", "t1");
    leave("bbbbb", "suspended", "t2");
    CHECK(store_claim(store, runs, 2, scratch, &first, &ds) == STORE_OK);
    CHECK(store_claim(store, runs, 2, scratch, &second, &ds) == STORE_OK);
    CHECK(store_claim(store, runs, 2, scratch, &third, &ds) == STORE_NO_SUCH_RUN && !ds.errors);
    CHECK_STR(first.run, "aaaaa");
    CHECK_STR(second.run, "bbbbb");
    store_claim_drop(store, &first);
    store_claim_drop(store, &second);
}

CONTRACT(what_was_gone_on_with_since_it_was_seen_is_not_claimed)
{
    static const char *const over[] = { "ended", "final", "aborted" };

    leave("aaaaa", "suspended", "t2");
    CHECK(!claim("aaaaa", "t1").run.n);
    CHECK(!claim("none0", "t1").run.n);
    for (size_t i = 0; i < 3; i++) {
        const char *id = (const char *[]){ "bbbbb", "ccccc", "ddddd" }[i];
        leave(id, over[i], "t1");
        CHECK(!claim(id, "t1").run.n);
    }
}

CONTRACT(one_that_crashed_is_claimed_and_one_that_somebody_has_is_not)
{
    struct journal *j = create("aaaaa");

    put_row(j, some_row("running"));
    CHECK(!claim("aaaaa", "").run.n);
    journal_close(j);
    struct claim mine = claim("aaaaa", "");
    CHECK_STR(mine.run, "aaaaa");
    store_claim_drop(store, &mine);
}

CONTRACT(what_a_trigger_remembers_is_the_last)
{
    struct str s;

    CHECK(store_recall(store, STR("k"), scratch, &s, &ds) == STORE_OK && s.n == 0);
    CHECK(store_remember(store, STR("k"), STR("{\"n\":1}"), &ds) == STORE_OK);
    CHECK(store_remember(store, STR("k"), STR("{\"n\":2}"), &ds) == STORE_OK);
    CHECK(store_recall(store, STR("k"), scratch, &s, &ds) == STORE_OK);
    CHECK_STR(s, "{\"n\":2}");
}

CONTRACT(a_fire_is_claimed_once_and_everybody_learns_its_run)
{
    struct str first, second, other;
    bool ours;

    CHECK(store_claim_fire(store, STR("k 1"), scratch, &first, &ours, &ds) == STORE_OK && ours);
    CHECK(store_claim_fire(store, STR("k 1"), scratch, &second, &ours, &ds) == STORE_OK && !ours);
    CHECK(store_claim_fire(store, STR("k 2"), scratch, &other, &ours, &ds) == STORE_OK && ours);
    CHECK(str_equal(first, second) && !str_equal(first, other) && first.n >= 5);
}

CONTRACT(only_old_runs_that_are_over_are_pruned)
{
    static const char *const states[] = { "final", "aborted", "running", "suspended", "ended" };
    const struct run_row *rows;
    const struct lock_row *locks;
    struct lock_row holder;
    size_t n, removed;

    for (int i = 0; i < 5; i++) {
        struct journal *j = create("");
        struct run_row row = some_row(states[i]);
        row.ended = STR("2020-01-01T00:00:00.000Z");
        put_row(j, row);
        if (i == 0)
            CHECK(lock(journal_id(j).s, "x", &holder) == STORE_OK);
        journal_close(j);
    }
    struct journal *held = create("");
    struct run_row row = some_row("final");
    row.ended = STR("2020-01-01T00:00:00.000Z");
    put_row(held, row);
    CHECK(store_prune(store, INT64_C(50000) * 86400 * 1000000000, &removed, &ds) == STORE_OK);
    CHECK(removed == 0);
    CHECK(store_prune(store, INT64_C(86400) * 1000000000, &removed, &ds) == STORE_OK);
    CHECK(removed == 2);
    CHECK(store_runs(store, scratch, 0, &rows, &n, &ds) == STORE_OK && n == 4);
    CHECK(store_locks(store, scratch, &locks, &n, &ds) == STORE_OK && n == 0);
    journal_close(held);
}

CONTRACT(somebody_is_asking)
{
    CHECK(store_user(store, scratch).n > 0);
}

// ---- faults of the store in memory, which other tests rely on

static void any_write_fails(void)
{
    for (int n = 1; n <= 5; n++) {
        struct arena *a = arena_new(NULL);
        struct store *s = store_open(a, loop, STR("memory:"), true, &ds);
        struct journal *j = NULL;
        int fine = 0;

        memory_fail(s, n);
        journal_create(s, a, STR("aaaaa"), &j, &ds);
        for (int i = 0; j && i < 5; i++) {
            add(j, "step.end", "");
            fine += journal_commit_now(j, &ds);
        }
        CHECK(n == 1 ? !j : fine == n - 2);
        CHECK(!j || journal_failure(j).n);
        arena_free(a);
    }
}

TEST(memory_any_write_can_be_made_to_fail_and_all_later_ones_with_it)
{
    play(IN_MEMORY, any_write_fails);
}

static int failures_told;

static void tell_failure(void *arg)
{
    (void)arg;
    failures_told++;
}

static void failure_is_told(void)
{
    struct journal *j = create("aaaaa");

    failures_told = told = told_ok = 0;
    journal_on_failure(j, tell_failure, NULL);
    add(j, "a", "");
    journal_commit(j, tell, (void *)0);
    memory_fail(store, 1);
    add(j, "b", "");
    journal_commit(j, tell, (void *)1);
    add(j, "c", "");
    journal_commit(j, tell, (void *)2);
    while (told < 3)
        loop_turn(loop);
    CHECK(told_ok == 1 && failures_told == 1);
    journal_close(j);
}

TEST(memory_a_failure_is_told_once)
{
    play(IN_MEMORY, failure_is_told);
}

static void crash(void)
{
    struct journal *j = create("aaaaa"), *other;

    add(j, "a", "");
    CHECK(journal_commit_now(j, &ds));
    memory_crash(store, STR("aaaaa"));
    CHECK(journal_open(store, STR("aaaaa"), scratch, &other, &ds) == STORE_OK);
    add(j, "b", "");
    CHECK(!journal_commit_now(j, &ds));
    CHECK(error_has("another interpreter has taken run `aaaaa`"));
    CHECK_STR(events("aaaaa", 1), "1:a ");
    journal_close(j);
    journal_close(other);
}

TEST(memory_who_crashed_writes_nothing_more)
{
    play(IN_MEMORY, crash);
}
