#!/bin/sh
# Two interpreters on one run, and on one lock.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/book.sh"

waits='  - {id: a, shell: "echo a >> effects; until [ -e go ]; do sleep 0.02; done"}
  - {id: b, shell: "echo b >> effects"}'

test_that 'a lock that is held: nothing is done, and who holds it is said' '
	book "$waits" "lock: db/x"
	start && exits 7 timeout 120 runbook run book.yaml >second 2>&1 &&
	grep -F "held by run $id" second && effects "a " && touch go && ends 0 && effects "a b "
'

test_that 'a lock that is waited for in vain' '
	book "$waits" "lock: db/x"
	start && exits 7 timeout 120 runbook run book.yaml --wait 200ms >second 2>&1 &&
	effects "a " && touch go && ends 0
'

test_that 'a lock is free again when it was waited for' '
	book "$waits" "lock: [db/x, db/y]"
	start && { runbook run book.yaml --wait 20s >second 2>&1 </dev/null & } && second=$! &&
	touch go && ends 0 && exits 0 wait $second && effects "a b a b "
'

test_that 'the journal has the wait and whose the lock was, of a run as of a resume' '
	wait_told() {
		rm -f said; "$@" -o ndjson >second 2>said </dev/null & second=$!
		until_true "grep -q \"waiting for the lock\" said" && touch go && ends 0 && exits 0 wait $second &&
		sed -n "2,3p" second | grep -o "\"type\":\"lock.[a-z]*\",\"locks\":.*" >told && sed -n 1p told |
			grep -E "lock.wait\",\"locks\":\[\"db/x\"\],\"holder\":\{\"run\":\"$id\",.*\"waited_ms\":[0-9]" &&
		sed -n 2p told | grep -F "lock.held\",\"locks\":[\"db/x\",\"db/y\"]"
	}
	book "$waits" "lock: [db/x, db/y]"
	start && wait_told runbook run book.yaml --wait 20s && rm -f go &&
	printf "%s\n" "runbook: 1" "name: bad" "type: application" "lock: [db/x, db/y]" "steps: [{id: a, shell: test -e go}]" >bad.yaml &&
	{ runbook run bad.yaml -o ndjson >first 2>/dev/null </dev/null; [ $? = 1 ]; } && rm -rf effects &&
	failed=$(sed -n "1s/.*\"run\":\"\([a-z0-9]*\)\".*/\1/p" first) && { runbook run book.yaml >out 2>&1 </dev/null & } && run=$! &&
	until_true "[ -s effects ]" && id=$(runbook runs -o ndjson | sed -n "1s/.*\"id\":\"\([a-z0-9]*\)\".*/\1/p") &&
	wait_told runbook resume "$failed" --wait 20s
'

test_that 'a crashed run keeps its lock until it is resumed' '
	book "$waits" "lock: db/x"
	start && kill -9 "$run" && until_true "gone $run" && touch go &&
	exits 7 timeout 120 runbook run book.yaml >second 2>&1 && grep -F "$id" second &&
	resume 0 && effects "a b " && run 0
'

test_that 'a run of which it is not known what became keeps its lock, and that is said with the way on' '
	book "$waits" "lock: db/x"
	start && keeper=$(pgrep -P "$run") && step=$(pgrep -P "$keeper") && kill -9 "$run" "$keeper" $step &&
	until_true "gone $run && gone $keeper" && resume 11 && runbook locks >out &&
	has "what became of it is not known: \`runbook resume $id --mark STEP=done\` or \`--mark STEP=failed\`, \`runbook undo $id\` or \`runbook abort $id\`" &&
	runbook locks -o ndjson | grep "\"crashed\":false,\"unknown\":true" &&
	exits 7 timeout 120 runbook run book.yaml >out 2>&1 &&
	has "what became of a step is not known: \`runbook resume $id --mark STEP=done\` or \`--mark STEP=failed\`, \`runbook undo $id\` or \`runbook abort $id\` frees the lock" && lacks --wait &&
	exits 7 timeout 120 runbook run book.yaml --wait 100ms >out 2>&1 && has "what became of it is not known, so resume" &&
	exits 0 runbook abort "$id" >out 2>&1 && touch go && run 0
'

test_that 'abort frees the lock of a crashed run' '
	book "$waits" "lock: db/x"
	start && kill -9 "$run" && until_true "gone $run" && touch go &&
	exits 0 timeout 120 runbook abort "$id" >out 2>&1 && run 0
'

test_that 'a run that is going on is not resumed, and who has it is said' '
	book "$waits"
	start && exits 7 timeout 120 runbook resume "$id" >second 2>&1 &&
	grep -F "held by pid $run" second && touch go && ends 0 && effects "a b "
'

# never two at once: in and out take turns
one_at_a_time() {
	awk '{ if ($1 != (NR % 2 ? "in" : "out")) exit 1 }' effects || { cat effects; return 1; }
}
# race COMMAND...: twice at once; the exit codes are in $one and $two
race() {
	"$@" >out 2>&1 </dev/null &
	one=$!
	"$@" >second 2>&1 </dev/null
	two=$?
	wait $one
	one=$?
}

test_that 'one lock, many races: never two at once' '
	book "  - {id: a, shell: \"echo in >> effects; sleep 0.02; echo out >> effects\"}" "lock: db/x"
	for i in $(seq "${RACES:-20}"); do
		race timeout 120 runbook run book.yaml -q
		case $one$two in
		00 | 07 | 70) ;;
		*) echo "$one and $two"; cat out second; exit 1 ;;
		esac
	done
	one_at_a_time && [ "$(wc -l <effects)" -ge $((2 * ${RACES:-20})) ]
'

test_that 'one run, many races: it is resumed once' '
	for i in $(seq "${RACES:-20}"); do
		book "  - {id: a, shell: \"[ -e go ]\"}
  - {id: b, shell: \"echo b >> effects\"}"
		run 1 -q && touch go && id=$(ls state/runbook/runs) || exit 1
		race timeout 120 runbook resume "$id" -q
		case $one$two in
		07 | 70 | 02 | 20) ;;
		*) echo "$one and $two"; cat out second; exit 1 ;;
		esac
		effects "b " || exit 1
	done
'

done_testing
