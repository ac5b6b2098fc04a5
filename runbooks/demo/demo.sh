#!/usr/bin/env bash
# Makes a sandbox with a shop whose last migration lost its orders, restores it with
# runbooks/database-restore.yaml, and leaves the sandbox for a look. DB=postgres does the
# same on a PostgreSQL cluster of its own, which it starts and stops itself.

set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
runbook=$root/${B:-build/release}/runbook
kind=${DB:-sqlite}
sandbox=$root/build/demo-$kind
export SHOP_DIR=$sandbox

bold='' plain=''
if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\033[1m' plain=$'\033[0m'; fi
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain" >&2; }
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

[ -x "$sandbox/shop" ] && "$sandbox/shop" stop 2>/dev/null || true
rm -rf "$sandbox"
mkdir -p "$sandbox/backups"
SHOP_PORT=$(free_port)
export SHOP_PORT

# ---- a database

as_postgres=()
start_postgres() {
	local port
	bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
	port=$(free_port)
	if [ "$(id -u)" = 0 ]; then  # PostgreSQL refuses to run as root
		chmod 755 "$sandbox"
		mkdir "$sandbox/cluster"
		chown postgres "$sandbox/cluster"
		cluster=$(mktemp -d /tmp/runbook-demo.XXXXXX)
		chown postgres "$cluster"
		as_postgres=(setpriv --reuid postgres --regid postgres --init-groups)
	else
		cluster=$(mktemp -d /tmp/runbook-demo.XXXXXX)
	fi
	(cd / && "${as_postgres[@]}" "$bin/initdb" -D "$cluster/data" -A trust -U shop >"$sandbox/postgres.log")
	(cd / && "${as_postgres[@]}" "$bin/pg_ctl" -D "$cluster/data" -w -l "$cluster/log" \
		-o "-p $port -k $cluster -c listen_addresses=127.0.0.1 -c fsync=off" start >>"$sandbox/postgres.log")
	stop_postgres() {
		(cd / && "${as_postgres[@]}" "$bin/pg_ctl" -D "$cluster/data" -m fast stop >>"$sandbox/postgres.log") || true
		rm -rf "$cluster"
	}
	export SHOP_DB=postgresql://shop@127.0.0.1:$port/postgres
}

case $kind in
sqlite) export SHOP_DB=sqlite:$sandbox/shop.db ;;
postgres) start_postgres ;;
*) echo "DB is sqlite or postgres, not $kind" >&2; exit 2 ;;
esac
cleanup() {
	[ -x "$sandbox/shop" ] && "$sandbox/shop" stop || true
	[ "$kind" = postgres ] && stop_postgres || true
}
trap cleanup EXIT

sql() {
	if [ "$kind" = sqlite ]; then sqlite3 -bail "$sandbox/shop.db"; else psql -Xq -v ON_ERROR_STOP=1 -d "$SHOP_DB"; fi
}
backup() {  # NAME AGE
	if [ "$kind" = sqlite ]; then sqlite3 "$sandbox/shop.db" .dump; else pg_dump -d "$SHOP_DB"; fi |
		gzip >"$sandbox/backups/$1"
	touch -d "$2" "$sandbox/backups/$1"
}

# ---- a shop, its backups, and a migration that lost its orders

say "A shop with 1,000 orders, its backups of three nights, and then a bad migration ($kind)"
sql <<'SQL'
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, total INTEGER NOT NULL);
SQL
seq 1 600 | awk '{ printf "INSERT INTO orders VALUES (%d, '\''customer %d'\'', %d);\n", $1, $1 % 97, $1 % 50 + 1 }' |
	{ echo 'BEGIN;'; cat; echo 'COMMIT;'; } | sql
backup app_20260919.sql.gz '3 days ago'
seq 601 900 | awk '{ printf "INSERT INTO orders VALUES (%d, '\''customer %d'\'', %d);\n", $1, $1 % 97, $1 % 50 + 1 }' |
	{ echo 'BEGIN;'; cat; echo 'COMMIT;'; } | sql
backup app_20260920.sql.gz '2 days ago'
seq 901 1000 | awk '{ printf "INSERT INTO orders VALUES (%d, '\''customer %d'\'', %d);\n", $1, $1 % 97, $1 % 50 + 1 }' |
	{ echo 'BEGIN;'; cat; echo 'COMMIT;'; } | sql
backup app_20260921.sql.gz '6 hours ago'

cp "$root/runbooks/demo/shop.py" "$sandbox/shop.py"
cat >"$sandbox/shop" <<SHOP
#!/bin/sh
export SHOP_DB='$SHOP_DB' SHOP_PORT=$SHOP_PORT SHOP_DIR='$sandbox'
exec python3 '$sandbox/shop.py' "\$@"
SHOP
chmod +x "$sandbox/shop"
"$sandbox/shop" start
echo 'DELETE FROM orders WHERE id > 40; UPDATE orders SET customer = NULL;' | sql
health=http://127.0.0.1:$SHOP_PORT/health
for _ in $(seq 50); do curl -s "$health" >/dev/null && break; sleep 0.1; done
echo "\$ curl -s $health" >&2
curl -s "$health" >&2 || true

# ---- the runbook

inputs=(-i "backups=$sandbox/backups" -i "database=$SHOP_DB" -i name=shop -i "app=$sandbox/shop"
	-i "health=$health" -i table=orders -i min_rows=1000)
state=${XDG_STATE_HOME:-$sandbox/state}
export XDG_STATE_HOME=$state
say "runbook run runbooks/database-restore.yaml"
code=0
"$runbook" -C "$root" run runbooks/database-restore.yaml "${inputs[@]}" --confirm restore=shop \
	${DEMO_FLAGS:-} || code=$?

say "Is it good now?"
echo "\$ curl -s $health" >&2
curl -s "$health" >&2 || true
run=$("$runbook" runs | { read -r id _ && echo "$id"; cat >/dev/null; })
cat >&2 <<EOF

The shop is stopped now. What is in build/demo-$kind stays: the database, its backups, and the runs. Look at them with

  XDG_STATE_HOME=$state $runbook runs
EOF
if [ "$kind" = sqlite ]; then
	cat >&2 <<EOF

Take the restore back, which leaves the shop running, with its bad data; and stop the shop again with

  XDG_STATE_HOME=$state $runbook undo $run --confirm restore~undo=shop
  $sandbox/shop stop
EOF
else
	echo 'Its server is stopped as well: this run cannot be taken back any more.' >&2
fi
exit $code
