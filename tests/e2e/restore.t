#!/bin/bash
# runbooks/database-restore.yaml against SQLite and a real PostgreSQL: a good backup, and
# everything that may be wrong with one before anything is destroyed.

. "$(dirname "$0")/../lib.sh"

book=$repo/runbooks/database-restore.yaml
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# ---- a server of our own

pg=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
cluster=$(mktemp -d /tmp/runbook-test.XXXXXX)
pg_port=$(port)
as() { (cd / && "$@"); }
if [ "$(id -u)" = 0 ]; then
	chown postgres "$cluster"
	as() { (cd / && setpriv --reuid postgres --regid postgres --init-groups "$@"); }
fi
stop() {
	kill "$web" 2>/dev/null
	as "$pg/pg_ctl" -D "$cluster/data" -m immediate stop >/dev/null 2>&1
	rm -rf "$cluster" "$work"
}
trap stop EXIT
as "$pg/initdb" -D "$cluster/data" -A trust -U shop >"$work/log" 2>&1 &&
	as "$pg/pg_ctl" -D "$cluster/data" -w -l "$cluster/log" \
		-o "-p $pg_port -k $cluster -c listen_addresses=127.0.0.1 -c fsync=off" start >>"$work/log" 2>&1 ||
	{ sed 's/^/# /' "$work/log"; echo '1..0 # no PostgreSQL'; exit 1; }

# An application that is well when the file `well` is there.
cat >app.py <<'P'
import http.server, os, sys
class A(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_): pass
    def do_GET(self):
        self.send_response(200 if os.path.exists('well') else 503); self.send_header('Content-Length', '0'); self.end_headers()
http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), A).serve_forever()
P
web_port=$(port)
health=http://127.0.0.1:$web_port/health
python3 app.py "$web_port" &
web=$!
printf '#!/bin/sh\necho "$1" >> %s/app.log\n' "$work" >app
chmod +x app

sql() {
	case $url in sqlite:*) sqlite3 "${url#sqlite:}" ;; *) psql -Xqt -v ON_ERROR_STOP=1 -d "$url" ;; esac
}
dump() {
	case $url in sqlite:*) sqlite3 "${url#sqlite:}" .dump ;; *) pg_dump -d "$url" ;; esac
}

# A database with 3 rows, a backup of it, and then 1 row.
fresh() {
	rm -rf backups app.log shop.db well
	mkdir backups
	case $url in postgresql:*) echo 'DROP TABLE IF EXISTS t' | sql 2>/dev/null ;; esac
	echo 'CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (1), (2), (3);' | sql
	dump | gzip >backups/app_old.sql.gz
	touch -d '2 days ago' backups/app_old.sql.gz
	echo 'INSERT INTO t VALUES (4);' | sql
	dump | gzip >backups/app_new.sql.gz
	echo 'DELETE FROM t WHERE id > 1;' | sql
	touch well
}
rows() { echo 'SELECT count(*) FROM t;' | sql | tr -d ' \n'; }
restore() {
	runbook run "$book" -i backups="$PWD/backups" -i database="$url" -i name=shop -i app="$PWD/app" \
		-i health="$health" -i table=t -i min_rows=4 --confirm restore=shop --no-input "$@" >out 2>&1
}
all() {
	test_that "$1: the newest backup is restored and verified" '
		fresh && exits 0 restore && test "$(rows)" = 4 &&
		test "$(tr "\n" " " <app.log)" = "stop start " && grep -q "done and verified" out
	'
	test_that "$1: a backup that is cut off stops before anything is destroyed" '
		fresh && head -c 100 backups/app_new.sql.gz >x && mv x backups/app_new.sql.gz &&
		exits 1 restore && test "$(rows)" = 1 && test ! -e app.log
	'
	test_that "$1: an empty backup folder stops before anything is destroyed" '
		fresh && rm backups/* && exits 1 restore && test "$(rows)" = 1 && test ! -e app.log &&
		grep -q "nothing matches" out
	'
	test_that "$1: a verification that never holds is no success" '
		fresh && rm well && sed "s/within: 30s, holds_for: 2s/within: 1s, holds_for: 0s/" "$book" >database-restore.yaml &&
		(book=$PWD/database-restore.yaml; exits 8 restore) && test "$(rows)" = 4
	'
	test_that "$1: nobody says the phrase, and nothing is run" '
		fresh && exits 5 runbook run "$book" -i backups="$PWD/backups" -i database="$url" -i name=shop \
			-i app="$PWD/app" -i health="$health" -i table=t --no-input && test "$(rows)" = 1 && test ! -e app.log
	'
	test_that "$1: undo brings back what was there" '
		fresh && exits 0 restore && run=$(runbook runs -o ndjson | sed -n "1s/.*\"id\":\"\([a-z0-9]*\)\".*/\1/p") &&
		exits 10 runbook undo "$run" --no-input && test "$(rows)" = 4 &&
		exits 0 runbook undo "$run" --no-input --confirm restore~undo=shop && test "$(rows)" = 1
	'
}

url=sqlite:$work/shop.db
all SQLite
test_that 'SQLite: a restore that fails says what state the world is in' '
	fresh && chmod 755 . && mkdir ro && mv shop.db ro/ && url=sqlite:$work/ro/shop.db &&
	printf "CREATE TABLE t (id INTEGER CHECK (id < 3)); INSERT INTO t VALUES (1), (9);" | gzip >backups/app_new.sql.gz &&
	exits 1 restore && test "$(rows)" = 1
'
url=postgresql://shop@127.0.0.1:$pg_port/postgres
all PostgreSQL
test_that 'PostgreSQL: a restore that fails half-way leaves what was there, and says so' '
	fresh && { gunzip -c backups/app_new.sql.gz; echo "SELECT 1/0;"; echo "-- PostgreSQL database dump complete"; } | gzip >x &&
	mv x backups/app_new.sql.gz && exits 1 restore && test "$(rows)" = 1 && grep -q "as it was before" out
'
done_testing
