#include "tests/unit/test.h"

#include "report/harmless.h"

static struct str shown(const char *in)
{
    return harmless_text(str_from(in), scratch);
}

TEST(an_escape_sequence_is_seen_and_does_nothing)
{
    CHECK_STR(shown("a\x1b[31mred\x1b]0;title\x07"), "a\\x1b[31mred\\x1b]0;title\\x07");
}

TEST(control_characters_are_written_out)
{
    CHECK_STR(shown("10%\r20%\b\x7f"), "10%\\x0d20%\\x08\\x7f");
    CHECK_STR(shown("a\nb"), "a\\x0ab");
    CHECK_STR(harmless_text((struct str){ "a\0b", 3 }, scratch), "a\\x00b");
    CHECK_STR(shown("\xc2\x9b"
                    "31m"),
              "\\u009b31m");
}

TEST(text_cannot_run_backwards_or_be_hidden)
{
    CHECK_STR(shown("a\xe2\x80\xae"
                    "b"),
              "a\\u202eb");
    CHECK_STR(shown("a\xe2\x80\x8b"
                    "b\xef\xbb\xbf"),
              "a\\u200bb\\ufeff");
    CHECK_STR(shown("\xe2\x80\xa8"), "\\u2028");
    CHECK_STR(shown("\xf3\xa0\x81\x81"), "\\U000e0041");
}

TEST(what_is_not_utf8_is_written_out_byte_by_byte)
{
    CHECK_STR(shown("a\xff\xc0\xaf"
                    "b"),
              "a\\xff\\xc0\\xafb");
    CHECK_STR(shown("\xe2\x82"), "\\xe2\\x82");
}

TEST(other_text_stays_as_it_is)
{
    CHECK_STR(shown("na\xc3\xafve \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x9a\x80"),
              "na\xc3\xafve \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x9a\x80");
}

TEST(a_tab_goes_to_the_next_eighth_column)
{
    CHECK_STR(shown("\tx"), "        x");
    CHECK_STR(shown("ab\tx"), "ab      x");
    CHECK_STR(shown("\xe6\x97\xa5\tx"), "\xe6\x97\xa5      x");
}

TEST(columns_are_those_of_a_terminal)
{
    CHECK(columns(STR("abc")) == 3);
    CHECK(columns(STR("\xe6\x97\xa5\xe6\x9c\xac")) == 4);
    CHECK(columns(STR("e\xcc\x81")) == 1);
}

TEST(a_text_is_cut_between_characters)
{
    CHECK(columns_fit(STR("\xe6\x97\xa5\xe6\x9c\xac"), 3) == 3);
    CHECK_STR(columns_cut(STR("abcdef"), 4, true, scratch), "abc\xe2\x80\xa6");
    CHECK_STR(columns_cut(STR("abcdef"), 4, false, scratch), "a...");
    CHECK_STR(columns_cut(STR("abcdef"), 6, false, scratch), "abcdef");
    CHECK_STR(columns_cut(STR("abcdef"), 2, false, scratch), "ab");
}
