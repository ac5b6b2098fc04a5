#include "tests/unit/test.h"

#include "report/lines.h"
#include "report/tail.h"
#include "value/when.h"

static void collect(struct str line, void *arg)
{
    buf_format(arg, "[%.*s]", STR_ARG(line));
}

static struct str cut(const char *const *pieces, size_t count)
{
    struct lines l = { 0 };
    struct buf *b = buf_in(scratch);

    for (size_t i = 0; i < count; i++)
        lines_feed(&l, str_from(pieces[i]), 0, collect, b);
    lines_end(&l, collect, b);
    return buf_str(b);
}

#define CUT(...)                              \
    cut((const char *const[]){ __VA_ARGS__ }, \
        sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

TEST(lines_come_whole_whatever_the_pieces)
{
    CHECK_STR(CUT("a", "b\nc", "\n", "\nd"), "[ab][c][][d]");
    CHECK_STR(CUT("a\nb\n"), "[a][b]");
    CHECK_STR(CUT(""), "");
}

TEST(a_line_without_end_goes_out_in_pieces)
{
    struct lines l = { 0 };
    struct buf *b = buf_in(scratch);
    char *many = NEW_ARRAY(scratch, char, 3 * LINES_LONGEST);

    memset(many, 'x', 3 * LINES_LONGEST);
    lines_feed(&l, (struct str){ many, 3 * LINES_LONGEST - 1 }, 0, collect, b);
    CHECK(b->n == 2 * (LINES_LONGEST + 2));
    lines_end(&l, collect, b);
    CHECK(b->n == 3 * (LINES_LONGEST + 2) - 1);
}

TEST(a_stream_that_pours_is_thinned_and_counted)
{
    struct lines l = { 0 };
    struct buf *b = buf_in(scratch);

    for (int i = 0; i < 2 * LINES_A_SECOND / 100; i++)
        lines_feed(&l,
                   STR("0123456789012345678901234567890123456789012345678901234567890123456789"
                       "01234567890123456789012345678\n"),
                   1000, collect, b);
    CHECK(b->n < LINES_A_SECOND + 3000);
    CHECK(lines_left_out(&l) > 0);
    CHECK(lines_left_out(&l) == 0);
    buf_clear(b);
    lines_feed(&l, STR("again\n"), 2000, collect, b);
    CHECK_STR(buf_str(b), "[again]");
    lines_end(&l, collect, b);
}

TEST(the_last_twenty_lines_are_kept)
{
    struct tail t = { 0 };
    struct str lines[TAIL_LINES];

    CHECK(tail_lines(&t, lines) == 0);
    for (int i = 1; i <= 100000; i++)
        tail_add(&t, str_format(scratch, "line %d\n", i), scratch);
    CHECK(tail_lines(&t, lines) == TAIL_LINES);
    CHECK_STR(lines[0], "line 99981");
    CHECK_STR(lines[19], "line 100000");
    CHECK(t.text->n <= 4 * TAIL_BYTES);
    tail_add(&t, STR("no end"), scratch);
    CHECK(tail_lines(&t, lines) == TAIL_LINES);
    CHECK_STR(lines[19], "no end");
}

TEST(a_tail_is_bounded_also_without_line_ends)
{
    struct tail t = { 0 };
    struct str lines[TAIL_LINES];
    char *many = NEW_ARRAY(scratch, char, 100 * TAIL_BYTES);

    memset(many, 'x', 100 * TAIL_BYTES);
    tail_add(&t, (struct str){ many, 100 * TAIL_BYTES }, scratch);
    CHECK(tail_lines(&t, lines) == 1);
    CHECK(lines[0].n <= TAIL_BYTES);
}

TEST(spans_are_said_with_two_units_at_most)
{
    CHECK_STR(span_text(0, scratch), "0.0 s");
    CHECK_STR(span_text(449, scratch), "0.4 s");
    CHECK_STR(span_text(9949, scratch), "9.9 s");
    CHECK_STR(span_text(9999, scratch), "9 s");
    CHECK_STR(span_text(72000, scratch), "1m 12s");
    CHECK_STR(span_text(1800000, scratch), "30m");
    CHECK_STR(span_text(7500000, scratch), "2h 05m");
    CHECK_STR(span_text(3LL * 86400000 + 4 * 3600000, scratch), "3d 04h");
    CHECK_STR(span_text(-5, scratch), "0.0 s");
}

TEST(times_are_utc)
{
    int64_t ns = wall_from(STR("2026-09-21T16:02:11.204+02:00"));

    CHECK_STR(clock_text(ns, scratch), "14:02:11Z");
    CHECK_STR(date_text(ns, scratch), "2026-09-21 14:02:11 UTC");
    CHECK_STR(date_text(0, scratch), "not known");
    CHECK(wall_from(STR("yesterday")) == 0);
}
