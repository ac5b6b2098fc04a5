#include "exec/core/masked.h"

#include "tests/unit/test.h"
#include "value/json.h"

// [json] as it is written where [secret] may not be seen.
static struct str written(const char *secret, const char *json)
{
    struct mask *m = mask_new(scratch);
    struct json_error error;
    struct value v = VALUE_NONE;
    bool found = false;

    mask_add(m, str_from(secret));
    CHECK(json_read(str_from(json), scratch, &v, &error));
    struct str out = json_text(masked_value(v, m, scratch, &found), scratch);
    CHECK(found == !str_is(out, json));
    CHECK(json_read(out, scratch, &v, &error));
    return out;
}

static const struct {
    const char *secret, *json, *want;
} rows[] = {
    { "hunter22", "{\"a\":[1,\"hunter2\",null,true,2.5],\"b\":{}}",
      "{\"a\":[1,\"hunter2\",null,true,2.5],\"b\":{}}" },
    { "hunter22", "{\"a\":[\"x\",\"a hunter22\"],\"hunter22\":1}",
      "{\"a\":[\"x\",\"a ***\"],\"***\":1}" },
    // What was a text becomes a number in JSON, and is written like one.
    { "48151623", "{\"pin\":48151623,\"n\":[4815162,48151623],\"long\":9948151623}",
      "{\"pin\":\"***\",\"n\":[4815162,\"***\"],\"long\":\"99***\"}" },
    { "90817263.5", "[90817263.5,true]", "[\"***\",true]" },
    { "48151623", "48151623", "\"***\"" },
    // base64 and hexadecimal over the lines of an output
    { "the secret of the house", "[\"begin\",\"dGhlIHNlY3JldCBv\",\"ZiB0aGUgaG91c2U=\",\"end\"]",
      "[\"***\",\"***\",\"***\",\"***\"]" },
    { "hunter22", "{\"lines\":[\"68756e74\",\"65723232\"],\"n\":1}",
      "{\"lines\":[\"***\",\"***\"],\"n\":1}" },
    { "first line\nab\nlast line", "[\"first line\",\"ab\",\"last line\"]",
      "[\"***\",\"ab\",\"***\"]" },
    // A secret that is JSON itself.
    { "{\"user\":\"bob\",\"pin\":12}", "{\"json\":{\"user\":\"bob\",\"pin\":12},\"exit\":0}",
      "{\"json\":{\"user\":\"***\",\"pin\":\"***\"},\"exit\":0}" },
};

TEST(no_secret_is_written_whatever_a_value_is_made_of)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_STR(written(rows[i].secret, rows[i].json), rows[i].want);
}

TEST(bytes_hold_none_either)
{
    struct mask *m = mask_new(scratch);
    bool found = false;

    mask_add(m, STR("hunter22"));
    struct value v = masked_value(value_bytes(STR("\x01hunter22\xff")), m, scratch, &found);
    CHECK(found && v.kind == VALUE_BYTES);
    CHECK_STR(v.s, "\x01***\xff");
}

TEST(what_is_clean_is_not_copied_and_leaves_found_as_it_was)
{
    struct mask *m = mask_new(scratch);
    struct value_builder *b = value_list_start(scratch);
    bool found = true;

    value_add(b, value_text("fine"));
    struct value v = value_finish(b);
    CHECK(masked_value(v, m, scratch, NULL).list == v.list);
    mask_add(m, STR("hunter22"));
    CHECK(masked_value(v, m, scratch, &found).list == v.list && found);
}
