#!/bin/sh
# What is said of a run that has ended: how the world stands, what can be done, and nothing
# that is not true.

. "$(dirname "$0")/../lib.sh"

# book NAME STEPS...: the file NAME.yaml; undoes by itself when it fails
book() {
	printf 'runbook: 1\nname: %s\ntype: application\non_failure: undo\nsteps:\n' "$1" >"$1.yaml"
	shift
	for step; do echo "  - {$step}"; done
}

# made NAME STEPS...
made() {
	book "$@" >steps && cat steps >>"$1.yaml"
}

# ended CODE NAME [FLAGS]: what the run says in the end is in `end`, its id in $run
ended() {
	want=$1 name=$2
	shift 2
	exits "$want" runbook run "$name.yaml" --no-input "$@" 2>end && newest && runbook report "$run" >report
}

newest() {
	run=$(runbook runs | head -1 | cut -d" " -f1)
}

bad='id: bad, effects: write, shell: "exit 3", undo: none'
inner='id: work, effects: write, shell: "true", leaves: the data is half there, undo: {shell: "exit 4"}'
made inner "$inner" 'id: note, effects: write, shell: "true", leaves: all is as before, undo: {shell: "true"}'

# -------- how things stand

test_that 'of a run that went well nothing is said about what its steps would have left' '
	made good "id: halt, effects: write, shell: \"true\", leaves: the application is stopped, undo: none" &&
	ended 0 good && ! grep -q "is stopped" end report
'
test_that 'after a failure it is said what was left, of the step that failed too' '
	made left "id: halt, effects: write, shell: \"true\", leaves: the application is stopped, undo: none" "$bad, leaves: half a file, on_failure: stop" &&
	ended 1 left && grep -q "halt  *the application is stopped" end && grep -q "halt: the application is stopped" report &&
	grep -q "bad: half a file" report
'
test_that 'after an undo that failed it is said of the step whose undo it was, and of no other' '
	made outside "id: first, effects: write, shell: \"true\", leaves: the first is there, undo: {shell: \"true\"}" "id: load, use: inner, leaves: the load is there" "$bad, leaves: half a file" &&
	ended 10 outside && grep -q "^- load.work: the data is half there" report && sed -n "/As things/,/^\$/p" end >world &&
	grep -q "load.work" world && ! grep "as before\|first is there\|load is there\|half a file" world report
'
test_that 'inside of a step whose undo failed as a whole nothing is said' '
	made whole "id: load, use: inner, leaves: the load is there, undo: {shell: \"exit 5\"}" "$bad" &&
	ended 10 whole && grep -q "^- load: the load is there" report && grep -q "load  *the load is there" end &&
	! grep "as before\|half there" end report
'

# -------- what can be done

letter='id: b, name: Send the letters, effects: write, shell: "true", irreversible: what was sent stays sent'
test_that 'where an undo passed something over the reason is said everywhere, and nothing goes on undoing: it is ended by hand' '
	made gone "$letter" "$bad" && ended 10 gone && grep -q "b  *Send the letters: what was sent stays sent" end &&
	grep -q "^- b: Send the letters: what was sent stays sent" report &&
	runbook show "$run" >shown && grep -q "what was sent stays sent" shown && ! grep "runbook resume\|runbook undo" end shown &&
	grep "runbook abort $run  *end it for good, when what cannot be undone is seen to by hand" end
'
test_that 'that holds when other steps were undone, too' '
	made gone-too "id: a, effects: write, shell: \"true\", undo: {shell: \"true\"}" "$letter" "$bad" && ended 10 gone-too &&
	grep "runbook abort $run" end && ! grep "runbook resume\|runbook undo" end
'
test_that 'where nobody answered the question of an undo, the flags that answer it are named, and they work' '
	made asks-back "id: cable, effects: write, shell: \"true\", undo: {manual: {instructions: pull it}}" "id: restore, effects: write, shell: \"true\", undo: {shell: \"true\", confirm: {message: sure?, danger: severe, phrase: the shop}}" "$bad" &&
	ended 10 asks-back && sed -n "s/^  \(runbook resume .*[^ ]\)  *go on undoing, with these answers$/\1/p" end >flags && [ -s flags ] &&
	grep -F "resume $run --confirm '\''restore~undo=the shop'\'' --answer cable~undo=done" flags && ! grep "runbook undo" end && exits 9 sh flags
'
test_that 'a step without an undo says that it has none' '
	made none-there "id: b, effects: write, shell: \"true\"" "$bad" && ended 10 none-there && grep -q "b  *it has no undo" end && grep -q "^- b: it has no undo" report
'
test_that 'what is left to undo is gone on with' '
	made half "id: a, effects: write, shell: \"true\", undo: {shell: \"exit 4\"}" "$letter" "$bad" && ended 10 half &&
	grep -q "runbook resume $run  *go on undoing" end
