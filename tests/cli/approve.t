#!/bin/sh
# approve and reject: who may say what, from anywhere, and what it comes to.

. "$(dirname "$0")/../lib.sh"

me=$(id -un)

# book NAME APPROVE...: one step before the approval, one behind it.
book() {
	cat >"$1.yaml" <<-END
	runbook: 1
	name: $1
	type: application
	steps:
	  - {id: before, shell: echo before >> trace}
	  - {id: gate, approve: $2, shell: echo gate >> trace}
	  - {id: behind, shell: echo behind >> trace}
	END
}
# Starts it, detached: $run
begin() {
	rm -f trace
	runbook run "$1.yaml" --detach -o ndjson >start.out 2>/dev/null
	[ $? = 6 ] || { cat start.out; return 1; }
	run=$(sed -n 's/.*"run":"\([^"]*\)","type":"run.start".*/\1/p' start.out)
	[ -n "$run" ]
}
trace() {
	[ "$(tr '\n' ' ' <trace)" = "$1" ] || { cat trace; return 1; }
}
# The last answer to `gate`, as the journal has it.
answer() {
	runbook show "$run" -o ndjson | grep '"type":"confirm.answer"' | grep '"step":"gate"' | tail -1
}

book plain '{message: May we?}'
book strangers '{message: May we?, from: [nobody-here]}'
book reasoned '{message: May we?, reason: required}'
book quorum '{message: May we?, min: 2}'
book other '{message: May we?, not_requester: true}'
book quick '{message: May we?, timeout: 1s}'
book unhurried '{message: May we?, timeout: 20h}'

test_that 'nothing behind an approval runs before it' '
	begin plain && trace "before " &&
	exits 6 runbook resume $run 2>/dev/null && trace "before "
'
test_that 'an approval lets it go on, and the journal says who' '
	begin plain && exits 0 runbook approve $run gate --reason "looked at it" && trace "before " &&
	exits 0 runbook resume $run && trace "before gate behind " &&
	answer | grep "\"answer\":\"yes\"" | grep "\"by\":\"$me\"" | grep -q "\"reason\":\"looked at it\"" &&
	answer | grep -q "\"votes\":\[{\"by\":\"$me\",\"yes\":true,\"at\":\"2"
'
test_that 'the step may be left out where only one waits' '
	begin plain && exits 0 runbook approve $run && exits 0 runbook resume $run && trace "before gate behind "
'
test_that 'a refusal ends it' '
	begin plain && exits 0 runbook reject $run gate --reason "not today" && exits 5 runbook resume $run && trace "before " &&
	answer | grep "\"answer\":\"no\"" | grep -q "not today"
'
test_that 'what a vote says of the way on: after a refusal it only ends' '
	begin plain && runbook approve $run gate >out && grep -qx "runbook resume $run  goes on; where a worker runs, it goes on by itself" out &&
	runbook waiting >out && grep -q "runbook resume $run  (or a worker) goes on" out && exits 0 runbook abort $run &&
	begin plain && runbook reject $run gate >out && grep -qx "runbook resume $run  ends it: a refusal, exit code 5" out &&
	runbook waiting >out && grep -q "runbook resume $run  (or a worker) ends it: a refusal, exit code 5" out && exits 5 runbook resume $run
'
test_that 'and that a secret input has to be given again' '
	sed -e "s/^name: plain/name: hush/" -e "s/^type:/inputs: {pw: {secret: true}}\n&/" plain.yaml >hush.yaml && echo "pw: sesame-123" >in.yaml &&
	runbook run hush.yaml --inputs in.yaml --detach -o ndjson >start.out 2>/dev/null
	run=$(sed -n "s/.*\"run\":\"\([^\"]*\)\",\"type\":\"run.start\".*/\1/p" start.out) && [ -n "$run" ] &&
	runbook approve $run gate >out && grep -qx "runbook resume $run --inputs FILE  goes on" out &&
	runbook waiting >out && grep -q "runbook resume $run --inputs FILE  goes on" out && exits 0 runbook abort $run
