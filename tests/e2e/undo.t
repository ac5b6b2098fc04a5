#!/bin/sh
# Undo as it is told: in which order, of whom, and what a person may say about it.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/book.sh"

three='  - {id: one, shell: "true", undo: {shell: echo one >>effects}}
  - id: each
    name: Item ${{ item }}
    for_each: [x, y]
    steps:
      - {id: kid, name: "Kid ${{ item }}", shell: "true", undo: {shell: "echo ${{ item }} >>effects"}}
  - {id: three, shell: exit 1, undo: none, on_failure: undo}'

test_that 'what was undone is told in the order in which it was' '
	book "$three" && run 9 -o ndjson && effects "y x one " && id=$(ls state/runbook/runs) &&
	has "\"undone\":[\"each[y].kid\",\"each[x].kid\",\"one\"]" &&
	runbook report "$id" | sed -n "/^## Undo/,/^## Steps/p" >told &&
	[ "$(grep undone told | cut -d: -f1 | tr -d "\\\\\\n")" = "- each[y].kid- each[x].kid- one" ]
'

test_that 'a list is not called by a name that only an item has' '
	id=$(ls state/runbook/runs) && runbook report "$id" >out && has "| \`each\` |  |" && has "| \`each[x]\` | Item x |" &&
	lacks "{ item"
'

