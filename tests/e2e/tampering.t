#!/bin/sh
# `show RUN --verify` finds whatever was changed in what is kept of a run.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/book.sh"

book '  - {id: a, shell: "echo a >> effects"}
  - {id: b, shell: "echo b >> effects; [ -e go ]", undo: {shell: echo undo-b >> effects}}'
run 1
id=$(ls state/runbook/runs)
db=state/runbook/runs/$id/journal.db
cp "$db" whole.db
cp "state/runbook/runs/$id/plan.json" whole.json

# Written back into the same file: another one would be a copy.
restore() {
	cat whole.db >"$db"
	cat whole.json >"state/runbook/runs/$id/plan.json"
}
# found SQL WORDS: after this change
found() {
	restore && sqlite3 "$db" "$1" && exits 12 runbook show "$id" --verify >out 2>&1 && has "$2"
	code=$?
	restore
	return $code
}

test_that 'nothing was changed' 'exits 0 runbook show "$id" --verify >out 2>&1 && has "the chain holds"'

test_that 'what an event says' 'found "UPDATE events SET json = replace(json, \"failed\", \"succeeded\") WHERE type = '"'step.end'"'" "is not what was written"'
test_that 'what an event is filed as' 'found "UPDATE events SET type = '"'step.output'"' WHERE seq = 4" "event 4 of run"'
test_that 'the hash of an event' 'found "UPDATE events SET hash = randomblob(32) WHERE seq = 4" "is not what was written"'
test_that 'an event in the middle is gone' 'found "DELETE FROM events WHERE seq = 4" "event 4 is missing"'
test_that 'the last event is gone' 'found "DELETE FROM events WHERE seq = (SELECT max(seq) FROM events)" "went back"'
test_that 'an event more' 'found "INSERT INTO events SELECT seq + 1, type, json, hash FROM events ORDER BY seq DESC LIMIT 1" "is not what was written"'
test_that 'two events that changed places' 'found "UPDATE events SET seq = -4 WHERE seq = 4; UPDATE events SET seq = 4 WHERE seq = 5; UPDATE events SET seq = 5 WHERE seq = -4" "is not what was written"'
test_that 'all events are gone' 'found "DELETE FROM events" "went back"'
test_that 'the state' 'found "UPDATE run SET state = '"'final'"', exit = 0, result = '"'ok'"'" "its exit code is"'
test_that 'the result' 'found "UPDATE run SET result = '"'ok'"'" "its result is"'
test_that 'a state alone' 'found "UPDATE run SET state = '"'suspended'"'" "its state is"'
test_that 'the user, who may not approve it' 'found "UPDATE run SET user = '"'ada'"'" "its user is"'
test_that 'the runbook' 'found "UPDATE run SET runbook = '"'other'"'" "its runbook is"'

changed_plan() {
	restore && sed 's/echo b/echo evil/' whole.json >"state/runbook/runs/$id/plan.json" && ! cmp -s whole.json "state/runbook/runs/$id/plan.json"
}
test_that 'the plan that is kept with it: found, and not gone on with' '
	changed_plan && exits 12 runbook show "$id" --verify >out 2>&1 && has "its plan is" && : >effects &&
	touch go && resume 12 && has "is not the one that it began with" && effects "" && restore
'
test_that 'what an event is filed as: not gone on with' '
	restore && : >effects && touch go &&
	sqlite3 "$db" "UPDATE events SET type = '"'step.output'"' WHERE type = '"'step.end'"' AND seq > 3" &&
	resume 12 && has "is not what was written" && effects "" && restore
'
test_that 'why it cannot be gone on with is an event, too' '
	changed_plan && exits 12 runbook resume "$id" -o ndjson >out 2>/dev/null </dev/null &&
	has "\"type\":\"diagnostic\"" && has "is not the one that it began with"
	code=$?
	restore
	(exit $code)
'
# refused COMMAND...: at once, since a pipe that nobody writes to is not waited for
refused() {
	exits 12 timeout 120 runbook "$@" >out 2>&1 </dev/null && has "/head\` is not a file"
}
test_that 'a pipe in the place of its head: refused by whatever reads the run' '
	head=state/runbook/runs/$id/head && mv "$head" whole.head && mkfifo "$head" &&
	refused show "$id" && refused report "$id" && refused resume "$id" && refused undo "$id" && refused abort "$id"
	code=$?
	rm "$head" && mv whole.head "$head"
	(exit $code)
