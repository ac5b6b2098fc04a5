#!/bin/sh
# The report of a long run of which half failed, as a tired reader sees it: nothing is empty
# where something is announced, nothing is told twice, and ids are those of the file.

. "$(dirname "$0")/../lib.sh"

cat >long.yaml <<'END'
runbook: 1
name: long
type: application
on_failure: undo
inputs: {version: {default: "1.0"}}
checklist:
  - The team knows
  - {item: The disk has room, check: {shell: "true"}}
prepare:
  - {id: ticket, prompt: {message: Which ticket?, default: T-1}}
steps:
  - {id: close, name: Close the shop, shell: echo closed, undo: {shell: echo open}}
  - {id: soft, shell: "echo soft >&2; exit 7", on_failure: continue, undo: none}
  - {id: res, shell: exit 3, undo: none, rescue: [{id: helped, shell: echo helped, undo: none}]}
  - {id: deploy, name: Deploy it, shell: "echo boom >&2; exit 4", retry: {attempts: 2, delay: 10ms}, undo: {shell: exit 9}}
  - {id: after, name: After it, shell: echo after, undo: none}
  - {id: last, shell: echo last, undo: none}
hooks: {failure: [{id: page, shell: exit 5}]}
followups: [{title: Look}]
END
exits 10 runbook run long.yaml --attest checklist_1=told 2>err
id=$(sed -n 's/.*(run \([0-9a-z]*\), exit.*/\1/p' err)
runbook report "$id" >md
cat >silent.yaml <<'END'
runbook: 1
name: silent
type: application
steps:
  - {id: b, confirm: {message: Really, timeout: 300ms}, shell: echo b, undo: none}
END
on-terminal -e "to decline:" "" runbook run silent.yaml --color=never >seen 2>&1
silent=$(sed -n 's/.*(run \([0-9a-z]*\), exit.*/\1/p' seen)

# Does $2, a file, hold $1 as a whole row? Times are written as TIME.
row() { sed "s/[0-9-]\{10\} [0-9:]\{8\}/TIME/" "$2" | grep -qxF -- "$1" || { echo "not: $1"; cat "$2"; return 1; }; }

test_that 'of a step that failed it is said how often it was tried, and what is done about it' '
	grep -q "^After 2 attempts\.$" md && row "- soft failed, and the run went on" md && row "- res failed, and was rescued" md
'
test_that 'what was not reached is named by its name, without the word for a state' '
	row "- after: After it" md && row "- last: not reached" md && ! grep -q ": pending" md
'
test_that 'a checklist item that the machine answers has the name of the item' '
	row "| \`checklist_2\` | The disk has room | held before the undo | 0.0 s |  |  |" md && row "| TIME | \`checklist_2\` | holds |" md &&
	! grep -q "check_1" md
'
test_that 'an answer that nobody gave has no blank where its giver would stand' '
	row "| TIME | \`ticket\` | Which ticket? | T-1 | the default |  |" md && row "| TIME | \`ticket\` | answered: T-1, the default |" md &&
	runbook report "$silent" >quiet && row "| TIME | \`b\` | no answer, the time was up |" quiet &&
	row "| TIME | \`b\` | Really | no answer | the time was up |  |" quiet && ! grep -q "| none |\|: none\b[^s]*$\|by *[|:]" quiet &&
	! grep -q "by  \|by *$" md
'
test_that 'who was rescued is not told so twice' '
	row "| TIME | \`res\` | rescued: it exited with 3 |" md && ! grep -q "rescued: rescued" md err
'
test_that 'the run tells a failed hook and a failed undo once each' '
	[ "$(grep -c "hook page" err)" = 1 ] && grep -q "the hook page (failure) failed: it exited with 5" err &&
	row "- warning: the hook page (failure) failed: it exited with 5" md &&
	[ "$(grep -c "undo_failed deploy" err)" = 1 ] && ! grep -q "undo of deploy" err && grep -A2 "✗ deploy~undo: failed" err | grep -q "exit 9"
'
test_that "of a suspended run the step that waits is said to wait" '
	printf "runbook: 1\nname: susp\ntype: application\nsteps:\n  - {id: m, confirm: Really, shell: echo m, undo: none}\n" >susp.yaml &&
	exits 6 runbook run susp.yaml --detach 2>err && id=$(sed -n "s/.*(run \([0-9a-z]*\), exit.*/\1/p" err) && runbook report $id >susp && grep -qx -e "- m: waits for a person" susp
'
for format in md html json junit; do
	test_that "no leftovers in $format" "
		runbook report $id --format $format >out && ! grep -n '(null)\|by  through\|: : \|by \$\|%\.\*s\|- \$' out
	"
done

cat >groups.yaml <<'END'
runbook: 1
name: groups
type: application
on_failure: stop
steps:
  - {id: g, steps: [{id: each, for_each: [one, two], shell: "test ${{ item }} = one", undo: none}]}
END
test_that 'of what failed by something in it, only that something has a part of its own' '
	runbook run groups.yaml 2>err; grep -q "failed *each in .*: .each\[two\]. failed" err && grep -q "failed *g in .*: .each. failed" err &&
	id=$(sed -n "s/.*(run \([0-9a-z]*\), exit.*/\1/p" err) && runbook report $id >groups && [ "$(grep -c "^### " groups)" = 1 ] &&
	grep -qF "### each\[two\]: failed" groups
'

done_testing