'
test_that 'where a person left something out and nothing verifies it, no resume is advised: it would end the same' '
	made skips "id: a, effects: write, shell: \"true\", undo: none" "id: b, effects: write, shell: \"true\", undo: {shell: \"true\"}" &&
	ended 8 skips --skip a --skip-reason "not today" && grep -q "nothing verified it.*steps were skipped by a person" end report &&
	! grep "runbook resume\|runbook abort" end && grep -q "runbook undo $run" end && exits 8 runbook resume "$run" --no-input
'
test_that 'a failure that the run went on behind is not tried again, and no resume is advised' '
	made went "id: a, effects: write, shell: \"exit 3\", undo: none, on_failure: continue" && ended 8 went && ! grep "runbook resume" end
'
test_that 'where a verify does not hold it is advised, and asks again' '
	made unheld "id: a, effects: write, shell: \"true\", undo: none" && printf "verify:\n  - {id: up, shell: test -e up}\n" >>unheld.yaml &&
	sed -i "s,on_failure: undo,on_failure: stop," unheld.yaml && ended 8 unheld && grep -q "runbook resume $run  *verify again, without the steps that succeeded" end && >up && exits 0 runbook resume "$run" --no-input
'
test_that 'that locks become free is said only of a run that keeps them' '
	made locked "id: ask, approve: {message: May it go on?}, effects: write, shell: \"true\", undo: none" "$bad, on_failure: stop" &&
	echo "lock: [shop]" >>locked.yaml && ended 6 locked --detach && grep -q "end it for good, free its locks" end &&
	made free "$bad, on_failure: stop" && echo "lock: [shop-2]" >>free.yaml && ended 1 free && grep -q "runbook abort $run  *end it for good\$" end
'

test_that 'after an abort it is said what was done and stays, and what is half done' '
	made stays "id: look, effects: read, shell: \"true\"" "id: back, name: Taken back, effects: write, shell: \"true\", undo: {shell: \"true\"}" \
		"id: keep, name: The letter, effects: write, shell: \"true\", undo: none" "$bad, leaves: half a file, on_failure: stop" "id: late, effects: write, shell: \"true\", undo: none" &&
	ended 1 stays && exits 0 runbook undo $run --step back --no-input 2>end && exits 0 runbook abort "$run" 2>end && runbook show "$run" >shown && runbook report "$run" >report &&
	for f in end shown; do
		sed -n "/Done, and it stays/,/^\$/p" $f >done && grep -q "^  keep  *The letter" done && grep -q "^  bad  *it exited with 3" done && ! grep "look\|back\|late" done &&
		sed -n "/As things stand/,/^\$/p" $f | grep -q "bad  *half a file" || return 1
	done &&
	sed -n "/^## Done, and not undone/,/^## [^D]/p" report >done && grep -q "^- keep: The letter" done && grep -q "^- bad: failed, and may be half done" done && ! grep "look:\|back:\|late:" done &&
	grep -q "^- bad: half a file" report
'
test_that 'a run of which one step was undone says that it cannot go on forwards, with what can be done' '
	made one "id: a, effects: write, shell: \"true\", undo: {shell: \"true\"}" "id: b, effects: write, shell: \"true\", undo: {shell: \"true\"}" "$bad, on_failure: stop" &&
	ended 1 one && exits 0 runbook undo $run --step b --no-input 2>end && grep -q "cannot go on forwards" end &&
	grep -q "^  runbook undo $run  *take the rest back" end && grep -q "^  runbook abort $run  *end it for good" end && ! grep "runbook resume" end &&
	exits 2 runbook resume $run --no-input
'
test_that 'of a run whose outcome is not known undo is offered beside the marks, and locks says that resume wants one' '
	made dark "id: a, effects: write, shell: \"true\", undo: {shell: \"true\"}" "id: b, effects: write, shell: \"kill -9 \$PPID; sleep 9\", undo: {shell: \"true\"}" && echo "lock: [shop-3]" >>dark.yaml &&
	sed -i "s,on_failure: undo,on_failure: stop," dark.yaml && ended 11 dark && grep -q "runbook resume $run --mark b=done" end && grep -q "runbook undo $run  *take back what was done" end &&
	runbook locks | grep -qF "\`runbook resume $run --mark STEP=done\` or \`--mark STEP=failed\`, \`runbook undo $run\`" &&
	exits 7 runbook run dark.yaml --no-input 2>held && grep -qF "\`runbook resume $run --mark STEP=done\` or \`--mark STEP=failed\`" held && exits 0 runbook undo $run --no-input
'
test_that 'a budget shorter than a tenth of a second is told in milliseconds' '
	made hasty "id: a, effects: write, shell: sleep 0.15, undo: none" && echo "budget: {total: 50ms}" >>hasty.yaml && ended 0 hasty &&
	grep -q "budget: total .* of 50 ms, over" end && grep -qx "## Budget" report && grep -q "^| total | 50 ms |" report
