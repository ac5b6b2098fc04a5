// What is read in one go must be what the library reads; and it may read less, but not more.

#include "tests/unit/test.h"

#include <stdlib.h>

#include "value/json.h"

static const char *const plain[] = {
    ("{\"v\":1,\"seq\":6,\"ts\":\"2026-11-21T19:26:31.144Z\",\"run\":\"w5aewv\",\"type\":\"step."
     "end\","
     "\"step\":\"s1\",\"took_ms\":14,\"result\":{\"exit\":0,\"signal\":\"\",\"lines\":[],"
     "\"truncated\":false},\"left\":null}"),
    "{\"a\":{},\"b\":[[],[1,-2],{\"c\":true}],\"d\":-0,\"e\":999999999999999999}",
    "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\u001b\\u007F\",\"plain and longer than eight\"]",
    "\"gr\xc3\xbc\xc3\x9f, \xe2\x82\xac, \xf0\x9f\x94\xa5 \\n and more\"",
    ("{\"k1\":1,\"k2\":2,\"k3\":3,\"k4\":4,\"k5\":5,\"k6\":6,\"k7\":7,\"k8\":8,\"k9\":9,\"k10\":10,"
     "\"k11\":11,\"k12\":12,\"k13\":13,\"k14\":14,\"k15\":15,\"k16\":16,\"k17\":17,\"k18\":18}"),
    "[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]",
};

// Left to the library, or no JSON.
static const char *const other[] = {
    "",
    " ",
    "{",
    "{}{}",
    "{\"a\" :1}",
    "[1, 2]",
    " 1",
    "1 ",
    "1.5",
    "1e3",
    "01",
    "-",
    "+1",
    "-01",
    "9999999999999999999",
    "nul",
    "truee",
    "\"",
    "\"\\\"",
    "\"\\",
    "\"\\u\"",
    "\"\\u00e9\"",
    "\"\\ud83d\\ude00\"",
    "\"\\q\"",
    "\"\t\"",
    "\"\xff\"",
    "\"\xc3\"",
    "\"\xed\xa0\x80\"",
    "[1,]",
    "[,1]",
    "{\"a\":1,}",
    "{\"a\":1,\"a\":2}",
    "{\"a\\n\":1}",
    "{1:1}",
    "{\"a\":}",
    "[1",
    "{\"a\":1]",
};

// A block of just that length, so that a sanitizer sees every byte read behind it.
static bool reads(struct str text, struct value *out, char **block)
{
    *block = malloc(text.n ? text.n : 1);
    memcpy(*block, text.s, text.n);
    return json_read_plain((struct str){ *block, text.n }, scratch, out);
}

static bool is_same(struct str text)
{
    struct value quick = VALUE_NONE, slow = VALUE_NONE;
    struct json_error ignored;
    char *block;
    bool same = !reads(text, &quick, &block) ||
                (json_read(text, scratch, &slow, &ignored) && value_equal(quick, slow) &&
                 str_equal(json_text(quick, scratch), json_text(slow, scratch)) &&
                 value_weight(quick) == value_weight(slow));

    if (!same)
        printf("# %.*s\n", STR_ARG(text));
    free(block);
    return same;
}

TEST(what_events_look_like_is_plain)
{
    struct value v;
    char *block;

    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        CHECK(reads(str_from(plain[i]), &v, &block));
        CHECK(is_same(str_from(plain[i])));
        free(block);
    }
}

TEST(the_rest_is_left_to_the_library)
{
    struct value v;
    char *block;

    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        CHECK(!reads(str_from(other[i]), &v, &block));
        free(block);
    }
}

TEST(text_without_escapes_is_not_copied)
{
    struct str text = STR("[\"abc\",\"d\\n\"]");
    struct value v = VALUE_NONE;

    CHECK(json_read_plain(text, scratch, &v));
    CHECK(value_item(v, 0).s.s == text.s + 2);
    CHECK_STR(value_item(v, 1).s, "d\n");
}

TEST(a_large_map_is_looked_into)
{
    struct value v = VALUE_NONE, found = VALUE_NONE;

    CHECK(json_read_plain(str_from(plain[4]), scratch, &v));
    CHECK(value_field(v, "k18", scratch, &found) && found.i == 18);
    CHECK(value_field(v, "k1", scratch, &found) && found.i == 1);
    CHECK(!value_field(v, "k19", scratch, &found));
}

