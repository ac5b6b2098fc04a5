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

test_that 'forty runs, workers on four hosts: each once' '
	books
	for i in $(seq 40); do
		exits 6 runbook --store "$pg_url" run book.yaml --detach -q >out 2>&1 </dev/null || { cat out; exit 1; }
	done
	for host in n1 n2 n3 n4; do
		(on $host runbook --store "$pg_url" worker --jobs 2 >$host.log 2>&1 </dev/null) &
		workers="$workers $!"; echo $! >>all
	done
	for id in $(pg_sql "SELECT id FROM runbook.run"); do
		runbook --store "$pg_url" approve $id b >out 2>&1 || { cat out; exit 1; }
	done
	until_true "[ \$(in_state final) = 40 ]" || { cat n*.log; exit 1; }
	kill $workers; for one in $workers; do wait $one || { echo "$one ended with $?"; cat n*.log; exit 1; }; done
	: >all
	[ "$(grep -c . effects)" = 80 ] && [ "$(grep "^b" effects | sort -u | wc -l)" = 40 ] &&
	[ "$(cat n*.log | grep -c " goes on: ")" -ge 40 ] &&
	[ "$(pg_sql "SELECT count(*) FROM runbook.event WHERE type = '"'run.resume'"'")" = 40 ] &&
	for id in $(pg_sql "SELECT id FROM runbook.run LIMIT 5"); do
		runbook --store "$pg_url" show $id --verify | grep "the chain holds" || exit 1
	done
'

test_that 'a worker waits for a server that is away' '
	books && exits 6 runbook --store "$pg_url" run book.yaml --detach -q >out 2>&1 </dev/null &&
	id=$(pg_sql "SELECT id FROM runbook.run ORDER BY started DESC LIMIT 1") || exit 1
	runbook --store "$pg_url" worker >one.log 2>&1 </dev/null & worker=$!; echo $worker >>all
	until_true "grep takes one.log >/dev/null" && pg_stop immediate &&
	until_true "grep \"cannot be read\" one.log >/dev/null" && pg_again &&
	runbook --store "$pg_url" approve $id b >out 2>&1 && until_true "[ \$(in_state final) = 41 ]" &&
	kill $worker && wait $worker && [ "$(grep -c "cannot be read" one.log)" = 1 ]
'

done_testing
