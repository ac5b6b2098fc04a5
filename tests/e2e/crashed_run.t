#!/bin/sh
# A run whose interpreter was killed is shown as what it is, by everything that shows runs,
# and looking at it changes nothing.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/book.sh"

waits='  - {id: a, shell: "echo a >> effects; until [ -e go ]; do sleep 0.02; done"}
  - {id: b, shell: "echo b >> effects"}'

# killed: $run; its threads may hold what it had for a moment longer than it lives
killed() {
	kill -9 "$run" && until_true 'runbook runs -o ndjson | grep -F "\"state\":\"crashed\"" >/dev/null'
}
crash() {
	book "$waits" "lock: db/x"
	start && killed
}
# settled: the step that was let go has left its result, and nothing more writes here
settled() {
	until_true 'runbook show "$id" | grep -F "has ended since" >/dev/null'
}
look() { runbook "$@" >out 2>&1; }
state_is() {
	runbook runs -o ndjson | grep -F "\"state\":\"$1\"" >/dev/null ||
		{ runbook runs -o ndjson; return 1; }
}

test_that 'while it goes on it is running' '
	book "$waits" "lock: db/x"
	start && state_is running && look show "$id" && has "state     running" && lacks "process is gone" &&
	look locks && lacks "process is gone" && touch go && ends 0 && state_is final
'

# Its last thread may live a moment longer than its first.
test_that 'runs, show and locks say that its process is gone, and what to do' '
	crash && until_true "state_is crashed >/dev/null" &&
	look runs && has crashed && has "runbook resume $id" && has "runbook undo $id" && has "runbook abort $id" &&
	look show "$id" && has "crashed: its process is gone" && has "runbook resume $id" &&
	look locks && has "its process is gone: \`runbook resume $id\`" &&
	runbook locks -o ndjson | grep -F "\"crashed\":true" &&
	runbook report "$id" --format json | grep -E "\"result\": ?\"crashed\"" && touch go &&
	settled
'

test_that 'who wants its lock is told that its process is gone' '
	crash && exits 7 timeout 120 runbook run book.yaml >out 2>&1 </dev/null && has "its process is gone: \`runbook resume $id\`" &&
	exits 7 timeout 120 runbook run book.yaml --wait 300ms >out 2>&1 </dev/null && has "has to free it" && touch go && resume 0
'

test_that 'a step that goes on under its keeper is told apart from one that has ended' '
	crash && look show "$id" && has "still running (pid " && touch go &&
	settled && resume 0 &&
	effects "a b " && state_is final
'

test_that 'looking changes nothing' '
	crash && touch go && settled &&
	(cd state/runbook && find . -type f ! -name "*-shm" -exec cksum {} + | sort) >before &&
	look runs && look show "$id" && look locks && look waiting &&
	(cd state/runbook && find . -type f ! -name "*-shm" -exec cksum {} + | sort) | cmp - before
'

test_that 'what an earlier session came to is not told of one that crashed' '
	book "  - {id: a, shell: \"echo a >> effects; [ -e go ] || exit 1; until [ -e stop ]; do sleep 0.02; done\"}"
	run 1 && id=$(ls state/runbook/runs) && state_is ended && touch go && : >effects
	runbook resume "$id" >out 2>&1 </dev/null & run=$!
	until_true "[ -s effects ]" && state_is running && killed &&
	state_is crashed && ! runbook runs -o ndjson | grep -E "failed|\"exit\"" && touch stop && resume 0
'