TEST(depth_is_bounded)
{
    char deep[1000];
    struct value v;

    memset(deep, '[', 500);
    memset(deep + 500, ']', 500);
    CHECK(!json_read_plain((struct str){ deep, 1000 }, scratch, &v));
    CHECK(json_read_plain((struct str){ deep + 100, 800 }, scratch, &v));
    CHECK(is_same((struct str){ deep + 300, 400 }));
}

TEST(what_is_cut_short_is_never_read)
{
    struct value v;
    char *block;

    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        for (size_t n = 0; n < strlen(plain[i]); n++) {
            CHECK(!reads((struct str){ plain[i], n }, &v, &block));
            free(block);
        }
}

TEST(another_byte_anywhere_reads_as_the_library_reads_it)
{
    static const char bytes[] = "\"\\{}[]:,0-.e u\n\x1f\x7f\x80\xc3\xff";

    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        for (size_t at = 0; at < strlen(plain[i]); at++)
            for (size_t k = 0; k < sizeof bytes; k++) {
                struct str text = str_copy(scratch, str_from(plain[i]));
                ((char *)text.s)[at] = bytes[k];
                CHECK(is_same(text));
            }
}

// The object under "r" and all that comes of it, read with [m].
static struct value again(struct json_memo *m, const char *object, struct str *line)
{
    struct value v = VALUE_NONE, r = VALUE_NONE;

    *line = str_format(scratch, "{\"a\":1,\"r\":%s,\"z\":2}", object);
    CHECK(json_read_again(m, *line, scratch, &v) && value_size(v) == 3);
    CHECK(value_field(v, "r", scratch, &r));
    CHECK_STR(json_text(v, scratch), line->s);
    return r;
}

TEST(an_object_that_stood_there_before_is_not_read_again)
{
    struct json_memo *m = json_memo_new(scratch);
    const char *object = "{\"exit\":0,\"lines\":[\"a}\"],\"more\":{\"b\":null}}";
    struct str first, line;

    struct value one = again(m, object, &first);
    again(m, object, &line);
    struct value three = again(m, object, &line);
    memset((char *)first.s, 'x', first.n);
    CHECK(three.map != one.map && value_equal(three, again(m, object, &line)));
    CHECK(three.map == again(m, object, &line).map);
    memset((char *)line.s, 'x', line.n);
    CHECK_STR(json_text(three, scratch), object);
}

TEST(one_that_only_begins_like_it_is_another)
{
    struct json_memo *m = json_memo_new(scratch);
    struct value v;
    struct str line;

    for (int i = 0; i < 3; i++)
        again(m, "{\"exit\":1}", &line);
    CHECK(value_item(again(m, "{\"exit\":[12]}", &line).map->entries[0].value, 0).i == 12);
    CHECK(again(m, "{\"exit\":12}", &line).map->entries[0].value.i == 12);
    CHECK(value_size(again(m, "{\"exit\":1,\"b\":2}", &line)) == 2);
    again(m, "{}", &line);
    CHECK(!json_read_again(m, STR("{\"r\":{\"exit\":1}"), scratch, &v));
    CHECK(!json_read_again(m, STR("{\"r\":{\"exit\":1}x}"), scratch, &v));
    CHECK(!json_read_again(m, STR("{\"r\":{\"exit\":1"), scratch, &v));
}

TEST(of_many_objects_only_some_are_kept)
{
    struct json_memo *m = json_memo_new(scratch);
    struct str line;

    for (int i = 0; i < 200; i++)
        for (int k = 0; k < 3; k++) {
            struct str object = str_format(scratch, "{\"n\":%d}", i);
            CHECK(again(m, object.s, &line).map->entries[0].value.i == i);
        }
}

TEST(what_a_map_lacks_is_not_found_in_it_nor_in_its_copy)
{
    struct value v, found, copy;

    CHECK(json_read_plain(STR("{\"abc\":1,\"\":2,\"adc\":3}"), scratch, &v));
    copy = value_copy(scratch, v);
    CHECK(value_field(v, "abc", scratch, &found) && value_field(copy, "abc", scratch, &found));
    CHECK(value_field(v, "", scratch, &found) && found.i == 2);
    CHECK(!value_field(v, "aec", scratch, &found));  // has the same bit
    CHECK(!value_field(v, "x", scratch, &found) && !value_field(copy, "x", scratch, &found));
    copy = value_with(scratch, v, "adc", value_int(4));
    CHECK(value_field(copy, "adc", scratch, &found) && found.i == 4);
    CHECK(!value_field(copy, "x", scratch, &found));
}