test_that 'an undo of which nothing is known is not repeated; a person says what became of it' '
	book "  - {id: one, shell: \"true\", undo: {shell: echo undo-one >>effects}}
  - {id: two, shell: \"true\", undo: {shell: \"echo undo-two >>effects; until test -e go; do sleep 0.02; done\"}}"
	rm -f go && run 0 && id=$(ls state/runbook/runs)
	runbook undo "$id" >out 2>&1 </dev/null &
	run=$!
	until_true "[ -s effects ]" && keeper=$(pgrep -P $run) && step=$(pgrep -P "$keeper") &&
	kill -9 $run "$keeper" $step
	until_true "gone $run && gone $keeper" && resume 11 && effects "undo-two undo-one " &&
	has "runbook resume $id --mark two~undo=done" && resume 0 --mark two~undo=done &&
	effects "undo-two undo-one " && whole
'

test_that 'what no undo takes back is said before the first step, and in the report' '
	printf "runbook: 1\nname: post\ntype: application\nsteps:\n  - {id: letter, shell: echo letter >> effects}\n" >post.yaml
	book "  - {id: keep, shell: echo keep >> effects, undo: none}
  - {id: look, shell: \"true\", effects: read, undo: none}
  - {id: mail, shell: echo mail >> effects, irreversible: it is sent}
  - {id: write, shell: echo write >> effects, undo: {shell: echo back >> effects}}
  - {id: p, use: post}"
	run 0 &&
	grep -n . out | grep "cannot be taken back: mail: it is sent; p.letter$" | grep "^[1-4]:" &&
	grep -n . out | grep "stays after an undo, as .undo: none. says: keep$" | grep "^[1-4]:" &&
	id=$(ls state/runbook/runs) && runbook report $id >md &&
	grep "^- Cannot be taken back: mail: it is sent; p.letter$" md && grep "^- Stays, as .* says: keep$" md &&
	runbook report $id --format json | python3 -c "
import json, sys
got = [(w[\"step\"], w[\"cover\"]) for w in json.load(sys.stdin)[\"no_way_back\"]]
sys.exit(got != [(\"keep\", \"none\"), (\"mail\", \"irreversible\"), (\"p.letter\", \"missing\")])"
'
test_that 'the report says of what never ran that nothing of it is there' '
	printf "runbook: 1\nname: post\ntype: application\ninputs: {n: {}}\nsteps:\n  - {id: letter, shell: \"true\"}\n" >post.yaml
	book "  - {id: list, for_each: [a.b, c], steps: [{id: child, shell: \"true\", undo: none}, {id: p, use: post, with: {n: x}}]}
  - {id: over, if: \"false\", shell: \"true\"}
  - {id: half, shell: exit 1}
  - {id: mail, shell: \"true\", irreversible: it is sent}
  - {id: late, shell: \"true\", undo: none}
  - {id: q, use: post, with: {n: x}}"
	run 1 && id=$(ls state/runbook/runs) && runbook report $id >out &&
	has "- Cannot be taken back: p.letter, half" && lacks "half; mail" &&
	grep "^- Stays, as .* says: child$" out &&
	has "- Was not done, so that nothing of it is there: over; mail: it is sent; late, q.letter"
'
test_that 'what a person did and no undo takes back is listed, and only that' '
	book "  - {id: pull, name: Pull it, manual: Pull the cable}
  - {id: absent, manual: Not here}
  - {id: loud, manual: Shout, undo: {shell: \"true\"}}
  - {id: wires, for_each: [x], manual: Cut}
  - {id: g, undo: {shell: \"true\"}, steps: [{id: inner, manual: In a group}]}
  - {id: ask, prompt: {message: How many, default: one}}
  - {id: late, shell: test -e never, undo: none}
  - {id: never, manual: Not reached}"
	run 1 --answer pull=done --answer absent=na:nothing --answer loud=done --answer wires=done --answer inner=done --answer never=done &&
	id=$(ls state/runbook/runs) && exits 0 runbook undo "$id" >out 2>&1 </dev/null &&
	sed -n "/^Done by hand, and not taken back:/,/^\$/p" out >list && printf "%s\n" "Done by hand, and not taken back:" "  pull      Pull it" "  wires[x]" "" >want && same want list &&
	runbook report "$id" --format json | python3 -c "
import json, sys
got = [(n[\"step\"], n[\"why\"]) for n in json.load(sys.stdin)[\"not_undone\"]]
sys.exit(str(got) if got != [(\"pull\", \"by_hand\"), (\"wires[x]\", \"by_hand\"), (\"late\", \"none\")] else 0)" &&
	runbook report "$id" >out && has "## Done by hand, and not taken back" && has "- pull: Pull it"
'
test_that 'where it is said to have effects it is one that cannot be undone' '
	book "  - {id: pull, manual: Pull the cable, effects: write}" && run 0 --answer pull=done &&
	id=$(ls state/runbook/runs) && exits 10 runbook undo "$id" >out 2>&1 </dev/null && has "Cannot be undone:" && lacks "Done by hand"
'
test_that 'each reason stands behind its own step' '
	book "  - {id: c, shell: \"true\"}
  - {id: d, shell: \"true\"}
  - {id: f, shell: \"true\", irreversible: mails are out}
  - {id: g, shell: \"true\", irreversible: it is told}
  - {id: h, shell: \"true\"}
  - {id: i, shell: \"true\"}" && run 0 &&
	has "cannot be taken back: c, d; f: mails are out; g: it is told; h, i"
'

# What the undo of a group takes back is not named as missing or staying: it counts alone, but for its rescue.
test_that 'what the undo of a group takes back is said to be taken back by it, everywhere' '
	printf "runbook: 1\nname: post\ntype: application\nsteps:\n  - {id: letter, shell: echo letter >> effects}\n" >post.yaml
	book "  - id: change
    steps:
      - {id: replace, shell: echo replace >> effects}
      - {id: keep, shell: echo keep >> effects, undo: none}
      - {id: mail, shell: echo mail >> effects, irreversible: it is sent}
      - {id: own, shell: echo own >> effects, undo: {shell: echo never >> effects}}
      - {id: deep, steps: [{id: down, shell: echo down >> effects}], undo: {shell: echo never >> effects}}
    rescue: [{id: second, shell: echo second >> effects}]
    undo: {shell: echo back >> effects}
  - {id: p, use: post, undo: {shell: echo unpost >> effects}}
  - id: stays
    undo: none
    steps: [{id: left, shell: echo left >> effects}]" &&
	exits 0 runbook plan book.yaml >plan && grep -qx "cannot be taken back: mail, second" plan &&
	grep -qx "stays after an undo, as .undo: none. says: stays" plan &&
	[ "$(grep -c "undo: by change$" plan)" = 5 ] && [ "$(grep -c "undo: by p$" plan)" = 1 ] &&
	! grep -A1 "1 left\|[0-9] left" plan | grep "undo:" &&
	exits 0 runbook view book.yaml >out && has "by change" && has "by p" &&
	[ "$(grep -c "cannot be taken back" out)" = 1 ] && run 0 &&
	has "cannot be taken back: mail: it is sent; second" && has "says: stays" &&
	id=$(ls state/runbook/runs) && runbook report "$id" --format json | python3 -c "
import json, sys
got = {s[\"id\"]: s.get(\"undo\") for s in json.load(sys.stdin)[\"steps\"]}
want = {\"replace\": \"outside\", \"keep\": \"outside\", \"mail\": \"irreversible\", \"own\": \"outside\", \"down\": \"outside\",
        \"deep\": \"outside\", \"change\": \"undo\", \"p\": \"undo\", \"p.letter\": \"outside\", \"left\": \"outside\", \"stays\": \"none\"}
sys.exit(str(got) if any(got.get(k) != v for k, v in want.items()) else 0)"
'
test_that 'and it is so: the undo is that of the group alone' '
	exits 0 runbook undo "$(ls state/runbook/runs)" >out 2>&1 </dev/null; effects "replace keep mail own down letter left unpost back " || { cat out effects; return 1; }
'
test_that 'where everything can be taken back nothing is said of that' '
	book "  - {id: write, shell: echo write >> effects, undo: {shell: echo back >> effects}}" && run 0 &&
	lacks "taken back" && lacks "stays after" && runbook report "$(ls state/runbook/runs)" >out && lacks "does not take back"
'


two='  - {id: one, shell: echo one >>effects, undo: {shell: echo undo-one >>effects}}
  - {id: two, shell: echo two >>effects, undo: {shell: "echo undo-two >>effects; test -e go"}}
  - {id: three, shell: "test -e mended", undo: none}'

test_that 'after the undo of one step a resume undoes nothing more, and says what can be done' '
	book "$two" && run 1 && id=$(ls state/runbook/runs) && touch go &&
	exits 0 runbook undo "$id" --step two >out 2>&1 </dev/null && effects "one two undo-two " && touch mended &&
	resume 2 && has "\`two\` was undone" && has "runbook undo $id" && effects "one two undo-two " && whole &&
	exits 0 runbook undo "$id" >out 2>&1 </dev/null && effects "one two undo-two undo-one " && resume 2
'
test_that 'an undo of one step that failed is tried again by a resume, and that step alone' '
	rm -f mended; book "$two" && run 1 && id=$(ls state/runbook/runs) &&
	exits 10 runbook undo "$id" --step two >out 2>&1 </dev/null && effects "one two undo-two " && has "go on undoing this step" &&
	touch go && resume 0 && effects "one two undo-two undo-two " && resume 2 && whole
'
test_that 'a crash in it: a resume sees to that step, and the run is what it was' '
	book "  - {id: one, shell: \"true\", undo: {shell: echo undo-one >>effects}}
  - {id: two, shell: \"true\", undo: {shell: \"echo undo-two >>effects; until test -e go; do sleep 0.02; done\", idempotent: true}}" && run 0 && id=$(ls state/runbook/runs)
	runbook undo "$id" --step two >out 2>&1 </dev/null &
	run=$!
	until_true "[ -s effects ]" && kill -9 $run && until_true "gone $run" && touch go &&
	resume 0 && effects "undo-two " && runbook runs | grep " ok " && resume 2 &&
	[ "$(sqlite3 "state/runbook/runs/$id/journal.db" "SELECT state FROM run")" = final ]
'
test_that 'after an undo of everything that stopped half-way a resume goes on undoing' '
	book "$two" && run 1 && id=$(ls state/runbook/runs) && touch go && exits 0 runbook undo "$id" --step two >out 2>&1 </dev/null &&
	exits 0 runbook undo "$id" >out 2>&1 </dev/null && effects "one two undo-two undo-one "
'
test_that 'undone, which describes the world after a complete undo, is not asked after one step' '
	book "  - {id: one, shell: echo one >>effects, undo: {shell: echo undo-one >>effects}}
  - {id: two, shell: echo two >>effects, undo: {shell: echo undo-two >>effects}}" "undone: [{id: u, shell: \"false\"}]" &&
	run 0 && id=$(ls state/runbook/runs) && exits 0 runbook undo "$id" --step two >out 2>&1 </dev/null && lacks "phase     undone" && has "two of book is undone" &&
	exits 10 runbook undo "$id" >out 2>&1 </dev/null
'
# step CODE ID: the undo of that one
step() {
	exits "$1" timeout 120 runbook undo "$id" --step "$2" >out 2>&1 </dev/null || { cat out; return 1; }
}
groups='  - id: change
    steps:
      - {id: a, shell: "true", undo: {shell: echo undo-a >>effects}}
      - {id: b, shell: "true", undo: {shell: echo undo-b >>effects}}
  - id: whole
    undo: {shell: echo undo-whole >>effects}
    steps:
      - {id: replace, shell: "true", undo: {shell: echo never >>effects}}
  - {id: keep, shell: "true", effects: write, undo: none}
  - {id: look, shell: "true", effects: read}
  - {id: off, if: "false", shell: "true", undo: {shell: echo never >>effects}}
  - {id: mail, shell: "true", effects: write, irreversible: it is sent}'

test_that 'a group without an undo of its own is one step: what is in it is undone, latest first' '
	book "$groups" && run 0 && id=$(ls state/runbook/runs) && step 0 change && effects "undo-b undo-a " &&
	has "change of book is undone" && step 2 change && has "nothing to take back of \`change\`: it is undone already" &&
	effects "undo-b undo-a " && whole && resume 2
'
test_that 'one step in it is undone alone, the rest of it later' '
	book "$groups" && run 0 && id=$(ls state/runbook/runs) && step 0 a && effects "undo-a " && step 0 change &&
	effects "undo-a undo-b "
'
test_that 'a step that a group takes back is refused, and the group is named' '
	book "$groups" && run 0 && id=$(ls state/runbook/runs) && step 2 replace &&
	has "\`replace\` is taken back by \`whole\`: --step whole" && [ ! -e effects ] && step 0 whole && effects "undo-whole " &&
	step 2 replace && has "nothing to take back of \`replace\`: it was taken back by \`whole\`" && lacks " undone"
'
test_that 'where there is nothing to take back that is said, and nothing is called undone' '
	book "$groups" && run 0 && id=$(ls state/runbook/runs) && step 2 keep && has "nothing to take back of \`keep\`: it says \`undo: none\`" &&
	lacks undone && step 2 look && has "nothing to take back of \`look\`: it changes nothing" && lacks undone &&
	step 2 off && has "nothing to take back of \`off\`: it never started" && step 2 nobody && has "\`nobody\`, which is not in this runbook" &&
	step 10 mail && has "it is irreversible" && lacks "is undone" && [ ! -e effects ] && whole
'
test_that 'what needs a step counts until it is undone, also as a group, and also of a step in a group' '
	book "  - {id: base, steps: [{id: a, shell: \"true\", undo: {shell: echo undo-a >>effects}}]}
  - {id: top, needs: [base], steps: [{id: b, shell: \"true\", undo: {shell: echo undo-b >>effects}}]}" && run 0 && id=$(ls state/runbook/runs) &&
	step 2 base && has "\`base\` cannot be undone before \`top\`, which needs it" && step 2 a && step 0 top && step 0 a &&
	effects "undo-b undo-a "
'
test_that 'a group of which one undo failed goes on with that one alone' '
	book "  - id: change
    steps:
      - {id: a, shell: \"true\", undo: {shell: \"echo undo-a >>effects; test -e go\"}}
      - {id: b, shell: \"true\", undo: {shell: echo undo-b >>effects}}
  - {id: other, shell: \"true\", undo: {shell: echo never >>effects}}" && run 0 && id=$(ls state/runbook/runs) &&
	step 10 change && effects "undo-b undo-a " && touch go && resume 0 && effects "undo-b undo-a undo-a " && resume 2 && whole
'
test_that 'hooks hear of an undo of everything, and of that of one step only when it goes wrong' '
	book "$groups
  - {id: bad, shell: \"true\", undo: {shell: exit 3}}" "hooks:
  success: [{id: s, shell: \"echo success >>told\"}]
  undone: [{id: u, shell: \"echo undone >>told\"}]
  failure: [{id: f, shell: \"echo failure >>told\"}]" && rm -f told && run 0 && id=$(ls state/runbook/runs) && rm told &&
	step 0 change && [ ! -e told ] && step 10 bad && [ "$(cat told)" = failure ]
'
test_that 'a run of which a step was taken back is nowhere plainly good, and keeps its result' '
	book "$groups" && run 0 && id=$(ls state/runbook/runs) && step 0 change &&
	runbook runs >out && has " ok " && has "since then b, a were undone" && runbook runs -o ndjson >out && has "\"result\":\"ok\"" && has "\"undone\":[\"b\",\"a\"]" &&
	runbook show $id >out && has "final, ok, since then a, b were undone (exit code 0)" &&
	runbook report $id >out && has "ok, since then a, b were undone (exit code 0)" && whole &&
	exits 10 runbook undo $id >out 2>&1 </dev/null && runbook runs >out && has undo_incomplete && lacks "since then" && whole
'
test_that 'one that had failed did not go well because of it' '
	book "$two" && touch go && run 1 && id=$(ls state/runbook/runs) && step 0 two && runbook report "$id" >out &&
	has "failed, since then two was undone (exit code 1)" && runbook show "$id" >out && has "ended, failed, since then two was undone (exit code 1)" && whole &&
	runbook report "$id" --format json | python3 -c "import json, sys; r = json.load(sys.stdin); sys.exit((r[\"result\"], r[\"exit\"]) != (\"failed\", 1))"
'
test_that 'an undo begins as one, and is undone only in the end' '
	book "$two" && touch go && run 1 && id=$(ls state/runbook/runs) && exits 0 runbook undo "$id" >out 2>&1 </dev/null &&
	has "run $id of book is being undone, by" && lacks "is undone, by"
'

# Nobody there: what an undo would ask is a no, and the contract wants the others undone all the same.
asking='  - {id: one, shell: "true", undo: {shell: echo undo-one >>effects}}
  - {id: two, shell: "true", undo: {shell: echo undo-two >>effects, confirm: Really}}
  - {id: gone, if: "false", shell: "true", undo: {shell: echo never >>effects, confirm: Really}}
  - {id: three, shell: "true", undo: [{shell: echo undo-three >>effects, confirm: {message: M, danger: severe, phrase: drop app}}, {manual: Look}]}
  - {id: each, for_each: [x, y], shell: "true", undo: {shell: "echo undo-${{ item }} >>effects", confirm: Really}}'
asked='--confirm each~undo=yes (or --yes), --confirm three~undo.1='"'drop app'"', --answer three~undo.2=done, --confirm two~undo=yes (or --yes)'
# warned_first: the warning stands before the first undo
warned_first() {
	grep -n "may need\|undoing\|undo of\|undone" out | sed -n 1,3p | grep "may need" || { cat out; return 1; }
}
test_that 'without a terminal it is said before the first undo which answers are missing, and each once' '
	book "$asking" && run 0 && id=$(ls state/runbook/runs) && exits 10 runbook undo $id >out 2>&1 </dev/null &&
	has "the undo may need 4 answers" && has "$asked" && effects "undo-one " && warned_first && whole &&
	runbook report $id >out && has "may need 4 answers"
'
test_that 'what a flag answers is not named, of a list only what is missing, and nothing where all is answered' '
	book "$asking" && run 0 && id=$(ls state/runbook/runs) &&
	exits 10 runbook undo $id --yes --answer three~undo.2=done >out 2>&1 </dev/null &&
	has "may need 1 answer;" && has "help: --confirm three~undo.1=" && lacks "or --yes" && effects "undo-y undo-x undo-two undo-one " &&
	exits 0 runbook resume $id --confirm three~undo.1="drop app" --answer three~undo.2=done >out 2>&1 </dev/null && lacks "may need" &&
	book "$asking" && run 0 && id=$(ls state/runbook/runs) &&
	exits 10 runbook undo $id --confirm "each[x]~undo=yes" >out 2>&1 </dev/null && has "may need 4 answers" && has "each~undo=yes" &&
	effects "undo-x undo-one "
'
test_that 'the same of one step, of an undo that a failure begins, and of one that a resume goes on with' '
	book "$asking" && run 0 && id=$(ls state/runbook/runs) &&
	exits 10 runbook undo $id --step two >out 2>&1 </dev/null && has "may need 1 answer;" && has "help: --confirm two~undo=yes" &&
	resume 10 && has "help: --confirm two~undo=yes" && resume 0 --yes && lacks "may need" && effects "undo-two " &&
	book "$asking
  - {id: bad, shell: exit 1, undo: none, on_failure: undo}" && run 10 && has "may need 4 answers" && warned_first && effects "undo-one "
'

test_that 'an undo of several steps is told with all of them, and no undo of its own is promised' '
	book "  - id: one
    shell: \"true\"
    confirm: {message: Begin?}
    undo: {steps: [{id: u, shell: echo first >>effects}, {id: v, confirm: Really?, shell: echo second >>effects}]}
  - {id: bad, shell: exit 1, undo: none, on_failure: undo}" &&
	runbook view book.yaml >out && has "echo first >>effects" && has "echo second >>effects" &&
	exits 9 on-terminal -e "Begin?" "yes\n" -e "Really?" "yes\n" runbook run book.yaml --color=never >out && effects "first second " &&
	tr -d "\r" <out | grep -A4 "^Begin?" >asked && grep "undo *echo first" asked && grep "echo second" asked &&
	lacks "which it is part of"
'

test_that 'an id that several steps have is none of them, nor is that of a step in a used runbook' '
	printf "%s\n" "runbook: 1" "name: inner" "type: action" "steps: [{id: k, shell: \"true\", undo: {shell: echo uk >> effects}}]" >inner.yaml
	book "  - {id: g, for_each: [p, q], steps: [{id: i, shell: \"true\", undo: {shell: \"echo \${{ item }} >> effects\"}}]}
  - {id: s, use: inner}"
	run 0 && id=$(ls state/runbook/runs) &&
	for step in i k; do exits 2 runbook undo "$id" --step $step >out 2>&1 </dev/null || exit 1; done &&
	for step in s.k "g[q].i"; do exits 0 runbook undo "$id" --step $step >out 2>&1 </dev/null || exit 1; done && effects "uk q "
'

asked_both_ways='  - {id: one, shell: "true", undo: [{id: back, shell: echo undo-one >>effects, confirm: Really?}]}
  - {id: two, shell: echo two >>effects, undo: none, approve: {message: Go on?}}'

test_that 'an undo withdraws what was asked on the way forward, and what nobody confirms is not undone' '
	book "$asked_both_ways" && run 6 --detach && id=$(ls state/runbook/runs) &&
	runbook waiting >out && has "runbook approve $id two" &&
	exits 10 runbook undo "$id" >out 2>&1 </dev/null && has "two: no answer, it was not asked any more" &&
	has "undo_failed one" && lacks "runbook approve" && lacks "runbook reject" &&
	runbook waiting >out && has "No run waits" &&
	exits 2 runbook approve "$id" two >out 2>&1 && has "\`two\` of run $id is not asked any more" &&
	resume 10 && lacks "runbook approve" && resume 0 --yes && effects "undo-one " && whole
'

test_that '... and with --detach only the undo is waited for' '
	book "$asked_both_ways" && run 6 --detach && id=$(ls state/runbook/runs) &&
	exits 6 runbook undo "$id" --detach >out 2>&1 </dev/null && lacks "runbook approve" &&
	has "runbook resume $id --confirm one~undo.1=yes" && runbook waiting >out && lacks "Go on?" && has "Really?" &&
	resume 6 && resume 0 --yes && effects "undo-one "
'

test_that '... also that of one step, behind which there is no way forward any more' '
	book "$asked_both_ways" && run 6 --detach && id=$(ls state/runbook/runs) &&
	exits 0 runbook undo "$id" --step one --yes >out 2>&1 </dev/null && effects "undo-one " && has "two: no answer, it was not asked any more" &&
	runbook waiting >out && has "No run waits" && resume 2
'

done_testing
