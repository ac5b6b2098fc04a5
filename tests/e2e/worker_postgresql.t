#!/bin/sh
# Workers on several hosts share runs through PostgreSQL: each run is gone on with by one of them.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/postgres.sh"
. "$repo/tests/e2e/book.sh"

pg_start
trap 'kill -9 $(cat "$work/all") 2>/dev/null; pg_stop immediate; rm -rf "$pg_dir" "$work"' EXIT
: >"$work/all"

# on HOST COMMAND...: as if on a machine of that name, with a state folder of its own
hosts=
unshare -u true 2>/dev/null && hosts=yes
on() {
	host=$1
	shift
	if [ -n "$hosts" ]; then
		XDG_STATE_HOME=$work/$host exec unshare -u sh -c 'hostname "$0" && exec "$@"' "$host" "$@"
	fi
	XDG_STATE_HOME=$work/$host exec "$@"
}
books() {
	printf '%s\n' 'runbook: 1' 'name: book' 'type: database' 'steps:' \
		'  - {id: a, shell: echo a >> effects}' \
		'  - {id: b, approve: {message: Go?, not_requester: false}, shell: "echo b ${{ run.id }} >> effects"}' >book.yaml
}
in_state() { pg_sql "SELECT count(*) FROM runbook.run WHERE state = '$1'"; }

test_that 'a hundred runs, workers on four hosts: each is claimed once' '
	books
	for i in $(seq 100); do
		exits 6 runbook --store "$pg_url" run book.yaml --detach -q >out 2>&1 </dev/null || { cat out; exit 1; }
	done
	for host in n1 n2 n3 n4; do
		(on $host runbook --store "$pg_url" worker --jobs 2 >$host.log 2>&1 </dev/null) &
		workers="$workers $!"; echo $! >>all
	done
	for host in n1 n2 n3 n4; do until_true "grep takes $host.log >/dev/null" || exit 1; done
	for id in $(pg_sql "SELECT id FROM runbook.run"); do
		runbook --store "$pg_url" approve $id b >out 2>&1 || { cat out; exit 1; }
	done
	until_true "[ \$(in_state final) = 100 ]" || { cat n*.log; exit 1; }
	kill $workers; for one in $workers; do wait $one || { echo "$one ended with $?"; cat n*.log; exit 1; }; done
	: >all
	[ "$(grep -c . effects)" = 200 ] && [ "$(grep "^b" effects | sort -u | wc -l)" = 100 ] &&
	[ "$(cat n*.log | grep -c " goes on: ")" = 100 ] && ! grep "somebody else" n*.log &&
	[ "$(grep -l " goes on: " n*.log | wc -l)" -ge 2 ] &&
	[ "$(pg_sql "SELECT count(*) FROM runbook.event WHERE type = '"'run.resume'"'")" = 100 ] &&
	[ "$(pg_sql "SELECT count(*) FROM runbook.run WHERE holder <> '"''"'")" = 0 ] &&
	for id in $(pg_sql "SELECT id FROM runbook.run LIMIT 5"); do
		runbook --store "$pg_url" show $id --verify | grep "the chain holds" || exit 1
	done
'

test_that 'workers on four hosts, started again and again: each contact of each run is told once' '
	books && rm -f told && cat >>book.yaml <<-END
	contacts: [{role: first}, {role: second, after: 1s}, {role: third, after: 1h}]
	hooks: {waiting: [{id: tell, shell: "echo \${{ run.id }} \${{ contact.role }} >> told"}]}
	END
	for i in $(seq 12); do
		exits 6 runbook --store "$pg_url" run book.yaml --detach -q >out 2>&1 </dev/null || { cat out; exit 1; }
	done
	for turn in 1 6 12; do
		workers=
		for host in n1 n2 n3 n4; do
			(on $host runbook --store "$pg_url" worker --jobs 2 >$host.log 2>&1 </dev/null) &
			workers="$workers $!"; echo $! >>all
		done
		for host in n1 n2 n3 n4; do until_true "grep takes $host.log >/dev/null" || exit 1; done
		until_true "[ \$(grep -c second told) -ge $turn ]" || { cat n*.log; exit 1; }
		kill $workers; for one in $workers; do wait $one || { echo "$one ended with $?"; cat n*.log; exit 1; }; done
		: >all
	done
	sort told | uniq -c | grep -c "^ *1 " | grep -x 24 && ! grep third told && [ "$(in_state suspended)" = 12 ] &&
	[ "$(pg_sql "SELECT count(*) FROM runbook.run WHERE holder <> '"''"'")" = 0 ] &&
	for id in $(pg_sql "SELECT id FROM runbook.run WHERE state = '"'suspended'"'"); do
		runbook --store "$pg_url" show $id --verify | grep "the chain holds" && exits 0 runbook --store "$pg_url" abort $id || exit 1
	done
