#include "tests/unit/test.h"

#include <string.h>

#include "base/arena.h"
#include "expr/bindings.h"
#include "expr/form.h"
#include "value/json.h"

static struct diags ds;

static struct str message(void)
{
    return ds.first ? ds.first->message : STR("");
}

static struct template *parsed(const char *s)
{
    struct text *text = NEW(scratch, struct text);

    *text = text_bare(str_from(s));
    ds = (struct diags){ .arena = scratch };
    return template_parse(scratch, text, &ds);
}

static const struct scope *scope(void)
{
    struct json_error error;
    struct value v = VALUE_NONE;

    CHECK(json_read(STR("{\"n\": 3, \"s\": \"${{ n }}\", \"l\": [1], \"z\": null, \"d\": 1.5}"),
                    scratch, &v, &error));
    return scope_of_map(scratch, v, value_timestamp(1234567890, 250000000));
}

static struct str filled(const char *s)
{
    struct template *t = parsed(s);
    struct expr_error error = { .message = STR("") };
    struct value v = VALUE_NONE;

    if (!t)
        return message();
    if (!template_eval(t, scope(), scratch, &v, &error))
        return error.message;
    return v.kind == VALUE_STRING ? v.s : value_show(v, scratch, 200);
}

TEST(a_template_without_end_is_an_error)
{
    CHECK_STR(filled("a ${{ 1 "), "`${{` has no `}}` behind its expression");
    CHECK_STR(filled("a ${{ 1 } }"), "`${{` has no `}}` behind its expression");
    CHECK_STR(filled("${{ '}}' "), "`${{` has no `}}` behind its expression");
    CHECK_STR(filled("${{ 1 + }}"), "the expression ends where a value is wanted");
}

TEST(a_text_that_grows_over_16_MiB_is_an_error)
{
    struct value_builder *b = value_map_start(scratch);
    struct expr_error error = { .message = STR("") };
    size_t n = 6 * 1024 * 1024;
    char *bytes = arena_alloc(scratch, n, 1);
    struct value v = VALUE_NONE;

    memset(bytes, 'x', n);
    value_put_s(b, "s", value_string((struct str){ bytes, n }));
    const struct scope *s = scope_of_map(scratch, value_finish(b), value_timestamp(0, 0));
    CHECK(template_eval(parsed("${{ s }} ${{ s }}"), s, scratch, &v, &error));
    CHECK(v.s.n == 2 * n + 1);
    CHECK(!template_eval(parsed("${{ s }}${{ s }}${{ s }}"), s, scratch, &v, &error));
    CHECK_STR(error.message, "the text is over the size limit of 16 MiB");
}

TEST(what_has_no_text_names_toJson)
{
    struct template *t = parsed("x ${{ l }}");
    struct expr_error error;
    struct value v;

    CHECK(!template_eval(t, scope(), scratch, &v, &error));
    CHECK_STR(error.message, "a list cannot stand inside text");
    CHECK_STR(error.help, "write it as JSON: ${{ toJson(l) }}");
    CHECK_STR(filled("x ${{ z }}"), "null cannot stand inside text");
    CHECK_STR(filled("x ${{ {} }}"), "a map cannot stand inside text");
    CHECK_STR(filled("x ${{ b'a' }}"), "bytes cannot stand inside text");
}

TEST(values_become_text_between_text)
{
    CHECK_STR(filled("plain"), "plain");
    CHECK_STR(filled("a${{ n }}b${{ n + 1 }}"), "a3b4");
    CHECK_STR(filled("t ${{ now }}"), "t 2009-02-13T23:31:30Z");
    CHECK_STR(filled("d ${{ duration('90m') }} ${{ d }} ${{ true }} ${{ 2u }}"),
              "d 1h30m 1.5 true 2");
}

TEST(a_template_that_is_one_expression_keeps_its_type)
{
    struct expr_error error;
    struct value v;

    CHECK(template_eval(parsed("${{ l }}"), scope(), scratch, &v, &error) && v.kind == VALUE_LIST);
    CHECK(template_eval(parsed("${{n}}"), scope(), scratch, &v, &error) && v.kind == VALUE_INT);
    CHECK(template_whole(parsed("${{ n }}")) && !template_whole(parsed("${{ n }} ")));
}

TEST(the_end_is_found_by_the_lexer)
{
    CHECK_STR(filled("${{ {'a': {'b': 1}}['a']['b'] }}!"), "1!");
    CHECK_STR(filled("${{ '}}' + \"}}\" }}!"), "}}}}!");
    CHECK_STR(filled("${{ r'\\}}' }}!"), "\\}}!");
    CHECK_STR(filled("${{{'a':1}.a}}"), "1");
}

