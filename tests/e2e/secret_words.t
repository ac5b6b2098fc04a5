#!/bin/sh
# A program whose own words spell out the secret that it prints: it stands in no kept file, and after a
# resume the secret is what it was.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/book.sh"

# callee WORDS: a runbook with a secret that the program WORDS prints; book: one that uses it.
callee() {
	mkdir -p runbooks && : >.runbook.yaml && printf '%s\n' 'runbook: 1' 'name: callee' 'title: C' 'type: action' 'owners: [x]' \
		"secrets: {k: {exec: [$1]}}" 'steps:' \
		'  - {id: s, env: {K: "${{ secrets.k }}"}, shell: "echo $K | tr a-z A-Z >>effects; [ -e go ]", undo: none}' >runbooks/callee.yaml
	book "  - {id: c, use: callee}"
}
nowhere() { ! grep -ri "$1" state; }

for words in "echo, hunter-2-two" "/bin/echo, \"hunter-2-two\"" "printf, '%s', hunter-2-two" "sh, -c, 'echo hunter-2-two'" "sh, -c, \"printf hunter-2-two\""; do
	test_that "of a used runbook: $words" '
		callee "$words"
		run 1 && id=$(ls state/runbook/runs) && effects "HUNTER-2-TWO " && nowhere hunter-2-two && : >go && resume 0 && effects "HUNTER-2-TWO HUNTER-2-TWO " &&
		nowhere hunter-2-two && whole
	'
	test_that "of the runbook itself: $words" '
		book "  - {id: s, env: {K: \"\${{ secrets.k }}\"}, shell: \"echo \$K | tr a-z A-Z >>effects; [ -e go ]\", undo: none}" "secrets: {k: {exec: [$words]}}"
		run 1 && id=$(ls state/runbook/runs) && effects "HUNTER-2-TWO " && nowhere hunter-2-two && : >go && resume 0 && effects "HUNTER-2-TWO HUNTER-2-TWO " &&
		nowhere hunter-2-two && whole
	'
done

test_that 'when the file has changed since they are not there any more, which is said' '
	callee "echo, hunter-2-two"
	run 1 && id=$(ls state/runbook/runs) && cp runbooks/callee.yaml before && echo "# changed" >>runbooks/callee.yaml && resume 4 &&
	grep -q "callee.yaml. has changed since run $id was started, and only there stand the words" out && effects "HUNTER-2-TWO " &&
	cp before runbooks/callee.yaml && : >go && resume 0 && effects "HUNTER-2-TWO HUNTER-2-TWO " || { grep . out; exit 1; }
'
test_that '... and abort needs none' '
	callee "echo, hunter-2-two"
	run 1 && id=$(ls state/runbook/runs) && echo "# changed" >>runbooks/callee.yaml && exits 0 runbook abort "$id" >out 2>&1
'
test_that 'other words are kept, and need no file' '
	echo hunter-2-two >secret && callee "cat, $work/secret" && run 1 && id=$(ls state/runbook/runs) && nowhere hunter-2-two && : >go &&
	echo "# changed" >>runbooks/callee.yaml && resume 0 && effects "HUNTER-2-TWO HUNTER-2-TWO " && nowhere hunter-2-two
'

done_testing
