#!/bin/sh
# The sql action on a real PostgreSQL server.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/postgres.sh"
. "$repo/tests/e2e/play.sh"
pg_start
url=$pg_url
q="'"

pg_sql 'CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, $$one$$), (2, NULL)'


test_that 'a refused connection was not started' '
	free=$(free_port)
	url=postgresql://x@127.0.0.1:$free/x
	! play "  - {id: a, sql: SELECT 1}" &&
	has "\"verdict\":\"failed\"" && has "\"not_started\":true" && has "Connection refused"
'

test_that 'an error of the server has its SQLSTATE' '
	! play "  - {id: a, sql: SELECT * FROM nosuch}" &&
	has "\"verdict\":\"failed\"" && has "(SQLSTATE 42P01)" &&
	! play "  - {id: a, sql: SELECT 1 FROM t WHERE}" && has "(SQLSTATE 42601)" &&
	! play "  - {id: a, sql: SELEC 1 FROM t}" && has "syntax error at or near \\\"SELEC\\\", at \`SELEC 1 FROM t\` (SQLSTATE 42601)" && has "did you mean \`SELECT\`?" &&
	! play "  - {id: a, sql: SELECT v FROM t WHER id = 1}" && has "WHER id = 1\` (" && has "did you mean \`WHERE\`?"
'

test_that 'a second statement is refused, and nothing is done' '
	! play "  - {id: a, sql: INSERT INTO t VALUES (9); DROP TABLE t}" &&
	grep -q "only one can stand here" err && asks "SELECT count(*) FROM t" 2
'