'
test_that 'an approval does not follow a refusal, not even by the same person' '
	begin plain && exits 0 runbook reject $run gate --reason "not today" &&
	exits 2 runbook approve $run gate --reason "well, yes" 2>err && grep -q "not today" err &&
	exits 5 runbook resume $run && trace "before "
'
test_that 'who approved may still refuse' '
	begin plain && exits 0 runbook approve $run && exits 0 runbook reject $run --reason "on second thought" &&
	exits 5 runbook resume $run && trace "before "
'
test_that 'after a refusal a resume asks anew: earlier votes do not count, nor the refusal' '
	begin plain && exits 0 runbook reject $run && exits 5 runbook resume $run &&
	exits 6 runbook resume $run --detach && trace "before " &&
	exits 0 runbook approve $run && exits 0 runbook resume $run && trace "before gate behind "
'
test_that 'who does not stand in from may neither approve nor refuse' '
	begin strangers && exits 5 runbook approve $run && exits 5 runbook reject $run && exits 6 runbook resume $run && trace "before "
'
test_that 'the same before the question was asked' '
	cat >late.yaml <<-END
	runbook: 1
	name: late
	type: application
	steps:
	  - {id: first, approve: First?, shell: echo first >> trace}
	  - {id: gate, approve: {message: May we?, from: [nobody-here]}, shell: echo gate >> trace}
	  - {id: why, approve: {message: May we?, reason: required}, shell: echo why >> trace}
	  - {id: us, approve: {message: May we?, not_requester: true}, shell: echo us >> trace}
	END
	begin late &&
	exits 5 runbook approve $run gate && exits 2 runbook approve $run why && exits 5 runbook approve $run us
'
test_that 'a vote counts that was given before the question' '
	cat >early.yaml <<-END
	runbook: 1
	name: early
	type: application
	steps:
	  - {id: first, approve: First?, shell: echo first >> trace}
	  - id: all
	    for_each: [x]
	    steps:
	      - {id: gate, approve: May we?, shell: "echo \${{ item }} >> trace"}
	END
	begin early && exits 0 runbook approve $run "all[x].gate" && exits 0 runbook approve $run first &&
	exits 2 runbook approve $run nothing && exits 2 runbook approve $run all &&
	exits 0 runbook resume $run && trace "first x "
'
test_that 'a refusal that was given before the question counts too' '
	begin early && exits 0 runbook reject $run "all[x].gate" && exits 0 runbook approve $run first &&
	exits 5 runbook resume $run && trace "first "
'
test_that 'a required reason is asked for, of both' '
	begin reasoned && exits 2 runbook approve $run 2>err && grep -q -- "--reason" err &&
	exits 2 runbook reject $run && exits 2 runbook approve $run --reason "" &&
	exits 6 runbook resume $run && trace "before " &&
	exits 0 runbook approve $run --reason because && exits 0 runbook resume $run && trace "before gate behind "
'
test_that 'the first approval and its reason stand, and who looks hears that the votes are in' '
	begin plain && exits 0 runbook approve $run --reason one &&
	exits 0 runbook approve $run --reason two >out && grep -q "approved .gate. already" out &&
	exits 0 runbook waiting >out && grep -q "the votes are in: approved" out &&
	grep -q "runbook resume $run" out && ! grep -q "runbook approve $run" out &&
	runbook waiting -o ndjson | grep -q "\"votes\":\"yes\"" &&
	exits 0 runbook show $run >out && grep -q "the votes are in (yes)" out && ! grep -q "runbook approve $run" out &&
	exits 0 runbook resume $run >out 2>&1 && ! grep -q "waits for a vote" out &&
	runbook show $run -o ndjson | grep "confirm.ask" | tail -1 | grep -q "\"decided\":true" &&
	answer | grep -q "\"reason\":\"one\""
