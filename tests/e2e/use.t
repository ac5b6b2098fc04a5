#!/bin/sh
# What a step that uses another runbook says itself, beside what that one does.

. "$(dirname "$0")/../lib.sh"

export XDG_STATE_HOME=$work/state

cat >said.yaml <<'END'
runbook: 1
name: said
type: action
inputs: {v: {}}
steps: [{id: s, shell: "echo once >>trace; echo ${{ inputs.v }}", undo: {shell: echo undone >>trace}}]
outputs: {said: "${{ steps.s.stdout }}"}
END
# book STEP
book() {
	printf 'runbook: 1\nname: book\ntype: application\nsteps:\n  - {id: u, use: said, with: {v: x}, %s}\n' "$1" >book.yaml
	rm -f trace
}
trace() {
	[ "$(tr '\n' ' ' <trace)" = "$1" ] || { cat trace; return 1; }
}

test_that 'its expect is about what the used runbook gave' '
	book "expect: result.said == \"x\"" && exits 0 runbook run book.yaml </dev/null &&
	book "expect: result.said == \"y\"" && exits 1 runbook run book.yaml </dev/null 2>err && grep -q "expect. is false" err && trace "once "
'
test_that 'when it is false what was done is undone' '
	book "expect: result.said == \"y\", on_failure: undo" && exits 9 runbook run book.yaml </dev/null && trace "once undone "
'
test_that 'it is no question in a dry run' '
	book "expect: result.said == \"y\"" && echo "  - {id: z, shell: \"echo \${{ steps.u.said }}\"}" >>book.yaml &&
	exits 0 runbook run book.yaml --dry-run </dev/null 2>err && [ ! -e trace ] && grep -q "z: would run; what exactly is not known" err
'

done_testing
