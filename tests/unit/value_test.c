#include "tests/unit/test.h"

#include <math.h>

#include "base/buf.h"
#include "value/number.h"
#include "value/semver.h"
#include "value/time.h"
#include "value/when.h"

static struct value text_list(const char *a, const char *b)
{
    struct value_builder *list = value_list_start(scratch);

    value_add(list, value_text(a));
    value_add(list, value_text(b));
    return value_finish(list);
}

static struct str double_text(double d)
{
    struct buf out = BUF_EMPTY;

    double_write(d, &out);
    return buf_take(&out, scratch);
}

static struct str as_text(struct value v)
{
    struct str out;

    return value_to_text(v, scratch, &out) ? out : STR("(no text)");
}

TEST(unlike_kinds_are_not_equal)
{
    CHECK(!value_equal(value_int(1), value_text("1")));
    CHECK(!value_equal(value_bool(false), VALUE_NONE));
    CHECK(!value_equal(value_bytes(STR("a")), value_text("a")));
    CHECK(value_equal(VALUE_NONE, VALUE_NONE));
}

TEST(numbers_are_equal_across_kinds)
{
    CHECK(value_equal(value_int(1), value_uint(1)));
    CHECK(value_equal(value_uint(1), value_double(1.0)));
    CHECK(!value_equal(value_int(-1), value_uint(UINT64_MAX)));
    CHECK(!value_equal(value_double(NAN), value_double(NAN)));
    CHECK(value_equal(value_int(INT64_MAX), value_double(0x1p63)));
}

TEST(order_needs_kinds_that_go_together)
{
    int order;

    CHECK(!value_compare(value_int(1), value_text("2"), &order));
    CHECK(!value_compare(VALUE_NONE, VALUE_NONE, &order));
    CHECK(!value_compare(value_double(NAN), value_double(1), &order));
    CHECK(value_compare(value_int(-1), value_uint(UINT64_MAX), &order) && order == -1);
    CHECK(value_compare(value_double(1.5), value_int(1), &order) && order == 1);
    CHECK(value_compare(value_text("a"), value_text("ab"), &order) && order == -1);
    CHECK(value_compare(value_timestamp(1, 5), value_timestamp(1, 4), &order) && order == 1);
    CHECK(value_compare(value_bool(false), value_bool(true), &order) && order == -1);
}

TEST(a_list_grows_and_compares_in_order)
{
    struct value_builder *b = value_list_start(scratch);

    for (int i = 0; i < 100; i++)
        value_add(b, value_int(i));
    struct value list = value_finish(b);
    CHECK(value_size(list) == 100);
    CHECK(value_item(list, 99).i == 99);
    CHECK(!value_equal(text_list("a", "b"), text_list("b", "a")));
    CHECK(value_equal(text_list("a", "b"), text_list("a", "b")));
}

TEST(a_map_finds_numbers_of_any_kind)
{
    struct value_builder *b = value_map_start(scratch);
    struct value found;

    for (int i = 0; i < 100; i++)
        value_put(b, value_int(i), value_int(i * i));
    struct value map = value_finish(b);
    CHECK(value_get(map, value_uint(9), &found) && found.i == 81);
    CHECK(value_get(map, value_double(99), &found) && found.i == 9801);
    CHECK(!value_get(map, value_double(9.5), &found));
    CHECK(!value_get(map, value_text("9"), &found));
    CHECK(!value_get(map, value_int(100), &found));
}

TEST(a_map_replaces_what_is_put_twice)
{
    struct value_builder *b = value_map_start(scratch);
    struct value found;

    value_put_s(b, "a", value_int(1));
    value_put_s(b, "b", value_int(2));
    value_put_s(b, "a", value_int(3));
    struct value map = value_finish(b);
    CHECK(value_size(map) == 2);
    CHECK(value_field(map, "a", scratch, &found) && found.i == 3);
    CHECK_STR(map.map->entries[0].key.s, "a");
}

