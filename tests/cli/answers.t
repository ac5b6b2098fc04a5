#!/bin/sh
# Answers that flags give, and what is said where they are missing or wrong.

. "$(dirname "$0")/../lib.sh"

# Nobody is there.
away() { setsid -w timeout -s KILL 120 runbook "$@"; }
id() { runbook runs -o ndjson | head -1 | sed 's/.*"id":"\([^"]*\)".*/\1/'; }
trace() {
	[ "$(tr '\n' ' ' <trace)" = "$1" ] || { cat trace; return 1; }
}
answers() { runbook show "$(id)" -o ndjson | grep '"type":"confirm.answer"'; }

cat >each.yaml <<'END'
runbook: 1
name: each
type: application
steps:
  - id: g
    for_each: [x, y]
    steps:
      - {id: c, confirm: {message: "C ${{ item }}?", danger: severe, phrase: "do ${{ item }}"}, shell: "echo c${{ item }} >> trace"}
      - {id: m, manual: Look}
  - {id: e, for_each: [x, y], confirm: "E ${{ item }}?", shell: "echo e${{ item }} >> trace"}
  - {id: u, use: inner}
END
cat >inner.yaml <<'END'
runbook: 1
name: inner
type: application
checklist: [Looked]
confirm: Inner?
steps:
  - {id: i, confirm: I?, shell: echo i >> trace}
END
cat >work.yaml <<'END'
runbook: 1
name: work
type: application
steps:
  - {id: a, shell: echo a >> trace}
  - {id: m, manual: {instructions: Do it, evidence: text}}
  - {id: p, prompt: {message: Which?, choices: [blue, green]}}
  - {id: n, prompt: {message: How many?, type: int}}
  - {id: l, prompt: {message: Who?, type: list}}
  - {id: d, prompt: {message: How long?, type: duration, default: 3m}}
  - {id: z, shell: "echo ${{ steps.m.answer }} ${{ steps.p.value }} ${{ steps.n.value + 1 }} ${{ steps.l.value[1] }} ${{ steps.d.value }} >> trace"}
END

test_that 'every answer that may be missing is listed, with the flag that gives it' '
	exits 5 away run each.yaml 2>err && grep -q -- "--confirm c=.do" err && grep -q -- "--answer .*m=done" err &&
	grep -q -- "--confirm e=yes" err && grep -q -- "--attest .*u.checklist_1=NOTE" err && grep -q -- "--confirm u.run=yes" err &&
	grep -q -- "--confirm u.i=yes" err && grep -q "6 answers" err && [ ! -e trace ]
'
all="--attest u.checklist_1=ok --confirm u.run=yes --confirm u.i=yes --confirm e=yes"
test_that 'the id of what stands in a for_each answers for the instance that it fits' '
	rm -f trace && exits 5 away run each.yaml $all --confirm "c=do x" --answer m=done && trace "cx "
'
test_that 'an instance is answered by its own address' '
	rm -f trace && exits 0 away run each.yaml $all --confirm "g[x].c=do x" --confirm "g[y].c=do y" --answer "g[x].m=done" --answer "g[y].m=na:not here" &&
	trace "cx cy ex ey i " && answers | grep "g\[y\].m" | grep "\"answer\":\"na\"" | grep -q "not here"
'
test_that 'the id behind a group means the same' '
	rm -f trace && exits 0 away run each.yaml $all --confirm "g[x].c=do x" --confirm "g[y].c=do y" --answer g.m=done && trace "cx cy ex ey i "
'
test_that 'a flag that answers nothing is a mistake' '
	exits 2 away run each.yaml --confirm nosuch=yes && exits 2 away run each.yaml --confirm m=yes && exits 2 away run each.yaml --answer c=done &&
	exits 2 away run each.yaml --attest u=ok && exits 2 away run each.yaml --confirm run=yes && exits 2 away run each.yaml --confirm "g[x].q=yes" &&
	exits 2 away run each.yaml --confirm u.ii=yes 2>err && grep -q "u.i" err
'
test_that 'two answers to one question are a mistake, before anything runs' '
	rm -f trace && exits 2 away run work.yaml --answer p=blue --answer p=green 2>err && grep -q "p. is given twice" err &&
	exits 2 away run each.yaml --confirm e=yes --confirm e=no && exits 2 away run each.yaml --attest u.checklist_1=a --attest u.checklist_1=b &&
	exits 2 away run each.yaml --confirm "g[x].c=do x" --confirm "g[x].c=do y" && [ ! -e trace ]