'
test_that 'a lock of a run that waits for a person: which question, and no advice to wait' '
	sed -e "s/^name: plain/name: locked/" -e "s/^type:/lock: [gatekept]\n&/" plain.yaml >locked.yaml && begin locked && first=$run &&
	exits 0 runbook locks >out && grep -q "gatekept.*taken [0-9]* s ago, waits for a person at gate" out &&
	runbook locks -o ndjson | grep -q "\"waits\":\"gate\"" &&
	exits 7 runbook run locked.yaml --detach >out 2>&1 && grep -q "waits for a person at .gate." out &&
	! grep -q -e --wait out && exits 0 runbook abort $first
'
test_that 'the time of a run is that of all its sessions' '
	sed -e "s/^name: plain/name: slow/" -e "s/echo before/sleep 1; &/" plain.yaml >slow.yaml && begin slow &&
	exits 0 runbook approve $run && exits 0 runbook resume $run -o ndjson >out 2>/dev/null &&
	took=$(sed -n "s/.*\"type\":\"run.end\".*\"took_ms\":\([0-9]*\).*/\1/p" out) && [ "$took" -ge 1000 ]
'
test_that 'who gives one vote of several is told that more are needed, and of whom' '
	begin quorum && runbook approve $run >out && grep -q "1 of 2" out && grep -qx "1 more vote is needed, of somebody else" out && ! grep -q resume out &&
	runbook approve $run >out && grep -q already out && grep -qx "1 more vote is needed, of somebody else" out && ! grep -q resume out &&
	exits 0 runbook abort $run &&
	book named "{message: May we?, min: 3, from: [ada, $me, bob, cleo]}" &&
	begin named && runbook approve $run >out && grep -qx "2 more votes are needed, of ada, bob or cleo" out && exits 0 runbook abort $run &&
	book few "{message: May we?, min: 3, from: [ada, $me]}" &&
	begin few && runbook approve $run >out && grep -qx "2 more votes are needed, and too few are left who may give one" out && exits 0 runbook abort $run
'
test_that 'a run that waits for something else too does not go on yet' '
	cat >pair.yaml <<-END &&
	runbook: 1
	name: pair
	type: application
	steps:
	  - {id: before, shell: echo before >> trace}
	  - {id: all, parallel: true, steps: [{id: gate, approve: One}, {id: other, approve: Two}]}
	END
	begin pair && runbook approve $run gate >out && grep -qx "the run waits for .other. too" out && ! grep -q resume out &&
	exits 6 runbook resume $run && runbook approve $run other >out && grep -q "^runbook resume $run  goes on" out && exits 0 runbook resume $run
'
test_that 'one vote a person: a quorum is not one person twice' '
	begin quorum && exits 0 runbook approve $run >out && grep -q "1 of 2" out && exits 0 runbook approve $run &&
	exits 6 runbook resume $run && trace "before " && exits 0 runbook approve $run && exits 6 runbook resume $run
'
test_that 'one refusal is enough where two approvals are wanted' '
	begin quorum && exits 0 runbook reject $run && exits 5 runbook resume $run && trace "before "
'
test_that 'not_requester: who started it may not answer, also after somebody resumed it' '
	begin other && exits 5 runbook approve $run 2>err && grep -q "$me.*\[declined\]" err && exits 5 runbook reject $run &&
	exits 6 runbook resume $run && exits 5 runbook approve $run && trace "before "
'
test_that 'a vote is about exactly what was shown' '
	cat >moving.yaml <<-END
	runbook: 1
	name: moving
	type: application
	prepare:
	  - {id: look, file: {read: target}, on_resume: again}
	steps:
	  - {id: gate, approve: May we?, shell: "echo \${{ steps.look.content }} >> trace"}
	END
	printf blue >target && begin moving && exits 0 runbook approve $run && printf green >target &&
	exits 6 runbook resume $run && [ ! -e trace ] &&
	printf blue >target && exits 0 runbook resume $run && trace "blue "
