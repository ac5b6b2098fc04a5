#!/bin/bash
# runbooks/database-restore.yaml, walked by hand on a terminal from the first question to the
# verified end. docs/manual-walk.txt is what such a walk looks like:
#
#     B=build/debug WRITE=1 bash tests/e2e/manual_walk.t

. "$(dirname "$0")/../lib.sh"

book=$repo/runbooks/database-restore.yaml
kept=$repo/docs/manual-walk.txt

command -v sqlite3 >/dev/null || { echo '1..0 # SKIP there is no sqlite3'; exit 0; }

# An application that is well, by a page that is always there.
python3 - >"$work/port" <<'P' &
import http.server
class A(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_): pass
    def do_GET(self):
        self.send_response(200); self.send_header('Content-Length', '0'); self.end_headers()
s = http.server.HTTPServer(('127.0.0.1', 0), A)
print(s.server_port, flush=True)
s.serve_forever()
P
web=$!
# A folder whose name is as long everywhere: where rows are wrapped hangs on it.
shop=$(mktemp -d /tmp/walk.XXXXXXXX) && cd "$shop"
trap 'kill $web; rm -rf "$work" "$shop"' EXIT
until [ -s "$work/port" ]; do sleep 0.1; done

rows() { echo 'SELECT count(*) FROM orders;' | sqlite3 shop.db; }

# A shop with 3 orders, a backup of it, and then 1 order.
fresh() {
	rm -rf backups app.log shop.db looked
	mkdir backups
	echo 'CREATE TABLE orders (id INTEGER); INSERT INTO orders VALUES (1), (2), (3);' | sqlite3 shop.db
	sqlite3 shop.db .dump | gzip -n >backups/app_20260921.sql.gz
	touch -d '2026-09-21T03:00:00Z' backups/app_20260921.sql.gz
	echo 'DELETE FROM orders WHERE id > 1;' | sqlite3 shop.db
	printf '#!/bin/sh\necho the shop: "$1"\necho "$1" >>%s/app.log\n' "$shop" >app
	chmod +x app
}
# walk COLUMNS [SEE TYPE]...: the turns as on-terminal takes them
walk() {
	columns=$1
	shift
	SHELL=$shop/sh TZ=UTC on-terminal -s "${columns}x200" "$@" runbook -C "$repo" run "$book" --mode manual --color=never \
		-i backups="$shop/backups" -i database="sqlite:$shop/shop.db" -i name=shop -i app="$shop/app" \
		-i health="http://127.0.0.1:$(cat "$work/port")/health" -i table=orders -i min_rows=3 >out
}
# What differs from walk to walk.
same_everywhere() {
	run=$(grep -o 'run [0-9a-z]* of' out | head -1 | cut -d' ' -f2)
	sed -e "s|$shop|/srv/shop|g" -e "s|$repo|/srv/runbooks|g" -e "s/$run/7kq2f/g" -e "s/by $(id -un) on $(uname -n)/by ops on db1/" \
		-e "s/by $(id -un),/by ops,/" -e "s/:$(cat "$work/port")/:8080/" -e 's/\(  *\)[0-9.]* m*s$/\10.1 s/' -e 's/ in [0-9m. s]* (run/ in 20 s (run/' \
		-e 's/of that, [0-9m. s]* waiting/of that, 18 s waiting/' -e 's/: \([a-z]*\) [0-9.ms ]* of \([0-9a-z ]*\)$/: \1 1 s of \2/' -e 's/[^[:print:]]*$//'
}

printf '#!/bin/sh\nread word\necho "looked in run $RUNBOOK_RUN: $word" | tee %s/looked\n' "$shop" >sh
chmod +x sh

