#!/bin/sh
# What is told of a run afterwards and meanwhile, in `runs`, `show`, `logs` and its report: as it
# stands now.

. "$(dirname "$0")/../lib.sh"

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

test_that 'where resume and undo are the same that is said, and what became of an undo stands behind what became of its step' '
	book half "id: a, shell: \"true\", undo: {shell: exit 4}" "id: bad, shell: exit 3, undo: {shell: \"true\"}" && exits 10 runbook run half.yaml --on-failure undo 2>end </dev/null && newest && runbook show $run >shown &&
	grep -q "runbook resume $run  *go on undoing" shown && grep -q "runbook undo $run  *does the same" shown && grep -q "  ✗ bad  *failed in .*: it exited with 3; undone$" shown
'

test_that 'what the checks saw is told as of before the undo, and what `undone` saw as it is' '
	book seen "id: a, shell: \"true\", undo: {shell: \"true\"}" && printf "%s\n" "checklist: [{item: The disk has room, check: {shell: \"true\"}}]" \
		"verify: [{id: is, shell: \"true\"}, {id: isnt, shell: exit 1}]" "undone: [{id: gone, shell: \"true\"}]" >>seen.yaml && exits 8 runbook run seen.yaml 2>err </dev/null && newest &&
	runbook show $run >shown && grep -qx "  ✓ is  *holds" shown && grep -q "  ✗ isnt  *does not hold: it exited with 1$" shown && exits 0 runbook undo $run 2>err </dev/null && runbook show $run >shown &&
	grep -qx "  ↶ checklist_1  *held before the undo" shown && grep -qx "  ↶ is  *held before the undo" shown && grep -q "  ✗ isnt  *did not hold before the undo: it exited with 1$" shown &&
	grep -qx "  ✓ gone  *holds" shown && runbook report $run >md && grep -q "^| .is. |  | held before the undo |" md && grep -q "^| .gone. |  | holds |" md &&
	[ "$(runbook report $run --format json | grep -c before_undo)" = 3 ]
'

test_that 'of a list that stopped half-way the report says how much of it was not run, and which' '
	book list "id: each, for_each: [x, y, z, w], shell: \"test \${{ item }} != y\", undo: none" "id: late, shell: \"true\", undo: none" && exits 1 runbook run list.yaml 2>err </dev/null && newest &&
	runbook report $run >md && sed -n "/^## Not run/,/^## [^N]/p" md | grep "^- " >is && printf "%s\n" "- each: 2 of 4: each\\[z\\], each\\[w\\]" "- late: not reached" >want && same want is &&
	runbook show $run | sed -n "/^Not run/,/^\$/p" | grep -x "  each  *2 of 4: each.z., each.w."
'
book dies 'id: each, for_each: [x, y, z], shell: "echo ${{ item }} >>begun; test ${{ item }} = x || { kill -9 $(cat pid); until test -e go; do sleep 0.05; done; }", undo: none'
test_that 'nor is one that crashed in it told as if nothing of it had run' '
	sh -c "echo \$\$ >pid; exec runbook run dies.yaml" 2>err </dev/null; newest && until_true "runbook show $run | grep -q crashed" &&
	runbook show $run | grep -x "  ▸ each  *2 of 3 begun" && runbook report $run >md && grep -qx -e "- each: 1 of 3: each.\[z.\]" md && grep -q "^| .each. |  | 2 of 3 begun |" md
'
touch go

# -------- what an undo took back, and what is there still

# why: "step why" for all that the report of $run, for programs, says is not undone
why() { runbook report $run --format json | awk -F'"' '/"not_undone"/ { on = 1 } on && /"step"/ { step = $4 } on && /"why"/ { print step, $4 } on && /^  \]/ { on = 0 }'; }
fails='id: bad, shell: exit 3, undo: none'
group='id: g, steps: [{id: in1, shell: "true", leaves: in1 is there}, {id: in2, effects: read, shell: "true"}]'

book left 'id: look, effects: read, shell: "true"' 'id: a, shell: "true", undo: {shell: "true"}' 'id: letter, shell: "true", undo: none' \
	'id: sent, shell: "true", irreversible: it is read' 'id: b, shell: "true", undo: {shell: exit 4}' 'id: c, shell: "true"' "$fails" 'id: late, shell: "true"'
test_that 'a report for programs lists what an undo left, each with why' '
	exits 10 runbook run left.yaml --on-failure undo 2>err </dev/null && newest && why >is &&
	printf "%s\n" "letter none" "sent irreversible" "b undo_failed" "c missing" "bad none" >want && same want is