test_that 'a value never becomes code' '
	play "  - {id: a, sql: \"INSERT INTO t VALUES (3, \${{ x }})\"}
  - {id: b, sql: \"SELECT v FROM t WHERE v = \${{ x }}\"}" \
		"scope={\"x\":\"a${q}); DROP TABLE t; --\"}" &&
	has "\"value\":\"a${q}); DROP TABLE t; --\"" && pg_sql "DELETE FROM t WHERE id = 3"
'

test_that 'a value keeps its type' '
	play "  - id: a
    sql: SELECT \${{ i }} + 1 AS i, \${{ d }} AS d, \${{ b }} AS b, \${{ s }} AS s, \${{ n }}::int AS n,
         \${{ l }} AS l, \${{ m }} AS m, \${{ big }} AS big, 1.5::numeric AS num, now() AS now,
         decode(${q}00ff${q}, ${q}hex${q}) AS bytes, 12345678901234567890.5::numeric AS exact" \
		"scope={\"i\":41,\"d\":1.5,\"b\":true,\"s\":\"x\",\"n\":null,\"l\":[1,2],\"m\":{\"k\":[1]},\"big\":3000000000}" &&
	has "\"i\":42,\"d\":1.5,\"b\":true,\"s\":\"x\",\"n\":null,\"l\":[1,2],\"m\":{\"k\":[1]},\"big\":3000000000,\"num\":1.5" &&
	has "\"exact\":\"12345678901234567890.5\"" && has "\"bytes\":\"AP8=\""
'

test_that 'names are quoted, lists are compared, parameters are named' '
	play "  - {id: a, sql: \"CREATE TABLE \${{ ident(x) }} (a int)\"}
  - {id: b, sql: \"SELECT count(*) FROM t WHERE id = ANY(\${{ l }})\"}
  - {id: c, sql: {query: \"SELECT :a::int + :b AS sum, (ARRAY[1,2,3])[1:2] AS s\", params: {a: 1, b: 2}}}
  - {id: d, sql: {query: \"SELECT \$1::text || \$2::text AS s\", params: [a, b]}}" \
		"scope={\"x\":\"My \\\"Table\",\"l\":[1,2,7]}" &&
	has "\"step\":\"b\",\"verdict\":\"done\",\"rule\":true,\"result\":{\"rows\":[{\"count\":2}]" &&
	has "{\"sum\":3,\"s\":[1,2]}" && has "{\"s\":\"ab\"}" &&
	asks "SELECT count(*) FROM pg_class WHERE relname = ${q}My \"Table${q}" 1
'

test_that 'what reads cannot change anything' '
	pg_sql "CREATE SEQUENCE s" &&
	! play "  - {id: a, sql: \"SELECT nextval(${q}s${q})\"}" &&
	has "(SQLSTATE 25006)" && has "effects: write" &&
	asks "SELECT is_called FROM s" f
'

test_that 'what reads cannot change anything without a transaction either' '
	pg_sql "CREATE OR REPLACE FUNCTION sneaks() RETURNS int LANGUAGE sql AS ${q}CREATE TABLE sneaked (); SELECT 1${q}" &&
	! play "  - {id: a, sql: {query: SELECT sneaks(), transaction: false}}" && has "SQLSTATE 25006" && has "effects: write"
'

test_that 'what writes is not told that it reads where the server takes no changes' '
	pg_sql "CREATE ROLE reader LOGIN; ALTER ROLE reader SET default_transaction_read_only = on; GRANT ALL ON t TO reader" || exit 1
	url=postgresql://reader@127.0.0.1:$pg_port/postgres
	! play "  - {id: a, sql: \"INSERT INTO t VALUES (8)\"}" && has "(SQLSTATE 25006)" && has "target_session_attrs=read-write" && lacks "counts as" &&
	asks "SELECT count(*) FROM t WHERE id = 8" 0
'

test_that 'counts, commands and an absent row' '
	play "  - {id: a, sql: UPDATE t SET v = v}
  - {id: b, sql: SELECT * FROM t WHERE false}
  - {id: c, sql: \"INSERT INTO t VALUES (4, ${q}x${q}) RETURNING id, id\"}
  - {id: d, sql: DELETE FROM t WHERE id = 4}
  - {id: e, sql: CREATE TEMP TABLE k (a int)}
  - {id: f, sql: INSERT INTO k VALUES (1)}" &&
	has "\"rows\":[],\"count\":2,\"columns\":[],\"command\":\"UPDATE\"" &&
	has "\"rows\":[],\"count\":0,\"columns\":[\"id\",\"v\"],\"command\":\"SELECT\"" &&
	has "\"rows\":[{\"id\":4,\"id_2\":4}]" && has "\"command\":\"CREATE TABLE\"" &&
	has "\"step\":\"f\",\"verdict\":\"done\""
'

test_that 'warnings are output' '
	play "  - {id: a, sql: \"DO \$\$ BEGIN RAISE WARNING ${q}careful${q}; END \$\$\"}" &&
	grep "WARNING: careful" err
'

test_that 'a statement that takes too long is stopped by the server' '
	! play "  - {id: a, sql: SELECT pg_sleep(30)}" timeout=300 &&
	has "did not end within 300ms" && has "\"timed_out\":true" && has "\"verdict\":\"failed\"" &&
	! play "  - {id: a, sql: {query: SELECT pg_sleep(30), timeout: 200ms}}" &&
	has "did not end within 200ms"
'

stopped_by_the_server() {
	! play "  - {id: a, sql: SELECT pg_sleep(300)}" timeout=$((window * 300)) && has "did not end within " && has "s (SQLSTATE 57014)\""
}
test_that '... and has its SQLSTATE' 'in_time stopped_by_the_server'

test_that 'a script that takes too long is stopped by us, and nothing is done' '
	printf "INSERT INTO t VALUES (77);\n%s" "$(yes "SELECT pg_sleep(0.15);" | head -20)" >slow.sql &&
	! play "  - {id: a, sql: {script: slow.sql}}" timeout=400 &&
	has "\"timed_out\":true" && asks "SELECT count(*) FROM t WHERE id = 77" 0
'

test_that 'a lock that is not to be had is told as such' '
	psql -X -q "$pg_url" -c "BEGIN; LOCK TABLE t; SELECT pg_sleep(600)" >/dev/null 2>&1 &
	holder=$! locked="FROM pg_locks WHERE mode = ${q}AccessExclusiveLock${q} AND relation = ${q}t${q}::regclass"
	until [ "$(pg_sql "SELECT count(*) $locked")" = 1 ]; do sleep 0.02; done
	! play "  - {id: a, sql: UPDATE t SET v = v}" timeout=500 &&
	has "(SQLSTATE 55P03)" && asks "SELECT pg_terminate_backend(pid) $locked" t && ! wait $holder
'

test_that 'a cancelled statement is rolled back' '
	! play "  - {id: a, sql: \"INSERT INTO t SELECT 50, pg_sleep(30)::text\"}" cancel=200 &&
	has "\"verdict\":\"cancelled\"" && asks "SELECT count(*) FROM t WHERE id = 50" 0 &&
	asks "SELECT count(*) FROM pg_stat_activity WHERE query LIKE ${q}INSERT INTO t SELECT 50%${q} AND state = ${q}active${q}" 0
'

test_that 'an endless result ends at its limit, with flat memory' '
	! play "  - {id: a, sql: \"SELECT * FROM generate_series(1, 10000000)\"}" &&
	has "over 100000 rows" &&
	! play "  - {id: a, sql: \"SELECT repeat(${q}x${q}, 10000000) FROM generate_series(1, 100)\"}" &&
	has "over 64 MiB"
'

test_that 'a field of hundreds of megabytes does not fill our memory' '
	printf "runbook: 1\nname: book\ntype: database\nconnections: {db: \"%s\"}\nsteps:\n%s\n" "$pg_url" \
		"  - {id: a, sql: \"SELECT repeat(${q}x${q}, 400000000)\"}" >book.yaml
	! python3 "$repo/tests/tools/peak-memory.py" 300 action-play book.yaml >out &&
	has "a row is larger than 64 MiB" && has "peak is fine"
'

test_that 'the values of an error are in its help' '
	! play "  - {id: a, sql: \"INSERT INTO t VALUES (1, ${q}again${q})\"}" &&
	has "(SQLSTATE 23505)" && has "Key (id)=(1) already exists."
'

test_that 'a script runs in one transaction, with its data' '
	printf "CREATE TABLE u (a int, b text);\nCOPY u FROM stdin;\n1\tone\n2\t\\\\N\n\\.\nSELECT count(*) AS n FROM u; -- end\n" >u.sql &&
	play "  - {id: a, sql: {script: u.sql}}" && has "\"rows\":[{\"n\":2}]" &&
	printf "INSERT INTO u VALUES (3);\n\nINSERT INTO nosuch VALUES (1);\n" >bad.sql &&
	! play "  - {id: a, sql: {script: bad.sql}}" && has "bad.sql:3: relation" &&
	asks "SELECT count(*) FROM u" 2 &&
	! play "  - {id: a, sql: {script: bad.sql, transaction: false}}" && has "bad.sql:3:" &&
	asks "SELECT count(*) FROM u" 3
'

test_that 'data of COPY may be larger than every buffer' '
	{ printf "CREATE TABLE big (a int, t text);\nCOPY big FROM stdin;\n"
	  seq 1 200000 | sed "s/\$/\t$(printf "%060d" 0)/"
	  printf "\\\\.\n"; } >big.sql &&
	play "  - {id: a, sql: {script: big.sql}}" && has "\"count\":200000" && asks "SELECT count(*) FROM big" 200000 &&
	sed -i "s/^150000\t/x\t/; s/CREATE TABLE big (a int, t text)/TRUNCATE big/" big.sql &&
	! play "  - {id: a, sql: {script: big.sql}}" && has "big.sql:2: invalid input syntax" && asks "SELECT count(*) FROM big" 200000
'

test_that 'a plain dump goes back in as a script' '
	pg_sql "CREATE TABLE dumped (a int PRIMARY KEY, b text); INSERT INTO dumped VALUES (1, ${q}a;\nb${q})" &&
	pg_dump -t dumped "$pg_url" >dump.sql && pg_sql "DROP TABLE dumped" &&
	play "  - {id: a, sql: {script: dump.sql}}" && asks "SELECT a FROM public.dumped" 1
'

test_that 'what cannot run in a transaction is refused before anything runs' '
	for bad in "BEGIN" "COMMIT" "VACUUM t" "CREATE DATABASE x" "CREATE INDEX CONCURRENTLY i ON t (v)" "\\i x.sql"; do
		printf "INSERT INTO t VALUES (60);\n%s;\n" "$bad" >x.sql
		! play "  - {id: a, sql: {script: x.sql}}" && has "x.sql:2:" || return 1
		! play "  - {id: g, transaction: db, steps: [{id: a, sql: {script: x.sql}}]}" && has "x.sql:2:" || return 1
	done
	asks "SELECT count(*) FROM t WHERE id = 60" 0
'

test_that 'what cannot run in a transaction runs bare by itself' '
	play "  - {id: a, sql: VACUUM t}
  - {id: b, sql: CREATE INDEX CONCURRENTLY i ON t (v)}" && has "\"note\":{\"bare\":true}" &&
	has "\"command\":\"CREATE INDEX\""
'

test_that 'a transaction left open is rolled back and told' '
	printf "BEGIN;\nINSERT INTO t VALUES (61);\n" >open.sql &&
	! play "  - {id: a, sql: {script: open.sql, transaction: false}}" &&
	has "a transaction was begun and not ended" && asks "SELECT count(*) FROM t WHERE id = 61" 0
'

test_that 'a group is committed whole or not at all' '
	play "  - id: g
    transaction: db
    steps:
      - {id: a, sql: INSERT INTO t VALUES (10)}
      - {id: b, sql: SELECT count(*) FROM t WHERE id = 10}" &&
	has "\"rows\":[{\"count\":1}]" && has "\"note\":{\"xid\":" && asks "SELECT count(*) FROM t WHERE id = 10" 1 &&
	! play "  - id: g
    transaction: db
    steps:
      - {id: a, sql: INSERT INTO t VALUES (11)}
      - {id: b, sql: INSERT INTO t VALUES (10)}" &&
	asks "SELECT count(*) FROM t WHERE id = 11" 0
'

test_that 'a constraint that is checked at COMMIT fails the group' '
	pg_sql "CREATE TABLE d (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)" &&
	! play "  - id: g
    transaction: db
    steps:
      - {id: a, sql: INSERT INTO d VALUES (1)}
      - {id: b, sql: INSERT INTO d VALUES (1)}" &&
	has "\"step\":\"g\",\"verdict\":\"failed\"" && has "(SQLSTATE 23505)" && asks "SELECT count(*) FROM d" 0
'

test_that 'after a crash before COMMIT the server is asked: aborted' '
	! play "  - {id: a, sql: INSERT INTO t VALUES (20)}" die-at-note &&
	notes=$(sed -n "s/^{\"note\":\\(.*\\)}$/\\1/p" out) && [ -n "$notes" ] &&
	! play "  - {id: a, sql: INSERT INTO t VALUES (20)}" "settle=$notes" &&
	has "\"verdict\":\"failed\"" && has "has rolled back" && asks "SELECT count(*) FROM t WHERE id = 20" 0
'

test_that 'after a crash pg_behind COMMIT the server is asked: committed' '
	play "  - {id: a, sql: INSERT INTO t VALUES (21)}" &&
	notes=$(sed -n "s/^{\"note\":\\(.*\\)}$/\\1/p" out) && [ -n "$notes" ] &&
	play "  - {id: a, sql: INSERT INTO t VALUES (21)}" "settle=$notes" && has "\"verdict\":\"done\"" &&
	play "  - {id: g, transaction: db, steps: [{id: a, sql: INSERT INTO t VALUES (21)}]}" "settle=$notes" &&
	has "\"verdict\":\"done\""
'

test_that 'another server is not believed' '
	play "  - {id: a, sql: INSERT INTO t VALUES (22)}" &&
	notes=$(sed -n "s/^{\"note\":\\(.*\\)}$/\\1/p" out | sed "s/\"server\":\"[0-9]/&9/") &&
	! play "  - {id: a, sql: INSERT INTO t VALUES (22)}" "settle=$notes" && has "\"verdict\":\"unknown\"" &&
	has "is not the one"
'

test_that 'without a note nothing was committed, and what ran bare is unknown' '
	! play "  - {id: a, sql: INSERT INTO t VALUES (23)}" "settle={}" && has "\"verdict\":\"failed\"" &&
	! play "  - {id: a, sql: VACUUM t}" "settle={\"bare\":true}" && has "\"verdict\":\"unknown\""
'

test_that 'a session that the server ends before COMMIT is a known failure' '
	! play "  - {id: a, sql: \"INSERT INTO t SELECT 30, pg_terminate_backend(pg_backend_pid())::text\"}" &&
	has "\"verdict\":\"failed\"" && asks "SELECT count(*) FROM t WHERE id = 30" 0
'

test_that 'a kept connection that died is opened again for the next step' '
	url="$pg_url\", other: \"$pg_url?application_name=other"
	play "  - {id: a, sql: {query: SELECT pg_backend_pid(), connection: db}}
  - id: b
    sql: {connection: other, query: \"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = ${q}runbook${q}\"}
  - {id: c, sql: {query: INSERT INTO t VALUES (31), connection: db}}" &&
	has "\"step\":\"b\",\"verdict\":\"done\",\"rule\":true,\"result\":{\"rows\":[{\"count\":1}]" &&
	asks "SELECT count(*) FROM t WHERE id = 31" 1
'

test_that 'a transaction whose connection died is a known failure' '
	url="$pg_url\", other: \"$pg_url?application_name=other"
	! play "  - id: g
    transaction: db
    steps:
      - {id: a, sql: {query: INSERT INTO t VALUES (32), connection: db}}
      - {id: b, sql: {query: SELECT pg_terminate_backend(pg_backend_pid()), connection: db}}" &&
	has "\"step\":\"b\",\"verdict\":\"failed\"" && has "\"step\":\"g\",\"verdict\":\"done\"" &&
	asks "SELECT count(*) FROM t WHERE id = 32" 0
'

done_testing
