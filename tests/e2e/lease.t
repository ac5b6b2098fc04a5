#!/bin/sh
# The lease of a run in PostgreSQL: who does not renew it loses the run, is fenced, and leaves
# what the new holder does alone.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/postgres.sh"
. "$repo/tests/e2e/book.sh"

if ! unshare -u true 2>/dev/null; then
	echo '1..0 # SKIP no host name of our own can be had here'
	exit 0
fi
pg_start
pg_sql "ALTER DATABASE postgres SET runbook.lease = '1500ms'"
trap 'kill -CONT $(cat "$work/all") 2>/dev/null; kill -9 $(cat "$work/all") 2>/dev/null; pg_stop immediate; rm -rf "$pg_dir" "$work"' EXIT
: >"$work/all"

# on HOST COMMAND...: as if on a machine of that name, with a state folder of its own
on() {
	host=$1
	shift
	XDG_STATE_HOME=$work/$host exec unshare -u sh -c 'hostname "$0" && exec "$@"' "$host" "$@"
}
# begin: a run on n1 in the middle of its first step; $run is the interpreter, $id the run
begin() {
	PGOPTIONS='-c client_min_messages=warning' pg_sql 'DROP SCHEMA IF EXISTS runbook CASCADE'
	rm -rf effects go go2 in n1 n2
	printf '%s\n' 'runbook: 1' 'name: book' 'type: database' 'lock: db/x' 'steps:' \
		'  - {id: a, shell: "echo a >> effects; until [ -e go ]; do sleep 0.02; done; echo a-end >> effects"}' \
		'  - {id: b, shell: "echo b >> effects; touch in; until [ -e go2 ]; do sleep 0.02; done; echo b-end >> effects"}' >book.yaml
	(on n1 runbook --store "$pg_url" run book.yaml >one.out 2>&1 </dev/null) &
	run=$!
	echo $run >>all
	until_true '[ -s effects ]' || { cat one.out; return 1; }
	id=$(pg_sql 'SELECT id FROM runbook.run ORDER BY started DESC LIMIT 1')
}
# resume_on HOST CODE [OPTION...]
resume_on() {
	host=$1 want=$2
	shift 2
	(on "$host" timeout 120 runbook --store "$pg_url" resume "$id" "$@" >out 2>&1 </dev/null)
	got=$?
	[ $got = "$want" ] || { echo "exit status $got, not $want"; cat out; return 1; }
}
# run_ends CODE
run_ends() {
	wait $run
	got=$?
	[ $got = "$1" ] || { echo "the first ended with $got, not $1"; cat one.out; return 1; }
}
says() { grep -F -e "$1" one.out >/dev/null || { cat one.out; return 1; }; }
state() { pg_sql "SELECT state FROM runbook.run WHERE id = '$id'"; }
lapsed() { [ "$(pg_sql "SELECT lease_until < clock_timestamp() FROM runbook.run WHERE id = '$id'")" = t ]; }
events() { pg_sql "SELECT count(*) FROM runbook.event WHERE run = '$id'"; }

test_that 'who renews its lease keeps the run, however long it takes' '
	begin && sleep 4 && resume_on n2 7 && has "is held by pid $run on n1" && touch go go2 &&
	run_ends 0 && effects "a a-end b b-end "
'

test_that 'stopped for three leases, and nobody came: it goes on' '
	begin && kill -STOP $run && until_true lapsed && sleep 3 && kill -CONT $run && touch go go2 &&
	run_ends 0 && effects "a a-end b b-end "
'

