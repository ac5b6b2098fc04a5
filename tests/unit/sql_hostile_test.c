// Every hostile value in every place of SQL: a value is bound as it is and a name is quoted,
// or the step is refused; what is sent as text never holds a byte of a value.

#include "action/sql/pg_value.h"
#include "action/sql/sql.h"
#include "tests/unit/hostile.h"
#include "tests/unit/playing.h"

static const struct resolved_connection databases[] = {
    { .name = { "lite", 4 }, .url = { "sqlite::memory:", 15 }, .tls_verify = true },
    { .name = { "pg", 2 }, .url = { "postgresql://h/d", 16 }, .tls_verify = true },
};
static const struct connections both = { databases, 2 };

#define DECLARED "\nconnections: {lite: 'sqlite::memory:', pg: 'postgresql://h/d'}"

static struct play *asked(const char *yaml, struct value v)
{
    struct play *p = play_new(str_format(scratch, "    %s" DECLARED "\n", yaml).s,
                              one_value("v", v));

    p->at.connections = &both;
    play_resolve(p);
    if (!p->loaded)
        diag_print(p->diags.first, stdout);
    CHECK(p->loaded);
    return p;
}

static const struct sql_command *command_of(const struct play *p)
{
    return ((const struct sql_work *)p->at.job)->job.commands;
}

static struct value result_of(const struct play *p)
{
    struct value v = VALUE_NONE;

    CHECK(value_field(p->outcome.result, "value", scratch, &v));
    return v;
}

#define EACH_HOSTILE(v)                              \
    for (size_t v##_i = 0; v##_i < HOSTILE; v##_i++) \
        for (struct str v = str_from(hostile[v##_i]); v.s; v.s = NULL)

TEST(a_value_is_bound_and_the_text_does_not_know_it)
{
    EACH_HOSTILE(v)
    {
        struct play *p = asked("sql: {query: 'SELECT ${{ v }} AS x', connection: pg}",
                               value_string(v));
        CHECK(p->resolved);
        CHECK_STR(command_of(p)->text, "SELECT  $1  AS x");
        CHECK(command_of(p)->count == 1 && str_equal(command_of(p)->values[0].s, v));
    }
}

TEST(a_named_parameter_is_bound_as_well)
{
    EACH_HOSTILE(v)
    {
        struct play *p = asked("sql: {query: 'SELECT :x', params: {x: '${{ v }}'}, connection: pg}",
                               value_string(v));
        CHECK(p->resolved);
        CHECK_STR(command_of(p)->text, "SELECT  $1 ");
        CHECK(str_equal(command_of(p)->values[0].s, v));
    }
}

TEST(it_comes_back_from_sqlite_as_it_went_there)
{
    EACH_HOSTILE(v)
    {
        struct play *p = asked("sql: {query: 'SELECT ${{ v }}', connection: lite}",
                               value_string(v));
        p->at.read_only = true;
        play_start(p);
        play_wait(p);
        CHECK(good(p));
        struct value back = result_of(p);
        CHECK(back.kind == (utf8_invalid(v) == SIZE_MAX ? VALUE_STRING : VALUE_BYTES));
        CHECK(str_equal(back.s, v));
    }
}

TEST(a_name_is_quoted_whatever_it_holds)
{
    EACH_HOSTILE(v)
    {
        struct play *p = asked("sql: {query: 'SELECT 1 AS ${{ ident(v) }}', connection: lite}",
                               value_string(v));
        CHECK(p->resolved == (v.n > 0 && utf8_invalid(v) == SIZE_MAX));
        if (!p->resolved)
            continue;
        p->at.read_only = true;
        play_start(p);
        play_wait(p);
        CHECK(good(p));
        struct value columns;
        CHECK(value_field(p->outcome.result, "columns", scratch, &columns));
        CHECK(value_size(columns) == 1 && str_equal(value_item(columns, 0).s, v));
    }
    struct value nul = value_string((struct str){ "a\0b", 3 });
    CHECK(!asked("sql: {query: 'SELECT 1 AS ${{ ident(v) }}', connection: lite}", nul)->resolved);
}

TEST(a_script_is_one_file)
{
    EACH_HOSTILE(v)
    {
        struct play *p = asked("sql: {script: '/nowhere/${{ v }}', connection: lite}",
                               value_string(v));
        CHECK(!p->resolved && str_search(p->error.message, STR("/nowhere")) != SIZE_MAX);
    }
}

TEST(a_list_and_a_map_carry_them_all)
{
    struct play *p = asked("sql: {query: 'SELECT ${{ v }}', connection: pg}", all_hostile());
    struct pg_parameter made;
    struct str why;

    CHECK(p->resolved && command_of(p)->values[0].kind == VALUE_LIST);
    CHECK(pg_parameter_of(command_of(p)->values[0], scratch, &made, &why));
    // An array of text: each item in quotes, in which only \ and " mean something.
    struct value back = pg_value_of(made.type ? made.type : 1009, str_from(made.text), scratch);
    CHECK(value_size(back) == HOSTILE);
    for (size_t i = 0; i < HOSTILE && i < value_size(back); i++)
        CHECK(str_is(value_item(back, i).s, hostile[i]));
    // JSON cannot carry what is no UTF-8.
    CHECK(!pg_parameter_of(one_value("a", all_hostile()), scratch, &made, &why));
}