'
test_that 'the report of a drill says what was replaced, and that the rest was real' '
	made drilled "id: a, effects: write, shell: \"true\", undo: none" && echo "drill: {env: {X: y}}" >>drilled.yaml && ended 0 drilled --drill &&
	grep -q "gives for a drill replaced the real ones; everything else was real" report && ! grep "Nothing of it concerns" report
'

# -------- words

test_that 'who left a step out, and why, is said once' '
	ended 8 skips --skip a --skip-reason "not today" && ! grep "not today.*not today" end report && grep -q "skipped  *a: by .*: not today" end
'
test_that 'abort and undo do not say that the run resumes' '
	ended 8 skips --skip a --skip-reason "not today" && exits 0 runbook undo "$run" 2>out &&
	grep -q "run $run of skips is being undone, by" out && ! grep "resume" out && runbook report "$run" >report && ! grep "Verified" report &&
	ended 8 skips --skip a --skip-reason "not today" && exits 0 runbook abort "$run" 2>out &&
	grep -q "run $run of skips is ended for good, by" out && ! grep "resume" out && runbook report "$run" | grep -q "taken up, to end it for good"
'
test_that 'the body of an undo is not called as what its step did' '
	echo x >old && made drop "id: drop, name: Remove the old folder, file: {remove: {path: $work/old}}, undo: auto" "$bad" &&
	ended 9 drop && [ -e old ] && ! grep "drop~undo: Remove\|^drop~undo .*| Remove" end report
'
printf 'runbook: 1\nname: asks\ntype: application\ninputs: {n: {type: int}}\nsteps:\n  - {id: a, effects: write, shell: "true", undo: {shell: "true"}}\n' >asks.yaml
test_that 'a plan with a bad input does not promise that everything can be taken back' '
	exits 3 runbook plan asks.yaml -i n=x >out 2>&1 && grep -q "1 step: 0 read" out && ! grep "everything can be taken back" out &&
	exits 0 runbook plan asks.yaml -i n=1 >out && grep -q "everything can be taken back" out
'
test_that 'what was asked on a walk stands in the report in words' '
	on-terminal -e "What now?" "a\n" runbook run good.yaml --mode manual >out 2>&1; newest && runbook report "$run" >report &&
	grep -q "| run this step? | run this and all that remain |" report && ! grep "| walk |\|run_all\|asked: *|" report
'

cat >torn.yaml <<'END'
runbook: 1
name: torn
type: application
on_failure: ask
steps:
  - {id: close, shell: "true", leaves: the shop is closed, undo: {shell: "true"}}
  - {id: b, shell: exit 3, leaves: the data is half replaced, undo: {exec: [echo, back again]}}
  - {id: c, shell: "true", undo: none, leaves: never reached}
END
test_that 'the menu of a failure says how the world stands, and the undo in words' '
	exits 1 on-terminal -e "What now?" "q\n" runbook run torn.yaml >out 2>&1; sed "/What now/q" out >menu &&
	grep -q "leaves  *.*the data is half replaced" menu && grep -q "close  *.*the shop is closed" menu && ! grep -q "never reached" menu &&
	grep -q "undo  *echo .back again." menu
'

# -------- times

