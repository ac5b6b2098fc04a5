#!/bin/sh
# The sql action on SQLite files.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/play.sh"
command -v sqlite3 >/dev/null || { echo '1..0 # SKIP sqlite3 is not installed'; exit 0; }
q="'"
url=sqlite:app.db

fresh() {
	rm -f app.db* && sqlite3 app.db 'CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, "one"), (2, NULL)'
}
ask() {
	got=$(sqlite3 app.db "$1")
	[ "$got" = "$2" ] || { echo "$1: $got, not $2"; return 1; }
}
notes() {
	sed -n 's/^{"note":\(.*\)}$/\1/p' out
}
# hold: another program has the file, until release.
hold() {
	mkfifo line
	sqlite3 app.db <line >held 2>/dev/null &
	holder=$!
	exec 7>line
	printf 'BEGIN EXCLUSIVE;\nSELECT 1;\n' >&7
	until [ -s held ]; do sleep 0.02; done
}
release() {
	printf '.quit\n' >&7
	exec 7>&-
	wait "$holder"
	rm -f line held
}

test_that 'a statement that is not understood is told with its place, and what was perhaps meant' '
	fresh && ! play "  - {id: a, sql: SELEC count(*) FROM t}" &&
	has "syntax error, at \`SELEC count(*) FROM t\`" && has "did you mean \`SELECT\`?" &&
	! play "  - {id: a, sql: SELECT nme FROM t}" && has "no such column: nme, at \`SELECT nme FROM t\`" && lacks "did you mean"
'

test_that 'a file that is not there is not made by a mistake in its name' '
	url=sqlite:none.db
	! play "  - {id: a, sql: SELECT 1}" && has "there is no database" && has "\"not_started\":true" &&
	! play "  - {id: a, sql: INSERT INTO t VALUES (1)}" && has "begins with CREATE" && [ ! -e none.db ] &&
	play "  - {id: a, sql: CREATE TABLE t (a)}
  - {id: b, sql: INSERT INTO t VALUES (1)}" && [ "$(sqlite3 none.db "SELECT a FROM t")" = 1 ]
'

test_that 'what is no database, and what may not be read' '
	printf "this is surely no database, whatever it may be called; it is text" >text.db
	url=sqlite:text.db
	! play "  - {id: a, sql: SELECT * FROM t}" && has "not a database" &&
	mkdir -p folder.db && url=sqlite:folder.db && ! play "  - {id: a, sql: SELECT 1 FROM t}" && has "\"verdict\":\"failed\""
'

test_that 'an error is the engine'"'"'s own' '
	fresh && ! play "  - {id: a, sql: SELECT * FROM nosuch}" && has "no such table: nosuch" &&
	! play "  - {id: a, sql: \"INSERT INTO t VALUES (1, 2)\"}" && has "UNIQUE constraint failed: t.id"
'

