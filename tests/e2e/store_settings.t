#!/bin/sh
# What a PostgreSQL server, a database or a role may be set to: runs are kept all the same, or are refused before
# anything starts.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/postgres.sh"
. "$repo/tests/e2e/book.sh"

pg_start
trap 'kill -9 $(cat "$work/all") 2>/dev/null; pg_stop immediate; rm -rf "$pg_dir" "$work"' EXIT
: >"$work/all"
pg_sql 'CREATE ROLE ada LOGIN SUPERUSER'
url=postgresql://ada@127.0.0.1:$pg_port/postgres

# with SETTING...: of the role, and of it alone
with() {
	pg_sql 'ALTER ROLE ada RESET ALL' && for one; do pg_sql "ALTER ROLE ada SET $one" || return; done
}
does() {
	want=$1
	shift
	exits "$want" timeout 120 runbook --store "$url" "$@" >out 2>&1 </dev/null || { cat out; return 1; }
}
last() { id=$(pg_sql 'SELECT id FROM runbook.run ORDER BY started DESC LIMIT 1'); }
# whole_life: of a run that fails, is gone on with, asks, is answered, is done and is taken back
whole_life() {
	rm -f effects go
	book '  - {id: a, shell: "echo a >> effects; [ -e go ]", undo: {shell: echo ua >> effects}}
  - {id: b, approve: {message: "Größe → 漢字?", not_requester: false}, shell: echo b >> effects, undo: {shell: echo ub >> effects}}' 'lock: db/x'
	does 1 run book.yaml --detach && last && touch go && does 6 resume "$id" --detach && does 0 locks && has db/x && does 0 waiting &&
	does 0 approve "$id" && does 0 worker --once && does 0 show "$id" --verify && has 'the chain holds' && does 0 report "$id" &&
	does 0 undo "$id" && does 0 show "$id" --verify && has 'the chain holds' && effects 'a a b ub ua ' && does 0 prune --keep 0d &&
	does 0 runs && lacks "$id"
}

test_that 'bytes are written as escapes' 'with "bytea_output = escape" && whole_life'
test_that 'dates, intervals, strings and letters of another kind' '
	with "datestyle = '"'SQL, DMY'"'" "intervalstyle = sql_standard" "timezone = '"'Asia/Kathmandu'"'" "standard_conforming_strings = off" "client_encoding = LATIN1" "search_path = '"''"'" "array_nulls = off" "quote_all_identifiers = on" && whole_life
'
test_that 'transactions that are serializable' '
	with "default_transaction_isolation = serializable" && whole_life
'
test_that '... races of locks, runs and fires among them' '
	for what in lock run fire; do
		store-race $what "$url" 100 4 >out 2>&1 || { cat out; exit 1; }
	done
'
test_that 'another encoding is refused before anything starts' '
	pg_sql "CREATE DATABASE latin ENCODING '"'LATIN1'"' LOCALE '"'C'"' TEMPLATE template0" && with && rm -f effects &&
	book "  - {id: a, shell: echo a >> effects}" &&
	exits 4 runbook --store "${url%/*}/latin" run book.yaml >out 2>&1 </dev/null && has "the encoding LATIN1 and has to have UTF8" && [ ! -e effects ]
'
test_that 'what is read only is refused before anything starts, and can be looked at' '
	book "  - {id: a, shell: echo a >> effects}" && does 0 run book.yaml && last && rm -f effects && with "default_transaction_read_only = on" &&
	does 4 run book.yaml && has "read only" && [ ! -e effects ] && does 4 worker --once && has "read only" && does 0 runs && does 0 show "$id" --verify
'

# begin: a run in its first step; $run
begin() {
	book "  - {id: a, shell: \"echo a >> effects; until [ -e go ]; do sleep 0.02; done\"}
  - {id: b, shell: echo b >> effects}"
	timeout 120 runbook --store "$url" run book.yaml >out 2>&1 </dev/null &
	run=$!
	echo $run >>all
	until_true "[ -s effects ]" && last
}
# of_ours SQL-CONDITION: how many connections of runs are so
of_ours() { pg_sql "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'runbook' AND $1"; }

test_that 'sessions that are ended when they idle: another one is made' '
	with "idle_session_timeout = 500" "idle_in_transaction_session_timeout = 1" && begin &&
	until_true "[ \"\$(of_ours true)\" = 0 ] || gone $run" && touch go && exits 0 wait $run && effects "a b " && does 0 show "$id" --verify && whole_life
