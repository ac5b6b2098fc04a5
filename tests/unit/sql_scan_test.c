#include "action/sql/mistake.h"
#include "action/sql/script.h"
#include "action/sql/shape.h"

#include "base/buf.h"
#include "base/str.h"
#include "tests/unit/test.h"

// One letter a token: c comment, w word, n name, t text, d digits, p parameter, or the
// mark itself; ! behind one that is open.
static struct str scanned(enum sql_dialect dialect, const char *sql)
{
    struct sql_scan s = { str_from(sql), dialect, 0 };
    struct buf *b = buf_in(scratch);
    struct sql_token t;

    while (sql_next(&s, &t)) {
        buf_add_c(b, t.kind == SQL_PUNCTUATION ? sql[t.start] : "cwntdp"[t.kind]);
        if (t.open)
            buf_add_c(b, '!');
    }
    return buf_str(b);
}
#define PG(sql)   scanned(SQL_POSTGRES, sql)
#define LITE(sql) scanned(SQL_SQLITE, sql)

// Where a parser stumbles, by what stands there.
static size_t at(const char *sql, const char *what)
{
    return str_search(str_from(sql), str_from(what));
}
#define PLACE(sql, what) sql_mistake_place(str_from(sql), at(sql, what), SQL_SQLITE, scratch)
#define MEANT(sql, what) sql_mistake_help(str_from(sql), at(sql, what), SQL_SQLITE, scratch)

TEST(the_word_that_was_meant_stands_at_the_place_or_before_it)
{
    CHECK_STR(MEANT("SELEC 1", "SELEC"), "did you mean `SELECT`?");
    CHECK_STR(MEANT("SELECT a frm users", "users"), "did you mean `FROM`?");
    CHECK_STR(MEANT("SELECT a FROM users WHER id = 1", "id"), "did you mean `WHERE`?");
    CHECK_STR(MEANT("DELET FROM t", "DELET"), "did you mean `DELETE`?");
    CHECK_STR(MEANT("SELECT a FROM b, WHERE c", "WHERE"), "");
    CHECK_STR(MEANT("SELECT 'frm' users", "users"), "");
    CHECK_STR(MEANT("", ""), "");
}

TEST(the_place_of_a_mistake_is_a_line_and_what_stands_there)
{
    CHECK_STR(PLACE("SELEC count(*) FROM t", "SELEC"), ", at `SELEC count(*) FROM t`");
    CHECK_STR(PLACE("SELECT a frm users", "users"), ", at `frm users`");
    CHECK_STR(PLACE("SELECT id\n  FROM users\n  WHER id = 1\n", "id ="), ", in line 3: `WHER id = 1`");
    CHECK_STR(PLACE("SELECT 1 -- x\n", "-- x"), ", at `SELECT 1 -- x`");
    CHECK_STR(PLACE("", ""), "");
    CHECK_STR(sql_mistake_place(STR("a b"), 100, SQL_SQLITE, scratch), ", at `a b`");
    // Cut behind 60 bytes, and not inside of a character.
    struct str long_name = str_format(scratch, "%059d\xc3\xa4%05d", 0, 0);
    CHECK_STR(sql_mistake_place(long_name, 0, SQL_SQLITE, scratch),
              str_format(scratch, ", at `%059d`", 0).s);
}

