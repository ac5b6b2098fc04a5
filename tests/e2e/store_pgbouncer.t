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
test_that 'statement mode: what every store must do' 'pooled statement contract'

done_testing