'
test_that 'the same with what only its message says' '
	sed "s/May we?/\"Into \${{ steps.look.content }}?\"/; s/gate, \(.*\), shell.*/gate, \1}/" moving.yaml >saying.yaml &&
	sed -i s/moving/saying/ saying.yaml &&
	printf blue >target && begin saying && exits 0 runbook approve $run && printf green >target && exits 6 runbook resume $run
'
test_that 'the file on disk does not change what was approved' '
	begin plain && exits 0 runbook approve $run && sed -i "s/echo gate/echo changed/" plain.yaml &&
	exits 0 runbook resume $run 2>err && grep -q "has changed" err && trace "before gate behind "
'
book plain '{message: May we?}'
test_that 'who started it is told at once that the vote is not theirs, and who may not refuse how to stop it' '
	runbook plan other.yaml >out && grep -q "waits for approval: May we?  (not by who starts the run)" out &&
	runbook plan plain.yaml >out && ! grep "not by who" out &&
	begin other && runbook show $run >out && grep -q "runbook approve $run gate  *say yes, from anywhere (a vote not of $me)" out &&
	exits 5 runbook reject $run 2>err && grep -q "may not reject it" err && grep -q "runbook undo $run.*runbook abort $run" err &&
	exits 5 runbook approve $run 2>err && grep -q "may not approve it" err
'
test_that 'the end of a session says until when an answer is one' '
	begin unhurried && runbook show $run >out && grep -Eq "^  until 2.* UTC: no answer to .gate. by then is a no" out && grep -q "runbook approve $run gate" out
'
test_that 'when the time is up no vote is offered any more, but the way on' '
	begin quick && sleep 1.2 && runbook waiting >out && grep -q "runbook resume $run .*ends it, exit code 5" out && ! grep "runbook approve $run" out &&
	runbook show $run >out && ! grep "runbook approve\|^  until" out &&
	exits 2 runbook approve $run 2>err && grep -q "runbook resume $run. ends it .*runbook resume $run --detach. asks again" err &&
	exits 5 runbook resume $run --detach && exits 2 runbook approve $run gate 2>err && grep -q "^help: .runbook resume $run --detach. asks again" err
'
test_that 'nobody answering in time is a no, and then it is too late' '
	begin quick && sleep 1.2 && exits 2 runbook approve $run 2>err && grep -q "over" err &&
	exits 5 runbook resume $run && trace "before " && answer | grep "\"answer\":\"none\"" | grep -q timeout
'
in_good_time() {
	book good "{message: May we?, timeout: ${window}s}"
	begin good && exits 0 runbook approve $run && sleep $window.2 && exits 0 runbook resume $run && trace "before gate behind "
}
test_that 'an answer that came in time counts also when it is heard after it' 'in_time in_good_time'
test_that 'waiting says how long it was asked ago, and when it becomes a no' '
	book slowly "{message: May we?, timeout: 30m}" && begin slowly && exits 0 runbook waiting >out &&
	grep -q "asked [0-9]* s ago, no answer is a no in 29m [0-9]*s" out && exits 0 runbook reject $run
'
test_that 'waiting lists what is open, and nothing else' '
	begin plain && exits 0 runbook waiting >out && grep -q "$run gate: May we?" out && grep -q "runbook approve $run gate" out &&
	exits 0 runbook waiting -o ndjson | grep "\"run\":\"$run\"" >one && [ $(wc -l <one) = 1 ] &&
	grep "\"step\":\"gate\"" one | grep -q "\"kind\":\"approve\"" &&
	exits 0 runbook approve $run && exits 0 runbook resume $run && exits 0 runbook waiting >out && ! grep -q $run out
'
test_that 'what cannot be answered is said so' '
	begin plain && exits 2 runbook approve $run before && exits 2 runbook approve $run nosuch && exits 2 runbook approve nosuch &&
	exits 2 runbook approve && exits 0 runbook abort $run && exits 2 runbook approve $run && exits 2 runbook reject $run
