#include "tests/unit/test.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "report/document.h"
#include "report/page.h"
#include "report/screen.h"

static const struct look plain = { 0 };

static struct page narrow(size_t columns)
{
    return page_new(scratch, &plain, columns);
}

TEST(every_row_of_a_text_stands_behind_the_prefix)
{
    struct page p = narrow(24);

    page_text(&p, "  | ", INK_PLAIN, STR("what a step prints is long\nand has lines\r\n"));
    CHECK_STR(page_str(&p), "  | what a step prints\n  | is long\n  | and has lines");
}

TEST(a_row_that_is_one_word_is_cut_where_the_page_ends)
{
    struct page p = narrow(20);

    page_text(&p, "", INK_PLAIN, STR("abcdefghijklmnopqrstuvwxyz"));
    CHECK_STR(page_str(&p), "abcdefghijklmnopqrst\nuvwxyz");
}

TEST(wide_characters_count_twice)
{
    struct page p = narrow(20);

    page_text(&p, "", INK_PLAIN,
              STR("\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac"
                  "\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5"));
    CHECK_STR(page_str(&p),
              "\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac"
              "\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac\n\xe6\x97\xa5");
}

TEST(no_text_begins_a_row_of_ours)
{
    struct page p = narrow(0);

    page_text(&p, "  | ", INK_PLAIN, STR("\r\x1b[2K\xe2\x9c\x93 all is well"));
    CHECK_STR(page_str(&p), "  | \\x0d\\x1b[2K\xe2\x9c\x93 all is well");
}

TEST(items_stand_under_each_other)
{
    struct page p = narrow(40);

    page_item(&p, STR("id"), 6, INK_PLAIN, STR("words that need more than one row to stand in"));
    CHECK_STR(page_str(&p), "  id      words that need more than one\n          row to stand in");
}

TEST(a_long_label_has_a_row_of_its_own)
{
    struct page p = narrow(24);

    page_item(&p, STR("a-label-that-is-long"), 4, INK_PLAIN, STR("words"));
    CHECK_STR(page_str(&p), "  a-label-that-is-long\n      words");
}

TEST(blank_rows_are_neither_first_nor_two)
{
    struct page p = narrow(0);

    page_blank(&p);
    page_head(&p, INK_PLAIN, "%s", "a");
    page_blank(&p);
    page_blank(&p);
    page_head(&p, INK_PLAIN, "%s", "b");
    CHECK_STR(page_str(&p), "a\n\nb");
}

// -------- the screen

static struct str written(int fd)
{
    char *bytes = NEW_ARRAY(scratch, char, 10000);
    ssize_t n = read(fd, bytes, 10000);

    return (struct str){ bytes, n > 0 ? (size_t)n : 0 };
}

static struct screen *piped(int fds[2], bool repaint)
{
    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
        return NULL;
    return screen_new(scratch, fds[1], (struct look){ .repaint = repaint, .columns = 80 });
}

TEST(the_status_is_painted_below_what_scrolls)
{
    int fds[2];
    struct screen *s = piped(fds, true);

    screen_status(s, STR("working"));
    screen_line(s, STR("done"));
    CHECK_STR(written(fds[0]), "working\r\x1b[Kdone\nworking");
    screen_status(s, STR(""));
    CHECK_STR(written(fds[0]), "\r\x1b[K");
    close(fds[0]);
    close(fds[1]);
}

TEST(who_reads_aloud_gets_no_line_twice)
{
    int fds[2];
    struct screen *s = piped(fds, false);

    screen_status(s, STR("working"));
    screen_line(s, STR("done"));
    CHECK_STR(written(fds[0]), "done\n");
    close(fds[0]);
    close(fds[1]);
}

TEST(lines_wait_while_a_question_has_the_screen)
{
    int fds[2];
    struct screen *s = piped(fds, true);

    screen_status(s, STR("working"));
    screen_take(s);
    CHECK_STR(written(fds[0]), "working\r\x1b[K");
    screen_put(s, STR("yes or no? "));
    screen_line(s, STR("of another step"));
    screen_status(s, STR("still working"));
    CHECK_STR(written(fds[0]), "yes or no? ");
    screen_give_back(s);
    CHECK_STR(written(fds[0]), "of another step\nstill working");
    close(fds[0]);
    close(fds[1]);
}

TEST(a_reader_that_went_away_ends_nothing)
{
    int fds[2];
    struct screen *s = piped(fds, true);

    signal(SIGPIPE, SIG_IGN);
    close(fds[0]);
    screen_line(s, STR("a"));
    CHECK(screen_is_gone(s));
    screen_line(s, STR("b"));
    close(fds[1]);
}

// -------- documents

static struct str markdown(struct document *d)
{
    struct buf *b = buf_in(scratch);

    document_markdown(d, b);
    return buf_str(b);
}

TEST(text_in_markdown_stays_text)
{
    struct document *d = document_new(scratch);

    document_para(d, STR("# no heading, *no* [link](x), `no code`, <b>"));
    document_para(d, STR("1. no list"));
    document_para(d, STR("- no list"));
    document_para(d, STR("second_step stays readable, 2.5 too"));
    CHECK_STR(markdown(d), "\\# no heading, \\*no\\* \\[link\\](x), \\`no code\\`, \\<b\\>\n\n"
                           "1\\. no list\n\n\\- no list\n\n"
                           "second_step stays readable, 2.5 too\n");
}

TEST(a_cell_cannot_end_its_table)
{
    struct document *d = document_new(scratch);

    document_table(d, "a|b");
    document_cell(d, STR("x | y\nz"));
    document_cell_code(d, STR("a `b` | c"));
    CHECK_STR(markdown(d), "| a | b |\n| --- | --- |\n| x \\| y<br>z | `` a `b` \\| c `` |\n");
}

TEST(a_fence_is_longer_than_what_stands_in_it)
{
    struct document *d = document_new(scratch);

    document_code(d, STR("```\nrm -rf /\n```\n"));
    CHECK_STR(markdown(d), "````text\n```\nrm -rf /\n```\n````\n");
}

TEST(text_in_html_stays_text)
{
    struct document *d = document_new(scratch);
    struct buf *b = buf_in(scratch);

    document_para(d, STR("<script>alert('1 & 2')</script>"));
    document_html(d, STR("</title><script>"), b);
    CHECK(str_search(buf_str(b), STR("<script>")) == SIZE_MAX);
    CHECK(str_search(buf_str(b), STR("&lt;script&gt;alert(&#39;1 &amp; 2&#39;)")) != SIZE_MAX);
}