if [ -e "$B/clocks.so" ] && ! is_sanitized; then
	test_that 'the machine slept for longer than the lease, and nobody came: it goes on' '
		export CLOCKS=$work/clocks LD_PRELOAD=$B/clocks.so
		echo 0 0 >clocks && begin && echo 3600000 3600000 >clocks.new && mv clocks.new clocks &&
		sleep 2 && touch go go2 && run_ends 0 && effects "a a-end b b-end "
	'
	test_that '... and another machine took the run: fenced on waking up' '
		export CLOCKS=$work/clocks LD_PRELOAD=$B/clocks.so
		echo 0 0 >clocks && begin && kill -STOP $run && until_true lapsed || exit 1
		(unset LD_PRELOAD; resume_on n2 11) && echo 3600000 3600000 >clocks.new && mv clocks.new clocks &&
		kill -CONT $run && run_ends 12 && says "another interpreter has taken run" && effects "a "
	'
fi

test_that 'stopped, and another machine took the run: fenced, and E is 1' '
	begin && kill -STOP $run && until_true lapsed &&
	runbook --store "$pg_url" runs -o ndjson | grep "\"state\":\"crashed\"" &&
	resume_on n2 11 && has "mark a=done" && effects "a " &&
	before=$(events) && kill -CONT $run && run_ends 12 && says "another interpreter has taken run" &&
	[ "$(events)" = "$before" ] && effects "a " &&
	touch go go2 && resume_on n2 0 --mark a=done && effects "a b b-end " &&
	runbook --store "$pg_url" show $id --verify >out && has "the chain holds"
'

test_that 'who wakes up leaves alone what runs on the machine that has the run now' '
	begin && kill -STOP $run && until_true lapsed && resume_on n2 11 || exit 1
	(on n2 runbook --store "$pg_url" resume $id --mark a=done >out 2>&1 </dev/null) & second=$!
	echo $second >>all
	until_true "[ -e in ]" && kill -CONT $run && run_ends 12 &&
	effects "a b " && [ "$(state)" = running ] && touch go2 && wait $second && effects "a b b-end " && [ "$(state)" = final ]
'

test_that 'looking from the other machine: what became of the step is not known there' '
	begin && kill -STOP $run && until_true lapsed &&
	(on n2 runbook --store "$pg_url" show $id >out) && has "ran on another machine" &&
	(on n1 runbook --store "$pg_url" show $id >out) && has "still running (pid" &&
	kill -CONT $run && touch go go2 && run_ends 0
'

test_that 'back on the first machine, the result of the step is still there' '
	begin && kill -9 $run && until_true "gone $run" && touch go && until_true lapsed &&
	until_true "grep a-end effects >/dev/null" && touch go2 && resume_on n1 0 && effects "a a-end b b-end "
'

test_that 'a second machine that dies before it knew does not make it known' '
	begin && kill -9 $run && until_true "gone $run" && touch go && until_true lapsed &&
	until_true "grep a-end effects >/dev/null" &&
	(on n2 timeout -s KILL 0.02 runbook --store "$pg_url" resume $id >out 2>&1 </dev/null)
	until_true "pg_sql \"SELECT lease_until IS NULL OR lease_until < clock_timestamp() FROM runbook.run WHERE id = '"'\$id'"'\" | grep t >/dev/null" &&
	resume_on n2 11 && effects "a a-end "
'

test_that 'a store that goes away: the step ends, its result waits here, nothing new starts' '
	begin && pg_stop immediate && touch go && run_ends 12 && says "kept on this machine until resume" &&
	says "started   a" && ! grep "started   b" one.out &&
	effects "a a-end " && [ -s "$(ls -d n1/runbook/postgresql/*/"$id")/spool" ] && pg_again &&
	touch go2 && until_true lapsed && resume_on n1 0 && effects "a a-end b b-end " &&
	[ "$(pg_sql "SELECT count(*) FROM runbook.event WHERE run = '"'\$id'"' AND type = '"'step.end'"'")" = 2 ] &&
	runbook --store "$pg_url" show $id --verify >out && has "the chain holds"
'

test_that 'a lease that is none is refused' '
	pg_sql "ALTER DATABASE postgres SET runbook.lease = '"'soon'"'" &&
	exits 4 runbook --store "$pg_url" runs >out 2>&1 && has "runbook.lease"
'

done_testing