TEST(quotes_and_comments_are_one_token)
{
    CHECK_STR(PG("a 'b''c' \"d\"\"e\" -- f ' g\nh /* i /* j */ k */ l"), "wtncwcw");
    CHECK_STR(LITE("a /* i /* j */ k */"), "wcw*/");
    CHECK_STR(PG("'a\\' b"), "tw");
    CHECK_STR(PG("E'a\\' b' c e'\\\\' d"), "twtw");
    CHECK_STR(LITE("E'a\\' b"), "wtw");
    CHECK_STR(PG("$$a'b$$ $x$ $$ $y$ $x$ z"), "ttw");
    CHECK_STR(PG("a$b$c $1 $12x"), "wpp");
    CHECK_STR(LITE("`a``b` [c'd] ?1 ? :x @y $z"), "nnppppp");
    CHECK_STR(PG("x[1] a ? b :: c"), "w[d]w?w::w");
    CHECK_STR(PG("1.5e-3 x'00'"), "d-dwt");
    CHECK_STR(PG("-- a\rb 'c'"), "cwt");
    CHECK_STR(LITE("-- a\rb 'c'"), "c");
    CHECK_STR(PG("U&'a\\' b N'c' U&\"d\\\" e"), "w&twwtw&nw");
}

TEST(a_second_part_of_an_escape_text_is_read_like_the_first)
{
    CHECK_STR(PG("E'a'\n'b\\' c' d"), "tw");
    CHECK_STR(PG("E'a' -- x\n  'b\\' c' d"), "tw");
    CHECK_STR(PG("E'a' 'b\\' c"), "ttw");
    CHECK_STR(PG("E'a'\r'b\\' c' d"), "tw");
}

TEST(what_nothing_ends_is_open)
{
    CHECK_STR(PG("a 'b"), "wt!");
    CHECK_STR(PG("a \"b"), "wn!");
    CHECK_STR(PG("a /* b /* */"), "wc!");
    CHECK_STR(PG("a $$ b $x$"), "wt!");
    CHECK_STR(PG("E'\\'"), "t!");
    CHECK_STR(LITE("[a"), "n!");
    CHECK(sql_shape_of(STR("SELECT 'a"), SQL_POSTGRES).open);
    CHECK(!sql_shape_of(STR("SELECT 'a'"), SQL_POSTGRES).open);
}

static bool reads(const char *sql)
{
    return sql_shape_of(str_from(sql), SQL_POSTGRES).reads;
}

TEST(only_what_changes_nothing_reads)
{
    CHECK(reads("SELECT 1"));
    CHECK(reads("  -- hello\n select * from t;"));
    CHECK(reads("(SELECT 1) UNION (SELECT 2)"));
    CHECK(reads("WITH a AS (SELECT 1) SELECT * FROM a"));
    CHECK(reads("VALUES (1)"));
    CHECK(reads("SHOW server_version"));
    CHECK(reads("TABLE t"));
    CHECK(reads("EXPLAIN DELETE FROM t"));
    CHECK(reads("EXPLAIN ANALYZE SELECT 1"));
    CHECK(reads("SELECT 'DELETE', \"update\" FROM t -- INTO"));
    CHECK(reads("SELECT replace(a, 'b', 'c'), (update_count) FROM t"));
    CHECK(reads("SELECT 1 WHERE (replace(a, 'b', 'c') = 'd')"));
    CHECK(reads("SELECT substring(a FROM 1 FOR 2) FROM t"));
    CHECK(reads("PRAGMA user_version"));
    CHECK(reads("PRAGMA table_info(t)"));

    CHECK(!reads(""));
    CHECK(!reads("-- nothing"));
    CHECK(!reads("INSERT INTO t VALUES (1)"));
    CHECK(!reads("SELECT * INTO u FROM t"));
    CHECK(!reads("SELECT * FROM t FOR UPDATE"));
    CHECK(!reads("SELECT * FROM t FOR NO KEY UPDATE"));
    CHECK(!reads("SELECT * FROM t FOR share"));
    CHECK(!reads("WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a"));
    CHECK(!reads("WITH a AS (SELECT 1) UPDATE t SET x = 1"));
    CHECK(!reads("EXPLAIN ANALYZE DELETE FROM t"));
    CHECK(!reads("EXPLAIN (ANALYZE, BUFFERS) INSERT INTO t VALUES (1)"));
    CHECK(!reads("CREATE TABLE t (a int)"));
    CHECK(!reads("PRAGMA user_version = 3"));
    CHECK(!reads("PRAGMA wal_checkpoint(TRUNCATE)"));
    CHECK(!reads("CALL p()"));
    CHECK(!reads("DO $$ BEGIN END $$"));
    CHECK(!reads("COPY t TO STDOUT"));
}

