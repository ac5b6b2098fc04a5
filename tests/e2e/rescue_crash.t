#!/bin/sh
# Everything is killed while something is rescued: the rescue goes on, and what it had failed for is not
# done once more.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/book.sh"

waits='until test -e go; do sleep 0.02; done'

# killed_in_it: starts the book, and kills the interpreter, its keeper and what waits.
killed_in_it() {
	start && until_true 'grep -q waits effects' && keeper=$(pgrep -P "$run") && kill -9 "$run" "$keeper" &&
		until_true 'gone $run && gone $keeper' && for left in $(pgrep -f "until test -e go"); do
			[ "$(readlink "/proc/$left/cwd")" = "$(pwd -P)" ] && kill -9 "$left"
		done
	: >go
}
rescue="[{id: r1, shell: echo r1 >>effects}, {id: r2, idempotent: true, shell: \"echo waits >>effects; $waits\"},
        {id: r3, shell: echo r3 >>effects}]"

test_that 'of a step' '
	book "  - {id: a, shell: echo a >>effects; exit 1, rescue: $rescue}
  - {id: n, shell: echo n >>effects}"
	killed_in_it && resume 8 && effects "a r1 waits waits r3 n " && has "a failed, and was rescued" && whole
'
test_that 'of a group, with a list in it' '
	book "  - {id: g, rescue: $rescue, always: [{id: w, shell: echo w >>effects}],
     steps: [{id: k, shell: echo k >>effects}, {id: f, for_each: [x, y], shell: \"echo \${{ item }} >>effects; exit 1\"}]}
  - {id: n, shell: echo n >>effects}"
	killed_in_it && resume 8 && effects "k x r1 waits waits r3 w n " && whole
'
test_that 'of which a step is not known: a person says so, and it goes on behind that' '
	book "  - {id: a, shell: echo a >>effects; exit 1, rescue: [{id: r, shell: \"echo waits >>effects; $waits\"}, {id: s, shell: echo s >>effects}]}"
	killed_in_it && resume 11 && resume 11 && effects "a waits " && resume 8 --mark r=done && effects "a waits s " && whole
'
test_that 'that fails then: the next resume begins with the step again' '
	book "  - {id: a, shell: echo a >>effects; test -e good, rescue: [{id: r, idempotent: true, shell: \"echo waits >>effects; $waits; exit 1\"}]}"
	killed_in_it && resume 1 && effects "a waits waits " && : >good && resume 0 && effects "a waits waits a "
	rm -f good
'
test_that 'that is undone: each once' '
	book "  - {id: a, shell: exit 1, undo: {shell: echo undo-a >>effects}, rescue: [{id: r1, shell: \"true\", undo: {shell: echo undo-r >>effects}},
     {id: r2, idempotent: true, shell: \"echo waits >>effects; $waits\", undo: none}]}"
	killed_in_it && exits 0 runbook undo "$id" >out 2>&1 </dev/null && effects "waits undo-r undo-a "
'

done_testing
