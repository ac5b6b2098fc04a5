# Votes that no run went on to hear: to be sourced by the tests of both stores, which define cast(),
# runbook() where it needs more than its name, and $me, the person whose votes these are.

# book NAME APPROVE: one step that can be undone before the approval.
book() {
	cat >"$1.yaml" <<-END
	runbook: 1
	name: $1
	type: application
	steps:
	  - {id: before, shell: echo before >> trace, undo: {shell: echo back >> trace}}
	  - {id: gate, approve: $2, shell: echo gate >> trace, undo: none}
	drill: {env: {X: y}}
	END
}
# Starts it, detached: $run
begin() {
	book=$1
	shift
	rm -f trace
	runbook run "$book.yaml" --detach -o ndjson "$@" >start.out 2>start.err
	[ $? = 6 ] || { cat start.out start.err; return 1; }
	run=$(sed -n 's/.*"run":"\([^"]*\)","type":"run.start".*/\1/p' start.out)
	[ -n "$run" ]
}
trace() {
	[ "$(tr '\n' ' ' <trace)" = "$1" ] || { cat trace; return 1; }
}
# The answers to $1, as the journal has them.
answers() { runbook show "$run" -o ndjson | grep '"type":"confirm.answer"' | grep "\"step\":\"$1\""; }
# one_answer STEP TEXT...: there is one, and each of these is in it.
one_answer() {
	answers "$1" >answers.out
	[ "$(wc -l <answers.out)" = 1 ] || { cat answers.out; return 1; }
	shift
	for text; do
		grep -qF "$text" answers.out || { cat answers.out; return 1; }
	done
}
# decided TEXT: a line of the report, behind its time; what `show` says has the same reason.
decided() {
	runbook report "$run" | sed -n '/^## Decisions/,/^## Timeline/p' >decisions.out
	grep -qF "$1" decisions.out || { cat decisions.out; return 1; }
}
shows() {
	runbook show "$run" >show.out
	grep -qF "$1" show.out || { cat show.out; return 1; }
}

book plain '{message: May we?}'
book quorum '{message: May we?, min: 2}'
cat >two.yaml <<-END
	runbook: 1
	name: two
	type: application
	steps:
	  - {id: before, shell: echo before >> trace, undo: {shell: echo back >> trace}}
	  - id: both
	    parallel: true
	    steps:
	      - {id: gate, approve: May we?, shell: echo gate >> trace, undo: none}
	      - {id: other, approve: And this?, shell: echo other >> trace, undo: none}
	      - {id: third, approve: This too?, shell: echo third >> trace, undo: none}
END

why="customers are on it"
no="\"answer\":\"no\",\"by\":\"$me\",\"how\":\"approve\",\"reason\":\"$why\",\"votes\":[{\"by\":\"$me\",\"yes\":false,\"at\":\"2"
yes="\"answer\":\"yes\",\"by\":\"$me\",\"how\":\"approve\",\"reason\":\"fine\",\"votes\":[{\"by\":\"$me\",\"yes\":true,\"at\":\"2"

test_that 'a refusal is told as one by the undo that comes instead of the resume' '
	begin plain && cast reject $run --reason "$why" && exits 0 runbook undo $run >out 2>&1 && trace "before back " &&
	grep -q "gate: no, by $me, approve: $why" out && one_answer gate "$no" && shows "no, by $me, approve: $why" &&
	decided "| \`gate\` | May we? | no | $me (approve) | $why |" && runbook logs $run >/dev/null
'
test_that '... and an approval' '
	begin plain && cast approve $run --reason fine && exits 0 runbook undo $run && trace "before back " &&
	one_answer gate "$yes" && shows "yes, by $me, approve: fine" && decided "| yes | $me (approve) | fine |"
