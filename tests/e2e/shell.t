#!/bin/sh
# shell and exec, run for real.

. "$(dirname "$0")/../lib.sh"

book() {
	{ printf 'runbook: 1\nname: rb\ntype: application\ninputs: {v: {default: "x y"}}\n'; cat; } > rb.yaml
}

alive() {
	pgrep -f "sleep $1" >/dev/null
}

test_that 'what a step left running is killed when expect or verify says that it failed' '
	book <<-EOF &&
		steps:
		  - id: a
		    shell: setsid -f sleep 30.0711 >/dev/null 2>&1 </dev/null
		    expect: result.stdout == "no"
		    on_failure: continue
		  - id: b
		    shell: {run: setsid -f sleep 30.0722 >/dev/null 2>&1 </dev/null, daemon: true}
		    verify: [{id: c, shell: exit 1}]
	EOF
	exits 1 runbook run rb.yaml && ! alive 30[.]0711 && ! alive 30[.]0722
'

test_that 'what a step that succeeded left running is left alone and named, unless it was meant' '
	book <<-EOF &&
		steps:
		  - {id: a, shell: setsid -f sleep 30.0733 >/dev/null 2>&1 </dev/null}
		  - {id: b, shell: {run: setsid -f sleep 30.0744 >/dev/null 2>&1 </dev/null, daemon: true}}
	EOF
	runbook run rb.yaml 2> err; pkill -f "sleep 30[.]0733" && pkill -f "sleep 30[.]0744" &&
	grep "sleep 30.0733" err && ! grep "left.*sleep 30.0744" err
'

test_that 'without a terminal a step that needs one is refused before anything runs' '
	book <<-EOF &&
		steps: [{id: a, shell: touch ran}, {id: b, exec: {argv: [vi], tty: true}}]
	EOF
	exits 5 setsid -w runbook run rb.yaml </dev/null && [ ! -e ran ]
'

test_that 'the plan and the journal show what runs with its values written out' '
	book <<-EOF &&
		steps: [{id: a, shell: "echo \${{ inputs.v }} \"\${{ inputs.v }}\" > out"}]
	EOF
	runbook plan rb.yaml --commands > plan 2>&1 && grep -F "echo '"'x y'"' \"x y\" > out" plan
'

test_that 'a mistake in a script is shown at its expression, with the way out' '
	book <<-EOF &&
		steps:
		  - id: a
		    shell: |
		      echo first
		      echo '"'"'it is \${{ inputs.v }}'"'"'
	EOF
	exits 3 runbook run rb.yaml 2> err;
	grep -q "^rb.yaml:9:" err && grep -q "single quotes" err && grep -q "inputs.v" err
'
done_testing
