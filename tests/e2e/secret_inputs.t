#!/bin/sh
# A secret input is kept nowhere, so who goes on with the run is asked for it again, and where
# nobody is asked the words name the way. `abort` needs none: a lock is not held for a password.

. "$(dirname "$0")/../lib.sh"

cat >book.yaml <<'BOOK'
runbook: 1
name: book
type: application
lock: shop
inputs:
  pw: {secret: true, prompt: "Password?"}
  size: {type: int, default: 3, prompt: "Size?"}
vars:
  twice: "${{ inputs.pw + inputs.pw }}"
  plain: "p${{ inputs.size }}"
steps:
  - {id: one, env: {PW: "${{ inputs.pw }}"}, shell: 'echo "did $PW" >trace', undo: {env: {PW: "${{ inputs.pw }}"}, shell: 'echo "undid $PW" >>trace'}}
  - {id: two, shell: "test -e good", undo: none}
BOOK
# A run whose interpreter was killed still owes its `always`.
sed -e 's/^name: book/name: owes/' -e 's/test -e good/until [ -e pid ]; do sleep 0.1; done; kill -9 $(cat pid)/' book.yaml >owes.yaml
cat >>owes.yaml <<'BOOK'
always:
  - {id: plain, shell: 'echo "swept ${{ vars.plain }}" >>trace', undo: none}
  - {id: needs, env: {PW: "${{ inputs.pw }}"}, shell: 'echo "never" >>trace', undo: none}
BOOK
echo 'pw: sesame-123' >in.yaml

# begin [BOOK]: a run of it that failed, whose id is in $id.
begin() {
	rm -rf good trace state pid
	runbook run "${1:-book}.yaml" --on-failure stop --inputs in.yaml >begun 2>&1 </dev/null &
	echo $! >pid.new && mv pid.new pid
	wait $!
	[ $? = 1 ] || [ -n "$1" ] || { cat begun; return 1; }
	id=$(runbook runs -o ndjson | head -1 | sed "s/.*\"id\":\"\([^\"]*\)\".*/\1/")
	[ -n "$id" ]
}
told() {
	grep -qF -e "$1" out || { cat out; return 1; }
}

test_that 'what can be done says that the secret is needed again' '
	begin && grep -q "need the secret input .pw. again.*--inputs FILE" begun
'
test_that 'a run without secret inputs says nothing of them' '
	sed "s/secret: true, prompt: .Password?./default: sesame-123/; s/^name: book/name: open/" book.yaml >open.yaml && rm -rf state trace
	exits 1 runbook run open.yaml --on-failure stop >out 2>&1 </dev/null && ! grep -q -e --inputs out
'
test_that 'undo at a terminal asks for it, unseen, and for nothing else' '
	begin && exits 0 on-terminal -e "Password?" "sesame-123\n" runbook undo "$id" >out &&
	grep -q "undid sesame-123" trace && ! grep -q sesame out && ! grep -q "Size?" out
'
test_that 'resume at a terminal asks for it' '
	begin && touch good && exits 0 on-terminal -e "Password?" "sesame-123\n" runbook resume "$id" >out && ! grep -q sesame out
'
test_that 'what was given in a file is not asked for' '
	begin && exits 0 on-terminal runbook undo "$id" --inputs in.yaml >out && ! grep -qF "Password?" out
'
test_that 'nobody to ask: the words name the way' '
	begin && exits 3 runbook undo "$id" >out 2>&1 </dev/null && told "--inputs FILE" &&
	exits 3 on-terminal runbook undo "$id" --no-input >out && told "--inputs FILE" &&
	exits 0 runbook undo "$id" --inputs in.yaml >out 2>&1 </dev/null
'
test_that 'abort needs no input' '
	begin && exits 0 runbook abort "$id" >out 2>&1 </dev/null &&
	runbook locks | grep "No lock" && runbook runs | grep aborted && ! grep -q "error" out
'
test_that 'abort at a terminal asks for nothing' '
	begin && exits 0 on-terminal runbook abort "$id" >out && ! grep -qF "Password?" out
'
test_that 'abort does what it can of an owed `always`, says what it cannot, and ends' '
	begin owes && runbook locks | grep -q shop && { runbook abort "$id" >out 2>&1 </dev/null; cat out; runbook runs | grep aborted; } &&
	runbook locks | grep "No lock" && grep -q "swept p3" trace && ! grep -q never trace && told "input \`pw\`"
