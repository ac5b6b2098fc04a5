#!/bin/sh
# A COMMIT whose answer was lost, and nobody to ask: 11. At resume the server is asked again,
# whatever kept the run.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/postgres.sh"
. "$repo/tests/e2e/book.sh"
pg_start
pg_sql 'CREATE TABLE t (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)'

# lost STEPS STORE: a run of these whose COMMIT is answered by nobody ends with 11; $id
lost() {
	store=$2
	rm -f effects
	pg_sql 'DELETE FROM t'
	[ -z "${3:-}" ] || pg_sql "$3"
	printf 'runbook: 1\nname: book\ntype: database\nconnections: {db: "${{ env.DBURL }}"}\nsteps:\n%s\n  - {id: b, shell: echo b >> effects}\n' "$1" >book.yaml
	pg_behind gone
	DBURL=$url
	export DBURL
	timeout 120 runbook --store "$store" run book.yaml >out 2>&1 </dev/null
	got=$?
	pg_behind_over
	[ $got = 11 ] || { echo "exit status $got"; cat out; return 1; }
	id=$(runbook --store "$store" runs -o ndjson 2>/dev/null | sed -n '1s/.*"id":"\([^"]*\)".*/\1/p')
}
# again CODE [OPTION...]: resumed with the server in reach
again() {
	want=$1
	shift
	DBURL=$pg_url exits "$want" timeout 120 runbook --store "$store" resume "$id" "$@" >out 2>&1 </dev/null ||
		{ cat out; return 1; }
}
one='  - {id: a, sql: INSERT INTO t VALUES (1), timeout: 1s}'

test_that 'it had committed: it is not done again' '
	lost "$one" "$work/state" && again 0 && has "asking again" && effects "b " && asks "SELECT count(*) FROM t" 1
'
test_that 'the same with runs in PostgreSQL' '
	lost "$one" "$pg_url" && again 0 && has "asking again" && effects "b " && asks "SELECT count(*) FROM t" 1
'
test_that 'it had rolled back: it is tried again' '
	lost "$one" "$pg_url" "INSERT INTO t VALUES (1)" && pg_sql "DELETE FROM t" && again 0 && effects "b " &&
	asks "SELECT count(*) FROM t" 1 &&
	runbook --store "$pg_url" show $id -o ndjson 2>/dev/null | grep -c "\"type\":\"step.start\",\"step\":\"a\"" | grep -x 2
'
test_that 'a group that is one transaction' '
	lost "  - {id: g, transaction: db, timeout: 1s, steps: [{id: a, sql: INSERT INTO t VALUES (3)}]}" "$work/state" &&
	again 0 && effects "b " && asks "SELECT count(*) FROM t" 1
'
test_that 'a person says that a group that is one transaction took effect' '
	lost "  - {id: g, transaction: db, timeout: 1s, steps: [{id: a, sql: INSERT INTO t VALUES (3)}]}" "$work/state" &&
	again 0 --mark g=done && effects "b "
'
test_that 'a group that is one transaction, rolled back' '
	lost "  - {id: g, transaction: db, timeout: 1s, steps: [{id: a, sql: INSERT INTO t VALUES (3)}]}" "$work/state" "INSERT INTO t VALUES (3)" &&
	pg_sql "DELETE FROM t" && again 0 && effects "b " && asks "SELECT count(*) FROM t" 1
'
test_that 'still nobody there: 11 again, and the marks are named' '
	lost "$one" "$work/state" && want=11 && exits 11 timeout 120 runbook --store "$store" resume $id >out 2>&1 </dev/null &&
	has "mark a=done" && effects "" && again 0
'
test_that 'what a person says is not asked about' '
	lost "$one" "$work/state" && again 0 --mark a=done && lacks "asking again" && effects "b "
'

done_testing
