#!/bin/sh
# The PostgreSQL store, on a server of its own.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/postgres.sh"
. "$repo/tests/e2e/book.sh"

pg_start

# unit PROGRAM COUNT [PREFIX]: its tests pass, at least COUNT of those that begin so
unit() {
	STORE_TEST_URL=$pg_url "$B/$1" >out 2>&1
	grep -v '^ok' out
	[ "$(grep -c "^ok .* $3" out)" -ge "$2" ] && ! grep '^not ok' out
}

test_that 'it does what every store must do' 'unit tests/unit/store_test 25 postgresql_'
test_that 'connections and answers may be lost, leases too' 'unit store-server 20'
test_that 'two processes race for the same locks 200 times' 'store-race lock "$pg_url" 200 2'
test_that 'four race for one run' 'store-race run "$pg_url" 100 4'
test_that 'four race for the fires of one trigger' 'store-race fire "$pg_url" 100 4'
test_that 'four make a store that is not there yet, 15 times' '
	for i in $(seq 15); do
		rm -rf state; PGOPTIONS="-c client_min_messages=warning" pg_sql "DROP SCHEMA IF EXISTS runbook CASCADE" &&
		store-race fire "$pg_url" 1 4 >out 2>&1 || { cat out; exit 1; }
	done
'

cat >a.yaml <<-'END'
runbook: 1
name: a
type: application
title: Try
lock: prod
steps:
  - id: one
    shell: |
      echo one >> effects
      touch started
      while [ ! -e go ]; do sleep 0.05; done
  - id: two
    shell: echo two >> effects
END

# start: until the first step runs; $pid, $id
start() {
	rm -f started go effects
	runbook --store "$pg_url" run a.yaml >run.out 2>&1 &
	pid=$!
	until [ -e started ]; do
		kill -0 $pid 2>/dev/null || { cat run.out; return 1; }
		sleep 0.05
	done
	id=$(pg_sql 'SELECT id FROM runbook.run ORDER BY started DESC LIMIT 1')
}

# ended STATUS: the run that was started ends so
ended() {
	wait $pid
	got=$?
	[ $got -eq "$1" ] || { echo "it ended with $got, not $1"; cat run.out; return 1; }
}

says() { grep -q "$1" out || { cat out; return 1; }; }

test_that 'a run that another machine took is stopped with its step' '
	pg_sql "DROP SCHEMA runbook CASCADE" && start &&
	pg_sql "UPDATE runbook.run SET epoch = epoch + 1" &&
	ended 12 && grep "another interpreter has taken run" run.out &&
	[ "$(cat effects)" = one ]
'

test_that 'a server that stops for a moment is waited for' '
	pg_sql "DROP SCHEMA runbook CASCADE" && start &&
	pg_stop immediate && touch go && sleep 1 && pg_again && ended 0 &&
	[ "$(tr "\n" " " <effects)" = "one two " ]
'

test_that 'a run whose interpreter died is resumed at once' '
	pg_sql "DROP SCHEMA runbook CASCADE" && start && kill -9 $pid && { wait $pid; true; } &&
	exits 7 runbook --store "$pg_url" run a.yaml >out 2>&1 && says "is held by run $id" &&
	runbook --store "$pg_url" runs -o ndjson >out && says "\"state\":\"crashed\"" &&
	runbook --store "$pg_url" show $id >out && says "crashed: its process is gone" &&
	runbook --store "$pg_url" locks -o ndjson >out && says "\"crashed\":true" &&
	touch go && runbook --store "$pg_url" resume $id >out 2>&1 &&
	[ "$(tr "\n" " " <effects)" = "one two " ] &&
	runbook --store "$pg_url" show $id --verify >out && says "the chain holds"
'

