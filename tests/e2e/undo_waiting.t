#!/bin/sh
# The undo of one step of a run that waits, or crashed: there is no way forwards any more, and nobody is
# told that there is one.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/book.sh"

steps='  - {id: a, shell: "true", undo: {shell: echo undo-a >>effects}}
  - {id: b, shell: "true", undo: {shell: "echo undo-b >>effects; test ! -e stop"}}
  - {id: c, approve: {message: Go?, not_requester: false}, shell: echo c >>effects, undo: none}
  - {id: d, approve: {message: On?, not_requester: false}, shell: echo d >>effects, undo: none}'
# waiting [KEYS]: $id is a run that waits for the approval of c
waiting() { book "$steps" "lock: [shop]${1:+
$1}" && run 6 --detach && id=$(ls state/runbook/runs); }
one() { exits "$1" timeout 120 runbook undo $id --step "$2" --no-input >out 2>&1 </dev/null || { cat out; return 1; }; }
# says COMMAND...: what it prints
says() { runbook "$@" >out 2>&1 </dev/null || { cat out; return 1; }; }
once() { exits 0 timeout 120 runbook worker --once >out 2>&1 </dev/null || { cat out; return 1; }; }

test_that 'its question is withdrawn: it is not offered, and who answers is told the way out' '
	waiting && one 0 b && says waiting && has "No run waits" && says runs && lacks "waits for" && has "since then b was undone" &&
	for words in "approve $id" "approve $id c" "reject $id c --reason no" "approve $id d"; do
		exits 2 runbook $words >out 2>&1 </dev/null && has "\`b\` was undone, so it cannot go on forwards" && has "\`runbook undo $id\` takes the rest back" && has "\`runbook abort $id\` ends it" && lacks "goes on" || exit 1
	done && resume 2 && whole
'
test_that 'a vote that was there before it counts no more, and workers leave it alone' '
	waiting && exits 0 runbook approve $id c >out && one 0 b && once && lacks "goes on" && lacks "ended" && effects "undo-b " &&
	says runs && has suspended && exits 0 runbook undo $id >out 2>&1 </dev/null && effects "undo-b undo-a " && says runs && has " undone " && whole
'
test_that 'it keeps its locks, and it is said what frees them' '
	waiting && one 0 b && has "runbook abort $id  end it for good, free its locks" && says locks && has "shop" && has "run $id" && lacks "waits for" && lacks "runbook resume" &&
	has "\`runbook undo $id\` or \`runbook abort $id\` frees it" &&
	exits 7 runbook run book.yaml --detach >out 2>&1 </dev/null && has "is held by run $id" && has "a step of it was undone" && has "\`runbook abort $id\` frees the lock" && lacks "runbook resume" &&
	rm state/runbook/index.db* && says locks && has "run $id" && exits 0 runbook abort $id >out 2>&1 </dev/null && says locks && has "No lock is held"
'
test_that 'one whose undo fails has ended, and frees them' '
	waiting && touch stop && one 10 b && says locks && has "No lock is held" && says waiting && has "No run waits" && exits 2 runbook approve $id c >out 2>&1 && has "not asked any more"
'
test_that 'one that had ended holds none because of it' '
	waiting && exits 0 runbook reject $id c >out 2>&1 && resume 5 && one 0 b && says locks && has "No lock is held" && lacks "free its locks"
'
test_that 'the words are said once, and the whole undo is offered, also when nothing is left' '
	waiting && one 0 b && has "runbook undo $id   take the rest back" && says show $id && has "state     suspended, since then b was undone (exit code 6)" && lacks "suspended, suspended" &&
	one 0 a && has "runbook undo $id   nothing is left to take back: end it as undone" && effects "undo-b undo-a " &&
	exits 0 runbook undo $id >out 2>&1 </dev/null && says runs && has " undone " && says locks && has "No lock is held" && effects "undo-b undo-a " && whole
'

done_testing