'
test_that 'abort tells a refusal, and an approval' '
	begin plain && cast reject $run --reason "$why" && exits 0 runbook abort $run && trace "before " &&
	one_answer gate "$no" && shows "no, by $me, approve: $why" && decided "| no | $me (approve) | $why |" &&
	begin plain && cast approve $run --reason fine && exits 0 runbook abort $run && trace "before " &&
	one_answer gate "$yes" && shows "yes, by $me, approve: fine" && decided "| yes | $me (approve) | fine |"
'
test_that 'what nobody voted on is withdrawn as before, by abort too' '
	begin plain && exits 0 runbook undo $run && one_answer gate "\"answer\":\"none\",\"how\":\"withdrawn\"}" &&
	begin plain && exits 0 runbook abort $run && one_answer gate "\"answer\":\"none\",\"how\":\"withdrawn\"}" &&
	decided "| no answer | it was not asked any more |  |"
'
test_that 'one vote of two decides nothing, and is told' '
	begin quorum && cast approve $run --reason seen && exits 0 runbook undo $run >out 2>&1 && trace "before back " &&
	grep -q "gate: no answer, it was not asked any more: $me approved: seen" out &&
	one_answer gate "\"answer\":\"none\",\"how\":\"withdrawn\",\"votes\":[{\"by\":\"$me\",\"yes\":true,\"at\":\"2" &&
	shows "no answer, it was not asked any more: $me approved: seen" &&
	decided "| no answer | it was not asked any more | $me approved: seen |" &&
	begin quorum && cast approve $run --reason seen && exits 0 runbook abort $run && decided "$me approved: seen"
'
test_that 'where a session went by without hearing of it nothing is told twice' '
	begin quorum && cast approve $run --reason seen && exits 6 runbook resume $run && cast reject $run --reason "$why" &&
	exits 0 runbook undo $run && one_answer gate "\"answer\":\"no\"" "\"reason\":\"$why\""
'
test_that 'of several questions each has its own votes' '
	begin two && cast reject $run gate --reason "$why" && cast approve $run other --reason fine &&
	exits 0 runbook undo $run && trace "before back " && one_answer gate "$no" && one_answer other "$yes" &&
	one_answer third "\"answer\":\"none\",\"how\":\"withdrawn\"}"
'
test_that 'in a drill, too' '
	begin plain --drill && cast reject $run --reason "$why" && exits 0 runbook undo $run && one_answer gate "$no" &&
	begin plain --drill && cast approve $run --reason fine && exits 0 runbook abort $run && one_answer gate "$yes"
'
test_that 'a vote before the question counts as one on it' '
	cat >later.yaml <<-END &&
	runbook: 1
	name: later
	type: application
	steps:
	  - {id: before, approve: Begin?, shell: echo before >> trace, undo: {shell: echo back >> trace}}
	  - {id: gate, approve: {message: May we?, min: 2}, shell: echo gate >> trace, undo: none}
	END
	begin later && cast approve $run gate --reason early && cast approve $run before && exits 6 runbook resume $run &&
	exits 0 runbook undo $run && trace "before back " && one_answer gate "\"answer\":\"none\",\"how\":\"withdrawn\",\"votes\"" "early"
'
test_that 'a vote behind the answer is refused, whatever the answer was' '
	begin plain && cast reject $run --reason "$why" && exits 0 runbook undo $run && exits 2 runbook approve $run gate 2>err &&
	begin plain && cast reject $run --reason "$why" && exits 0 runbook abort $run && exits 2 runbook reject $run gate 2>err &&
	one_answer gate "$no"
'
test_that 'an undo that stays behind with something, taken up again, tells it once' '
	cat >stuck.yaml <<-END &&
	runbook: 1
	name: stuck
	type: application
	steps:
	  - {id: before, shell: echo before >> trace, undo: {shell: test -e good && echo back >> trace}}
	  - {id: gate, approve: May we?, shell: echo gate >> trace, undo: none}
	END
	begin stuck && cast reject $run --reason "$why" && exits 10 runbook undo $run && touch good && exits 0 runbook resume $run &&
	trace "before back " && one_answer gate "$no"
'
