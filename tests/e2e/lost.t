#!/bin/sh
# What lives though nobody keeps it any more, or cannot be killed: nothing is undone and nothing is tried
# again over it, and a check that lost its keeper is asked again.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/book.sh"

# kill_keeper LINE: once that stands in effects; *first is what ran below it.
kill_keeper() {
	until_true "grep -q '^$1\$' effects" && keeper=$(pgrep -P "$run" -f @keeper) && first=$(pgrep -P "$keeper") &&
		kill -9 "$keeper" && until_true "gone $keeper"
}

# ---- a check that is a `use`

waits="echo look >>effects; until test -e go; do sleep 0.02; done"
uses() {
	mkdir -p runbooks && : >.runbook.yaml && printf '%s\n' 'runbook: 1' 'name: look' 'title: Look' 'type: check' 'owners: [x]' \
		'verify:' "  - {id: l, timeout: 5m, shell: \"$waits\"}" >runbooks/look.yaml
	printf '%s\n' 'runbook: 1' 'name: read' 'title: Read' 'type: action' 'owners: [x]' \
		'steps:' "  - {id: l, effects: read, timeout: 5m, shell: \"$waits\"}" >runbooks/read.yaml
}
# asked_twice: the keeper of the first look is killed; what it left is stopped before the second one.
asked_twice() {
	start && kill_keeper look && until_true "[ \"\$(grep -c look effects)\" = 2 ]" && gone "$first" && : >go && ends "$1"
}
for callee in look read; do
	test_that "a check that uses a runbook ($callee) and loses its keeper is asked again" '
		uses && book "  - {id: a, shell: echo a >>effects, verify: [{id: v, use: $callee}], undo: {shell: echo undone >>effects}}" "on_failure: undo"
		asked_twice 0 && effects "a look look " && whole
	'
	test_that "... of the phase verify ($callee)" '
		uses && book "  - {id: a, shell: echo a >>effects, undo: {shell: echo undone >>effects}}" "on_failure: undo
verify: [{id: v, use: $callee}]"
		asked_twice 0 && effects "a look look " && whole
	'
	test_that "... of done_if ($callee)" '
		uses && book "  - {id: a, done_if: {use: $callee}, shell: echo a >>effects, undo: none}"
		asked_twice 0 && effects "look look " && whole
	'
	test_that "... of requires ($callee)" '
		uses && book "  - {id: a, shell: echo a >>effects, undo: none}" "requires: {checks: [{id: v, use: $callee}]}"
		runbook run book.yaml >out 2>&1 </dev/null & run=$!
		kill_keeper look && until_true "[ \"\$(grep -c look effects)\" = 2 ]" && gone "$first" && : >go && ends 0 && effects "look look a "
	'
done

# ---- a resume

lives='echo pay >>effects; until [ -e go ]; do sleep 0.02; done; echo paid >>effects'
# lost: the keeper of the step is gone, and the session with it; the step lives.
lost() {
	start && kill_keeper pay && ends 11 && ! gone "$first"
}
# resumes_meanwhile CODE: it waits for the step, which is let go on then
resumes_meanwhile() {
	rm -f out
	runbook resume "$id" >out 2>&1 </dev/null & run=$!
	until_true "grep -q \"still running (pid $first); waiting\" out" && effects "pay " && : >go && ends "$1"
}
test_that 'a resume waits for a step that may be repeated: two of it never live at once' '
	book "  - {id: a, idempotent: true, shell: \"$lives\"}" && lost && resumes_meanwhile 0 && effects "pay paid pay paid " && whole
'
test_that '... and asks its done_if when it has ended' '
	book "  - {id: a, done_if: {shell: grep -q paid effects}, shell: \"$lives\", undo: none}" && lost &&
	resumes_meanwhile 0 && effects "pay paid " && whole
'
test_that '... and holds it to its timeout' '
	book "  - {id: a, timeout: 2s, kill_grace: 100ms, idempotent: true, shell: \"$lives\"}" && lost || exit 1
	rm -f out
	runbook resume "$id" >out 2>&1 </dev/null & run=$!
	until_true "[ \"\$(grep -c pay effects)\" = 2 ]" && gone "$first" && : >go && ends 0 && effects "pay pay paid " && whole
'
for word in done failed; do
	test_that "a step that still runs has no outcome that a person could know ($word)" '
		book "  - {id: a, shell: \"$lives\", undo: none}" && lost && resume 11 --mark a=$word && has "still runs (pid $first)" &&
		resumes_meanwhile 11 && effects "pay paid " && resume 0 --mark a=done && effects "pay paid " && whole
	'