static struct str blamed(const char *sql)
{
    struct sql_shape s = sql_shape_of(str_from(sql), SQL_POSTGRES);

    return str_format(scratch, "%s%s%.*s", s.controls ? "controls " : "", s.alone ? "alone " : "",
                      s.controls || s.alone ? (int)s.blame.n : 0, s.blame.s);
}

TEST(what_cannot_stand_in_a_transaction_is_known)
{
    CHECK_STR(blamed("begin"), "controls begin");
    CHECK_STR(blamed("START TRANSACTION"), "controls START");
    CHECK_STR(blamed("COMMIT AND CHAIN"), "controls COMMIT");
    CHECK_STR(blamed("ROLLBACK"), "controls ROLLBACK");
    CHECK_STR(blamed("ROLLBACK TO SAVEPOINT a"), "");
    CHECK_STR(blamed("SAVEPOINT a"), "");
    CHECK_STR(blamed("PREPARE TRANSACTION 'x'"), "controls PREPARE TRANSACTION");
    CHECK_STR(blamed("PREPARE x AS SELECT 1"), "");
    CHECK_STR(blamed("VACUUM FULL t"), "alone VACUUM");
    CHECK_STR(blamed("create  /* x */ database d"), "alone create  /* x */ database");
    CHECK_STR(blamed("DROP DATABASE d"), "alone DROP DATABASE");
    CHECK_STR(blamed("CREATE INDEX CONCURRENTLY i ON t (a)"), "alone CONCURRENTLY");
    CHECK_STR(blamed("REFRESH MATERIALIZED VIEW CONCURRENTLY v"), "");
    CHECK_STR(blamed("DROP TABLE \"database\""), "");
    CHECK_STR(blamed("COMMENT ON DATABASE d IS 'x'"), "");
}

TEST(values_bind_in_statements_and_not_in_commands)
{
    CHECK(sql_shape_of(STR("INSERT INTO t VALUES (1)"), SQL_POSTGRES).binds);
    CHECK(sql_shape_of(STR("CALL p(1)"), SQL_POSTGRES).binds);
    CHECK(!sql_shape_of(STR("CREATE TABLE t (a int)"), SQL_POSTGRES).binds);
    CHECK(!sql_shape_of(STR("DROP TABLE t"), SQL_POSTGRES).binds);
    CHECK(!sql_shape_of(STR("SET x = 1"), SQL_POSTGRES).binds);
    CHECK(!sql_shape_of(STR("TRUNCATE t"), SQL_POSTGRES).binds);
    CHECK(sql_shape_of(STR("COPY t FROM STDIN"), SQL_POSTGRES).copy_in);
    CHECK(sql_shape_of(STR("COPY (SELECT 1) TO STDOUT"), SQL_POSTGRES).copy_out);
    CHECK(!sql_shape_of(STR("COPY t FROM '/x'"), SQL_POSTGRES).copy_in);
}

TEST(statements_are_counted_without_empty_ones)
{
    CHECK(sql_shape_of(STR(""), SQL_POSTGRES).statements == 0);
    CHECK(sql_shape_of(STR(" ; -- x\n;"), SQL_POSTGRES).statements == 0);
    CHECK(sql_shape_of(STR("SELECT 1;"), SQL_POSTGRES).statements == 1);
    CHECK(sql_shape_of(STR("SELECT ';'; -- ;"), SQL_POSTGRES).statements == 1);
    CHECK(sql_shape_of(STR("SELECT 1; DROP TABLE t"), SQL_POSTGRES).statements == 2);
}

// "LINE:text" of each, | between them; data in <>.
static struct str split(enum sql_dialect dialect, const char *sql)
{
    struct sql_script s = sql_script_of(str_from(sql), dialect);
    struct buf *b = buf_in(scratch);
    struct sql_statement st;