# told FIELD: the number of the last run.end
told() { runbook show "$run" -o ndjson | grep "\"type\":\"run.end\"" | tail -1 | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"; }

test_that 'the time of a run in two sessions is the same in its last line, its report and its fields' '
	made twice "id: a, shell: \"sleep 0.3; test -e go || exit 1\", undo: none, on_failure: stop" && rm -f go && ended 1 twice &&
	grep -q "twice failed in [0-9.]* s (run" end && first=$(told took_ms) && touch go && sleep 1 && runbook resume "$run" 2>end </dev/null &&
	took=$(sed -n "s/^.*twice is done in \(.* in 2 sessions\) (run.*/\1/p" end) && [ -n "$took" ] &&
	runbook report "$run" >report && grep -qF "**Took:** $took" report && grep -q "From start to end:.* [0-9.]* s" report &&
	runbook show "$run" >shown && grep -qF "in $took (run" shown && [ "$(told took_ms)" -ge $((first + 300)) ] &&
	[ "$(told total_ms)" = "$(told took_ms)" ] && [ "$(told execute_ms)" -ge 600 ] &&
	runbook report "$run" --format json | grep -q "\"took_ms\": *$(told took_ms)\>" &&
	runbook runs -o ndjson | grep "$run" | grep -q "\"took_ms\": *$(told took_ms)\>"
'
test_that 'an undo of one step says its own time, and the run goes on with the sum' '
	made login "id: a, shell: sleep 1, undo: {shell: \"true\"}" && ended 0 login && first=$(told took_ms) && [ "$first" -ge 1000 ] &&
	runbook undo "$run" --step a 2>end </dev/null && took=$(sed -n "s/^.*a of login is undone in \([0-9.]*\) s (run.*/\1/p" end) &&
	[ -n "$took" ] && whole=$(told took_ms) && [ "$whole" -ge "$first" ] && [ "$(echo "$took" | tr -d .)00" -lt "$whole" ]
'
test_that 'a session that was killed counts until the last that it told' '
	made killed "id: a, shell: \"test -e go2 || sleep 0.5\", undo: none" "id: b, idempotent: true, effects: write, undo: none, shell: \"test -e go2 || { touch go2; kill -9 \$(cat pid); }\"" &&
	{ (sh -c "echo \$\$ >pid; exec runbook run killed.yaml" >/dev/null 2>&1 </dev/null); true; } && newest &&
	runbook resume "$run" 2>end </dev/null; cat end; [ "$(told took_ms)" -ge 500 ] && grep -q " in 2 sessions (run" end
'
test_that 'what waits for a person does so after a time, and not in it' '
	made waits "id: w, approve: May we?" && exits 6 runbook run waits.yaml --detach 2>end </dev/null &&
	grep -q "waits for a person, after [0-9.]* s (run" end
'
test_that 'what is not known is said to be so after a time' '
	printf "runbook: 1\nname: lost\ntype: application\nsteps: [{id: a, shell: \"kill -9 \$(cat pid) \$PPID; sleep 1\"}]\n" >lost.yaml &&
	{ (sh -c "echo \$\$ >pid; exec runbook run lost.yaml" >/dev/null 2>&1 </dev/null); true; } && newest &&
	exits 11 runbook resume "$run" 2>end </dev/null && grep -q "whether a step took effect, after [0-9.]* s in 2 sessions (run" end
'

test_that 'of all that a second signal would stop it is said what it leaves, and then how it ended' '
	cat >both.yaml <<-END &&
	runbook: 1
	name: both
	type: application
	on_failure: stop
	steps:
	  - id: g
	    parallel: true
	    steps:
	      - {id: a, shell: "echo copying; touch began; exec sleep 30", leaves: half is copied, undo: none}
	      - {id: b, shell: "until test -e began; do sleep 0.05; done; echo moving; exec sleep 30", undo: none}
	      - {id: c, shell: "true", undo: none}
	END
	rm -f began && exits 130 on-terminal -s 200x40 -e "│ moving" "\003" -e "half done: half is" "\003" runbook run both.yaml --color=never >out &&
	grep "let finish" out | tr -d "\r" >said && cat >want <<-END && same want said &&
	a is let finish; a second signal would stop it half done: half is copied
	b is let finish; a second signal would stop it half done
	END
	[ "$(grep "^✗ .: cancelled" out | tr -d "\r" | tr "\n" " ")" = "✗ a: cancelled ✗ b: cancelled " ] && grep -A3 "^✗ b" out | grep -q "│ moving"
'

test_that 'what an interrupted undo did not come to is named, with what it leaves' '
	cat >back.yaml <<-END &&
	runbook: 1
	name: back
	type: application
	on_failure: undo
	steps:
	  - {id: a, name: Close the shop, shell: "true", undo: {shell: "true"}, leaves: the shop is closed}
	  - {id: n, shell: "true", undo: none}
	  - {id: b, shell: "true", undo: {shell: "echo undoing; exec sleep 30"}}
	  - {id: c, shell: "false", undo: none}
	always: [{id: bye, shell: "true", undo: none}]
	END
	exits 10 on-terminal -s 100x40 -e "│ undoing" "\003" -e "half done" "\003" runbook run back.yaml --color=never >out &&
	grep -A2 "^Not undone:" out | tr -d "\r" >said && printf "Not undone:\n  a  Close the shop\n\n" >want && same want said &&
	grep -A1 "^As things stand:" out | grep -q "a  the shop is closed" &&
	id=$(sed -n "s/.*(run \([0-9a-z]*\), exit.*/\1/p" out) && runbook report $id >md && grep -A2 "## Not undone" md | grep -qx -e "- a: Close the shop"
'
test_that 'when all is undone and only the end was interrupted, nothing more is said to be undone' '
	sed "s/exec sleep 30/:/; s/id: bye, shell: .true./id: bye, shell: \"echo at-the-end; sleep 0.5\"/; s/name: back/name: ended/" back.yaml >ended.yaml &&
	exits 130 on-terminal -s 100x40 -e "│ at-the-end" "\003" runbook run ended.yaml --color=never >out &&
	! grep -q "Not undone\|go on undoing\|runbook undo" out && grep -q "runbook resume .*bring it to its end" out
'

done_testing
