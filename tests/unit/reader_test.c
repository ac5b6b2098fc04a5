// Events that are read in a thread arrive in order, all of them, and only as long as they are wanted.

#include "tests/unit/test.h"

#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "exec/reader.h"

static struct diags ds;
static char place[] = "/tmp/reader-XXXXXX";
static struct store *store;

static int drop_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static void clear(void *ignored)
{
    (void)ignored;
    nftw(place, drop_file, 16, FTW_DEPTH | FTW_PHYS);
    strcpy(place + strlen(place) - 6, "XXXXXX");
}

static struct journal *create(void)
{
    struct journal *j = NULL;

    if (!mkdtemp(place))
        abort();
    arena_defer(scratch, clear, NULL);
    ds = (struct diags){ .arena = scratch };
    store = store_open(scratch, NULL, str_format(scratch, "%s/state", place), true, &ds);
    CHECK(store && journal_create(store, scratch, STR("aaaaa"), &j, &ds) == STORE_OK);
    return j;
}

static void add(struct journal *j, const char *type, const char *text)
{
    long long seq = (long long)journal_next_seq(j);

    journal_add(j, str_from(type),
                str_format(scratch, "{\"v\":1,\"seq\":%lld,\"type\":\"%s\",\"text\":\"%s\"}", seq, type,
                           text));
}

static struct reader *start(struct journal *j, struct journal **again)
{
    CHECK(journal_commit_now(j, &ds));
    journal_close(j);
    CHECK(journal_take(store, STR("aaaaa"), STR(""), scratch, again, &ds) == STORE_OK);
    return reader_start(*again, scratch);
}

static struct str long_text(size_t n)
{
    char *text = NEW_ARRAY(scratch, char, n + 1);

    memset(text, 'x', n);
    return (struct str){ text, n };
}

TEST(all_come_in_order_and_what_is_not_known_is_left_out)
{
    struct journal *j = create(), *again;
    const struct read_event *e;
    int64_t last = 0;
    size_t count = 0;

    // More than all blocks have room for, in numbers and in bytes, of both kinds.
    for (int i = 0; i < 3000; i++) {
        add(j, "step.output", "short");
        add(j, i < 1500 ? "step.invented" : "phase.invented", "");
    }
    for (int i = 0; i < 20; i++)
        add(j, i % 2 ? "step.output" : "step.invented", long_text(50000).s);
    for (int i = 0; i < 20; i++)
        add(j, "step.invented", long_text(50000).s);
    add(j, "run.end", "");
    struct reader *r = start(j, &again);
    while ((e = reader_next(r))) {
        CHECK(e->event.seq > last && e->as_filed);
        last = e->event.seq;
        count++;
    }
    CHECK(count == 3011 && last == 6041);
    CHECK(!reader_next(r));
    CHECK(reader_end(r, &ds) == STORE_OK && ds.errors == 0);
    CHECK(journal_next_seq(again) == 6042);
    add(again, "run.resume", "");
    CHECK(journal_commit_now(again, &ds));
    journal_close(again);
}

TEST(who_wants_no_more_has_the_rest_checked_all_the_same)
{
    struct journal *j = create(), *again;

    for (int i = 0; i < 3000; i++)
        add(j, "step.output", "short");
    struct reader *r = start(j, &again);
    CHECK(reader_next(r)->event.seq == 1);
    CHECK(reader_end(r, &ds) == STORE_OK);
    CHECK(journal_next_seq(again) == 3001);
    journal_close(again);
    CHECK(journal_take(store, STR("aaaaa"), STR(""), scratch, &again, &ds) == STORE_OK);
    r = reader_start(again, scratch);
    CHECK(reader_end(r, &ds) == STORE_OK && ds.errors == 0);
    journal_close(again);
}

TEST(what_an_event_is_filed_as_is_not_what_it_is)
{
    struct journal *j = create(), *again;

    journal_add(j, STR("step.end"), STR("{\"v\":1,\"seq\":1,\"type\":\"step.start\"}"));
    struct reader *r = start(j, &again);
    CHECK(!reader_next(r)->as_filed);
    CHECK(!reader_next(r) && reader_end(r, &ds) == STORE_OK);
    journal_close(again);
}

TEST(an_event_that_should_be_known_and_cannot_be_read_is_not_left_out)
{
    struct journal *j = create(), *again;
    const struct read_event *e;

    journal_add(j, STR("step.start"), STR("{\"v\":1,\"seq\":1,\"type\":\"step.start\",\"a\\u0000\":1}"));
    journal_add(j, STR("step.invented"), STR("{\"v\":1,\"seq\":2,\"a\\u0000\":1}"));
    struct reader *r = start(j, &again);
    e = reader_next(r);
    CHECK(e && !e->as_filed && e->event.seq == 1);
    CHECK(!reader_next(r) && reader_end(r, &ds) == STORE_OK);
    journal_close(again);
}

TEST(a_run_whose_journal_is_gone_is_told_at_the_end)
{
    struct journal *j = create(), *again;

    add(j, "run.start", "");
    CHECK(journal_commit_now(j, &ds));
    journal_close(j);
    CHECK(remove(str_format(scratch, "%s/state/runs/aaaaa/journal.db", place).s) == 0);
    CHECK(journal_take(store, STR("aaaaa"), STR(""), scratch, &again, &ds) == STORE_OK);
    struct reader *r = reader_start(again, scratch);
    CHECK(!reader_next(r));
    CHECK(reader_end(r, &ds) == STORE_NO_SUCH_RUN && ds.errors == 1);
    journal_close(again);
}