'
test_that 'the others are what they were: a file may say the same, and nothing else' '
	cat >many.yaml <<-END
		runbook: 1
		name: many
		type: application
		inputs: {pw: {secret: true, required: true}, n: {type: int, default: 3}, p: {type: path, exists: false}, l: {type: list}, d: {type: duration}, u: {required: false}}
		steps: [{id: one, shell: "echo \${{ inputs.n }} >>trace; test -e good"}]
	END
	printf "%s\n" "pw: sesame-123" "n: 4" "p: q/r" "l: [a, 1]" "d: 300s" >many.in
	rm -rf good trace state && exits 1 runbook run many.yaml --on-failure stop --inputs many.in >out 2>&1 </dev/null && id=$(ls state/runbook/runs) &&
	for line in "n: 3" "p: q/s" "l: [a]" "d: 5s" "u: x"; do
		{ grep -v "^${line%%:*}:" many.in; echo "$line"; } >other.in
		exits 3 runbook resume "$id" --inputs other.in >out 2>&1 </dev/null && told "input \`${line%%:*}\` is not what the run began with" || exit 1
	done &&
	sed -i "s/300s/5m/" many.in && touch good && exits 0 runbook -C / resume "$id" --inputs "$PWD/many.in" >out 2>&1 </dev/null &&
	[ "$(tr "\n" , <trace)" = "4,4," ]
'

# ---- a default that the file spells out

cat >spelled.yaml <<'BOOK'
runbook: 1
name: spelled
type: application
inputs: {pw: {secret: true, default: hunter-two-22}}
drill: {inputs: {pw: drilled-three-33}}
steps:
  - {id: one, env: {PW: "${{ inputs.pw }}"}, shell: 'echo "did ${#PW}" >>trace; test -e good', undo: {env: {PW: "${{ inputs.pw }}"}, shell: 'echo "undid ${#PW}" >>trace'}}
BOOK
cp spelled.yaml spelled.orig
# spelled [FLAG...]: a run of it that failed
spelled() {
	cp spelled.orig spelled.yaml && rm -rf good trace state
	exits 1 runbook run spelled.yaml --on-failure stop "$@" >begun 2>&1 </dev/null &&
	id=$(ls state/runbook/runs)
}
unseen() { ! grep -rqE "hunter-two|drilled-three|other-one" state begun out; }
test_that 'is not kept, and is the same when the file is' '
	spelled && touch good && exits 0 runbook resume "$id" >out 2>&1 </dev/null &&
	exits 0 runbook undo "$id" >>out 2>&1 </dev/null && [ "$(tr "\n" , <trace)" = "did 13,did 13,undid 13," ] && unseen
'
test_that 'nor is that of a drill' '
	spelled --drill && touch good && exits 0 runbook resume "$id" >out 2>&1 </dev/null &&
	[ "$(tr "\n" , <trace)" = "did 16,did 16," ] && unseen
'
test_that 'does not stand for what was given instead' '
	echo "pw: other-one" >other.yaml && spelled --inputs other.yaml && touch good &&
	exits 3 runbook resume "$id" >out 2>&1 </dev/null && told "--inputs FILE" &&
	exits 0 runbook resume "$id" --inputs other.yaml >out 2>&1 </dev/null && [ "$(tr "\n" , <trace)" = "did 9,did 9," ] && unseen
'
test_that 'is gone with the file; abort needs it no more than any' '
	spelled && echo "#" >>spelled.yaml && exits 3 runbook resume "$id" >out 2>&1 </dev/null && told "--inputs FILE" &&
	exits 0 runbook abort "$id" >out 2>&1 </dev/null && unseen
'
test_that 'of what is used is hidden too' '
	mkdir -p p/runbooks && touch p/.runbook.yaml && sed "s/^name: spelled/name: inner/" spelled.orig >p/runbooks/inner.yaml &&
	printf "%s\n" "runbook: 1" "name: outer" "type: application" "steps: [{id: s, use: inner}]" >p/runbooks/outer.yaml && rm -rf good p/good trace state begun &&
	exits 1 runbook -C p run outer >begun 2>&1 </dev/null && id=$(ls state/runbook/runs) && touch p/good good &&
	exits 0 runbook resume "$id" >out 2>&1 </dev/null && unseen
'
done_testing