'
# flipped WORDS N: one byte changed where the N-th of these words stand; not gone on with.
flipped() {
	restore
	at=$(LC_ALL=C grep -abo -e "$1" "$db" | sed -n "$2p" | cut -d: -f1)
	[ "$at" ] || { echo "no $1 number $2"; return 1; }
	printf '\001' | dd of="$db" bs=1 seek=$((at + 2)) conv=notrunc 2>>.log && ! cmp -s whole.db "$db" || return 1
	: >effects && touch go && resume 12 && has "$db" && lacks started && effects ""
	code=$?
	restore
	return $code
}
test_that 'one byte, wherever it stands: not gone on with, and nothing of the run is told' '
	flipped "SQLite format" 1 && flipped "CREATE TABLE events" 1 && flipped "\"type\":\"run.start" 1 &&
	flipped "\"v\":1" 3 && flipped "\"state\":\"succeeded" 1 && flipped "\"state\":\"failed" 1 &&
	flipped "\"step\":\"a\"" 1 && flipped "\"step\":\"b\"" 1 && flipped "\"type\":\"run.end" 1
'
test_that 'nothing is left of the changes: it goes on' '
	restore && : >effects && touch go && resume 0 && effects "b " && whole
'
test_that 'an undo of one step is no change' '
	rm -rf state go effects && run 1 && id=$(ls state/runbook/runs) &&
	exits 0 timeout 120 runbook undo "$id" --step b >out 2>&1 </dev/null && effects "a b undo-b " && whole
'
test_that 'an aborted, an undone, a suspended and a crashed run are whole' '
	rm -rf state go effects && run 1 && id=$(ls state/runbook/runs) && runbook abort "$id" >out 2>&1 && whole || exit 1
	book "  - {id: a, shell: echo a, undo: {shell: echo u}}
  - {id: b, confirm: Go?, shell: echo b}"
	run 6 --detach && id=$(ls state/runbook/runs) && whole && exits 0 runbook undo "$id" --yes >out 2>&1 </dev/null && whole || exit 1
	book "  - {id: a, shell: \"echo a >> effects; until [ -e go ]; do sleep 0.02; done\"}"
	start && kill -9 "$run" && until_true "gone $run" && whole && touch go &&
	until_true "timeout 120 runbook resume $id >out 2>&1 </dev/null" && whole
'

test_that 'the last event is not what was written: no secret is asked for first' '
	book "  - {id: a, shell: \"[ -e go ]\"}" "secrets: {k: {exec: [sh, -c, \"echo k >> effects; echo sesame\"]}}" &&
	run 1 && id=$(ls state/runbook/runs) && effects "k " && : >effects && touch go &&
	sqlite3 "state/runbook/runs/$id/journal.db" "UPDATE events SET hash = randomblob(32) WHERE seq = (SELECT max(seq) FROM events)" &&
	resume 12 && has "is not what was written" && effects ""
'
test_that 'a plan in which something is masked is the one that it began with' '
	rm -rf state go effects && echo sesame-open-123 >secret && chmod 600 secret &&
	book "  - {id: a, shell: [ -e go ]}" "secrets: {k: {file: secret}}
inputs: {i: {type: string, default: has sesame-open-123 in it}}" &&
	sed -i "s/shell: .*/shell: \"[ -e go ]\"}/" book.yaml && run 1 && id=$(ls state/runbook/runs) &&
	! grep sesame "state/runbook/runs/$id/plan.json" && whole && touch go && resume 0 && whole
'

test_that 'a result that was too long for its event: found, and not gone on with' '
	book "  - {id: a, shell: \"seq 2000\"}
  - {id: b, shell: \"echo \${{ size(steps.a.lines) }} >> effects; [ -e go ]\"}" && run 1 && id=$(ls state/runbook/runs) && whole &&
	file=$(ls state/runbook/runs/$id/result-*.json | head -1) && cp "$file" whole.file && sed -i s/1999/1998/ "$file" &&
	exits 12 runbook show "$id" --verify >out 2>&1 && has "its ${file##*/} is" && : >effects && touch go &&
	resume 12 && has "is not what was written" && effects "" && cat whole.file >"$file" && resume 0 && effects "2000 " && whole &&
	rm "$file" && exits 12 runbook show "$id" --verify >out 2>&1
'

done_testing