'

test_that 'a worker waits for a server that is away' '
	books && exits 6 runbook --store "$pg_url" run book.yaml --detach -q >out 2>&1 </dev/null &&
	id=$(pg_sql "SELECT id FROM runbook.run ORDER BY started DESC LIMIT 1") || exit 1
	runbook --store "$pg_url" worker >one.log 2>&1 </dev/null & worker=$!; echo $worker >>all
	until_true "grep takes one.log >/dev/null" && pg_stop immediate &&
	until_true "grep \"cannot be read\" one.log >/dev/null" && pg_again &&
	runbook --store "$pg_url" approve $id b >out 2>&1 && until_true "[ \$(in_state final) = 101 ]" &&
	kill $worker && wait $worker && [ "$(grep -c "cannot be read" one.log)" = 1 ]
'

# one_more: a run that waits, approved; $id
one_more() {
	books && exits 6 runbook --store "$pg_url" run book.yaml --detach -q >out 2>&1 </dev/null &&
	id=$(pg_sql "SELECT id FROM runbook.run ORDER BY started DESC LIMIT 1") &&
	runbook --store "$pg_url" approve "$id" b >out 2>&1
}
once() { timeout 120 runbook --store "$pg_url" worker --once "$@" >out 2>&1 </dev/null; }
claimed_for() { pg_sql "UPDATE runbook.run SET holder = 'one that is gone', lease_until = clock_timestamp() + interval '$1' WHERE id = '$id'"; }

test_that 'what another host has claimed is left alone, by people too, until its lease is over' '
	one_more && rm -f effects && claimed_for "1 hour" && once && ! has "goes on" && [ ! -e effects ] &&
	exits 7 runbook --store "$pg_url" resume $id >out 2>&1 </dev/null && has "is held by" &&
	claimed_for "-1 second" && once && has "run $id of book goes on" && effects "b $id "
'
test_that 'a worker that is stopped between its claim and the start: its process comes too late' '
	one_more && rm -f effects && seen=$(pg_sql "SELECT ended FROM runbook.run WHERE id = '"'\$id'"'") &&
	claimed_for "-1 second" && once && has "goes on" && effects "b $id " &&
	RUNBOOK_WORKER="there/1 $seen one that is gone" exits 2 runbook --store "$pg_url" resume $id --detach >out 2>&1 </dev/null &&
	has "there is nothing to resume" && effects "b $id "
'
test_that 'what cannot be gone on with is not held' '
	printf "%s\n" "runbook: 1" "name: book" "type: database" "secrets: {s: {file: secret}}" "steps:" \
		"  - {id: b, approve: {message: Go?, not_requester: false}, shell: echo b >> effects}" >book.yaml &&
	echo sesame-open >secret && chmod 600 secret && rm -f effects &&
	exits 6 runbook --store "$pg_url" run book.yaml --detach -q >out 2>&1 </dev/null &&
	id=$(pg_sql "SELECT id FROM runbook.run ORDER BY started DESC LIMIT 1") &&
	runbook --store "$pg_url" approve $id b >out 2>&1 && rm secret && once && has "exit code 4" &&
	[ "$(pg_sql "SELECT holder FROM runbook.run WHERE id = '"'\$id'"'")" = "" ] &&
	echo sesame-open >secret && chmod 600 secret && exits 0 runbook --store "$pg_url" resume $id >out 2>&1 </dev/null &&
	effects "b "
'

done_testing
