#!/bin/sh
# Everything is killed while a step's own checks run: what its action came to is on disk by then, so the
# checks are asked again, and the action is neither repeated nor unknown.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/book.sh"

look='{id: v, timeout: 5m, shell: "echo look >>effects; until test -e go; do sleep 0.02; done"}'

# killed_in_its_checks: starts the book, and kills the interpreter, its keeper and the check.
killed_in_its_checks() {
	start && until_true 'grep -q look effects' && keeper=$(pgrep -P "$run") && kill -9 "$run" "$keeper" &&
		until_true 'gone $run && gone $keeper' && for left in $(pgrep -f "until test -e go"); do
			[ "$(readlink "/proc/$left/cwd")" = "$(pwd -P)" ] && kill -9 "$left"
		done
	: >go
}

test_that 'of a program: its result is there, and what comes after goes on' '
	book "  - {id: a, shell: \"echo a >>effects; echo said\", verify: [$look], outputs: {o: \"\${{ result.stdout }}\"}}
  - {id: b, shell: \"echo \${{ steps.a.outputs.o }} \${{ steps.a.stdout }} >>effects\"}"
	killed_in_its_checks && resume 0 && effects "a look look said said " && whole
'
test_that 'of one that left a program running: that is not taken for the step' '
	book "  - {id: a, shell: \"echo a >>effects; sleep 120 </dev/null >/dev/null 2>&1 & echo \$! >daemon\", verify: [$look]}"
	killed_in_its_checks && resume 0 && effects "a look look " && kill -9 "$(cat daemon)"
'
test_that 'of an action without a program' '
	book "  - {id: a, file: {write: {path: made, content: x}}, verify: [$look], undo: auto}
  - {id: b, shell: \"echo \${{ steps.a.path }} >>effects\", undo: none}"
	killed_in_its_checks && resume 0 && [ -e made ] && grep -q "made$" effects && exits 0 runbook undo "$id" >out 2>&1 && [ ! -e made ]
'
test_that 'of an undo' '
	book "  - {id: a, shell: \"true\", undo: {shell: echo undone >>effects, verify: [$look]}}
  - {id: b, shell: exit 1, undo: none, on_failure: undo}"
	killed_in_its_checks && resume 9 && effects "undone look look "
'
test_that 'checks that do not hold then fail the step, and it is tried again by the next resume' '
	book "  - {id: a, shell: echo a >>effects, verify: [$look, {id: w, shell: test -e good}]}"
	killed_in_its_checks && resume 1 && effects "a look look " && : >good && resume 0 && effects "a look look a look "
	rm -f good
'
test_that 'what it printed of a secret is not there afterwards, and that is said' '
	book "  - {id: a, env: {T: \"\${{ secrets.t }}\"}, shell: \"echo \$T\", verify: [$look]}
  - {id: b, shell: \"echo got \${{ size(steps.a.stdout) }} >>effects\"}" "secrets: {t: {env: TOKEN}}"
	TOKEN=very-secret-1 && export TOKEN && killed_in_its_checks && resume 1 && has "held a secret" && effects "look look " &&
	! grep -r very-secret-1 state
'

# Only the keeper: the run goes on, and asks again once nothing of the first look lives.
test_that 'the keeper alone is killed: the check is asked again, and the step is not undone' '
	book "  - {id: a, shell: echo a >>effects, verify: [$look], undo: {shell: echo undone >>effects}}" "on_failure: undo"
	start && until_true "grep -q look effects" && first=$(pgrep -f "until test -e go" | while read -r p; do
		[ "$(readlink "/proc/$p/cwd")" = "$(pwd -P)" ] && echo $p; done; :) && [ "$first" ] &&
	kill -9 "$(pgrep -P "$run")" && until_true "[ \"\$(grep -c look effects)\" = 2 ]" &&
	for p in $first; do gone "$p" || exit 1; done && : >go && ends 0 && effects "a look look " && whole
'
test_that 'of the phase `verify`, too' '
	book "  - {id: a, shell: echo a >>effects, undo: {shell: echo undone >>effects}}" "on_failure: undo
verify: [$look]"
	start && until_true "grep -q look effects" && kill -9 "$(pgrep -P "$run")" &&
	until_true "[ \"\$(grep -c look effects)\" = 2 ]" && : >go && ends 0 && effects "a look look " && whole
'
# kill_keepers COUNT: each in the look that it serves
kill_keepers() {
	for n in $(seq "$1"); do
		until_true "[ \"\$(grep -c look effects)\" = $n ] && pgrep -P $run >keeper" && kill -9 "$(cat keeper)" || return 1
	done
}
test_that 'keepers that are lost again and again: what they left is stopped before the undo' '
	book "  - {id: a, shell: echo a >>effects, verify: [$look], undo: {shell: echo undone >>effects}}" "on_failure: undo"
	start && kill_keepers 3 && ends 9 && effects "a look look look undone " && has "keeper lost" &&
	for left in $(pgrep -f "until test -e go"); do
		[ "$(readlink "/proc/$left/cwd")" != "$(pwd -P)" ] || exit 1
	done
'

done_testing