'
test_that 'what is no answer to a prompt or to manual work is a mistake, before anything runs' '
	rm -f trace && for a in m=maybe m=failed m=failed: m=na: m= p=red p= n=many n=1.5 l=one d=soon; do
		exits 2 away run work.yaml --yes --answer $a || exit 1
	done && [ ! -e trace ]
'
test_that 'answers have their types, and the journal has what was answered' '
	rm -f trace && exits 0 away run work.yaml --answer m=done:photo-7 --answer p=green --answer n=41 --answer "l=[ann, bob]" && trace "a done green 42 bob 3m " &&
	answers | grep "\"step\":\"m\"" | grep -q "\"answer\":\"done\"" && answers | grep "\"step\":\"p\"" | grep -q "\"answer\":\"green\"" &&
	answers | grep "\"step\":\"d\"" | grep -q "\"how\":\"default\""
'
test_that 'suspended runs say with which flag they go on, and recorded answers stay' '
	rm -f trace && exits 6 away run work.yaml --detach 2>err && grep -q "runbook resume $(id) --answer m=done:TEXT" err &&
	exits 0 runbook waiting | grep -q "runbook resume $(id) --answer m=done:TEXT" &&
	exits 6 away resume $(id) --answer m=done:photo 2>err && grep -q -- "--answer p=VALUE" err &&
	exits 6 away resume $(id) --answer p=blue && exits 2 away resume $(id) --answer n=x && exits 6 away resume $(id) --answer n=1 &&
	exits 6 away resume $(id) --answer "l=[a, b]" && exits 0 away resume $(id) --answer d=90s && trace "a done blue 2 b 1m30s "
'
test_that 'a wrong confirm at a resume is said, with what is missing' '
	cat >one.yaml <<-END
	runbook: 1
	name: one
	type: application
	steps:
	  - {id: c, confirm: {message: C?, danger: severe, phrase: "the app"}, shell: echo c >> trace}
	END
	rm -f trace && exits 6 away run one.yaml --detach 2>err && grep -q -- "--confirm .c=the app." err &&
	exits 5 away resume $(id) --confirm "c=the apt" 2>err && grep -q "the apt" err && exits 6 away resume $(id) &&
	exits 0 away resume $(id) --confirm "c=the app" && trace "c "
'
test_that 'contacts are told once each that a question waits, also when the run is suspended' '
	cat >call.yaml <<-END
	runbook: 1
	name: call
	type: application
	contacts: [{role: first}, {role: second, after: 1s}, {role: third, after: 1h}]
	hooks: {waiting: [{id: tell, shell: "sleep 0.2; echo \${{ contact.role }} >> told"}]}
	steps:
	  - {id: c, confirm: C?, shell: echo c >> trace}
	END
	exits 6 away run call.yaml --detach && [ "$(cat told)" = first ] && sleep 1 && exits 6 away resume $(id) &&
	exits 6 away resume $(id) && [ "$(tr "\n" " " <told)" = "first second " ] && exits 0 away resume $(id) --yes
'
test_that 'a run that is suspended waits for its hooks and ends' '
	sed "s/waiting:/progress:/; s/\${{ contact.role }}/progress/; s/name: call/name: slow/" call.yaml >slow.yaml &&
	sed -i "s/^steps:/prepare: [{id: p, shell: \"true\"}]\nsteps:/" slow.yaml && rm -f told &&
	exits 6 away run slow.yaml --detach && [ "$(cat told)" = progress ]
'
test_that 'manual work keeps its evidence over a resume' '
	cat >proof.yaml <<-END
	runbook: 1
	name: proof
	type: application
	steps:
	  - {id: m, manual: {instructions: Do it, evidence: text}}
	  - {id: c, confirm: C?, shell: "echo \${{ steps.m.evidence }} >> trace"}
	END
	rm -f trace && { on-terminal -e "na" "done\n" -e "Evidence" "photo-7\n" -e "decline:" "\003" runbook run proof.yaml; [ $? = 130 ]; } &&
	exits 0 away resume $(id) --yes && trace "photo-7 " && answers | grep -q "\"evidence\":\"photo-7\""