'
test_that 'which of two is meant has to be said' '
	cat >two.yaml <<-END
	runbook: 1
	name: two
	type: application
	steps:
	  - {id: a, needs: [], approve: A?, shell: echo a >> trace}
	  - {id: b, needs: [], approve: B?, shell: echo b >> trace}
	END
	begin two && exits 2 runbook approve $run && exits 0 runbook approve $run b && exits 6 runbook resume $run && trace "b " &&
	exits 0 runbook approve $run && exits 0 runbook resume $run && trace "b a "
'
test_that 'without a terminal and without --detach it is refused before the first step' '
	rm -f trace && exits 5 setsid -w runbook run plain.yaml 2>err && [ ! -e trace ] && grep -q "gate" err && grep -q -- "--detach" err && grep -q "\[declined\]" err
'
test_that 'neither --yes nor --confirm is an approval' '
	rm -f trace && exits 5 setsid -w runbook run plain.yaml --yes && exits 2 setsid -w runbook run plain.yaml --confirm gate=yes && [ ! -e trace ]
'

# A run that waits at a terminal: answered from elsewhere.
waits_at_a_terminal() {
	rm -f trace
	timeout 120 on-terminal -e "runbook approve" "" runbook run "$1.yaml" --on-failure stop >terminal.out 2>&1 &
	terminal=$!
	until_true "waiting_run $1 && [ -n \"\$run\" ]"
}
waiting_run() {
	run=$(runbook waiting -o ndjson | sed -n "s/.*\"run\":\"\([^\"]*\)\",\"runbook\":\"$1\".*/\1/p" | head -1)
}
close_all() {
	for id in $(runbook waiting -o ndjson | sed -n 's/.*"run":"\([^"]*\)".*/\1/p' | sort -u); do
		runbook abort "$id" >/dev/null 2>&1
	done
}
close_all
test_that 'a run that waits at a terminal hears an approval' '
	waits_at_a_terminal plain && runbook runs | grep "^$run.* running .*waits for the approval of \`gate\` since 2" &&
	runbook runs -o ndjson | grep "\"id\":\"$run\".*\"waits\":\"gate\",\"kind\":\"approve\",\"asked\":\"2" &&
	exits 0 runbook approve $run && wait $terminal && trace "before gate behind " && ! runbook runs | grep "^$run.*waits"
'
test_that 'runs says what a suspended one waits for, and since when' '
	begin plain && runbook runs | grep "^$run.* suspended .*waits for the approval of \`gate\` since 2" && exits 0 runbook abort $run && ! runbook runs | grep "^$run.*waits"
'
test_that '... and a refusal' '
	waits_at_a_terminal plain && exits 0 runbook reject $run; wait $terminal; [ $? = 5 ] && trace "before "
'

test_that 'what is typed to another question is no vote, and the vote does not hide the question' '
	cat >beside.yaml <<-END
	runbook: 1
	name: beside
	type: application
	on_failure: stop
	steps:
	  - {id: c, needs: [], confirm: Confirm?, shell: echo c >> trace}
	  - {id: v, needs: [], approve: {message: Vote?, timeout: 1s}, shell: echo v >> trace}
	  - {id: d, needs: [], confirm: Another?, shell: echo d >> trace}
	END
	rm -f trace && exits 5 timeout -s KILL 120 on-terminal -e "decline" "yes\n" -e "decline" "yes\n" runbook run beside.yaml &&
	[ "$(sort trace | tr "\n" " ")" = "c d " ]
'

# What the two said, and what became of it: nobody is told something else than what happens.
race() {
	begin plain >/dev/null 2>&1 || return 1
	runbook approve $run >/dev/null 2>&1 & a=$!
	runbook reject $run >/dev/null 2>&1 & b=$!
	wait $a; yes=$?
	wait $b; no=$?
	runbook resume $run >/dev/null 2>&1
	code=$?
	n=$(runbook show $run -o ndjson | grep -c '"type":"confirm.answer"')
	case $yes$no$code$n in
	0051 | 2051) ! grep -q gate trace ;;
	*) echo "approve $yes, reject $no, resume $code, $n answers"; return 1 ;;
	esac
}
test_that 'of an approval and a refusal in the same moment the refusal wins, a hundred times' '
	for i in $(seq 100); do race || exit 1; done
