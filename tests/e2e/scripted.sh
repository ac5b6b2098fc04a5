# For scripts that need a web server that does what they tell it (tests/tools/http-scripted.py).
# Sourced after lib.sh.

servers=
stop_servers() {
	for pid in $servers; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	servers=
}
trap 'stop_servers; rm -rf "$work"' EXIT

# serve ROUTES [SOCKET]: a new server; its port is in $port, its requests in log.
serve() {
	printf '%s' "$1" >routes.json
	rm -f log port
	touch log
	python3 "$repo/tests/tools/http-scripted.py" routes.json log ${2+"$2"} >port &
	servers="$servers $!"
	until [ -s port ]; do sleep 0.02; done
	port=$(cat port)
}
# requests N: so many have come in.
requests() {
	[ "$(wc -l <log)" -eq "$1" ] || { echo "not $1 requests"; cat log; return 1; }
}