'
test_that 'and what an undo that was stopped did not come to' '
	book slow "id: a, shell: \"true\", undo: {shell: \"true\"}" "id: b, shell: \"true\", undo: {shell: \"echo undoing; exec sleep 30\"}" "$fails" &&
	exits 10 on-terminal -s 100x40 -e "│ undoing" "\003" -e "half done" "\003" runbook run slow.yaml --on-failure undo --color=never >out && newest && why >is &&
	printf "%s\n" "a not_begun" "b undo_failed" "bad none" >want && same want is
'
test_that 'a run that was not undone has no such list, one that was aborted has all that it did' '
	exits 1 runbook run left.yaml 2>err </dev/null && newest && ! runbook report $run --format json | grep not_undone && exits 0 runbook abort $run 2>err && why >is &&
	printf "%s\n" "a not_begun" "letter none" "sent irreversible" "b not_begun" "c missing" "bad none" >want && same want is
'
test_that 'what is in a group is undone with it: nobody is told that it is there' '
	book whole "$group, undo: {shell: \"true\"}" "id: c, shell: \"true\"" "$fails" && exits 10 runbook run whole.yaml --on-failure undo 2>err </dev/null && newest &&
	why >is && printf "%s\n" "c missing" "bad none" >want && same want is && runbook show $run | grep "  ↶ in1  *succeeded in .*, undone with .g.$" &&
	runbook report $run | grep -q "^| .in1. .* undone |$" && exits 0 runbook abort $run 2>end && ! grep "in1" end
'
test_that 'when the undo of a group fails, what is in it is there' '
	book whole "$group, undo: {shell: exit 4}" "$fails" && exits 10 runbook run whole.yaml --on-failure undo 2>err </dev/null && newest && why >is &&
	printf "%s\n" "in1 undo_failed" "bad none" >want && same want is
'

# -------- drills

printf 'runbook: 1\nname: drilled\ntype: application\ndrill: {env: {X: y}}\nsteps: [{id: a, approve: May it be, shell: "true", undo: none}]\n' >drilled.yaml
test_that 'a drill is marked as one where runs and questions are listed' '
	exits 6 runbook run drilled.yaml --detach --drill 2>err && newest && drill=$run && echo $run >drill && exits 6 runbook run drilled.yaml --detach 2>err &&
	runbook runs >runs && grep "^$drill .* drilled .* DRILL  waits for the approval of .a." runs && [ "$(grep -c DRILL runs)" = 1 ] &&
	runbook runs -o ndjson >rows && grep "\"id\":\"$drill\"" rows | grep -q "\"drill\":true" && [ "$(grep -c "\"drill\":true" rows)" = 1 ] &&
	! grep -v "\"drill\":" rows && runbook waiting >asked && [ "$(grep -c "  drilled (DRILL), asked" asked)" = 1 ] && grep -q "  drilled, asked" asked &&
	[ "$(runbook waiting -o ndjson | grep "\"run\":\"$drill\"" | grep -c "\"drill\":true")" = 1 ]
'
test_that 'it stays marked when it has ended, in another session' '
	drill=$(cat drill) && runbook approve $drill >out && exits 0 runbook resume $drill 2>err </dev/null && runbook runs | grep "^$drill .* ok .* DRILL$"
'

# -------- what was refused before the first step

cat >gates.yaml <<'END'
runbook: 1
name: gates
type: application
checklist:
  - The team knows
  - {item: The disk has room, check: {shell: test -e room}}
confirm: Begin now?
steps:
  - {id: a, name: First, confirm: Really do it?, shell: "true", undo: none}
END
says() { runbook show $run >shown && grep -qxF -- "$1" shown && grep -qxF -- "$2" shown && runbook report $run >md && grep -qxF -- "$3" md && ! grep -q "Verified" md; }
test_that 'an item of the checklist that the machine denies is called as it reads' '
	exits 4 runbook run gates.yaml --attest checklist_1=told --yes 2>err </dev/null && newest &&
	grep -q "the checklist does not hold: .checklist_2. (The disk has room): it exited with 1" err &&
	says "✗ checklist_2: does not hold - The disk has room" "  it exited with 1" "### checklist_2: does not hold - The disk has room" && ! grep "check_1" shown md &&
	grep -q "^✗ gates did not begin, after .* (run $run, exit code 4)" shown