test_that 'a lock whose run ended without knowing what became of a step: that is said, with the way on' '
	pg_sql "DROP SCHEMA runbook CASCADE" && start || exit 1
	keeper=$(pgrep -P $pid) && step=$(pgrep -P "$keeper") && kill -9 $pid "$keeper" $step && { wait $pid; true; } &&
	until_true "gone $keeper" && exits 11 runbook --store "$pg_url" resume $id >out 2>&1 && runbook --store "$pg_url" locks >out &&
	says "what became of it is not known: .runbook resume $id --store .* --mark STEP=done. or .--mark STEP=failed., .runbook undo $id --store .*. or .runbook abort $id --store " &&
	runbook --store "$pg_url" locks -o ndjson >out && says "\"crashed\":false,\"unknown\":true" &&
	exits 7 runbook --store "$pg_url" run a.yaml >out 2>&1 && says "what became of a step is not known" &&
	exits 7 runbook --store "$pg_url" run a.yaml --wait 100ms >out 2>&1 && says "what became of it is not known, so resume" &&
	exits 0 runbook --store "$pg_url" abort $id >out 2>&1 && touch go && exits 0 runbook --store "$pg_url" run a.yaml >out 2>&1
'

test_that 'runs that are kept in the database that is rolled back: a warning' '
	printf "runbook: 1\nname: d\ntype: database\nconnections: {db: \"postgresql://$pg_user@localhost:$pg_port/postgres\", other: \"postgresql://$pg_user@localhost:$pg_port/other\"}\nsteps:\n  - {id: a, shell: true}\n" >d.yaml
	exits 0 runbook --store "$pg_url" run d.yaml >out 2>&1 && says "warning: the connection .db. is the database in which the runs are kept" &&
	! grep "connection .other." out && exits 0 runbook --store "$work/local" run d.yaml >out 2>&1 && ! grep "in which the runs are kept" out
'

# found SQL WORDS: show --verify says so after this change, which is taken back
found() {
	pg_sql "CREATE TABLE was_run AS TABLE runbook.run; CREATE TABLE was_event AS TABLE runbook.event; CREATE TABLE was_kept AS TABLE runbook.kept" &&
	pg_sql "$1" && exits 12 runbook --store "$pg_url" show $id --verify >out 2>&1 && says "$2"
	code=$?
	pg_sql "DELETE FROM runbook.run; INSERT INTO runbook.run SELECT * FROM was_run; INSERT INTO runbook.event SELECT * FROM was_event;
		INSERT INTO runbook.kept SELECT * FROM was_kept; DROP TABLE was_run, was_event, was_kept"
	return $code
}
test_that 'whatever was changed is found' '
	printf "runbook: 1\nname: e\ntype: application\nsteps:\n  - {id: a, shell: exit 1}\n" >e.yaml
	exits 1 runbook --store "$pg_url" run e.yaml >out 2>&1 &&
	id=$(pg_sql "SELECT id FROM runbook.run ORDER BY started DESC LIMIT 1") &&
	runbook --store "$pg_url" show $id --verify >out && says "the chain holds" &&
	found "UPDATE runbook.event SET json = replace(json, \$\$failed\$\$, \$\$succeeded\$\$)" "is not what was written" &&
	found "UPDATE runbook.event SET type = \$\$step.output\$\$ WHERE run = \$\$$id\$\$ AND seq = 4" "event 4 of run" &&
	found "DELETE FROM runbook.event WHERE run = \$\$$id\$\$ AND seq = 3" "event 3 is missing" &&
	found "DELETE FROM runbook.event WHERE run = \$\$$id\$\$ AND type = \$\$run.end\$\$" "is missing" &&
	found "UPDATE runbook.run SET state = \$\$final\$\$, exit = 0, result = \$\$ok\$\$" "its exit code is" &&
	found "UPDATE runbook.run SET \"user\" = \$\$ada\$\$" "its user is" &&
	found "UPDATE runbook.kept SET bytes = bytes || \$\$x\$\$::bytea" "its plan is" &&
	runbook --store "$pg_url" show $id --verify >out && says "the chain holds"
'

