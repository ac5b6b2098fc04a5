#include "action/sql/pg_value.h"

#include "tests/unit/test.h"
#include "value/json.h"

// KIND:text of a value that PostgreSQL gave.
static struct str given(unsigned type, const char *text)
{
    struct value v = pg_value_of(type, str_from(text), scratch);

    return str_format(scratch, "%s:%.*s", value_type_name(v), STR_ARG(json_text(v, scratch)));
}

TEST(a_column_keeps_its_type)
{
    CHECK_STR(given(16, "t"), "bool:true");
    CHECK_STR(given(20, "-9223372036854775808"), "int:-9223372036854775808");
    CHECK_STR(given(23, "7"), "int:7");
    CHECK_STR(given(701, "1.5"), "double:1.5");
    CHECK_STR(given(25, "7"), "string:\"7\"");
    CHECK_STR(given(2950, "a-b"), "string:\"a-b\"");
    CHECK_STR(given(17, "\\x48690a"), "bytes:\"SGkK\"");
    CHECK_STR(given(17, "a\\\\b\\012"), "bytes:\"YVxiCg==\"");
    CHECK_STR(given(3802, "{\"a\": [1, 2.5, null]}"), "map:{\"a\":[1,2.5,null]}");
    CHECK_STR(given(114, "{\"a\":1,\"a\":2}"), "string:\"{\\\"a\\\":1,\\\"a\\\":2}\"");
}

TEST(numeric_is_text_when_a_double_would_change_it)
{
    CHECK_STR(given(1700, "12.50"), "double:12.5");
    CHECK_STR(given(1700, "0.10"), "double:0.1");
    CHECK_STR(given(1700, "-12.50"), "double:-12.5");
    CHECK_STR(given(1700, "100"), "double:100.0");
    CHECK_STR(given(1700, "9007199254740993"), "string:\"9007199254740993\"");
    CHECK_STR(given(1700, "0.12345678901234567890"), "string:\"0.12345678901234567890\"");
    CHECK_STR(given(1700, "12345678901234567890.5"), "string:\"12345678901234567890.5\"");
    CHECK(pg_value_of(1700, STR("NaN"), scratch).kind == VALUE_DOUBLE);
}

TEST(a_timestamp_has_any_offset)
{
    CHECK_STR(given(1184, "2026-09-21 14:02:11.204+00"),
              "google.protobuf.Timestamp:\"2026-09-21T14:02:11.204Z\"");
    CHECK_STR(given(1184, "2026-09-21 14:02:11+05:30"),
              "google.protobuf.Timestamp:\"2026-09-21T08:32:11Z\"");
    CHECK_STR(given(1184, "1900-01-01 00:00:00-00:01:15"),
              "google.protobuf.Timestamp:\"1900-01-01T00:01:15Z\"");
    CHECK_STR(given(1114, "2026-09-21 14:02:11"),
              "google.protobuf.Timestamp:\"2026-09-21T14:02:11Z\"");
    CHECK_STR(given(1184, "infinity"), "string:\"infinity\"");
    CHECK_STR(given(1184, "0044-03-15 00:00:00+00 BC"), "string:\"0044-03-15 00:00:00+00 BC\"");
    CHECK_STR(given(1082, "2026-09-21"), "string:\"2026-09-21\"");
}

TEST(an_array_is_a_list)
{
    CHECK_STR(given(1007, "{1,NULL,3}"), "list:[1,null,3]");
    CHECK_STR(given(1007, "{}"), "list:[]");
    CHECK_STR(given(1007, "{{1,2},{3,4}}"), "list:[[1,2],[3,4]]");
    CHECK_STR(given(1007, "[0:1]={1,2}"), "list:[1,2]");
    CHECK_STR(given(1009, "{a,\"b,\\\"\\\\c}\",\"NULL\",\"\"}"),
              "list:[\"a\",\"b,\\\"\\\\c}\",\"NULL\",\"\"]");
    CHECK_STR(given(1000, "{t,f}"), "list:[true,false]");
    CHECK_STR(given(1007, "{1,2"), "list:[1,2]");
}

static struct str taken(struct value v)
{
    struct pg_parameter p;
    struct str why;

    if (!pg_parameter_of(v, scratch, &p, &why))
        return str_format(scratch, "refused: %.*s", STR_ARG(why));
    return str_format(scratch, "%u:%s", p.type, p.text ? p.text : "null");
}

static struct value json(const char *text)
{
    struct value v;
    struct json_error error;

    return json_read(str_from(text), scratch, &v, &error) ? v : VALUE_NONE;
}

TEST(a_value_is_what_its_literal_would_be)
{
    CHECK_STR(taken(VALUE_NONE), "0:null");
    CHECK_STR(taken(value_bool(true)), "16:t");
    CHECK_STR(taken(value_int(7)), "23:7");
    CHECK_STR(taken(value_int(-2147483649)), "20:-2147483649");
    CHECK_STR(taken(value_uint(UINT64_MAX)), "1700:18446744073709551615");
    CHECK_STR(taken(value_double(0.1)), "701:0.10000000000000001");
    CHECK_STR(taken(value_text("it's")), "0:it's");
    CHECK_STR(taken(value_bytes(STR("a\n"))), "17:\\x610a");
    CHECK_STR(taken(value_duration_ms(-1500)), "1186:-1.500000000 seconds");
    CHECK_STR(taken(value_timestamp(0, 0)), "1184:1970-01-01T00:00:00Z");
    CHECK_STR(taken(json("{\"a\": \"x\\\"y\"}")), "3802:{\"a\":\"x\\\"y\"}");
}

TEST(a_list_of_one_type_is_an_array_and_any_other_is_json)
{
    CHECK_STR(taken(json("[1, null, 3]")), "1007:{\"1\",NULL,\"3\"}");
    CHECK_STR(taken(json("[1, 3000000000]")), "1016:{\"1\",\"3000000000\"}");
    CHECK_STR(taken(json("[\"a\\\"\\\\,}\", \"\"]")), "0:{\"a\\\"\\\\,}\",\"\"}");
    CHECK_STR(taken(json("[true]")), "1000:{\"t\"}");
    CHECK_STR(taken(json("[]")), "0:{}");
    CHECK_STR(taken(json("[1, \"a\"]")), "3802:[1,\"a\"]");
    CHECK_STR(taken(json("[[1], [2]]")), "3802:[[1],[2]]");
}

TEST(a_nul_and_what_has_no_sql_are_refused)
{
    CHECK_STR(taken(value_string((struct str){ "a\0b", 3 })),
              "refused: a text with a NUL cannot be a value in SQL");
    CHECK(str_starts(taken((struct value){ .kind = VALUE_TYPE, .s = STR("int") }), "refused"));
    CHECK(str_starts(taken((struct value){ .kind = VALUE_IDENT, .s = STR("t") }), "refused"));
}