done
test_that '... nor where interpreter and keeper were killed' '
	book "  - {id: a, shell: \"$lives\", undo: none}" && start && keeper=$(pgrep -P "$run" -f @keeper) && first=$(pgrep -P "$keeper") &&
	kill -9 "$run" "$keeper" && until_true "gone $run && gone $keeper" && resume 11 --mark a=done && has "still runs (pid $first)" &&
	effects "pay " && : >go && until_true "gone $first" && resume 0 --mark a=done && effects "pay paid " && whole
'

# ---- an undo

left='until [ -e go ]; do sleep 0.02; done; echo gone >>effects'
test_that 'an undo that lost its keeper: the others are undone when nothing of it lives' '
	book "  - {id: a, shell: echo a >>effects, undo: {shell: echo ua >>effects}}
  - {id: b, shell: echo b >>effects, undo: {shell: \"echo ub >>effects; $left\"}}
  - {id: c, shell: exit 1, undo: none}" "on_failure: undo"
	start && kill_keeper ub && until_true "grep -q \"still running (pid $first); waiting\" out" && effects "a b ub " && : >go &&
	ends 11 && effects "a b ub gone ua " && whole
'
test_that '... and its own timeout holds meanwhile' '
	book "  - {id: a, shell: echo a >>effects, undo: {shell: echo ua >>effects}}
  - {id: b, shell: echo b >>effects, undo: {timeout: 2s, kill_grace: 100ms, shell: \"echo ub >>effects; $left\"}}
  - {id: c, shell: exit 1, undo: none}" "on_failure: undo"
	start && kill_keeper ub && ends 11 && effects "a b ub ua " && gone "$first" && has "waiting for it before anything is undone"
'
test_that '... and a signal ends the waiting: the next session goes on undoing' '
	book "  - {id: a, shell: echo a >>effects, undo: {shell: echo ua >>effects}}
  - {id: b, shell: echo b >>effects, undo: {shell: \"echo ub >>effects; $left\"}}
  - {id: c, shell: exit 1, undo: none}" "on_failure: undo"
	start && kill_keeper ub && until_true "grep -q waiting.for.it out" && kill -INT "$run" && ends 11 && effects "a b ub " && : >go &&
	until_true "gone $first" && resume 11 && effects "a b ub gone ua " && whole
'

# ---- another try

test_that 'a step that may be repeated and lost its keeper: not beside what lives of it' '
	book "  - {id: a, idempotent: true, retry: {attempts: 2, delay: 10ms}, shell: \"echo a >>effects; $left\", undo: none}"
	start && kill_keeper a && until_true "grep -q \"still running (pid $first); waiting for it before anything is tried again\" out" &&
	effects "a " && : >go && ends 0 && effects "a gone a gone " && whole
'

# ---- a step that is not known, beside one that failed

test_that 'what is not known stops the run, also when another step has failed already and wants an undo' '
	book "  - id: g
    parallel: true
    undo: none
    steps:
      - {id: a, shell: \"echo a >>effects; until [ -e fail ]; do sleep 0.02; done; exit 1\"}
      - {id: b, shell: \"echo b >>effects; $left\", undo: {shell: echo ub >>effects}}
  - {id: z, shell: echo z >>effects, undo: none}" "on_failure: undo
prepare: [{id: p, shell: \"true\", undo: {shell: echo up >>effects}}]"
	rm -f fail; start && until_true "grep -q b effects" && : >fail && until_true "runbook show $id | grep -q \" a .*failed\"" &&
	kill_keeper b && ends 11 && [ "$(sort effects | tr "\n" " ")" = "a b " ] && : >go && until_true "gone $first" && whole &&
	resume 11 && ! grep up effects && resume 9 --mark b=failed && tail -n 1 effects | grep -q up
'

# ---- a keeper that somebody stopped

long="  - {id: a, kill_grace: 100ms, shell: \"echo a >>effects; until [ -e go ]; do sleep 0.02; done\", undo: none}"
stop_keeper() {
	start "$@" && keeper=$(pgrep -P "$run" -f @keeper) && first=$(pgrep -P "$keeper") && kill -STOP "$keeper" &&
		until_true "grep -q '^State:.T' /proc/$keeper/status"
}
told="was stopped by somebody; it is told to go on"
test_that 'a keeper that was stopped is told to go on, and that is said' '
	book "$long" && stop_keeper && : >go && ends 0 && has "(pid $keeper) $told" && effects "a " && whole
'
test_that '... at once when a signal is to end the step' '
	book "  - {id: a, kill_grace: 10m, shell: \"trap : TERM; echo a >>effects; until [ -e go ]; do sleep 0.02; done\", undo: none}" && stop_keeper &&
	kill -INT "$run" && until_true "grep -q let.finish out" && kill -INT "$run" && until_true "grep -q further.signal out" && has "$told" &&
	kill -STOP "$keeper" && kill -INT "$run" && ends 130 && gone "$first" && effects "a " && whole
'
test_that '... and holds the timeout of the step' '
	book "${long%\}}, timeout: 1s}" && stop_keeper && ends 1 && has "timed out after 1s" && gone "$first"
'
test_that 'one that outlived its interpreter, too: resume does not wait for it in vain' '
	book "$long" && start && keeper=$(pgrep -P "$run" -f @keeper) && kill -9 "$run" && until_true "gone $run" && kill -STOP "$keeper" && : >go &&
	resume 0 && effects "a " && until_true "gone $keeper" && whole
'
test_that '... nor does abort' '
	book "$long" && start && keeper=$(pgrep -P "$run" -f @keeper) && first=$(pgrep -P "$keeper") && kill -9 "$run" && until_true "gone $run" && kill -STOP "$keeper" &&
	exits 0 timeout 30 runbook abort "$id" >out 2>&1 </dev/null && gone "$first" && until_true "gone $keeper"
'

# ---- what cannot be killed

# A book of user 65534, with a program that becomes root.
as_another() {
	want=$1
	[ "$2" != run ] || rm -rf home
	chmod 755 "$work" && mkdir -p home && touch effects daemon && chmod 666 effects daemon && chown 65534 home &&
		cp "$(command -v setpriv)" mine && chmod 4755 mine || return
	exits "$want" timeout 60 setpriv --reuid 65534 --regid 65534 --clear-groups env HOME="$work/home" \
		XDG_STATE_HOME="$work/home" runbook "$2" "$3" >out 2>&1 </dev/null || { cat out; return 1; }
}
roots='echo $$ >daemon; exec ./mine --reuid 0 sleep 97'
ended() { kill "$(cat daemon)" && until_true "gone $(cat daemon)"; }
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	test_that 'a check that cannot be killed: its step is not known, and nothing is undone' '
		book "  - {id: a, shell: echo a >>effects, verify: [{id: v, timeout: 200ms, shell: \"$roots\"}], undo: {shell: echo ua >>effects}}" "on_failure: undo"
		as_another 11 run book.yaml; code=$?
		effects "a " && has "$(cat daemon)" || code=1
		ended && [ $code = 0 ]
	'
	test_that '... of the phase verify: nothing is undone over it, and that is said' '
		book "  - {id: a, shell: echo a >>effects, undo: {shell: echo ua >>effects}}" "on_failure: undo
verify: [{id: v, within: 5m, timeout: 200ms, shell: \"$roots\"}]"
		as_another 11 run book.yaml; code=$?
		effects "a " && has "nothing is undone over it" && has "$(cat daemon)" && as_another 11 resume "$(ls home/runbook/runs)" &&
		effects "a " && has "is not resumed" && has "still runs (pid $(cat daemon)) and cannot be stopped" || code=1
		ended && [ $code = 0 ] && as_another 9 resume "$(ls home/runbook/runs)" && effects "a ua "
	'
	test_that '... where nothing asks for an undo, a later one waits for it all the same' '
		book "  - {id: a, shell: echo a >>effects, undo: {shell: echo ua >>effects}}" "verify: [{id: v, timeout: 200ms, shell: \"$roots\"}]"
		as_another 8 run book.yaml && as_another 11 undo "$(ls home/runbook/runs)"; code=$?
		effects "a " && has "is not undone" || code=1
		ended && [ $code = 0 ] && as_another 0 undo "$(ls home/runbook/runs)" && effects "a ua "
	'
	test_that '... of done_if: that is no no' '
		book "  - {id: a, done_if: {timeout: 200ms, shell: \"$roots\"}, shell: echo a >>effects, undo: none}"
		as_another 1 run book.yaml; code=$?
		[ ! -s effects ] && has "could not be stopped" || code=1
		ended && [ $code = 0 ]
	'
fi

done_testing