'
# who_waits: the server process of ours that waits for a table
who_waits() { pg_sql "SELECT max(pid) FROM pg_stat_activity WHERE application_name = 'runbook' AND wait_event_type = 'Lock'"; }
test_that 'a statement_timeout that a commit does not keep: it is tried again' '
	with "statement_timeout = 2000" && begin && mkfifo sql && { psql -X -q "$pg_url" <sql >sql.out 2>&1 & } && psql=$! &&
	exec 9>sql && echo "BEGIN; LOCK runbook.event IN ACCESS EXCLUSIVE MODE; \\! touch locked" >&9 &&
	until_true "[ -e locked ]" && touch go && until_true "[ -n \"\$(who_waits)\" ] || gone $run" && first=$(who_waits) &&
	until_true "second=\$(who_waits); [ -n \"\$second\" ] && [ \"\$second\" != $first ] || gone $run" &&
	echo "COMMIT;" >&9 && exec 9>&- && wait $psql && exits 0 wait $run && effects "a b " && does 0 show "$id" --verify
'
test_that 'one that renews the lease and keeps no event is not asked for ever: 12, and what the step came to is sent at resume' '
	with "statement_timeout = 300" && pg_sql "ALTER DATABASE postgres SET runbook.lease = '"'2s'"'" && begin && rm -f sql locked && mkfifo sql &&
	{ psql -X -q "$pg_url" <sql >sql.out 2>&1 & } && psql=$! &&
	exec 9>sql && echo "BEGIN; LOCK runbook.event IN ACCESS EXCLUSIVE MODE; \\! touch locked" >&9 &&
	until_true "[ -e locked ]" && touch go && until_true "gone $run" && pg_sql "ALTER DATABASE postgres RESET runbook.lease" && { wait $run; [ $? = 12 ]; } && has "kept on this machine until resume" &&
	echo "COMMIT;" >&9 && exec 9>&- && wait $psql && with && does 0 resume "$id" && effects "a b " && does 0 show "$id" --verify
'
test_that 'a server that is read only for a while, as one that takes the place of another: it is tried again' '
	with && begin && pg_sql "ALTER ROLE ada SET default_transaction_read_only = on" &&
	pg_sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '"'runbook'"'" >told && touch go &&
	until_true "[ \"\$(of_ours true)\" -ge 1 ] || grep -q \"store has not answered\" out || gone $run" && sleep 0.5 && with &&
	exits 0 wait $run && effects "a b " && does 0 show "$id" --verify
'
test_that '... for longer than the lease: 12, and what the step came to is sent at resume' '
	with && pg_sql "ALTER DATABASE postgres SET runbook.lease = '"'1s'"'" && begin && pg_sql "ALTER ROLE ada SET default_transaction_read_only = on" &&
	pg_sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '"'runbook'"'" >told && touch go &&
	{ wait $run; [ $? = 12 ]; } && has "kept on this machine until resume" && with && does 0 resume "$id" && effects "a b " && does 0 show "$id" --verify
'
test_that 'a right that is taken away: what the step came to is sent at resume' '
	pg_sql "CREATE ROLE rolf LOGIN; GRANT USAGE ON SCHEMA runbook TO rolf; GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA runbook TO rolf" &&
	url=postgresql://rolf@127.0.0.1:$pg_port/postgres && begin && pg_sql "REVOKE INSERT ON runbook.event FROM rolf" && touch go &&
	{ wait $run; [ $? = 12 ]; } && has "permission denied for table event" && has "kept on this machine until resume" &&
	pg_sql "GRANT INSERT ON runbook.event TO rolf" && does 0 resume "$id" && effects "a b " && does 0 show "$id" --verify
'

if [ -e "$B/clocks.so" ] && ! is_sanitized; then
	# clock_is MS: how far ours is ahead
	clock_is() {
		echo "0 $1" >clocks && CLOCKS=$work/clocks LD_PRELOAD=$B/clocks.so timeout 60 runbook --store "$pg_url" run book.yaml >out 2>&1 </dev/null
	}
	test_that 'a clock that is far from that of the store: a warning' '
		book "  - {id: a, shell: echo a >> effects}" && clock_is 7200000 && has "is 2h ahead of that of the PostgreSQL store" &&
		clock_is -7200000 && has "is 2h behind that of the PostgreSQL store" && clock_is 0 && lacks "the clock of this machine"
	'
fi

done_testing