test_that 'values keep their types' '
	fresh && play "  - id: a
    sql: SELECT \${{ i }} AS i, \${{ d }} AS d, \${{ b }} AS b, \${{ s }} AS s, \${{ n }} AS n, \${{ l }} AS l, x${q}00ff${q} AS x, CAST(x${q}ff${q} AS TEXT) AS bad" \
		"scope={\"i\":9007199254740993,\"d\":1.5,\"b\":true,\"s\":\"${q}); --\",\"n\":null,\"l\":[1]}" &&
	has "\"i\":9007199254740993,\"d\":1.5,\"b\":1,\"s\":\"${q}); --\",\"n\":null,\"l\":\"[1]\",\"x\":\"AP8=\",\"bad\":\"/w==\""
'

test_that 'what would not come back as it was is refused' '
	fresh &&
	! play "  - {id: a, sql: \"INSERT INTO t(v) VALUES (\${{ v }})\"}" "scope={\"v\": \"a\\u0000b\"}" && has "a text with a NUL" && has "bytes(" &&
	! play "  - {id: a, sql: \"INSERT INTO t(v) VALUES (\${{ double(v) }})\"}" "scope={\"v\": \"NaN\"}" && has "NaN cannot be a value in SQLite" &&
	! play "  - {id: a, sql: \"INSERT INTO t(v) VALUES (\${{ 18446744073709551615u }})\"}" && has "18446744073709551615 is beyond" &&
	ask "SELECT count(*) FROM t" 2 &&
	play "  - {id: a, sql: \"SELECT \${{ bytes(v) }} AS b, \${{ 1.0 / 0.0 }} AS inf, -\${{ 0.0 }} AS zero\"}" "scope={\"v\": \"a\\u0000b\"}" && has "\"b\":\"YQBi\""
'

test_that 'parameters by number and by name, and their number' '
	fresh && play "  - {id: a, sql: {query: \"SELECT ?1 + ?2, ?2\", params: [1, 2]}}
  - {id: b, sql: {query: \"SELECT ? || ?\", params: [a, b]}}
  - {id: c, sql: {query: \"SELECT :x || @y || \$z\", params: {x: a, y: b, z: c}}}
  - {id: d, sql: {query: \"SELECT \$1\", params: [q]}}" &&
	has "\"value\":3" && has "\"value\":\"ab\"" && has "\"value\":\"abc\"" && has "\"value\":\"q\"" &&
	! play "  - {id: a, sql: SELECT ?}" && has "there is no value for parameter ?" &&
	! play "  - {id: a, sql: {query: \"SELECT ?1\", params: [1, 2]}}" && has "1 parameters, and 2 values" &&
	! play "  - {id: a, sql: {query: \"SELECT :x\", params: {y: 1}}}" && has "parameter :x"
'

test_that 'what counts as read cannot change anything' '
	fresh && play "  - {id: a, sql: PRAGMA user_version}
  - {id: b, sql: PRAGMA user_version = 7}" && ask "PRAGMA user_version" 7 &&
	has "\"note\":{\"bare\":true" && play "  - {id: a, sql: VACUUM}"
'

test_that 'counts of what was changed' '
	fresh && play "  - {id: a, sql: UPDATE t SET v = 1}
  - {id: b, sql: CREATE TABLE u (a)}
  - {id: c, sql: \"INSERT INTO t(v) VALUES (7) RETURNING id\"}
  - {id: d, sql: DELETE FROM t}" &&
	has "\"count\":2,\"columns\":[],\"command\":\"UPDATE\"" && has "\"count\":0,\"columns\":[],\"command\":\"CREATE TABLE\"" &&
	has "\"value\":3,\"count\":1" && has "\"count\":3,\"columns\":[],\"command\":\"DELETE\""
'

test_that 'a second statement is refused, and nothing is done' '
	fresh && ! play "  - {id: a, sql: DELETE FROM t; DELETE FROM t}" && grep -q "only one can stand here" err && ask "SELECT count(*) FROM t" 2
'

test_that 'too many rows and too large values end at their limit' '
	fresh && ! play "  - {id: a, sql: \"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c\"}" && has "over 100000 rows" &&
	! play "  - {id: a, sql: SELECT zeroblob(100000000)}" && has "over 64 MiB"
'

test_that 'a statement that takes too long is stopped and taken back' '
	fresh && endless="WITH RECURSIVE c(x) AS (SELECT 10 UNION ALL SELECT x + 1 FROM c) " &&
	! play "  - {id: a, sql: \"${endless}SELECT max(x) FROM c\"}" timeout=300 && has "did not end within 300ms" && has "\"timed_out\":true" &&
	! play "  - {id: a, sql: \"${endless}INSERT INTO t SELECT x, x FROM c\"}" timeout=300 && has "\"timed_out\":true" &&
	ask "SELECT count(*) FROM t" 2 &&
	! play "  - {id: a, sql: \"${endless}INSERT INTO t SELECT x, x FROM c\"}" cancel=300 && has "\"verdict\":\"cancelled\"" && ask "SELECT count(*) FROM t" 2
'

test_that 'a file that somebody else has locked is waited for, in the time there is' '
	fresh && hold && ! play "  - {id: a, sql: UPDATE t SET v = 5}" timeout=400 && has "\"timed_out\":true" &&
	{ play "  - {id: a, sql: UPDATE t SET v = 5}" timeout=20000 & waiter=$!; } && sleep 0.3 && release && { wait $waiter || { cat out err; false; }; } &&
	ask "SELECT count(*) FROM t WHERE v = 5" 2
'

test_that 'steps that write at once wait for each other, however many there are' '
	fresh && export XDG_STATE_HOME="$work/state" &&
	printf "runbook: 1\nname: many\ntype: database\nconnections: {db: \"sqlite:app.db\"}\nsteps:\n  - id: a\n    for_each: {in: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], parallel: 12}\n    sql: INSERT INTO t(v) VALUES (\${{ item }})\n" >many.yaml &&
	timeout 120 runbook run many.yaml && ask "SELECT count(*) FROM t" 14
'

test_that 'a script is one transaction; a trigger in it stays whole' '
	fresh && printf "CREATE TABLE log (a);\nCREATE TRIGGER tr AFTER INSERT ON t BEGIN\n  INSERT INTO log VALUES (new.id);\n  SELECT 1;\nEND;\nINSERT INTO t VALUES (9, 9);\n" >s.sql &&
	play "  - {id: a, sql: {script: s.sql}}" && ask "SELECT a FROM log" 9 &&
	printf "INSERT INTO t VALUES (10, 1);\nINSERT INTO t VALUES (9, 1);\n" >bad.sql &&
	! play "  - {id: a, sql: {script: bad.sql}}" && has "bad.sql:2: UNIQUE" && ask "SELECT count(*) FROM t WHERE id = 10" 0 &&
	printf "INSERT INTO t VALUES (11, 1);\nCOMMIT;\n" >c.sql && ! play "  - {id: a, sql: {script: c.sql}}" && has "c.sql:2: COMMIT cannot" &&
	printf -- "-- nothing\n" >n.sql && ! play "  - {id: a, sql: {script: n.sql}}" && has "holds no statement" &&
	! play "  - {id: a, sql: {script: none.sql}}" && has "none.sql"
'

test_that 'a group is committed whole or not at all' '
	fresh && play "  - {id: g, transaction: db, steps: [{id: a, sql: DELETE FROM t}, {id: b, sql: SELECT count(*) FROM t}]}" && has "\"value\":0" && ask "SELECT count(*) FROM t" 0 &&
	fresh && ! play "  - {id: g, transaction: db, steps: [{id: a, sql: DELETE FROM t}, {id: b, sql: SELECT nosuch}]}" && ask "SELECT count(*) FROM t" 2 &&
	! play "  - {id: g, transaction: db, steps: [{id: a, sql: DELETE FROM t}, {id: b, sql: VACUUM}]}" && grep "VACUUM cannot run inside" err && ask "SELECT count(*) FROM t" 2
'

test_that 'after a crash before COMMIT: not done' '
	fresh && ! play "  - {id: a, sql: DELETE FROM t}" die-at-note && n=$(notes) && [ -n "$n" ] &&
	! play "  - {id: a, sql: DELETE FROM t}" "settle=$n" && has "\"verdict\":\"failed\"" && ask "SELECT count(*) FROM t" 2
'

test_that 'after a crash behind COMMIT: done' '
	fresh && ! play "  - {id: a, sql: DELETE FROM t}" die-at-end && n=$(notes) && [ -n "$n" ] &&
	play "  - {id: a, sql: DELETE FROM t}" "settle=$n" && has "\"verdict\":\"done\"" && ask "SELECT count(*) FROM t" 0 &&
	fresh && group="  - {id: g, transaction: db, steps: [{id: a, sql: DELETE FROM t}]}" &&
	! play "$group" die-at-note && n=$(notes) && [ -n "$n" ] && ! play "$group" "settle=$n" && has "\"verdict\":\"failed\"" && ask "SELECT count(*) FROM t" 2
'

test_that 'in WAL mode a crash before COMMIT is not known, one behind it is' '
	fresh && sqlite3 app.db "PRAGMA journal_mode = WAL" && ! play "  - {id: a, sql: DELETE FROM t}" die-at-note && n=$(notes) &&
	! play "  - {id: a, sql: DELETE FROM t}" "settle=$n" && has "\"verdict\":\"unknown\"" &&
	! play "  - {id: a, sql: DELETE FROM t}" die-at-end && n=$(notes) &&
	play "  - {id: a, sql: DELETE FROM t}" "settle=$n" && has "\"verdict\":\"done\""
'

test_that 'nothing is left in the folder, and nothing in the database' '
	rm -f *.mark* && fresh && play "  - {id: a, sql: DELETE FROM t}
  - {id: b, sql: \"INSERT INTO t VALUES (1, 1)\"}" && [ -z "$(ls *.mark* app.db-* 2>/dev/null)" ] &&
	ask "SELECT name FROM sqlite_schema" t
'

test_that 'a file that was put into the place of the one that is open is what is read' '
	fresh && sqlite3 new.db "CREATE TABLE t (id); INSERT INTO t VALUES (1), (2), (3)" &&
	cat >moved.yaml <<-END
	runbook: 1
	name: moved
	type: database
	connections: {db: "sqlite:app.db"}
	steps:
	  - {id: before, sql: SELECT count(*) FROM t, expect: result.value == 2}
	  - {id: restore, shell: mv -f new.db app.db, undo: none}
	verify:
	  - {name: all are there, sql: SELECT count(*) FROM t, expect: result.value == 3}
	END
	XDG_STATE_HOME=$work/state runbook run moved.yaml 2>err || { cat err; false; }
'

done_testing