'
test_that 'evidence and note of manual work are in show and in every report' '
	cat >noted.yaml <<-END
	runbook: 1
	name: noted
	type: application
	steps:
	  - {id: m, manual: {instructions: Do it, evidence: text}}
	  - {id: n, manual: Do it too}
	END
	exits 0 on-terminal -e "na" "done\n" -e "Evidence" "photo|7\n" -e "na" "na not <here>\n" runbook run noted.yaml &&
	run=$(id) && runbook show $run | tee out | grep -F "m " | grep -qF "evidence: photo|7" && grep -qF "na, by" out && grep -qF "not <here>" out &&
	runbook report $run | grep -F "| done |" | grep -F "evidence: photo" && runbook report $run | grep "| na |" | grep "not .*here" &&
	runbook report $run | grep "answered: done.*evidence: photo" &&
	runbook report $run --format html | grep -F "evidence: photo|7" && runbook report $run --format html | grep -F "not &lt;here&gt;" &&
	runbook report $run --format json | grep -F "\"evidence\": \"photo|7\"" && runbook report $run --format json | grep -F "\"reason\": \"not <here>\""
'
test_that 'evidence that is to be a file is one' '
	sed "s/evidence: text/evidence: file/; s/proof/paper/" proof.yaml >paper.yaml && touch photo &&
	rm -f trace && exits 0 on-terminal -e "na" "done\n" -e "Evidence" "nosuch\n" -e "no file" "photo\n" -e "decline:" "yes\n" runbook run paper.yaml &&
	trace "$PWD/photo "
'
test_that 'an interrupt at the menu leaves a step as it is, failed' '
	cat >bad.yaml <<-END
	runbook: 1
	name: bad
	type: application
	steps:
	  - {id: b, shell: "echo last-words; exit 3"}
	  - {id: g, steps: [{id: c, shell: exit 4}]}
	END
	{ on-terminal -e "What now" "\003" runbook run bad.yaml >out; [ $? = 130 ]; } && grep -q "exit status 3\|exited with 3" out &&
	runbook show $(id) -o ndjson | grep "\"type\":\"step.end\"" | grep "\"step\":\"b\"" | grep -q "\"state\":\"failed\"" &&
	answers | grep "\"kind\":\"failure\"" | grep "\"answer\":\"none\"" | grep -q "\"how\":\"signal\"" &&
	{ on-terminal -e "What now" "s\n" -e "Why" "because\n" -e "What now" "\003" runbook resume $(id) >out; [ $? = 130 ]; }
'
test_that 'a secret that a step printed is in no question' '
	cat >hush.yaml <<-END
	runbook: 1
	name: hush
	type: application
	on_failure: stop
	secrets: {s: {env: SESAME}}
	steps:
	  - {id: a, shell: "echo got \$T", env: {T: "\${{ secrets.s }}"}, undo: none}
	  - {id: b, name: "B \${{ steps.a.stdout }}", confirm: {message: "M \${{ steps.a.stdout }}", show: ["\${{ steps.a.lines }}"]}, leaves: "L \${{ steps.a.stdout }}", shell: "true", undo: none}
	  - {id: m, manual: {instructions: "I \${{ steps.a.stdout }}", checklist: ["C \${{ steps.a.stdout }}"]}}
	  - {id: p, prompt: {message: "P \${{ steps.a.stdout }}", choices: ["x \${{ steps.a.stdout }}", y], default: "x \${{ steps.a.stdout }}"}}
	  - {id: v, approve: {message: "V \${{ steps.a.stdout }}", timeout: 1s}}
	END
	SESAME=open-the-door; export SESAME
	exits 5 timeout -s KILL 120 on-terminal -r -e "decline" "yes\n" -e "1/1" "y\n" -e "na" "done\n" -e "Answer" "1\n" runbook run hush.yaml >out &&
	grep -q "M got \*\*\*" out && grep -q "1   x got" out && ! grep -q open-the-door out && ! grep -rq open-the-door state
'

printf '#!/bin/sh\nsleep 1\n' >slow && chmod +x slow
cat >menu.yaml <<'END'
runbook: 1
name: menu
type: application
steps:
  - {id: bad, on_failure: ask, shell: exit 1}