next='What now?'
test_that 'a walk from the first question to the verified end' '
	fresh && exits 0 walk 80 -e "$next" "d\n" -e "$next" "r\n" \
		-e "readable.unpack" "" -e "$next" "run\n" -e "readable.sqlite" "" -e "$next" "r\n" \
		-e "safety.sqlite" "" -e "$next" "o\n" -e "readable.sqlite printed" "" -e "$next" "r\n" -e "safety.sum" "" -e "$next" "r\n" \
		-e "Next: stop_app" "" -e "$next" "c\n" -e "does not hold: rows_are_there" "" -e "holds:" "" -e "$next" "h\n" -e "A shell" "the site is slow\n" \
		-e "looked in" "" -e "$next" "details\n" -e "stopped after" "" -e "$next" "r\n" \
		-e "to decline" "yes\n" -e "neither" "shop\n" -e "restore.sqlite" "" -e "$next" "r\n" -e "Next: start_app" "" -e "$next" "r\n" &&
	test "$(rows)" = 3 && test "$(tr "\n" " " <app.log)" = "stop start " && grep -q "done and verified" out &&
	grep -q "slow" looked
'
test_that 'it is the walk that is kept' '
	same_everywhere <out >new
	[ -z "$WRITE" ] || cp new "$kept"
	same "$kept" new
'
test_that 'no row of a walk on 40 columns is wider' '
	fresh && exits 0 walk 40 -e "$next" "?\n" -e "$next" "d\n" -e "$next" "c\n" -e "holds:" "" -e "$next" "a\n" -e "to decline" "shop\n" &&
	grep -v "Type .shop.\|What now" out | LC_ALL=C.UTF-8 wc -L | { read n && [ "$n" -le 40 ]; } && test "$(rows)" = 3
'
test_that 'what a person skips is told, with the reason, and `all` goes on by itself' '
	fresh && exits 0 walk 80 -e "$next" "r\n" -e "readable.unpack" "" -e "$next" "s\n" -e "Why" "\n" -e "$next" "s\n" -e "Why" "it was tried an hour ago\n" \
		-e "readable.sqlite" "" -e "$next" "a\n" -e "to decline" "shop\n" &&
	grep -q "skipped: by .*: it was tried an hour ago" out && test "$(rows)" = 3
'
test_that 'undo in the middle brings everything back, and asks only before it destroys' '
	fresh && exits 9 walk 80 -e "$next" "r\n" -e "readable.unpack" "" -e "$next" "r\n" -e "readable.sqlite" "" -e "$next" "r\n" \
		-e "safety.sqlite" "" -e "$next" "r\n" -e "safety.sum" "" -e "$next" "r\n" -e "Next: stop_app" "" -e "$next" "r\n" \
		-e "to decline" "shop\n" -e "restore.sqlite" "" -e "$next" "r\n" -e "Next: start_app" "" \
		-e "$next" "u\n" -e "Undo everything" "\n" -e "$next" "u\n" -e "Undo everything" "yes\n" \
		-e "What was written since is lost" "shop\n" &&
	test "$(rows)" = 1 && test "$(tr "\n" " " <app.log)" = "stop start " && ! grep -q "Next: restore~undo" out && ! grep -q "As things stand" out
'
test_that 'stop leaves a run that is resumed to its verified end' '
	fresh && exits 5 walk 80 -e "$next" "r\n" -e "readable.unpack" "" -e "$next" "r\n" -e "readable.sqlite" "" -e "$next" "q\n" &&
	run=$(grep -o "run [0-9a-z]* of" out | head -1 | cut -d" " -f2) && test ! -e app.log &&
	exits 5 runbook resume "$run" --confirm restore=shop --no-input && test "$(rows)" = 1 &&
	exits 0 on-terminal -e "Next: readable.sqlite" "" -e "$next" "a\n" -e "to decline" "shop\n" runbook resume "$run" &&
	test "$(rows)" = 3
'
test_that 'without a terminal nothing is walked' '
	fresh && exits 5 setsid -w runbook run "$book" --mode manual -i backups="$shop/backups" -i database="sqlite:$shop/shop.db" -i name=shop \
		-i app="$shop/app" -i health=http://127.0.0.1:1/ -i table=orders </dev/null && test "$(rows)" = 1
'

done_testing
