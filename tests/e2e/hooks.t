#!/bin/sh
# Hooks: who is told what, once, and that they are nothing but told.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/book.sh"

# told WORDS: these, once each; `start` is waited for, the others go on beside each other.
told() {
	[ "$(sorted <told)" = "$(echo "$1" | sorted)" ] && [ "$(head -n 1 told)" = "${1%% *}" ] ||
		{ echo "told: $(cat told)"; cat out; return 1; }
}
sorted() { tr ' ' '\n' | grep . | sort | tr '\n' ' '; }
good='  - {id: a, shell: echo a >>effects, undo: none}'
all='hooks:
  start: [{id: h1, shell: echo start >>told}]
  progress: [{id: h2, shell: "echo ${{ run.phase }} >>told"}]
  success: [{id: h3, shell: echo success >>told}]
  failure: [{id: h4, shell: "echo failure ${{ run.result }} >>told"}]
  undone: [{id: h5, shell: echo undone >>told}]'

test_that 'a good run: start, each phase, success; then undone, when it is taken back' '
	rm -f told && book "  - {id: a, shell: echo a >>effects, undo: {shell: echo ua >>effects}}" "$all"
	run 0 && told "start steps success " && id=$(ls state/runbook/runs) &&
	exits 0 runbook undo "$id" -q && [ "$(sort told | tr "\n" " ")" = "start steps success undo undone " ]
'

test_that 'a failed one: failure; a resume does not start again' '
	rm -f told && book "  - {id: a, shell: test -e go, undo: none}" "$all"
	run 1 && told "start steps failure failed " && touch go && id=$(ls state/runbook/runs) &&
	resume 0 && told "start steps failure failed steps success "
	rm -f go
'

test_that 'one step taken back is not the run undone' '
	rm -f told && book "  - {id: a, shell: echo a, undo: {shell: echo ua >>effects}}
  - {id: b, shell: echo b, undo: none}" "hooks: {undone: [{id: h, shell: echo undone >>told}]}"
	run 0 && id=$(ls state/runbook/runs) && exits 0 runbook undo "$id" --step a -q &&
	effects "ua " && [ ! -e told ]
'

test_that 'in a drill and in a dry run nobody is told' '
	rm -f told && book "$good" "$all
drill: {env: {X: y}}"
	run 0 --drill && run 0 --dry-run && [ ! -e told ]
'

test_that 'the project and the runbook say the same: it is told once; the project is first' '
	printf "hooks:\n  success:\n    - {id: h3, shell: echo success >>told}\n    - {id: p, shell: echo project >>told}\n" >.runbook.yaml
	rm -f told && book "$good" "hooks: {success: [{id: h3, shell: echo success >>told}]}"
	run 0 && [ "$(sort told | tr "\n" " ")" = "project success " ]
	rm -f .runbook.yaml
'

test_that 'one that fails is tried again, and fails nothing' '
	rm -f told && book "$good" "hooks:
  start: [{id: h, shell: \"echo try >>told; test -e fixed || { touch fixed; exit 1; }\"}]
  success: [{id: never, shell: exit 7}]"
	run 0 && told "try try " && has "the hook never (success) failed" && effects "a "
'

test_that 'a hook is no step: when nothing was started there is nothing for always to clean up' '
	rm -f told && book "$good" "$all
checklist: [{item: so, check: {shell: exit 1}}]
always: [{id: z, shell: echo z >>effects}]"
	run 4 && [ ! -e effects ] && grep -qx start told
'

test_that 'one that is stopped by signals: that is the reason that is told' '
	rm -f told && book "$good" "hooks: {start: [{id: h, shell: \"echo try >>told; exec sleep 100\"}]}"
	runbook run book.yaml >out 2>&1 </dev/null &
	run=$!
	until_true "[ -s told ]" && kill -INT "$run" && until_true "grep -q \"let finish\" out" &&
	kill -INT "$run" && exits 130 wait "$run" && has "the hook h (start) failed: stopped by a signal" && has "hooks.start.h is let finish"
'

done_testing