'
test_that 'who declines an item, the run or a step reads what it was' '
	>room && on-terminal -e "Attest checklist_1" "no\n" runbook run gates.yaml >out 2>&1; newest &&
	says "✗ checklist_1: declined" "  The team knows - no, by $(id -un) (terminal)" "- checklist_1: The team knows - no, by $(id -un) (terminal)" &&
	{ on-terminal -e "Attest checklist_1" "yes\n" -e "Begin now" "no\n" runbook run gates.yaml >out 2>&1; newest; } &&
	says "✗ run: declined" "  Begin now? - no, by $(id -un) (terminal)" "- run: Begin now? - no, by $(id -un) (terminal)" &&
	{ on-terminal -e "Attest checklist_1" "yes\n" -e "Begin now" "yes\n" -e "Really do it" "no\n" runbook run gates.yaml >out 2>&1; newest; } &&
	says "  declined by a person" "  Really do it? - no, by $(id -un) (terminal)" "Really do it? - no, by $(id -un) (terminal)"
'

# -------- what holds a lock, and who is asked

test_that 'who may approve is said where the question is listed' '
	book asks "id: gate, approve: {message: May it be?, from: [ada, bob], not_requester: true}, shell: \"true\"" && exits 6 runbook run asks.yaml --detach 2>err && newest &&
	runbook waiting | grep -q "  asks, asked .* ago, of ada or bob, not of $(id -un)$" && runbook show $run | grep -q "not answered, of ada or bob, not of" && runbook abort $run 2>err
'
test_that 'on a terminal what frees a lock stands in rows that can be pasted' '
	book died "id: a, shell: \"echo \$PPID >keeper; kill -STOP \$(cat pid) \$PPID; kill -9 \$(cat pid) \$PPID \$\$\", undo: none" && echo "lock: some/thing" >>died.yaml &&
	{ sh -c "echo \$\$ >pid; exec runbook run died.yaml" >out 2>&1 </dev/null; newest; } && until_true "! kill -0 \$(cat keeper) 2>/dev/null" &&
	on-terminal -s 40x40 runbook locks --color=never </dev/null | tr -d "\r" >out && grep -qx "      runbook resume $run" out && grep -qx "      runbook abort $run" out && grep -q "^  some/thing  run $run" out &&
	runbook locks | grep -q "some/thing .*(its process is gone: .runbook resume $run., .runbook undo $run. or .runbook abort $run. frees it)$" &&
	runbook report $run | grep -q "^| .a. |  | was running |" && runbook logs $run 2>&1 | grep -q "resume. takes up" && runbook abort $run 2>err && runbook report $run | grep -q "^| .a. |  | in doubt |"
'

# -------- what was printed

cat >inner.yaml <<'END'
runbook: 1
name: inner
type: application
steps: [{id: one, shell: echo one, undo: none}]
END
>.runbook.yaml && mkdir runbooks && mv inner.yaml runbooks
test_that 'logs of a group, a used runbook, a list or a step that was rescued has what is in it, each with its address' '
	book nest "id: g, steps: [{id: in1, shell: echo in1, undo: none}, {id: h, steps: [{id: in2, shell: echo in2, undo: none}]}, {id: each, for_each: [x], steps: [{id: k, shell: echo k, undo: none}]}]" \
		"id: u, use: inner, undo: none" "id: r, shell: exit 3, undo: none, rescue: [{id: helped, shell: echo helped, undo: none}]" "id: q, shell: \"true\"" "id: bad, shell: exit 3" "id: late, shell: \"true\"" &&
	exits 1 runbook run nest.yaml 2>err </dev/null && newest && for step in g h each u r in1; do runbook logs $run $step; echo "-- $step"; done >is &&
	printf "%s\n" "in1 | in1" "in2 | in2" "each[x].k | k" "-- g" "in2 | in2" "-- h" "each[x].k | k" "-- each" "u.one | one" "-- u" "helped | helped" "-- r" "in1" "-- in1" >want && same want is &&
	[ "$(runbook logs $run g -o ndjson | wc -l)" = 3 ] && runbook show $run -o ndjson | sed -n "s/.*\"step\":\"\([^\"]*\)\".*\"inside\":\"\([^\"]*\)\".*/\1 in \2/p" >is &&
	printf "%s\n" "in1 in g" "h in g" "in2 in h" "each in g" "helped in r" >want && same want is
'
test_that 'and where nothing was printed that is said' '
	newest && runbook logs $run q >out 2>said && [ ! -s out ] && grep -qx ".q. of run $run has printed nothing" said &&
	runbook logs $run late 2>said && grep -qx ".late. of run $run was not started" said && runbook logs $run q -o ndjson >out 2>&1 && [ ! -s out ]
'
test_that 'what is in a used runbook stands with the step that uses it' '
	newest && runbook show $run | sed -n "/^Steps/,/^\$/s/^  . \([^ ]*\) .*/\1/p" | head -9 | tr "\n" " " >is && echo "g in1 h in2 each each[x] each[x].k u u.one " | tr -d "\n" >want && same want is
'
done_testing