test_that 'what failed after its interpreter died is taken up: the group around it was begun' '
	book "  - id: grp
    steps:
      - {id: a, shell: \"true\", undo: {shell: \"true\"}}
      - {id: b, shell: \"echo b >> effects; until [ -e go ]; do sleep 0.02; done; exit 1\", undo: none}
      - {id: c, shell: \"true\", undo: none}"
	start && killed && touch go && settled && resume 1 && has "Not run:" && has "  c" && lacks "  grp" &&
	runbook show "$id" -o ndjson | tail -n 1 | grep -F "\"not_run\":[\"c\"]" &&
	look show "$id" && has "begun, and not ended" && lacks "in doubt" &&
	look report "$id" && has "- c: not reached" && lacks "- grp" && lacks "in doubt"
'

test_that 'abort stops the step that still runs, before it frees the lock' '
	crash && runbook show "$id" | grep -F "still running (pid " >/dev/null &&
	exits 0 timeout 120 runbook abort "$id" >out 2>&1 </dev/null && has "a is still running (pid " &&
	has "in doubt: a was started, and it was stopped" && runbook locks | grep "No lock" && state_is aborted &&
	touch go && sleep 0.2 && effects "a " && look show "$id" && has "in doubt"
'

test_that 'abort of a step that does not obey' '
	book "  - {id: a, kill_grace: 300ms, shell: \"trap : TERM; echo a >> effects; while :; do sleep 0.05; done\"}" "lock: db/x"
	start && killed &&
	exits 0 timeout 120 runbook abort "$id" >out 2>&1 </dev/null && has "in doubt: a" && state_is aborted
'

# spoil SCRIPT: in the folder of the run
spoil() {
	(cd "state/runbook/runs/$id" && eval "$1")
}
unknown_is() {
	exits 0 timeout 120 runbook show "$id" >out 2>&1 </dev/null && has "what became of it is not known" &&
	resume 11 && effects "a " && resume 11 && effects "a "
}
both_killed() {
	book "$waits"
	start && keeper=$(pgrep -P "$run" | head -n 1) && kill -9 "$run" "$keeper" && touch go &&
	until_true "gone $run && gone $keeper" && until_true "! runbook show $id | grep -F still" && rm -f go
}
for how in "rm keeper.1" ": >keeper.1" "sed -i /start/d keeper.1" "rm keeper.1; mkfifo keeper.1" \
	"rm keeper.1; mkfifo keeper.1 *.result a2.result" "rm keeper.1; mkdir keeper.1"; do
	test_that "marks that were spoiled do not say that nothing was started: $how" '
		both_killed && spoil "$how" && unknown_is
	'
	test_that "nor where the keeper has gone and its result was taken away: $how" '
		crash && touch go && settled && spoil "rm -f *.result; $how" && unknown_is
	'
done

test_that 'a step that runs is found where its marks are gone, and waited for' '
	crash && spoil "rm keeper.1" && runbook show "$id" | grep -F "still running (pid " && touch go &&
	timeout 120 runbook resume "$id" >out 2>&1 </dev/null; [ "$(grep -c "^a" effects)" = 1 ] || { cat out effects; exit 1; }
'

test_that 'after another boot a step without a result is unknown, for show and for resume' '
	both_killed && spoil "awk \"NR == 1 { \\\$3 = \\\"11111111-1111-1111-1111-111111111111\\\" } NR == 1\" keeper.1 >c && cat c >keeper.1 && rm c" &&
	unknown_is
'

# journalled COUNT TYPE: so many of these events are on disk
journalled() {
	[ "$(sqlite3 -readonly "state/runbook/runs/$id/journal.db" "SELECT count(*) FROM events WHERE type = '$2'")" -ge "$1" ]
}
# cut_before_its_start: a book whose keeper was stopped in the rest between two attempts, and both
# killed when the intent of the next was on disk. False where that was late: a keeper that is stopped
# is soon told to go on.
cut_before_its_start() {
	book "  - {id: a, shell: \"echo a >>effects; [ \$(grep -c a effects) -ge 3 ]\", retry: {attempts: 3, delay: 3s}, undo: none}"
	start && until_true "journalled 1 step.attempt" && keeper=$(pgrep -P "$run" | head -n 1) && kill -STOP "$keeper" &&
	until_true "journalled 2 step.start" && kill -STOP "$run"
	kill -9 "$keeper" "$run" && until_true "gone $run && gone $keeper" && effects "a "
}
test_that 'an attempt that never started is not counted' '
	for try in 1 2 3 4 5; do cut_before_its_start && break; done
	effects "a " && resume 0 && effects "a a a " && whole
'

test_that 'what is no plain file in the place of a result is not waited for' '
	crash && touch go && settled && spoil "r=\$(ls *.result); rm \$r; mkfifo \$r" && unknown_is
'

# What was committed was told of each step in it: nobody has to be asked.
test_that 'a transaction whose steps are told to be done is known to be, though its mark is gone' '
	sqlite3 t.db "CREATE TABLE t (i INTEGER)" && book "  - {id: g, transaction: db, steps: [{id: i, sql: INSERT INTO t VALUES (1)}],
     always: [{id: a, idempotent: true, shell: \"echo a >>effects; until [ -e go ]; do sleep 0.02; done\"}]}" "connections: {db: \"sqlite:t.db\"}"
	start && keeper=$(pgrep -P "$run") && kill -9 "$run" "$keeper" && until_true "gone $run && gone $keeper" && touch go &&
	rm "state/runbook/runs/$id"/*.mark && resume 0 && [ "$(sqlite3 t.db "SELECT count(*) FROM t")" = 1 ] && whole
'

test_that 'abort of a step that has ended since' '
	crash && touch go && settled &&
	exits 0 timeout 120 runbook abort "$id" >out 2>&1 </dev/null && has "it has ended since, with exit status 0"
'

test_that 'who aborts may change his mind while a step is being stopped' '
	book "  - {id: a, kill_grace: 20s, shell: \"trap : TERM; echo a >> effects; until [ -e go ]; do sleep 0.05 || :; done\"}" "lock: db/x"
	start && killed && rm -f out || exit 1
	runbook abort "$id" >out 2>&1 </dev/null & aborting=$!
	until_true "grep -F \"it is stopped\" out >/dev/null" && kill -INT $aborting
	exits 130 wait $aborting && state_is crashed && touch go && resume 0
'

test_that 'logs -f ends when the process of the run is gone' '
	crash && exits 0 timeout 120 runbook logs -f "$id" >out 2>&1 && has "its process is gone" && touch go && resume 0
'

test_that 'logs has the head and the tail of a long output, and says what is missing' '
	book "  - {id: a, shell: \"seq 1 400000\"}
  - {id: b, shell: \"seq 1 200000; printf end\"}
  - {id: c, shell: \"seq 1 400000; exit 1\"}"
	run 1 -q && id=$(ls state/runbook/runs) &&
	runbook logs "$id" a >out && [ "$(head -n 1 out)" = 1 ] && [ "$(tail -n 1 out)" = 400000 ] &&
	[ "$(grep -c "bytes are left out here" out)" = 1 ] && [ "$(wc -c <out)" -lt 2200000 ] &&
	runbook logs "$id" b >out && { seq 1 200000; echo end; } | cmp - out &&
	runbook logs "$id" c >out && [ "$(tail -n 1 out)" = 400000 ]
'

# never_began: what a kill leaves between the making of the journal and its first event
never_began() {
	crash && touch go && settled &&
	sqlite3 "state/runbook/runs/$id/journal.db" "DELETE FROM events; UPDATE run SET runbook = '', title = '', user = '', host = '', started = '', locks = ''" &&
	rm -f "state/runbook/runs/$id/head" "state/runbook/runs/$id"/keeper.* "state/runbook/runs/$id"/*.result && rm -f effects
}
test_that 'a run that was killed before its first event keeps no lock' '
	never_began && look runs && has "never began" && run 0 && effects "a b "
'
test_that 'a run that was killed before its first event can be put out of the way' '
	never_began && look show "$id" && has "never began" && lacks " by  on " && resume 2 && has "never began" &&
	exits 0 runbook abort "$id" >out 2>&1 && state_is aborted && runbook locks | grep "No lock" &&
	exits 2 runbook abort "$id" >out 2>&1
'

test_that 'what was suspended, gone on with and killed goes on as it would have before: nobody has to say --detach again' '
	book "  - {id: a, approve: {message: First?, not_requester: false}, shell: \"echo a >> effects; until [ -e go ]; do sleep 0.02; done\"}
  - {id: b, approve: {message: Second?, not_requester: false}, shell: echo b >> effects}"
	run 6 --detach && id=$(ls state/runbook/runs) && runbook approve "$id" a || exit 1
	runbook resume "$id" >out 2>&1 </dev/null & run=$!
	until_true "[ -s effects ]" && killed && touch go && resume 6 && effects "a " && runbook approve "$id" b && resume 0 && effects "a b "
'

test_that 'undo of one step of a crashed run leaves it crashed' '
	book "  - {id: z, shell: echo z >> effects, undo: {shell: echo undone >> effects}}
$waits" "lock: db/x"
	start && until_true "grep a effects >/dev/null" && killed && touch go &&
	timeout 120 runbook undo "$id" --step z --yes >out 2>&1 </dev/null
	state_is crashed && look show "$id" && has "state     crashed, since then z was undone" && lacks "is being undone" &&
	[ "$(sqlite3 "state/runbook/runs/$id/journal.db" "SELECT state FROM run")" = running ]
'

done_testing
