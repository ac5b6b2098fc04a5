#!/usr/bin/env bash
# GET and SELECT 1 by the actions, beside what does nothing else: a loop on libcurl's multi
# interface and wrk, a loop on libpq. One run, the best of three rounds that take turns,
# ratios to the loop. nginx and PostgreSQL are the bench's own, on loopback, and are stopped.
#
#   N=10000 tests/bench/http-sql.sh
#
# The actions are played by tests/tools/wire-bench.c, without journal and driver; the last
# rows are whole runs, with both.

set -eu
here=$(cd "$(dirname "$0")" && pwd)
B=$(cd "${B:-build/release}" && pwd)
n=${N:-10000} rounds=${ROUNDS:-3} steps=$((${N:-10000} / 10))
make -s B="${B#"$PWD"/}" "${B#"$PWD"/}/wire-bench" >&2
for tool in nginx wrk; do
	command -v $tool >/dev/null || { echo "# no $tool: the bench of http and sql is left out" >&2; exit 0; }
done
work=$(mktemp -d)
cd "$work"
export XDG_STATE_HOME=$work/state HOME=$work

# ---- the servers
. "$here/../e2e/postgres.sh"
pg_start >&2
trap 'kill "$(cat nginx.pid)" 2>/dev/null; pg_stop immediate; rm -rf "$pg_dir" "$work"' EXIT
web_port=$(free_port)
cat >nginx.conf <<CONF
daemon on; pid $work/nginx.pid; error_log $work/nginx.log; worker_processes 1;
events { worker_connections 256; }
http {
	access_log off; keepalive_requests 1000000;
	client_body_temp_path $work/b; proxy_temp_path $work/p; fastcgi_temp_path $work/f;
	uwsgi_temp_path $work/u; scgi_temp_path $work/s;
	server { listen 127.0.0.1:$web_port; location / { return 200 '{"ok":true}'; } }
}
CONF
nginx -c "$work/nginx.conf" 2>/dev/null
web=http://127.0.0.1:$web_port/health

# ---- the runs
book() { printf 'runbook: 1\nname: %s\ntype: check\nconnections: {db: "%s"}\nsteps:\n  - id: g\n    for_each: {in: [%s]}\n    %s\n' \
	"$1" "$pg_url" "$(seq -s, "$steps")" "$2" >"$1.yaml"; }
book web "http: GET $web"
book base "sql: SELECT 1"

now() { date +%s%N; }
best=()
keep() {  # INDEX MICROSECONDS
	[ -n "${best[$1]:-}" ] && [ "${best[$1]}" -le "$2" ] || best[$1]=$2
}
measure() {  # INDEX COMMAND...
	local i=$1 from to
	shift
	from=$(now)
	"$@" >out.log 2>&1 || { cat out.log; exit 1; }
	to=$(now)
	keep "$i" $(((to - from) / 1000))
}
# wrk is told a time and not a number: what N of its requests would take.
measure_wrk() {  # INDEX AT_ONCE
	local rate
	rate=$(wrk -t1 -c"$2" -d2s "$web" | awk '/^Requests\/sec/ { print $2 }')
	keep "$1" "$(awk -v n="$n" -v r="$rate" 'BEGIN { printf "%d", n / r * 1e6 }')"
}
for _ in $(seq "$rounds"); do
	measure 0 "$B/wire-bench" curl "$web" "$n" 1
	measure 1 "$B/wire-bench" http "$web" "$n" 1
	measure_wrk 2 1
	measure 3 "$B/wire-bench" curl "$web" "$n" 8
	measure 4 "$B/wire-bench" http "$web" "$n" 8
	measure_wrk 5 8
	measure 6 "$B/wire-bench" pq "$pg_url" "$n"
	measure 7 "$B/wire-bench" pq3 "$pg_url" "$n"
	measure 8 "$B/wire-bench" sql "$pg_url" "$n" 1
	measure 9 "$B/wire-bench" sql "$pg_url" "$n" 8
	measure 10 "$B/runbook" run web.yaml -q
	measure 11 "$B/runbook" run base.yaml -q
done

row() {  # WORDS INDEX BASE COUNT
	awk -v t="${best[$2]}" -v b="${best[$3]}" -v w="$1" -v n="$4" \
		'BEGIN { printf "%-52s %8.2f s %8.1f us %7.2f\n", w, t / 1e6, t / n, t / b }'
}
printf '%-52s %10s %11s %7s\n' '' 'best' 'each' 'ratio'
row "$n x GET, one at a time: libcurl multi loop" 0 0 "$n"
row "  http action" 1 0 "$n"
row "  wrk -t1 -c1" 2 0 "$n"
row "$n x GET, 8 at a time: libcurl multi loop" 3 3 "$n"
row "  http action" 4 3 "$n"
row "  wrk -t1 -c8" 5 3 "$n"
row "$n x SELECT 1: PQexec loop" 6 6 "$n"
row "  PQexec loop, in a transaction with its limits" 7 6 "$n"
row "  sql action" 8 6 "$n"
row "  sql action, 8 at a time" 9 6 "$n"
row "a run of $steps x GET, journal included" 10 10 "$steps"
row "a run of $steps x SELECT 1, journal included" 11 10 "$steps"
