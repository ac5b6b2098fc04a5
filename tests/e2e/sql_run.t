#!/bin/sh
# SQL on a PostgreSQL server in whole runs: what the exit code and a resume make of it.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/postgres.sh"
pg_start

pg_sql 'CREATE TABLE t (id int PRIMARY KEY)'

# book STEPS: written to book.yaml
book() {
	printf 'runbook: 1\nname: book\ntype: database\nconnections: {db: "%s"}\nsteps:\n%s\n' "$url" "$1" >book.yaml
}
id_of() {
	runbook runs | awk '/book/ {print $1; exit}'
}

test_that 'a COMMIT that is lost and was made: the run goes on' '
	pg_behind after && book "  - {id: a, sql: INSERT INTO t VALUES (1), undo: none}
  - {id: b, sql: SELECT count(*) FROM t, expect: result.value == 1}" &&
	exits 0 runbook run book.yaml && pg_behind_over && asks "SELECT count(*) FROM t" 1
'

test_that 'a COMMIT that is lost and was not made: the step has failed, and may be retried' '
	pg_behind before && book "  - {id: a, sql: INSERT INTO t VALUES (2), undo: none, retry: {attempts: 2, delay: 50ms}}" &&
	exits 0 runbook run book.yaml && pg_behind_over && asks "SELECT count(*) FROM t WHERE id = 2" 1
'

test_that 'a COMMIT of which nobody can be asked: 11, and nothing is repeated' '
	pg_behind gone && book "  - {id: a, timeout: 1s, sql: INSERT INTO t VALUES (3), undo: none, retry: {attempts: 3, delay: 50ms}}
  - {id: b, sql: INSERT INTO t VALUES (30), undo: none}" &&
	exits 11 runbook run book.yaml && pg_behind_over && asks "SELECT count(*) FROM t WHERE id IN (3, 30)" 1
'

test_that 'an interpreter that is killed while a group runs: nothing of it is done, and resume does it once' '
	url=$pg_url && book "  - id: g
    transaction: db
    steps:
      - {id: a, sql: INSERT INTO t VALUES (4)}
      - {id: w, sql: SELECT pg_sleep(1)}
      - {id: b, sql: INSERT INTO t VALUES (5)}" &&
	{ runbook run book.yaml & pid=$!; } &&
	until [ "$(pg_sql "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '"'%pg_sleep%'"' AND pid <> pg_backend_pid() AND state = '"'active'"'")" = 1 ]; do sleep 0.02; done &&
	kill -9 $pid && { wait $pid || true; } && asks "SELECT count(*) FROM t WHERE id IN (4, 5)" 0 &&
	exits 0 runbook resume "$(id_of)" && asks "SELECT count(*) FROM t WHERE id IN (4, 5)" 2
'

test_that 'a decline inside a group takes it back' '
	url=$pg_url && book "  - id: g
    transaction: db
    steps:
      - {id: a, sql: INSERT INTO t VALUES (6)}
      - {id: x, expect: 1 == 2}" &&
	exits 1 runbook run book.yaml && asks "SELECT count(*) FROM t WHERE id = 6" 0
'

test_that 'what is shown before asking is the statement and its values' '
	url=$pg_url && printf "runbook: 1\nname: book\ntype: database\ninputs: {n: {type: int, default: 7}}\nconnections: {db: \"%s\"}\nsteps:\n  - {id: a, sql: \"INSERT INTO t VALUES (\${{ inputs.n }})\", undo: none}\n" "$url" >book.yaml &&
	runbook plan book.yaml --commands >plan 2>&1 && grep "INSERT INTO t VALUES (" plan && grep "1 = 7" plan && asks "SELECT count(*) FROM t WHERE id = 7" 0
'

test_that 'a server that says nothing is not waited for once the run is over' '
	python3 -c "
import socket
s = socket.socket(); s.bind((\"127.0.0.1\", 0)); s.listen(5)
print(s.getsockname()[1], flush=True)
held = []
while True: held.append(s.accept())" >silent & silent=$!
	until [ -s silent ]; do sleep 0.02; done
	url="postgresql://x@127.0.0.1:$(cat silent)/x" && book "  - {id: a, timeout: 300ms, sql: SELECT 1}" &&
	{ exits 1 timeout 120 runbook run book.yaml; code=$?; kill $silent; [ $code = 0 ]; }
'

test_that 'a COMMIT that fails is what the group is told to have failed by' '
	url=$pg_url && pg_sql "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int REFERENCES p DEFERRABLE INITIALLY DEFERRED)" &&
	book "  - {id: g, transaction: db, steps: [{id: a, sql: INSERT INTO c VALUES (1)}, {id: b, sql: INSERT INTO t VALUES (90)}]}" &&
	{ runbook run book.yaml >told 2>&1; [ $? = 1 ]; } && grep -A1 "^✗ g: failed" told | grep "violates foreign key" && asks "SELECT count(*) FROM t WHERE id = 90" 0
'

test_that 'in a group nothing is said of a transaction of its own' '
	url=$pg_url && for own in "isolation: serializable" "transaction: false"; do
		book "  - {id: g, transaction: db, steps: [{id: a, sql: {query: SELECT 1, $own}}]}" && exits 3 runbook run book.yaml || return 1
	done
'

test_that 'a COMMIT under way that a second signal does not stop has succeeded, and is not said to be stopped' '
	url=$pg_url && pg_standby nobody && book "  - {id: a, timeout: 10m, sql: INSERT INTO t VALUES (95), undo: none}" || exit 1
	runbook run book.yaml -o ndjson >events 2>told & pid=$!
	until_true "asks \"SELECT count(*) \$hanging\" 1 >/dev/null" && kill -INT $pid && until_true "grep -q \"is let finish\" told" && kill -INT $pid &&
	{ wait $pid; [ $? = 130 ]; } && grep "\"step.end\",\"step\":\"a\"" events | grep "\"state\":\"succeeded\"" && ! grep "stopped by a signal" events told &&
	pg_standby && asks "SELECT count(*) FROM t WHERE id = 95" 1
'

test_that 'what a server says of a secret is told by nobody' '
	url=$pg_url && pg_sql "CREATE TABLE s (v text PRIMARY KEY)" && export TOK=s3cr3t-token-99 &&
	printf "runbook: 1\nname: book\ntype: database\nsecrets: {t: {env: TOK}}\nconnections: {db: \"%s\"}\nsteps:\n%s\n%s\n%s\n" "$url" \
		"  - {id: a, sql: \"SELECT \${{ secrets.t }}::int\", on_failure: continue}" \
		"  - {id: b, sql: \"INSERT INTO s VALUES (\${{ secrets.t }})\", undo: none}" \
		"  - {id: c, sql: \"INSERT INTO s VALUES (\${{ secrets.t }})\"}" >book.yaml &&
	{ runbook run book.yaml >told 2>&1; [ $? = 1 ]; } && { runbook run book.yaml -o ndjson >ndjson 2>&1; [ $? = 1 ]; } &&
	grep "type integer: .\*\*\*" told && grep "Key (v)=(\*\*\*)" told && ! grep -r s3cr3t-token told ndjson "$XDG_STATE_HOME"
'

done_testing