TEST(a_small_map_is_like_one_that_was_built)
{
    struct value secret = value_text("x");
    struct value_builder *b = value_map_start(scratch);
    struct value found;

    secret.secret = true;
    const struct value_entry entries[] = { { value_text("a"), value_int(1) },
                                           { value_text("b"), text_list("c", "d") },
                                           { value_text("e"), secret } };
    for (size_t i = 0; i < 3; i++)
        value_put(b, entries[i].key, entries[i].value);
    struct value small = value_map_small(scratch, entries, 3), built = value_finish(b);
    CHECK(value_equal(small, built) && value_weight(small) == value_weight(built));
    CHECK(small.secret && !value_map_small(scratch, entries, 2).secret);
    CHECK(value_field(small, "b", scratch, &found) && value_size(found) == 2);
    CHECK(!value_field(small, "c", scratch, &found));
}

TEST(maps_are_equal_in_any_order)
{
    struct value_builder *x = value_map_start(scratch), *y = value_map_start(scratch);

    value_put_s(x, "a", value_int(1));
    value_put_s(x, "b", value_int(2));
    value_put_s(y, "b", value_double(2));
    value_put_s(y, "a", value_uint(1));
    CHECK(value_equal(value_finish(x), value_finish(y)));
}

TEST(the_weight_counts_every_place)
{
    struct value_builder *once = value_list_start(scratch), *twice = value_list_start(scratch);

    value_add(once, value_text("abc"));
    struct value inner = value_finish(once);
    value_add(twice, inner);
    value_add(twice, inner);
    CHECK(value_weight(value_int(1)) == sizeof(struct value));
    CHECK(value_weight(inner) == 2 * sizeof(struct value) + 3);
    CHECK(value_weight(value_finish(twice)) == sizeof(struct value) + 2 * value_weight(inner));
}

TEST(a_secret_marks_what_holds_it)
{
    struct value_builder *b = value_map_start(scratch);

    value_put_s(b, "open", value_text("open"));
    value_put_s(b, "key", value_secret(value_text("hunter2")));
    struct value map = value_finish(b);
    CHECK(map.secret);
    CHECK(!value_wholly_secret(map));
    CHECK(value_wholly_secret(value_secret(text_list("a", "b"))));
    CHECK_STR(value_show(map, scratch, 100), "{\"open\": \"open\", \"key\": ***}");
    CHECK(value_copy(scratch, map).secret);
}

static bool colour_get(const struct object *o, struct str field, struct arena *a, struct value *out,
                       struct str *why)
{
    (void)o, (void)a;
    *out = value_text("red");
    if (str_is(field, "lost"))
        *why = STR("it was withheld");
    return str_is(field, "name");
}

static const struct str *colour_fields(const struct object *o, struct arena *a)
{
    static const struct str names[] = { { "name", 4 }, { "lost", 4 }, { "", 0 } };

    (void)o, (void)a;
    return names;
}

static const struct object_class colour = { "colour", colour_get, colour_fields };

TEST(an_object_makes_its_fields_when_asked)
{
    struct value v = value_object(scratch, &colour, NULL), field;
    struct value_builder *same = value_map_start(scratch);

    CHECK(value_field(v, "name", scratch, &field) && str_is(field.s, "red"));
    CHECK(!value_field(v, "lost", scratch, &field));
    value_put_s(same, "name", value_text("red"));
    CHECK(value_equal(v, value_finish(same)));
    CHECK_STR(value_show(v, scratch, 100), "{\"name\": \"red\"}");
    CHECK(value_copy(scratch, v).kind == VALUE_MAP);
}

TEST(doubles_have_the_fewest_digits_that_read_back)
{
    CHECK_STR(double_text(0.1), "0.1");
    CHECK_STR(double_text(1), "1");
    CHECK_STR(double_text(-0.0), "-0");
    CHECK_STR(double_text(123456789.125), "123456789.125");
    CHECK_STR(double_text(1e20), "100000000000000000000");
    CHECK_STR(double_text(1e21), "1e+21");
    CHECK_STR(double_text(5e-324), "5e-324");
    CHECK_STR(double_text(0.000001), "0.000001");
    CHECK_STR(double_text(1.5e-7), "1.5e-07");
    CHECK_STR(double_text(INFINITY), "+Inf");
}

