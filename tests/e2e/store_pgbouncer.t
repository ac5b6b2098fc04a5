#!/bin/sh
# The PostgreSQL store behind a pooler that gives every transaction, or every statement,
# whatever server connection is free. Where no pgbouncer is installed, nothing is tested.

. "$(dirname "$0")/../lib.sh"
PATH=$PATH:/usr/sbin
command -v pgbouncer >/dev/null || { echo "1..0 # SKIP pgbouncer is not installed"; exit 0; }
. "$repo/tests/e2e/postgres.sh"

as_pooler=
[ "$(id -u)" = 0 ] && as_pooler='setpriv --reuid=postgres --regid=postgres --clear-groups'

pg_start

# pooled MODE COMMAND...: behind a pgbouncer with two server connections, $url
pooled() {
	mode=$1
	shift
	port=$(free_port)
	mkdir -p "$work/pool" && chmod 777 "$work/pool"
	printf '"%s" ""\n' "$pg_user" >pool/users
	cat >pool/pgbouncer.ini <<-END
	[databases]
	postgres = host=127.0.0.1 port=$pg_port
	[pgbouncer]
	listen_addr = 127.0.0.1
	listen_port = $port
	unix_socket_dir =
	auth_type = trust
	auth_file = $work/pool/users
	pool_mode = $mode
	default_pool_size = 2
	server_lifetime = 1
	END
	(cd / && exec $as_pooler pgbouncer -q "$work/pool/pgbouncer.ini") >pool/log 2>&1 &
	pooler=$!
	url="postgresql://$pg_user@127.0.0.1:$port/postgres"
	tries=0
	until psql -X -q -c 'SELECT 1' "$url" >/dev/null 2>&1; do
		tries=$((tries + 1))
		[ $tries -lt 100 ] || { cat pool/log; break; }
		sleep 0.1
	done
	"$@"
	status=$?
	kill $pooler
	wait $pooler
	return $status
}

contract() {
	STORE_TEST_URL=$url "$B/tests/unit/store_test" >out 2>&1
	grep -v '^ok' out
	[ "$(grep -c '^ok .* postgresql_' out)" -ge 25 ] && ! grep '^not ok' out
}

test_that 'transaction mode: what every store must do' 'pooled transaction contract'
test_that 'transaction mode: races' 'pooled transaction eval store-race lock \"\$url\" 50 4'
# whole_runs: runs that wait, are answered and gone on with by two workers, each once
whole_runs() {
	pg_sql 'DROP SCHEMA IF EXISTS runbook CASCADE' 2>/dev/null
	rm -rf state effects ./*.log
	printf '%s\n' 'runbook: 1' 'name: book' 'type: database' 'lock: "x/${{ inputs.n }}"' 'inputs: {n: {type: int}}' 'steps:' '  - {id: a, shell: echo a >> effects}' \
		'  - {id: b, approve: {message: Go?, not_requester: false}, shell: "echo ${{ inputs.n }} >> effects"}' >book.yaml
	for n in 1 2 3 4 5 6 7 8; do
		exits 6 runbook --store "$url" run book.yaml -i n=$n --detach -q >out 2>&1 </dev/null || { cat out; return 1; }
	done
	for id in $(pg_sql "SELECT id FROM runbook.run"); do
		exits 0 runbook --store "$url" approve "$id" >out 2>&1 || { cat out; return 1; }
	done
	timeout 120 runbook --store "$url" worker --once --jobs 2 >one.log 2>&1 </dev/null &
	one=$!
	timeout 120 runbook --store "$url" worker --once --jobs 2 >two.log 2>&1 </dev/null
	wait $one
	[ "$(pg_sql "SELECT count(*) FROM runbook.run WHERE state = 'final'")" = 8 ] && [ "$(grep -v a effects | sort | tr '\n' ' ')" = '1 2 3 4 5 6 7 8 ' ] &&
	[ "$(cat ./*.log | grep -c 'goes on:')" = 8 ] && [ "$(pg_sql 'SELECT count(*) FROM runbook.lock WHERE freed IS NULL')" = 0 ] || { cat effects ./*.log; return 1; }
	runbook --store "$url" show "$id" --verify >out 2>&1 || { cat out; return 1; }
}
test_that 'transaction mode: whole runs, answers and workers' 'pooled transaction whole_runs'
test_that 'statement mode: the same' 'pooled statement whole_runs'
test_that 'statement mode: what every store must do' 'pooled statement contract'

done_testing
