#!/bin/sh
# What spells out a secret stands in no kept file, by whatever name or form it is hidden; after a resume it
# is what it was, and nothing is run with the *** that hides it.

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
	grep -q "callee.yaml. has changed since run $id was started, and what stood there of a secret was not kept" out && effects "HUNTER-2-TWO " &&
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

# ---- what is hidden by other than its name

# cut [KEYS]: a runbook in which a line of a secret stands, and its base64 form, with an undo.
cut() {
	printf 'host=db.example\nuser=postgres\npassword=Zq81kkQ\n' >cred
	book "  - {id: one, shell: 'test -e go', undo: none}
  - {id: two, shell: \"printf '%s ' user=postgres | tr a-z A-Z >>effects\", undo: {shell: \"printf 'undo %s ' user=postgres | tr a-z A-Z >>effects\"}}
  - {id: three, shell: 'echo cG9zdGdyZXM9 | tr a-zA-Z b-zaB-ZA >>effects', undo: none}
  - {id: four, shell: 'test -e good', undo: none}
$1" "secrets: {cred: {file: cred}, tok: {env: TOK}}
env: {E: cG9zdGdyZXM9}
on_failure: stop"
	export TOK=postgres=
	run 1 && id=$(ls state/runbook/runs) && nowhere user=postgres && nowhere cG9zdGdyZXM
}
test_that 'a line of a secret and its base64 are what they were after a resume, and in an undo' '
	cut && touch go && resume 1 && effects "USER=POSTGRES dH9aeHezAYN9 " && exits 0 runbook undo "$id" >out 2>&1 </dev/null &&
	effects "USER=POSTGRES dH9aeHezAYN9 UNDO USER=POSTGRES " && nowhere user=postgres && whole
'
test_that '... where the file has changed nothing is run, and it is said' '
	cut && touch go && cp book.yaml before && echo "# changed" >>book.yaml && resume 4 && has "has changed since run $id was started, and what stood there of a secret was not kept" &&
	exits 4 runbook undo "$id" >out 2>&1 </dev/null && [ ! -e effects ] && cp before book.yaml && resume 1 && effects "USER=POSTGRES dH9aeHezAYN9 "
'
test_that '... and abort runs nothing of it either' '
	cut && touch go && echo "# changed" >>book.yaml && exits 0 runbook abort "$id" >out 2>&1 </dev/null && [ ! -e effects ]
'
test_that '... nor an `always` that a crash left out' '
	printf "host=db.example\nuser=postgres\n" >cred &&
	book "  - {id: one, shell: \"echo x >>effects; while [ ! -e go ]; do sleep 0.1; done\", undo: none}
always:
  - {id: a, shell: \"printf %s user=postgres >>effects\", undo: none}" "secrets: {cred: {file: cred}}" && start && kill -9 $run && until_true "gone $run" &&
	echo "# changed" >>book.yaml && touch go && exits 0 runbook abort "$id" >out 2>&1 </dev/null && has "is left out" && effects "x "
'

test_that '... nor the rest of one in which it crashed' '
	printf "host=db.example\nuser=postgres\n" >cred &&
	book "  - {id: one, shell: \"true\", undo: none}
always:
  - {id: a, shell: \"echo x >>effects; while [ ! -e go ]; do sleep 0.1; done\", undo: none}
  - {id: b, shell: \"printf %s user=postgres >>effects\", undo: none}" "secrets: {cred: {file: cred}}" && start && kill -9 $run && until_true "gone $run" &&
	echo "# changed" >>book.yaml && touch go && exits 0 runbook abort "$id" >out 2>&1 </dev/null && effects "x "
'

# values STEPS [OPTION...]: inputs and vars that hold a secret.
values() {
	export PW=postgres
	book "  - {id: one, shell: 'test -e go', undo: none}
  - {id: two, shell: \"printf '%s ' \${{ inputs.user }} \${{ inputs.l[1] }} \${{ vars.m.b }} \${{ vars.v[1] }} | tr a-z A-Z >>effects\", undo: none}
  - {id: fe, for_each: '\${{ inputs.l }}', shell: 'printf \"%s \" \${{ item }} | tr a-z A-Z >>effects; test -e go2', undo: none}
$1" "secrets: {pw: {env: PW}}
inputs: {user: {default: db-postgres-1, pattern: '^db-.*1$'}, l: {type: list, default: [a, db-postgres-2]}}
vars: {v: [x, postgres], m: {b: xpostgresx}}
env: {E: postgres}
on_failure: stop"
	shift
	run 1 "$@" && id=$(ls state/runbook/runs) && nowhere postgres
}
all="DB-POSTGRES-1 DB-POSTGRES-2 XPOSTGRESX POSTGRES "
test_that 'a plain input or var that holds a secret is computed again' '
	values "" && touch go go2 && resume 0 && effects "${all}A DB-POSTGRES-2 "
'
test_that '... also where the file has changed since' '
	values "" && touch go go2 && echo "# changed" >>book.yaml && resume 0 && effects "${all}A DB-POSTGRES-2 "
'
test_that '... and an item of a list that holds one is never the text ***' '
	rm -f go2 && values "" && touch go && resume 1 && effects "${all}A " && touch go2 && resume 1 && has "of \`fe[1]\` held a secret and was not kept" && effects "${all}A A "
'
test_that 'what was given is given again' '
	rm -f go go2 && values "" -i user=db-postgres-x1 && touch go go2 && resume 3 && has "input \`user\` held a secret and was not kept" && has "--inputs FILE" && [ ! -e effects ] &&
	echo "user: db-postgres-x1" >in.yaml && resume 0 --inputs in.yaml && effects "DB-POSTGRES-X1 DB-POSTGRES-2 XPOSTGRESX POSTGRES A DB-POSTGRES-2 "
'

# ---- what a used runbook will read

test_that 'the file of a secret is below `dir`, also where it is only looked at' '
	callee "x" && mkdir -p in && sed -i "s|exec: .x.|file: good|; s|>effects|>../effects|; s|^title|dir: in\ntitle|" runbooks/callee.yaml && echo hunter-2-two >in/good &&
	run 1 && effects "HUNTER-2-TWO " && nowhere hunter-2-two && mv in/good . && run 4 && has "secret \`k\`: file \`good\` cannot be read"
'

# action NAME KEYS STEP: a runbook to be used
action() {
	mkdir -p runbooks && : >.runbook.yaml && printf '%s\n' 'runbook: 1' "name: $1" "title: $1" 'type: action' 'owners: [x]' "$2" 'steps:' "  - $3" >"runbooks/$1.yaml"
}
test_that 'what it will read of a file stands neither in the kept plan nor in what is printed before' '
	mkdir -p deep && echo hunter-2-two >key && echo hunter-3-three >deep/key && echo hunter-4-four >token &&
	action first "" "{id: s, shell: \"echo hunter-2-two; cat key deep/key token; echo hunter-4-four | tr a-z A-Z >>effects\", undo: none}" &&
	action second "secrets: {k: {file: key}, l: {file: \"\${{ inputs.where }}\"}}
inputs: {where: {required: true}}" "{id: s, shell: \"[ -e go ]\", undo: none}" &&
	action third "secrets: {t: {file: token}}" "{id: u, use: second, with: {where: deep/key}}" &&
	book "  - {id: f, use: first}
  - {id: t, use: third}" && run 1 && id=$(ls state/runbook/runs) && for name in two three four; do lacks "-$name" && nowhere "hunter-[234]-$name" || exit 1; done &&
	whole && effects "HUNTER-4-FOUR " && : >go && resume 0 && effects "HUNTER-4-FOUR "
'
test_that '... and what waits in a pipe is not taken from it' '
	callee x && sed -i "s|exec: .x.|file: pipe|" runbooks/callee.yaml && mkfifo pipe && { echo hunter-2-two >pipe & } && : >go && run 0 && effects "HUNTER-2-TWO "
'

done_testing
