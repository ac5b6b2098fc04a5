#!/bin/sh
# approve and reject with a store in PostgreSQL: a person is a database role.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/postgres.sh"

pg_start
store_of() { echo "postgresql://$1@127.0.0.1:$pg_port/postgres"; }
# as ROLE COMMAND...: at the store, as that role
as() {
	role=$1
	shift
	runbook "$@" --store "$(store_of "$role")"
}
for role in ada bob cleo; do
	pg_sql "CREATE ROLE $role LOGIN SUPERUSER"
done

book() {
	cat >"$1.yaml" <<-END
	runbook: 1
	name: $1
	type: application
	steps:
	  - {id: before, shell: echo before >> trace}
	  - {id: gate, approve: $2, shell: echo gate >> trace}
	END
}
# ada starts it: $run
begin() {
	rm -f trace
	as ada run "$1.yaml" --detach -o ndjson >start.out 2>start.err
	[ $? = 6 ] || { cat start.out start.err; return 1; }
	run=$(sed -n 's/.*"run":"\([^"]*\)","type":"run.start".*/\1/p' start.out)
}
trace() {
	[ "$(tr '\n' ' ' <trace)" = "$1" ] || { cat trace; return 1; }
}
answer() { as ada show "$run" -o ndjson | grep '"type":"confirm.answer"' | tail -1; }

book bobs '{message: May we?, from: [bob]}'
book others '{message: May we?, not_requester: true}'
book quorum '{message: May we?, min: 2}'
book plain '{message: May we?}'

test_that 'a person is the database role, not the user of the operating system' '
	begin bobs && exits 5 as ada approve $run && exits 5 as cleo reject $run && exits 0 as bob approve $run --reason seen &&
	exits 0 as ada resume $run && trace "before gate " && answer | grep "\"by\":\"bob\"" | grep -q "\"reason\":\"seen\""
'
test_that 'who started it may not answer; who goes on with it may have' '
	begin others && exits 5 as ada approve $run && exits 0 as bob approve $run && exits 0 as bob resume $run && trace "before gate "
'
test_that 'two approvals are of two people' '
	begin quorum && exits 0 as bob approve $run && exits 0 as bob approve $run && exits 6 as ada resume $run &&
	exits 0 as cleo approve $run && exits 0 as ada resume $run && trace "before gate " &&
	answer | grep "\"by\":\"bob\",\"yes\":true" | grep -q "\"by\":\"cleo\",\"yes\":true"
'
test_that 'one refusal ends it, whoever approved' '
	begin quorum && exits 0 as bob approve $run && exits 0 as cleo reject $run --reason never &&
	exits 2 as ada approve $run 2>err && grep -q "never" err && exits 5 as ada resume $run && trace "before "
'
test_that 'a vote may come before the question' '
	cat >later.yaml <<-END &&
	runbook: 1
	name: later
	type: application
	steps:
	  - {id: first, approve: Begin?, shell: echo first >> trace}
	  - {id: gate, approve: May we?, shell: echo gate >> trace}
	END
	begin later && exits 0 as bob approve $run gate --reason early && exits 0 as bob approve $run first &&
	exits 0 as ada resume $run && trace "first gate " && answer | grep "\"by\":\"bob\"" | grep -q "\"reason\":\"early\""
'
test_that 'an answer is somebody else'"'"'s word only with their role' '
	begin bobs && pg_sql "INSERT INTO runbook.vote(run, step, role, digest, reason, at, yes) SELECT '"'"'$run'"'"', '"'"'gate'"'"', '"'"'cleo'"'"', '"'"''"'"', '"'"''"'"', '"'"'2026'"'"', true" &&
	exits 6 as ada resume $run && trace "before "
'
test_that 'in a transaction nothing is held open while a person is waited for, and each resume looks anew' '
	pg_sql "CREATE TABLE orders(n int); INSERT INTO orders VALUES (1), (2)" &&
	cat >tx.yaml <<-END &&
	runbook: 1
	name: tx
	type: database
	connections: {db: "$pg_url"}
	steps:
	  - {id: before, shell: echo before >> trace, undo: none}
	  - id: all
	    transaction: db
	    undo: none
	    steps:
	      - {id: del, sql: DELETE FROM orders}
	      - {id: left, sql: SELECT count(*) FROM orders}
	      - {id: sure, confirm: "\${{ steps.left.value }} are left?"}
	      - {id: gate, approve: "May we?"}
	  - {id: after, shell: echo gate >> trace, undo: none}
	END
	begin tx && [ "$(pg_sql "SELECT count(*) FROM orders")" = 2 ] &&
	[ "$(pg_sql "SELECT count(*) FROM pg_stat_activity WHERE state LIKE '"'"'idle in%'"'"'")" = 0 ] &&
	exits 6 as ada resume $run --confirm sure=yes && [ "$(pg_sql "SELECT count(*) FROM orders")" = 2 ] &&
	exits 0 as bob approve $run gate && exits 0 as ada resume $run --confirm sure=yes &&
	[ "$(pg_sql "SELECT count(*) FROM orders")" = 0 ] && trace "before gate "
'
test_that 'a refusal in a transaction leaves everything as it was' '
	pg_sql "INSERT INTO orders VALUES (1), (2)" && begin tx && exits 6 as ada resume $run --confirm sure=yes &&
	exits 0 as cleo reject $run gate && exits 5 as ada resume $run --confirm sure=yes &&
	[ "$(pg_sql "SELECT count(*) FROM orders")" = 2 ] && trace "before "
'
race() {
	begin plain >/dev/null 2>&1 || return 1
	as bob approve $run >/dev/null 2>&1 & a=$!
	as $1 reject $run >/dev/null 2>&1 & b=$!
	wait $a; yes=$?
	wait $b; no=$?
	as ada resume $run >/dev/null 2>&1
	code=$?
	case $yes$no$code$(as ada show $run -o ndjson | grep -c "confirm.answer") in
	0051 | 2051) trace "before " ;;
	*) echo "approve $yes, reject $no, resume $code"; return 1 ;;
	esac
}
test_that 'of an approval and a refusal in the same moment the refusal wins: two people, fifty times' '
	for i in $(seq 50); do race cleo || exit 1; done
'
test_that '... and one person, fifty times' '
	for i in $(seq 50); do race bob || exit 1; done
'

done_testing