TEST(what_has_no_text_says_so)
{
    CHECK_STR(as_text(VALUE_NONE), "(no text)");
    CHECK_STR(as_text(text_list("a", "b")), "(no text)");
    CHECK_STR(as_text(value_bytes(STR("a"))), "(no text)");
}

TEST(text_is_for_people)
{
    CHECK_STR(as_text(value_bool(true)), "true");
    CHECK_STR(as_text(value_int(INT64_MIN)), "-9223372036854775808");
    CHECK_STR(as_text(value_uint(UINT64_MAX)), "18446744073709551615");
    CHECK_STR(as_text(value_double(2.5)), "2.5");
    CHECK_STR(as_text(value_duration_ms(5400000)), "1h30m");
    CHECK_STR(as_text(value_timestamp(1234567890, 500000000)), "2009-02-13T23:31:30Z");
}

TEST(durations_are_written_with_their_largest_units)
{
    CHECK_STR(duration_text(scratch, 0), "0s");
    CHECK_STR(duration_text(scratch, INT64_C(500000000)), "500ms");
    CHECK_STR(duration_text(scratch, INT64_C(1500000)), "1.5ms");
    CHECK_STR(duration_text(scratch, INT64_C(1234000000)), "1.234s");
    CHECK_STR(duration_text(scratch, INT64_C(3600500000000)), "1h0.5s");
    CHECK_STR(duration_text(scratch, INT64_C(604800000000000)), "7d");
    CHECK_STR(duration_text(scratch, -INT64_C(90000000000)), "-1m30s");
}

TEST(durations_of_the_language_have_no_sign_and_no_fraction)
{
    int64_t ns;

    CHECK(!duration_parse(STR("5"), &ns));
    CHECK(!duration_parse(STR(""), &ns));
    CHECK(!duration_parse(STR("-5m"), &ns));
    CHECK(!duration_parse(STR("1.5h"), &ns));
    CHECK(!duration_parse(STR("5m1h"), &ns));
    CHECK(!duration_parse(STR("5m5m"), &ns));
    CHECK(!duration_parse(STR("5 m"), &ns));
    CHECK(!duration_parse(STR("999999999999d"), &ns));
    CHECK(duration_parse(STR("1h30m"), &ns) && ns == INT64_C(5400000000000));
    CHECK(duration_parse(STR("500ms"), &ns) && ns == 500000000);
    CHECK(duration_parse(STR("7d"), &ns) && ns == INT64_C(604800000000000));
}

TEST(durations_of_expressions_may_have_both)
{
    int64_t ns;

    CHECK(!duration_parse_cel(STR(""), &ns));
    CHECK(!duration_parse_cel(STR("-"), &ns));
    CHECK(!duration_parse_cel(STR("5"), &ns));
    CHECK(!duration_parse_cel(STR("1.s5"), &ns));
    CHECK(!duration_parse_cel(STR("320000000000s"), &ns));
    CHECK(duration_parse_cel(STR("-1.5h"), &ns) && ns == -INT64_C(5400000000000));
    CHECK(duration_parse_cel(STR("1m1ms1us1ns"), &ns) && ns == INT64_C(60001001001));
    CHECK(duration_parse_cel(STR("0"), &ns) && ns == 0);
    CHECK(duration_parse_cel(STR("-9223372036854775808ns"), &ns) && ns == INT64_MIN);
    CHECK(!duration_parse_cel(STR("9223372036854775808ns"), &ns));
}

TEST(sizes_need_a_unit)
{
    int64_t bytes;

    CHECK(!size_parse(STR("10"), &bytes));
    CHECK(!size_parse(STR("10 MiB"), &bytes));
    CHECK(!size_parse(STR("99999999TiB"), &bytes));
    CHECK(size_parse(STR("64KiB"), &bytes) && bytes == 65536);
    CHECK(size_parse(STR("10MB"), &bytes) && bytes == 10000000);
}

