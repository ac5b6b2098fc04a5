#!/bin/sh
# What a later session needs again is there whole, however long it is; and what held a
# secret is known to be lost, not taken for its stars.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/book.sh"

PW='hunter2 hunter2'
export PW

# number WHAT GOT WANT
number() {
	[ "$2" = "$3" ] || { echo "$1: $2, not $3"; tail -5 out; return 1; }
}
# nothing_done: no step that has an effect was run
nothing_done() {
	[ ! -e effects ] || { echo "effects: $(cat effects)"; tail -5 out; return 1; }
}

# The last thousand wait for the end of the kill: else all may be done before who kills sees the middle.
test_that 'killed in the middle of 5,000 long items: each is done once' '
	book "  - id: p
    shell: for i in \$(seq 5000); do printf \"%0100d\\\\n\" \$i; done
    undo: none
  - id: f
    for_each: {in: \"\${{ steps.p.lines }}\", parallel: 8}
    exec: [sh, -c, \"echo \$1 >> effects; case \$1 in *04???) until test -e go; do sleep 0.02; done; esac\", x, \"\${{ item }}\"]
    undo: none
  - {id: z, shell: \"echo \${{ size(steps.f.items) }} > sum\", undo: none}"
	start -q && until_true "[ \$(wc -l <effects) -ge 2500 ]" && kill -9 "$run" &&
	until_true "gone $run" && touch go &&
	resume 0 && number "items that were done" $(wc -l <effects) 5000 && number "different ones" $(sort -u effects | wc -l) 5000 &&
	number "items of the list" "$(cat sum)" 5000 && whole
'

test_that 'what was there before is longer than an event: an undo after a resume has it all' '
	head -c 100000 /dev/zero | tr "\0" x >old
	book "  - id: a
    before: {old: {file: {read: old}}}
    shell: echo new >old
    undo: {file: {write: {path: back, content: \"\${{ before.old.content }}\"}}}
  - {id: b, shell: exit 1, undo: none}"
	run 1 && id=$(ls state/runbook/runs) && exits 0 runbook undo "$id" -q &&
	number "bytes that are back" "$(wc -c <back)" 100000
'

test_that 'what a callee was given is longer than an event: it is given it all again' '
	mkdir -p runbooks && echo "runbooks: runbooks" >.runbook.yaml
	printf "runbook: 1\nname: callee\ntype: action\ninputs: {text: {}}\nsteps:\n%s\n" \
		"  - {id: s, shell: {run: test -e ok; wc -c >>effects, stdin: \"\${{ inputs.text }}\"}, undo: none}" >runbooks/callee.yaml
	book "  - {id: p, shell: head -c 50000 /dev/zero | tr \"\\\\0\" y, undo: none}
  - {id: u, use: callee, with: {text: \"\${{ steps.p.stdout }}\"}}"
	run 1 && touch ok && id=$(ls state/runbook/runs) && resume 0 && effects "50000 "
'

secret='secrets: {pw: {env: PW}}'

test_that 'a secret that a callee was given is read again' '
	printf "runbook: 1\nname: callee\ntype: action\ninputs: {pw: {secret: true}}\nsteps:\n%s\n" \
		"  - {id: s, shell: \"test -e ok2; printf %s \${{ inputs.pw }} | sed s/hunter/H/g >>effects\", undo: {shell: \"printf %s \${{ inputs.pw }} | sed s/hunter/U/g >>effects\"}}" >runbooks/callee.yaml
	book "  - {id: u, use: callee, with: {pw: \"\${{ secrets.pw }}\"}}
  - {id: z, shell: test -e ok3, undo: none}" "$secret"
	run 1 && touch ok2 && id=$(ls state/runbook/runs) && resume 1 && effects "H2 H2" &&
	exits 0 runbook undo "$id" -q && effects "H2 H2U2 U2" && ! grep -r "hunter2 hunter2" state
'

test_that 'a callee whose secret is gone: the others are undone, and it says why it is not' '
	book "  - {id: first, shell: echo first >>effects, undo: {shell: echo undo-first >>effects}}
  - {id: p, shell: \"printf %s \${{ secrets.pw }}\", undo: none}
  - {id: u, use: callee, with: {pw: \"\${{ steps.p.stdout }}\"}}" "$secret"
	rm -f ok2 && run 1 && id=$(ls state/runbook/runs) &&
	exits 10 runbook undo "$id" >out 2>&1 && effects "first undo-first " &&
	has "\`stdout\` of step \`p\` held a secret and was not kept" && exits 0 runbook abort "$id" -q
'

printed='{id: p, shell: "printf %s ${{ secrets.pw }}", undo: none}'

test_that 'a list with a secret in it is not gone on with as if it were stars' '
	book "  - $printed
  - id: f
    for_each: [\"\${{ steps.p.stdout }}\", abc]
    shell: test -e ok4; printf %s \"\${{ item }}\" >>effects
    undo: none" "$secret"
	run 1 && touch ok4 && id=$(ls state/runbook/runs) && resume 1 &&
	has "the item of \`f[0]\` held a secret and was not kept" && nothing_done
'

test_that 'what was before held a secret: the undo says so, and restores no stars' '
	book "  - $printed
  - id: a
    before: {old: \"\${{ steps.p.stdout }}\"}
    shell: \"true\"
    undo: {shell: \"printf %s \${{ before.old }} >>effects\"}
  - {id: b, shell: exit 1, undo: none}" "$secret"
	run 1 && id=$(ls state/runbook/runs) && exits 10 runbook undo "$id" >out 2>&1 &&
	has "\`old\` of step \`a\` held a secret and was not kept" && nothing_done
'

test_that 'an undo that reads a masked result says so too' '
	book "  - id: a
    shell: printf %s \"\${{ secrets.pw }}\"
    undo: {shell: \"printf %s \${{ result.stdout }} >>effects\"}
  - {id: b, shell: exit 1, undo: none}" "$secret"
	run 1 && id=$(ls state/runbook/runs) && exits 10 runbook undo "$id" >out 2>&1 &&
	has "\`stdout\` of step \`a\` held a secret" && nothing_done
'

test_that 'a result that was adopted has no secret in it: nobody knows if the rule holds' '
	book "  - id: a
    shell: echo a >>effects; until [ -e go ]; do sleep 0.02; done; echo \"\${{ secrets.pw }}\"
    expect: result.stdout.startsWith(\"hunter\")
    undo: none" "$secret"
	rm -f go && start -q && kill -9 "$run" && until_true "gone $run" && touch go &&
	resume 11 && has "held a secret and was not kept" && effects "a "
'

test_that 'a kept file that is not what was written: refused, and nothing is done with a part of it' '
	head -c 100000 /dev/zero | tr "\0" x >old
	book "  - id: a
    before: {old: {file: {read: old}}}
    shell: echo new >old
    undo: {shell: echo undo-a >>effects}
  - {id: b, shell: exit 1, undo: none}"
	run 1 && id=$(ls state/runbook/runs) && truncate -s 1000 state/runbook/runs/"$id"/before-*.json &&
	exits 12 runbook undo "$id" >out 2>&1 && has "is not what was written" && nothing_done
'

done_testing