    while (sql_script_next(&s, &st)) {
        buf_format(b, "%s%u:%.*s%.*s", b->n ? "|" : "", st.line, STR_ARG(st.text),
                   STR_ARG(st.psql));
        if (st.has_data)
            buf_format(b, "<%.*s>", STR_ARG(st.data));
    }
    return buf_str(b);
}

TEST(a_script_comes_apart_at_its_semicolons)
{
    CHECK_STR(split(SQL_POSTGRES, "-- a;\nSELECT 1;\n\n;;SELECT ';' /* ; */ ;\nSELECT $$;$$"),
              "2:SELECT 1|4:SELECT ';'|5:SELECT $$;$$");
    CHECK_STR(split(SQL_POSTGRES, "-- old\rSELECT 1;\rCOMMIT;"), "1:SELECT 1|1:COMMIT");
    CHECK_STR(split(SQL_POSTGRES, ""), "");
    CHECK_STR(split(SQL_POSTGRES, "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); x"),
              "1:CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)|1:x");
}

TEST(the_body_of_a_routine_stays_together)
{
    CHECK_STR(split(SQL_POSTGRES,
                    "create or replace function f() returns int begin atomic select case 1 when 1 "
                    "then 2 end; select 2; end; SELECT 3"),
              "1:create or replace function f() returns int begin atomic select case 1 when 1 "
              "then 2 end; select 2; end|1:SELECT 3");
    CHECK_STR(
        split(SQL_SQLITE,
              "CREATE TEMP TRIGGER a AFTER INSERT ON t BEGIN\nDELETE FROM u;\nSELECT 1;\nEND;\nx"),
        "1:CREATE TEMP TRIGGER a AFTER INSERT ON t BEGIN\nDELETE FROM u;\nSELECT 1;\nEND|5:x");
    CHECK_STR(split(SQL_POSTGRES, "BEGIN; x; END; y"), "1:BEGIN|1:x|1:END|1:y");
    CHECK(sql_shape_of(STR("CREATE TRIGGER a AFTER INSERT ON t BEGIN SELECT 1; END"), SQL_SQLITE)
              .statements == 1);
}

TEST(the_data_of_copy_is_not_sql)
{
    CHECK_STR(split(SQL_POSTGRES, "COPY t (a, b) FROM stdin;\n1;\t'x\n--\n\\.\nSELECT 1;"),
              "1:COPY t (a, b) FROM stdin<1;\t'x\n--\n>|5:SELECT 1");
    CHECK_STR(split(SQL_POSTGRES, "COPY t FROM stdin;\n\\.\n"), "1:COPY t FROM stdin<>");
    CHECK_STR(split(SQL_POSTGRES, "COPY t FROM stdin;"), "1:COPY t FROM stdin<>");
    CHECK_STR(split(SQL_POSTGRES, "COPY t FROM stdin;\n1\n"), "1:COPY t FROM stdin<1\n>");
    CHECK_STR(split(SQL_POSTGRES, "COPY t FROM '/x'; y"), "1:COPY t FROM '/x'|1:y");
}

TEST(a_backslash_command_is_found_with_its_line)
{
    CHECK_STR(split(SQL_POSTGRES, "SELECT 1;\n\\i x.sql\nSELECT 2"),
              "1:SELECT 1|2:\\i x.sql|3:SELECT 2");
    CHECK_STR(split(SQL_POSTGRES, "SELECT 1 \\gexec\n"), "1:\\gexec");
    CHECK_STR(split(SQL_POSTGRES, "SELECT '\\d'; SELECT E'\\''"), "1:SELECT '\\d'|1:SELECT E'\\''");
    CHECK_STR(split(SQL_POSTGRES, "\\restrict abc\nSELECT 1;\n\\unrestrict abc\n"), "2:SELECT 1");
}
