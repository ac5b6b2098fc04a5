#!/bin/sh
# What is told of a run afterwards and meanwhile, in `runs`, `show`, `logs` and its report: as it
# stands now.

. "$(dirname "$0")/../lib.sh"

until_true() { for i in $(seq 600); do eval "$1" && return 0; sleep 0.05; done; echo "never true: $1"; return 1; }
newest() { run=$(runbook runs | head -1 | cut -d" " -f1); }
# steps NAME STEP...: the file NAME.yaml, which stops when it fails
steps() {
	{
		printf 'runbook: 1\nname: %s\ntype: application\non_failure: stop\nsteps:\n' "$1"
		shift
		for step; do echo "  - {$step}"; done
	} >"$name.yaml"
}
# book NAME STEP...
book() { name=$1 && steps "$@"; }

# -------- while it is being undone

book held 'id: a, shell: "true", undo: {shell: "echo $$ >began; until test -e go; do sleep 0.05; done"}' \
	'id: b, shell: "true", undo: {shell: "true"}' 'id: c, shell: exit 3, undo: none'
runbook run held.yaml 2>/dev/null </dev/null
newest
runbook undo $run 2>err </dev/null &
undoing=$!
until_true '[ -s began ]'

test_that 'of a run that is being undone, show and the report say so, and not that its steps run' '
	runbook show $run >shown && grep -qx "  state  *running, while it is being undone" shown && grep -q "  . a  *succeeded in .*, being undone$" shown &&
	grep -q "  ↶ b  *succeeded in .*, undone$" shown && ! grep "succeeded.*, running" shown && runbook report $run >md && grep -qx -e "- ..Result:.. not over: it is being undone" md &&
	grep -qx -e "- a: being undone" md && ! grep "Verified\|Ended" md
'
test_that 'nothing of the end that it had come to before is told as its own' '
	runbook report $run --format json >json && grep -q "\"result\": \"running\"" json && ! grep "\"verified\"\|^  \"ended\"\|\"not_run\"" json
'
kill -9 $undoing $(pgrep -P $undoing) $(cat began)
wait $undoing 2>/dev/null
until_true '! kill -0 $(cat began) 2>/dev/null'
test_that 'nor of one that crashed meanwhile' '
	until_true "runbook show $run | grep -q crashed" && runbook show $run >shown && grep -qx "  state  *crashed, while it is being undone: its process is gone" shown &&
	grep -q "  . a  *succeeded in .*, its undo had begun$" shown && runbook report $run | grep -q "Result:.. not over: its process is gone, in the middle of its undo"
'
test_that 'when such a run is aborted, its undo is in doubt' '
	exits 0 runbook abort $run 2>end && sed -n "/Done, and it stays/,/^$/p" end | grep -q "^  a  *its undo is in doubt" && runbook show $run | grep "a  *succeeded in .*, its undo is in doubt" && runbook report $run >md && grep -q "^- a: its undo is in doubt" md
'
done_testing
