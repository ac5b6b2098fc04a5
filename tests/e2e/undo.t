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
	grep -n . out | grep "cannot be taken back: mail (it is sent), p.letter$" | grep "^[1-4]:" &&
	grep -n . out | grep "stays after an undo, as .undo: none. says: keep$" | grep "^[1-4]:" &&
	id=$(ls state/runbook/runs) && runbook report $id >md &&
	grep "^- Cannot be taken back: mail (it is sent), p.letter$" md && grep "^- Stays, as .* says: keep$" md &&
	runbook report $id --format json | python3 -c "
import json, sys
got = [(w[\"step\"], w[\"cover\"]) for w in json.load(sys.stdin)[\"no_way_back\"]]
sys.exit(got != [(\"keep\", \"none\"), (\"mail\", \"irreversible\"), (\"p.letter\", \"missing\")])"
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
done_testing