END
test_that 'the time that a person takes at the menu is not the step s' '
	exits 1 timeout -s KILL 120 on-terminal -e "What now" "h\n" -e "What now" "q\n" env SHELL="$PWD/slow" runbook run menu.yaml &&
	run=$(runbook runs -o ndjson | head -1 | sed "s/.*\"id\":\"\([^\"]*\)\".*/\1/") &&
	took=$(runbook show $run -o ndjson | sed -n "s/.*\"type\":\"step.end\".*\"took_ms\":\([0-9]*\).*/\1/p") && [ "$took" -lt 1000 ] &&
	waited=$(runbook show $run -o ndjson | sed -n "s/.*\"waiting_ms\":\([0-9]*\).*/\1/p") && [ "$waited" -ge 1000 ] &&
	exits 1 timeout -s KILL 120 on-terminal -e "What now" "q\n" runbook resume $run &&
	both=$(runbook show $run -o ndjson | tail -1 | sed "s/.*\"waiting_ms\":\([0-9]*\).*/\1/") && [ "$both" -ge "$waited" ]
'

cat >proof.yaml <<'END'
runbook: 1
name: proof
type: application
steps:
  - {id: m, manual: {instructions: Do it, evidence: file}}
  - {id: z, shell: "echo ${{ steps.m.evidence }} >> trace"}
END
test_that 'evidence is handed in with the answer, and done alone hands in none' '
	rm -f trace photo && exits 2 away run proof.yaml --answer m=done 2>err && grep -q "evidence is asked for: say .done:PATH" err &&
	exits 2 away run proof.yaml --answer m=done:photo 2>err && grep -q "no file .photo" err && touch photo &&
	exits 0 away run proof.yaml --answer m=done:photo && trace "$PWD/photo " && answers | grep -q "\"evidence\":\"$PWD/photo\"" &&
	exits 5 away run proof.yaml 2>err && grep -q -- "--answer m=done:PATH" err &&
	exits 2 away run each.yaml --answer m=done:x 2>err && grep -q "no evidence is asked for" err
'


# The run has changed something, but this confirm was never reached.
test_that 'the confirm of a used runbook that has not begun is on the list of a resume' '
	printf "runbook: 1\nname: asks\ntype: application\nconfirm: Really\nsteps: [{id: z, shell: echo z >> trace}]\n" >asks.yaml
	printf "runbook: 1\nname: uses\ntype: application\nsteps:\n  - {id: a, shell: echo a >> trace}\n  - {id: b, shell: test -e go}\n  - {id: u, use: asks}\n" >uses.yaml
	rm -f trace go && exits 1 away run uses.yaml --yes && touch go && exits 5 away resume "$(id)" 2>err &&
	grep -q -- "--confirm u.run=yes" err && trace "a " && exits 0 away resume "$(id)" --confirm u.run=yes && trace "a z "
'

# -------- after a crash

# The run dies in its first step, after its question was answered.
cat >crash.yaml <<'END'
runbook: 1
name: crash
type: application
on_failure: stop
steps:
  - id: drop
    confirm: {message: Drop it?, danger: severe, phrase: the shop}
    idempotent: true
    shell: "echo drop >>trace; test -e second || { touch second; kill -9 $(cat pid) $PPID $$; }"
    undo: none
  - {id: other, confirm: Really?, shell: echo other >>trace, undo: none}
END
test_that 'a resume says that an answer from before the crash counts, when its step begins, and asks the others' '
	rm -f trace second
	sh -c "echo \$\$ >pid; exec runbook run crash.yaml --confirm \"drop=the shop\" --yes" >out 2>&1 </dev/null
	run=$(runbook runs | head -1 | cut -d" " -f1) && exits 5 runbook resume $run >out 2>&1 </dev/null; exits 0 runbook resume $run --yes >out 2>&1 </dev/null &&
	grep -q "drop is not asked about again: the yes of $(whoami) (flag), given 20.* UTC, counts" out && ! grep -q "other is not asked" out && grep -q "answered  other: yes" out &&
	sed -n "/drop is not asked about/,\$p" out | grep -q "started   drop" && [ "$(tr "\n" " " <trace)" = "drop drop other " ]
'
done_testing