'
# The same with a run that goes on while they vote: both are told how it ended.
live_race() {
	waits_at_a_terminal plain || return 1
	runbook approve $run >/dev/null 2>&1 & a=$!
	runbook reject $run >/dev/null 2>&1 & b=$!
	wait $a; yes=$?
	wait $b; no=$?
	wait $terminal
	code=$?
	case $yes$no$code in
	205) trace "before " ;;
	020) trace "before gate behind " ;;
	*) echo "approve $yes, reject $no, run $code"; return 1 ;;
	esac
}
test_that '... also when a run listens, and each is told what came of it' '
	for i in 1 2 3 4 5 6 7 8; do live_race || exit 1; done
'

test_that 'without --detach it is refused before the first step, and not said to be somebody else'"'"'s' '
	rm -f trace; exits 5 runbook run plain.yaml </dev/null 2>err && [ ! -e trace ] &&
	grep -q "an approval, given from another terminal: start it with --detach" err && ! grep -q "somebody else" err
'
test_that '... and of a run that goes on, which is not started again, resume is what has --detach' '
	rm -f go && sed -n "/^steps/q;p" plain.yaml | sed "s/^name: .*/name: later/" >later.yaml &&
	printf "steps:\n  - {id: a, effects: write, shell: \"test -e go\", undo: none}\n  - {id: gate, effects: write, shell: \"true\", undo: none, approve: {message: ok}}\n" >>later.yaml &&
	exits 1 runbook run later.yaml --detach >out 2>&1 </dev/null && later=$(runbook runs | head -1 | cut -d" " -f1) && >go &&
	exits 5 runbook resume $later </dev/null 2>err && grep -q "given from another terminal: say .resume. with --detach" err
'
test_that 'while no vote is there resume is not said to go on, and after a refusal it is said to end it, as waiting says' '
	begin plain && runbook show $run >out && grep -q "it waits for the approval of .gate.; when that is there, .runbook resume $run. (or a worker) goes on" out &&
	! grep "^  runbook resume" out && exits 0 runbook reject $run --reason no && runbook show $run >out && runbook waiting >waiting &&
	grep -q "^  runbook resume $run  *ends it: a refusal, exit code 5" out && grep -q "runbook resume $run .* ends it: a refusal, exit code 5" waiting && ! grep "go on from where" out &&
	exits 5 runbook resume $run
'

test_that 'the reason of a refusal is not said of the step when it was approved in the end' '
	book again "{message: Go?}" && begin again && runbook reject "$run" --reason late >/dev/null &&
	exits 5 runbook resume "$run" --detach >out 2>&1 </dev/null && grep -q "cancelled *gate: .*by $me: late" out &&
	exits 6 runbook resume "$run" --detach >out 2>&1 </dev/null && runbook approve "$run" --reason fine >/dev/null &&
	exits 0 runbook resume "$run" >out 2>&1 </dev/null && grep -q "answered *gate: yes, .*: fine" out &&
	grep -q "succeeded *gate" out && ! grep late out && runbook show "$run" >out && grep "gate *succeeded" out &&
	! grep "succeeded.*late" out && runbook report "$run" >out && ! grep "succeeded.*late" out
'
test_that 'on a terminal an approval is announced once: by its question, or by a line where nobody waits' '
	cat >once.yaml <<-END &&
	runbook: 1
	name: once
	type: application
	steps: [{id: gate, approve: May it be?, shell: "true", undo: none}]
	END
	exits 130 on-terminal -e "From anywhere" "\003" runbook run once.yaml --color=never >out && [ "$(grep -c "May it be?" out)" = 2 ] && ! grep -q "waits for a vote" out &&
	grep -q "^  May it be? - no answer" out && exits 6 on-terminal runbook run once.yaml --detach --color=never >out && [ "$(grep -c "waits for a vote: gate: May it be?" out)" = 1 ] && ! grep -q "From anywhere" out
'
done_testing