test_that 'a server that lost the end of a run: found, and not gone on with' '
	exits 1 runbook --store "$pg_url" run e.yaml >out 2>&1 &&
	id=$(pg_sql "SELECT id FROM runbook.run ORDER BY started DESC LIMIT 1") &&
	pg_sql "BEGIN; DELETE FROM runbook.event WHERE run = \$\$$id\$\$ AND seq > 3; UPDATE runbook.run SET seq = 3, state = \$\$running\$\$,
		hash = (SELECT hash FROM runbook.event WHERE run = \$\$$id\$\$ AND seq = 3) WHERE id = \$\$$id\$\$; COMMIT" &&
	exits 12 runbook --store "$pg_url" show $id --verify >out 2>&1 && says "store went back: it has 3 events of run" && says "remove .*/$id/head" &&
	exits 12 runbook --store "$pg_url" resume $id >out 2>&1 && says "store went back: it has 3 events of run"
'

# race COMMAND...: twice at once; the exit codes are in $one and $two
race() {
	"$@" >out 2>&1 </dev/null &
	one=$!
	"$@" >second 2>&1 </dev/null
	two=$?
	wait $one
	one=$?
}
test_that 'one lock, many races of whole runs: never two at once' '
	rm -f effects
	printf "runbook: 1\nname: b\ntype: application\nlock: db/x\nsteps:\n  - {id: a, shell: \"echo in >> effects; sleep 0.02; echo out >> effects\"}\n" >b.yaml
	for i in $(seq "${RACES:-10}"); do
		race timeout 120 runbook --store "$pg_url" run b.yaml -q
		case $one$two in 00 | 07 | 70) ;; *) echo "$one and $two"; cat out second; exit 1 ;; esac
	done
	awk "{ if (\$1 != (NR % 2 ? \"in\" : \"out\")) exit 1 }" effects && [ "$(wc -l <effects)" -ge $((2 * ${RACES:-10})) ]
'

test_that 'one run, many races of whole processes: it is resumed once' '
	printf "runbook: 1\nname: c\ntype: application\nsteps:\n  - {id: a, shell: \"[ -e go ]\"}\n  - {id: b, shell: \"echo b >> effects\"}\n" >c.yaml
	for i in $(seq "${RACES:-10}"); do
		rm -f go effects
		exits 1 runbook --store "$pg_url" run c.yaml -q >out 2>&1 </dev/null && touch go &&
		id=$(pg_sql "SELECT id FROM runbook.run ORDER BY started DESC LIMIT 1") || exit 1
		race timeout 120 runbook --store "$pg_url" resume "$id" -q
		case $one$two in 07 | 70 | 02 | 20) ;; *) echo "$one and $two"; cat out second; exit 1 ;; esac
		[ "$(cat effects)" = b ] || { cat effects; exit 1; }
	done
'

test_that 'a run that is taken up again while prune looks at it is not removed' '
	printf "runbook: 1\nname: p\ntype: application\nsteps:\n  - {id: a, shell: \"true\"}\n" >p.yaml
	exits 0 runbook --store "$pg_url" run p.yaml >out 2>&1 && id=$(pg_sql "SELECT id FROM runbook.run ORDER BY started DESC LIMIT 1") &&
	mkfifo sql && { psql -X -q "$pg_url" <sql >sql.out 2>&1 & } && exec 9>sql &&
	echo "BEGIN; UPDATE runbook.run SET state = '"'suspended' WHERE id = '\$id'"'; \\! touch taken" >&9 && until_true "[ -e taken ]" || exit 1
	runbook --store "$pg_url" prune --keep 0d >out 2>&1 & prune=$!
	until_true "[ \"\$(pg_sql \"SELECT count(*) FROM pg_stat_activity WHERE application_name = '"'runbook' AND wait_event_type = 'Lock'"'\")\" = 1 ] || gone $prune" &&
	echo "COMMIT;" >&9 && exec 9>&- && exits 0 wait $prune && [ "$(pg_sql "SELECT state FROM runbook.run WHERE id = '"'\$id'"'")" = suspended ]
'

test_that 'without a server nothing starts' '
	rm -f effects; pg_stop immediate
	exits 4 runbook --store "$pg_url" run a.yaml >out 2>&1 && says refused && [ ! -e effects ] &&
	pg_again
'

done_testing
