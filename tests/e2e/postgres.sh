# A PostgreSQL server of the test's own: to be sourced behind lib.sh.
#
#     pg_start [SETTING=VALUE...]   $pg_url, $pg_port, $pg_dir (its folder)
#     pg_sql SQL                    asks it, with the answer as plain text
#     pg_stop [MODE], pg_again      in the middle of a test
#     pg_standby [NAME]             COMMITs hang, or no more
#
# It listens on a random loopback port and is stopped at the end. Root has it run by the
# user postgres, as it refuses to run as root.

for pg_bin in "${PG_BIN-}" /usr/lib/postgresql/*/bin ''; do
	[ -x "$pg_bin/initdb" ] && break
done
[ -n "$pg_bin" ] || { echo "1..0 # SKIP PostgreSQL is not installed"; exit 0; }

pg_user=$(id -un)
if [ "$(id -u)" = 0 ]; then
	pg_user=postgres
	as_pg() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }
else
	as_pg() { "$@"; }
fi

free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

pg_start() {
	pg_dir=$(mktemp -d)
	chmod 711 "$work"
	[ "$pg_user" = postgres ] && chown postgres "$pg_dir"
	(cd / && as_pg "$pg_bin/initdb" -D "$pg_dir/data" -A trust -N --no-instructions --wal-segsize=1 -E UTF8 \
		--locale=C.UTF-8 >"$pg_dir/initdb.log" 2>&1) || { cat "$pg_dir/initdb.log"; exit 2; }
	printf '%s\n' "listen_addresses = '127.0.0.1'" "unix_socket_directories = '$pg_dir'" "fsync = off" "logging_collector = off" \
		"$@" >>"$pg_dir/data/postgresql.conf"
	trap 'pg_stop immediate; rm -rf "$pg_dir" "$work"' EXIT
	# A port that was free may have been taken meanwhile.
	for try in 1 2 3 4 5; do
		pg_port=$(free_port)
		echo "port = $pg_port" >>"$pg_dir/data/postgresql.conf"
		pg_starts && break
	done || pg_failed
	pg_url="postgresql://$pg_user@127.0.0.1:$pg_port/postgres"
}

pg_again() { pg_starts || pg_failed; }
pg_starts() {
	(cd / && as_pg "$pg_bin/pg_ctl" -D "$pg_dir/data" -l "$pg_dir/log" -w -t 120 start \
		>"$pg_dir/start.log" 2>&1)
}
pg_failed() {
	cat "$pg_dir/start.log" "$pg_dir/log"
	exit 2
}

pg_stop() {
	(cd / && as_pg "$pg_bin/pg_ctl" -D "$pg_dir/data" -m "${1-fast}" -w stop >"$pg_dir/stop.log" 2>&1)
}

pg_sql() {
	psql -X -q -A -t -v ON_ERROR_STOP=1 "$pg_url" -c "$1"
}
# asks SQL WANTED
asks() {
	got=$(pg_sql "$1")
	[ "$got" = "$2" ] || { echo "$1: $got, not $2"; return 1; }
}
# pg_behind WHEN: a proxy that cuts a COMMIT there (tests/tools/pg-cut.py); $url leads through it.
pg_behind() {
	python3 "$repo/tests/tools/pg-cut.py" "$pg_port" "$1" >port &
	proxy=$!
	until [ -s port ]; do sleep 0.02; done
	url="postgresql://$pg_user@127.0.0.1:$(cat port)/postgres"
	rm port
}
pg_behind_over() {
	kill "$proxy" 2>/dev/null
	wait "$proxy" 2>/dev/null
	true
}
# pg_standby [NAME]: COMMITs wait for a standby of that name, which there is none of; or no more.
# A session knows the setting before the server as a whole waits for it: only a COMMIT that
# hangs shows that it is in force.
pg_standby() {
	pg_sql "ALTER SYSTEM SET synchronous_standby_names = '${1-}'" && pg_sql "SELECT pg_reload_conf()" >/dev/null
	[ $# = 0 ] || until pg_commits_wait; do sleep 0.02; done
}
hanging="FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
pg_commits_wait() {
	rm -f over
	{ psql -Xqc "CREATE TABLE probe (); DROP TABLE probe" "$pg_url" >/dev/null 2>&1; touch over; } &
	until_true "[ -e over ] || asks \"SELECT count(*) \$hanging\" 1 >/dev/null" && [ ! -e over ] || return
	pg_sql "SELECT pg_terminate_backend(pid) $hanging" >/dev/null
	wait $!
}
