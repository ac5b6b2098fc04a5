#!/bin/sh
# What becomes of a transaction whose COMMIT is not answered.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/postgres.sh"
pg_start
q="'"

pg_sql 'CREATE TABLE t (id int PRIMARY KEY)'

# behind WHEN: starts the proxy; $url leads through it.
behind() {
	python3 "$repo/tests/tools/pg-cut.py" "$pg_port" "$1" >port &
	proxy=$!
	until [ -s port ]; do sleep 0.02; done
	url="postgresql://$pg_user@127.0.0.1:$(cat port)/postgres"
	rm port
}
over() {
	kill "$proxy" 2>/dev/null
	wait "$proxy" 2>/dev/null
	true
}
play() {
	steps=$1
	shift
	printf 'runbook: 1\nname: book\ntype: database\nconnections: {db: "%s"}\nsteps:\n%s\n' \
		"$url" "$steps" >book.yaml
	timeout 60 action-play book.yaml "$@" >out 2>err
	status=$?
	[ $status -ne 124 ] || echo "{\"hangs\":true}" >out
	return $status
}
has() {
	grep -F -- "$1" out >/dev/null || { echo "not there: $1"; cat out err; return 1; }
}
ask() {
	got=$(pg_sql "$1")
	[ "$got" = "$2" ] || { echo "$1: $got, not $2"; return 1; }
}

test_that 'lost before it reached the server: known to have failed' '
	behind before
	! play "  - {id: a, sql: INSERT INTO t VALUES (1)}" && over &&
	has "\"verdict\":\"failed\"" && has "has rolled back" && ask "SELECT count(*) FROM t WHERE id = 1" 0
'

test_that 'lost behind the server: known to have succeeded' '
	behind after
	play "  - {id: a, sql: INSERT INTO t VALUES (2) RETURNING id}" && over &&
	has "\"verdict\":\"done\"" && has "\"value\":2" && ask "SELECT count(*) FROM t WHERE id = 2" 1
'

test_that 'the same for a group' '
	behind before
	! play "  - {id: g, transaction: db, steps: [{id: a, sql: INSERT INTO t VALUES (3)}]}" && over &&
	has "\"step\":\"g\",\"verdict\":\"failed\"" && ask "SELECT count(*) FROM t WHERE id = 3" 0 &&
	behind after
	play "  - {id: g, transaction: db, steps: [{id: a, sql: INSERT INTO t VALUES (3)}]}" && over &&
	has "\"step\":\"g\",\"verdict\":\"done\"" && ask "SELECT count(*) FROM t WHERE id = 3" 1
'

test_that 'nobody there to ask: unknown, with what to ask' '
	behind gone
	! play "  - {id: a, sql: INSERT INTO t VALUES (4)}" timeout=1000 && over &&
	has "\"verdict\":\"unknown\"" && has "SELECT pg_xact_status(" && ask "SELECT count(*) FROM t WHERE id = 4" 1
'

test_that 'what has written nothing cannot lose anything' '
	behind gone
	play "  - {id: a, sql: UPDATE t SET id = id WHERE false}" && over && has "\"count\":0"
'

test_that 'what reads and is not answered has failed, and no more' '
	behind gone
	! play "  - {id: a, sql: SELECT 5 AS five}" && over && has "\"verdict\":\"failed\""
'

# A session knows the setting before the server as a whole waits for it: only a COMMIT that
# hangs shows that it is in force.
commits_wait() {
	probe=$((${probe:-1000} + 1))
	! PGOPTIONS='-c client_min_messages=error' timeout 0.3 \
		psql -Xqc "INSERT INTO t VALUES ($probe)" "$pg_url" >/dev/null 2>&1
}
test_that 'no standby that confirms: committed, and a warning' '
	pg_sql "ALTER SYSTEM SET synchronous_standby_names = ${q}nobody${q}" && pg_sql "SELECT pg_reload_conf()" &&
	until commits_wait; do sleep 0.02; done &&
	url=$pg_url && { play "  - {id: a, sql: INSERT INTO t VALUES (7)}" timeout=2000 || { cat out err; false; }; } &&
	has "\"verdict\":\"done\"" && grep "WARNING: canceling wait for synchronous replication" err &&
	pg_sql "ALTER SYSTEM RESET synchronous_standby_names" && pg_sql "SELECT pg_reload_conf()" &&
	ask "SELECT count(*) FROM t WHERE id = 7" 1
'

done_testing