TEST(a_dollar_escapes)
{
    CHECK_STR(filled("$${{ n }}"), "${{ n }}");
    CHECK_STR(filled("$${{ ${{ n }}"), "${{ 3");
    CHECK_STR(filled("$$ $ {{ }} ${ }"), "$$ $ {{ }} ${ }");
    CHECK(template_is_literal(parsed("$${{ n }}")));
}

TEST(a_result_is_never_looked_at_again)
{
    CHECK_STR(filled("${{ s }} and ${{ s }}"), "${{ n }} and ${{ n }}");
}

static struct str condition(const char *s)
{
    struct text *text = NEW(scratch, struct text);

    *text = text_bare(str_from(s));
    ds = (struct diags){ .arena = scratch };
    return condition_parse(scratch, text, &ds) ? STR("ok") : message();
}

TEST(a_condition_is_one_expression)
{
    CHECK_STR(condition("n > 2"), "ok");
    CHECK_STR(condition(" ${{ n > 2 }}\n"), "ok");
    CHECK_STR(condition("n == '${{'"), "ok");
    CHECK_STR(condition("${{ n }} > 2"), "there is text around `${{ }}` in a condition");
    CHECK_STR(condition("x ${{ n }}"), "there is text around `${{ }}` in a condition");
    CHECK_STR(condition("${{ a }}${{ b }}"), "there is text around `${{ }}` in a condition");
}

// Forms

static struct form *form_of(const char *yaml)
{
    struct source *src = source_new(scratch, STR("f"), str_from(yaml));

    ds = (struct diags){ .arena = scratch };
    struct node *n = node_read(scratch, src, &ds);
    return n ? form_read(scratch, n, &ds) : NULL;
}

static struct str form_value(const char *yaml)
{
    struct form *f = form_of(yaml);
    struct expr_error error = { .message = STR("") };
    struct value v;

    if (!f)
        return message();
    if (!form_fill(f, scope(), scratch, &v, &error))
        return error.message;
    return json_text(v, scratch);
}

TEST(numbers_that_are_none_in_the_core_schema_are_refused)
{
    CHECK_STR(form_value("a: 007"), "`007` is a number with a leading zero");
    CHECK_STR(form_value("a: +1"), "`+1` is a number with a plus sign");
    CHECK_STR(form_value("a: 99999999999999999999"),
              "`99999999999999999999` is too big for a whole number of 64 bits");
}

TEST(plain_scalars_follow_the_core_schema)
{
    CHECK_STR(form_value("[1, -2, 1.5, 1e3, true, False, ~, null, 0x10, 0]"),
              "[1,-2,1.5,1000.0,true,false,null,null,16,0]");
    CHECK_STR(form_value("[yes, no, on, off, 1:30, 1_000, 1.2.3, -, .]"),
              "[\"yes\",\"no\",\"on\",\"off\",\"1:30\",\"1_000\",\"1.2.3\",\"-\",\".\"]");
    CHECK_STR(form_value("['1', \"true\", '', '007']"), "[\"1\",\"true\",\"\",\"007\"]");
}

TEST(expressions_stand_anywhere_in_a_form)
{
    CHECK_STR(form_value("a: [\"${{ n }}\", {b: 'x${{ n }}'}]\nc: '${{ l }}'\nd: $${{ n }}"),
              "{\"a\":[3,{\"b\":\"x3\"}],\"c\":[1],\"d\":\"${{ n }}\"}");
    CHECK_STR(form_value("a: '${{ nn }}'"), "there is no name `nn` here");
}

static const struct expr_type *any_root(const struct check_scope *s, struct str name,
                                        struct arena *a, struct str *why)
{
    (void)s, (void)a, (void)why;
    return str_is(name, "n") ? expr_int : NULL;
}

TEST(the_type_of_a_form_is_known)
{
    struct check_scope s = { .type = any_root };

    CHECK(form_check(form_of("a: 1\nb: '${{ n }}'"), &s, scratch, &ds) != NULL);
    CHECK_STR(expr_type_text(form_check(form_of("['${{ n }}', 2]"), &s, scratch, &ds), scratch),
              "list(int)");
    CHECK(form_check(form_of("a: '${{ m }}'"), &s, scratch, &ds) == NULL);
    CHECK_STR(message(), "there is no name `m` here");
    CHECK(form_check(form_of("a: 'x${{ [1] }}'"), &s, scratch, &ds) == NULL);
    CHECK_STR(message(), "a list cannot stand inside text");
}
