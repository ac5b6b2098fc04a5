#include "tests/unit/test.h"

#include <math.h>

#include "base/buf.h"
#include "value/json.h"

static struct value read_ok(const char *text)
{
    struct value v = VALUE_NONE;
    struct json_error error = { STR(""), 0 };
    bool ok = json_read(str_from(text), scratch, &v, &error);

    if (!ok)
        printf("# %s: %.*s\n", text, STR_ARG(error.message));
    CHECK(ok);
    return v;
}

static bool refused(struct str text)
{
    struct value v;
    struct json_error error;

    return !json_read(text, scratch, &v, &error) && error.message.n > 0;
}

static struct str again(const char *text)
{
    return json_text(read_ok(text), scratch);
}

TEST(what_is_not_json_is_refused)
{
    CHECK(refused(STR("")));
    CHECK(refused(STR("{")));
    CHECK(refused(STR("{} {}")));
    CHECK(refused(STR("{'a': 1}")));
    CHECK(refused(STR("[1,]")));
    CHECK(refused(STR("\"\xff\"")));
    CHECK(refused(STR("nul")));
}

TEST(a_key_stands_once)
{
    CHECK(refused(STR("{\"a\": 1, \"a\": 2}")));
}

TEST(of_a_key_that_stands_twice_in_what_we_wrote_the_last_counts)
{
    struct json_error error;
    struct value v, found;

    CHECK(json_read_own(STR("{\"a\": 1, \"a\": 2}"), scratch, &v, &error));
    CHECK(value_field(v, "a", scratch, &found) && found.i == 2);
}

static struct value lists(int depth)
{
    struct value v = value_int(1);

    while (depth-- > 0) {
        struct value_builder *b = value_list_start(scratch);
        value_add(b, v);
        v = value_finish(b);
    }
    return v;
}

TEST(what_is_kept_can_be_read_again_inside_of_an_event)
{
    struct json_error error;
    struct value v;
    struct str why;

    CHECK(!json_keeps(lists(201), scratch, &why));
    CHECK_STR(why, "it is nested deeper than 200");
    CHECK(json_keeps(lists(200), scratch, &why));
    CHECK(json_read_own(json_text(lists(400), scratch), scratch, &v, &error));
    CHECK(json_read_view(json_text(lists(400), scratch), scratch, &v));
    CHECK(!json_read_own(json_text(lists(401), scratch), scratch, &v, &error));
    CHECK(!json_read_view(json_text(lists(401), scratch), scratch, &v));
}

static struct value two_keys(struct value x, struct value y)
{
    struct value_builder *list = value_list_start(scratch), *b = value_map_start(scratch);

    value_put(b, x, VALUE_NONE);
    value_put(b, y, VALUE_NONE);
    value_add(list, value_finish(b));
    return value_finish(list);
}

TEST(keys_that_are_written_alike_are_not_kept)
{
    struct str why;

    CHECK(!json_keeps(two_keys(value_int(1), value_text("1")), scratch, &why));
    CHECK_STR(why, "two keys of a map are both written as \"1\"");
    CHECK(!json_keeps(two_keys(value_text("true"), value_bool(true)), scratch, &why));
    CHECK(!json_keeps(two_keys(value_text("\xfe"), value_text("\xff")), scratch, &why));
    CHECK(json_keeps(two_keys(value_int(1), value_text("2")), scratch, &why));
    CHECK(json_keeps(two_keys(value_int(1), value_int(2)), scratch, &why));
}

TEST(a_key_with_a_nul_is_not_kept)
{
    struct str why;

    CHECK(!json_keeps(two_keys(value_int(1), value_string(STR("a\0"))), scratch, &why));
    CHECK_STR(why, "a key of a map holds a NUL");
}

TEST(depth_is_bounded)
{
    struct buf deep = BUF_EMPTY;

    for (int i = 0; i < 300; i++)
        buf_add_c(&deep, '[');
    for (int i = 0; i < 300; i++)
        buf_add_c(&deep, ']');
    CHECK(refused(buf_str(&deep)));
    CHECK(!refused(str_slice(buf_str(&deep), 150, 450)));
    buf_free(&deep);
}

TEST(the_place_of_a_mistake_is_told)
{
    struct value v;
    struct json_error error;

    CHECK(!json_read(STR("{\"a\": }"), scratch, &v, &error));
    CHECK(error.offset >= 6 && error.offset <= 7);
}

TEST(integers_stay_integers_until_they_are_too_big)
{
    CHECK(read_ok("12").kind == VALUE_INT);
    CHECK(read_ok("-9223372036854775808").i == INT64_MIN);
    CHECK_STR(read_ok("9223372036854775808").s, "9223372036854775808");
    CHECK_STR(read_ok("-9223372036854775809").s, "-9223372036854775809");
    CHECK(read_ok("[\"a 99999999999999999999 \\\" \", 123456789012345678901234567890]").kind ==
          VALUE_LIST);
    CHECK_STR(again("[1, 99999999999999999999, 9]"), "[1,\"99999999999999999999\",9]");
    CHECK(read_ok("1.0").kind == VALUE_DOUBLE);
    CHECK(read_ok("1e3").kind == VALUE_DOUBLE);
}

TEST(what_was_read_is_written_the_same)
{
    CHECK_STR(again("{\"b\":[1,2.5,1.0,null,true],\"a\":{}}"),
              "{\"b\":[1,2.5,1.0,null,true],\"a\":{}}");
    CHECK_STR(again("\"\\u0000\\n\\\"\\u00e9\""), "\"\\u0000\\n\\\"\xc3\xa9\"");
}

TEST(what_a_terminal_obeys_is_written_as_an_escape)
{
    static const char hidden[] = "\"\x7f\xc2\x9b"
                                 "2J\xe2\x80\xae \xe2\x80\xa8\xef\xbb\xbf\xf3\xa0\x80\x81\xc2\xa0\"";

    CHECK_STR(again(hidden), "\"\\u007f\\u009b2J\\u202e \\u2028\\ufeff\\udb40\\udc01\xc2\xa0\"");
    CHECK(value_equal(read_ok(again(hidden).s), read_ok(hidden)));
}

TEST(nul_is_text)
{
    CHECK(read_ok("\"a\\u0000b\"").s.n == 3);
}

TEST(our_own_kinds_become_text)
{
    struct value_builder *b = value_list_start(scratch);

    value_add(b, value_duration_ms(1500));
    value_add(b, value_timestamp(0, 0));
    value_add(b, value_bytes(STR("ab")));
    value_add(b, value_double(NAN));
    value_add(b, value_uint(UINT64_MAX));
    value_add(b, (struct value){ .kind = VALUE_OPTIONAL });
    CHECK_STR(json_text(value_finish(b), scratch),
              "[\"1.5s\",\"1970-01-01T00:00:00Z\",\"YWI=\",\"NaN\",18446744073709551615,null]");
}

TEST(keys_that_are_numbers_become_text)
{
    struct value_builder *b = value_map_start(scratch);

    value_put(b, value_int(1), value_bool(true));
    CHECK_STR(json_text(value_finish(b), scratch), "{\"1\":true}");
}

TEST(bytes_that_are_not_text_are_replaced)
{
    CHECK_STR(json_text(value_string(STR("a\xff\xfe")), scratch), "\"a\xef\xbf\xbd\xef\xbf\xbd\"");
}

TEST(pretty_has_a_line_for_each_part)
{
    struct buf out = BUF_EMPTY;

    json_write_pretty(read_ok("{\"a\":[1,2],\"b\":[]}"), scratch, &out);
    CHECK_STR(buf_take(&out, scratch), "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": []\n}");
}
