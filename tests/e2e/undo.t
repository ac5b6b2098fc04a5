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

done_testing
