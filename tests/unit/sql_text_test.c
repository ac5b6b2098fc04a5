#include "action/sql/text.h"

#include "tests/unit/test.h"
#include "value/json.h"

static struct template *template_of(const char *sql, struct diags *ds)
{
    struct source *src = source_new(scratch, STR("test"), str_from(sql));
    struct text *t = NEW(scratch, struct text);

    *t = (struct text){ .str = src->text, .span = { src, 0, (uint32_t)src->text.n } };
    return template_parse(scratch, t, ds);
}

// The text that the first error points at, and its message; or "".
static struct str checked(enum sql_dialect dialect, const char *sql)
{
    struct diags ds = { .arena = scratch };
    struct template *t = template_of(sql, &ds);

    if (!t)
        return STR("does not parse");
    bool ok = sql_text_check(t, dialect, scratch, &ds);
    CHECK(ok == (ds.errors == 0));
    if (ok)
        return STR("");
    const struct diag *d = ds.first;
    CHECK(d->code == DIAG_EXPR_IN_QUOTES && d->help.n);
    return str_format(scratch, "%.*s: %.*s", (int)(d->span.end - d->span.start),
                      d->span.source->text.s + d->span.start, STR_ARG(d->message));
}

TEST(a_value_may_stand_where_a_value_may)
{
    CHECK_STR(checked(SQL_POSTGRES, "SELECT * FROM t WHERE a=${{ x }} AND b IN (${{y}},${{z}})"),
              "");
    CHECK_STR(checked(SQL_POSTGRES, "SELECT ${{ x }}::int, 'a' || ${{ y }} -- b"), "");
    CHECK_STR(checked(SQL_POSTGRES, "SELECT * FROM ${{ ident(x) }}.${{ ident('t') }}"), "");
    CHECK_STR(checked(SQL_POSTGRES, "DROP TABLE ${{ ident(x) }}"), "");
    CHECK_STR(checked(SQL_POSTGRES, "SELECT '$${{ x }}'"), "");
    CHECK_STR(checked(SQL_POSTGRES, "SELECT ARRAY[${{ x }}]"), "");
}

TEST(a_value_inside_quotes_is_refused_at_its_place)
{
    CHECK_STR(checked(SQL_POSTGRES, "SELECT 'a ${{ x }}'"),
              "${{ x }}: an expression inside quotes would be text, not a value");
    CHECK_STR(checked(SQL_POSTGRES, "SELECT E'\\'${{ x }}'"),
              "${{ x }}: an expression inside quotes would be text, not a value");
    CHECK_STR(checked(SQL_POSTGRES, "DO $f$ ${{ x }} $f$"),
              "${{ x }}: an expression inside quotes would be text, not a value");
    CHECK_STR(checked(SQL_POSTGRES, "SELECT 'a' \"${{ x }}\""),
              "${{ x }}: an expression inside a quoted name cannot be bound");
    CHECK_STR(checked(SQL_POSTGRES, "SELECT 1 -- ${{ x }}"),
              "${{ x }}: an expression inside a comment has no effect");
    CHECK_STR(checked(SQL_POSTGRES, "SELECT /* /* */ ${{ x }} */ 1"),
              "${{ x }}: an expression inside a comment has no effect");
    CHECK_STR(checked(SQL_SQLITE, "SELECT [${{ x }}]"),
              "${{ x }}: an expression inside a quoted name cannot be bound");
    CHECK_STR(checked(SQL_POSTGRES, "SELECT 'open ${{ x }}"),
              "${{ x }}: an expression inside quotes would be text, not a value");
}

TEST(a_value_right_against_text_is_refused)
{
    CHECK_STR(checked(SQL_POSTGRES, "SELECT * FROM log_${{ ident(x) }}"),
              "${{ ident(x) }}: an expression stands directly against other text");
    CHECK_STR(checked(SQL_POSTGRES, "SELECT ${{ x }}0"),
              "${{ x }}: an expression stands directly against other text");
    CHECK_STR(checked(SQL_POSTGRES, "SELECT E${{ x }}"),
              "${{ x }}: an expression stands directly against other text");
    CHECK_STR(checked(SQL_POSTGRES, "SELECT ${{ x }}'a'"),
              "${{ x }}: an expression stands directly against other text");
}

TEST(what_takes_no_values_takes_names)
{
    CHECK_STR(checked(SQL_POSTGRES, "CREATE TABLE ${{ x }} (a int)"),
              "${{ x }}: CREATE takes no values, only names");
    CHECK_STR(checked(SQL_POSTGRES, "alter table t rename to ${{ 'a' + x }}"),
              "${{ 'a' + x }}: alter takes no values, only names");
    CHECK_STR(checked(SQL_POSTGRES, "${{ x }}"),
              "${{ x }}: SQL cannot come from a value as a whole");
}

static bool get_x(const struct scope *s, struct str name, struct arena *a, struct value *out,
                  struct str *why)
{
    (void)a, (void)why;
    *out = *(const struct value *)s->ctx;
    return str_is(name, "x");
}

// The text and its values, or the error.
static struct str filled(enum sql_dialect dialect, const char *sql, struct value x)
{
    struct diags ds = { .arena = scratch };
    struct template *t = template_of(sql, &ds);
    struct scope scope = { .get = get_x, .ctx = &x };
    struct sql_command c;
    struct expr_error err = { 0 };

    if (!t || !sql_text_fill(t, dialect, &scope, scratch, &c, &err))
        return str_format(scratch, "error: %.*s", STR_ARG(err.message));
    struct buf *b = buf_in(scratch);
    buf_add(b, c.text);
    for (size_t i = 0; i < c.count; i++)
        buf_format(b, "|%.*s", STR_ARG(json_text(c.values[i], scratch)));
    return buf_str(b);
}

TEST(a_value_becomes_a_parameter)
{
    CHECK_STR(
        filled(SQL_POSTGRES, "SELECT ${{ x }}, (${{ 'a' }})", value_text("'; DROP TABLE t; --")),
        "SELECT  $1 , ( $2 )|\"'; DROP TABLE t; --\"|\"a\"");
    CHECK_STR(filled(SQL_SQLITE, "SELECT ${{ x }}", value_int(7)), "SELECT  ?1 |7");
    CHECK_STR(filled(SQL_SQLITE, "SELECT ${{ y }}", value_int(7)).n > 7 ? STR("error") : STR(""),
              "error");
}

TEST(a_name_is_quoted)
{
    CHECK_STR(filled(SQL_POSTGRES, "DROP TABLE a.${{ ident(x) }};", value_text("b\"; DROP c")),
              "DROP TABLE a. \"b\"\"; DROP c\" ;");
    CHECK(str_starts(filled(SQL_POSTGRES, "DROP TABLE ${{ ident(x) }}", value_text("")), "error"));
    CHECK_STR(filled(SQL_POSTGRES, "DROP TABLE ${{ x }}", value_text("t")),
              "error: this statement takes no values, only names by ident()");
}

TEST(the_engine_decides_at_the_end_what_a_quote_is)
{
    CHECK_STR(filled(SQL_SQLITE, "SELECT [${{ x }}]", value_int(1)),
              "error: an expression inside a quoted name cannot be bound");
    CHECK_STR(filled(SQL_SQLITE, "SELECT 1 /* /* */ + ${{ x }}", value_int(1)),
              "SELECT 1 /* /* */ +  ?1 |1");
}