TEST(timestamps_outside_of_the_calendar_are_refused)
{
    int64_t seconds;
    uint32_t nanos;

    CHECK(!timestamp_parse(STR("2023-02-29T00:00:00Z"), &seconds, &nanos));
    CHECK(!timestamp_parse(STR("2023-01-01 00:00:00Z"), &seconds, &nanos));
    CHECK(!timestamp_parse(STR("2023-01-01T24:00:00Z"), &seconds, &nanos));
    CHECK(!timestamp_parse(STR("2023-01-01T00:00:00"), &seconds, &nanos));
    CHECK(!timestamp_parse(STR("0001-01-01T00:00:00+01:00"), &seconds, &nanos));
    CHECK(!timestamp_parse(STR("0000-12-31T23:59:59Z"), &seconds, &nanos));
    CHECK(timestamp_parse(STR("0001-01-01T00:00:00Z"), &seconds, &nanos));
    CHECK(seconds == TIMESTAMP_FIRST);
    CHECK(timestamp_parse(STR("2009-02-14T00:31:30.25+01:00"), &seconds, &nanos));
    CHECK(seconds == 1234567890 && nanos == 250000000);
}

TEST(the_calendar_goes_there_and_back)
{
    for (int64_t s = TIMESTAMP_FIRST; s < TIMESTAMP_LAST; s += INT64_C(86400) * 997 + 3601) {
        struct civil c = civil_from(s);
        CHECK(civil_seconds(c.year, c.month, c.day, c.hour, c.minute, c.second) == s);
    }
    CHECK(civil_from(0).weekday == 4);
    CHECK(civil_from(-1).yearday == 364);
}

TEST(a_time_is_said_by_its_distance)
{
    const int64_t second = 1000000000, then = wall_from(STR("2026-09-21T14:02:11.000Z"));

    CHECK_STR(ago_text(0, then, scratch), "at a time not known");
    CHECK_STR(ago_text(then, then, scratch), "0 s ago");
    CHECK_STR(ago_text(then, then + 9 * second, scratch), "9 s ago");
    CHECK_STR(ago_text(then, then + 192 * second, scratch), "3m 12s ago");
    CHECK_STR(ago_text(then, then - 1800 * second, scratch), "in 30m");
    CHECK_STR(date_text(wall_from(STR("2999-01-01T00:00:00.500Z")), scratch),
              "2262-04-11 23:47:15 UTC");
    CHECK(wall_from(STR("0001-01-01T00:00:00Z")) == -wall_from(STR("9999-01-01T00:00:00Z")));
}

TEST(versions_are_ordered_by_number)
{
    struct semver a, b;

    CHECK(!semver_parse(STR(""), &a));
    CHECK(!semver_parse(STR("1.x"), &a));
    CHECK(!semver_parse(STR("1.2.3.4"), &a));
    CHECK(!semver_parse(STR("1.2.3-"), &a));
    CHECK(semver_parse(STR("v1.10"), &a) && semver_parse(STR("1.9.9"), &b));
    CHECK(semver_compare(&a, &b) > 0);
    CHECK(semver_parse(STR("1.0.0-rc.2"), &a) && semver_parse(STR("1.0.0-rc.10"), &b));
    CHECK(semver_compare(&a, &b) < 0);
    CHECK(semver_parse(STR("1.0.0"), &a) && semver_compare(&a, &b) > 0);
}

TEST(showing_stays_within_its_limit)
{
    struct value_builder *b = value_map_start(scratch);

    value_put_s(b, "value", value_int(12));
    for (int i = 0; i < 50; i++)
        value_put(b, value_string(str_format(scratch, "key%d", i)), text_list("some", "words"));
    struct value map = value_finish(b);
    CHECK_STR(value_show(map, scratch, 20), "{\"value\": 12, ...}");
    for (size_t limit = 8; limit < 300; limit++)
        CHECK(value_show(map, scratch, limit).n <= limit);
    CHECK_STR(value_show(value_text("abcdefghijklmnopqrstuvwxyz"), scratch, 12), "\"abcdefg...\"");
    CHECK_STR(value_show(value_duration_ms(90000), scratch, 80), "1m30s");
    CHECK_STR(value_show(VALUE_NONE, scratch, 80), "null");
}

TEST(kinds_have_the_names_of_cel)
{
    CHECK_STR(str_from(value_type_name(value_duration(1))), "google.protobuf.Duration");
    CHECK_STR(str_from(value_type_name(VALUE_NONE)), "null_type");
}
