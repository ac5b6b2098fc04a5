#!/bin/sh
# Who is told that a suspended run waits for somebody: by the run itself as long as it is there, then by
# workers; once each.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/book.sh"

# What a test that fails leaves running.
trap 'kill -9 $(cat "$work/all") 2>/dev/null; rm -rf "$work"' EXIT
: >"$work/all"

# people: the second has his turn after $window seconds. A machine that took longer between a question and
# the suspend has had the run tell him itself; where a test needs a worker for that, it is tried again.
window=2
people() { echo "contacts: [{role: first}, {role: second, name: Ada, after: ${window}s}, {role: third, after: 1h}]"; }
tell='hooks: {waiting: [{id: tell, shell: "echo ${{ run.id }} ${{ contact.role }} >> told"}]}'
# waiting_book [KEYS [PREPARE]]: one step before the question, one behind it
waiting_book() {
	rm -f told ./*.log
	book '  - {id: a, shell: echo a >> effects}
  - {id: b, approve: {message: Go?, not_requester: false}, shell: echo b >> effects}' "${1-"$(people)
$tell"}
${2:-}"
}
# suspended COUNT: so many more runs that wait; $ids are all
suspended() {
	for i in $(seq "$1"); do run 6 --detach --progress=plain || return; done
	ids=$(ls state/runbook/runs)
	id=$(echo $ids | cut -d' ' -f1)
}
# At least so long: it is the turn of the second now.
turn() { sleep "$window.1"; }
left() { ! grep second told || { echo "the run has told the second itself"; return 1; }; }
# worker NAME [OPTION...]: beside us; its process id is added to $workers
worker() {
	name=$1
	shift
	runbook worker "$@" >"$name.log" 2>&1 </dev/null &
	last=$!
	workers="$workers $last"
	echo $last >>"$work/all"
	until_true "grep takes $name.log >/dev/null"
}
stop_workers() {
	for one in $workers; do kill "$one" 2>/dev/null; wait "$one" || { echo "worker $one ended with $?"; cat ./*.log; return 1; }; done
	workers=
	: >"$work/all"
}
workers=
once() { exits 0 timeout 120 runbook worker --once "$@" >out 2>&1 </dev/null || { cat out; return 1; }; }
in_state() { runbook runs -o ndjson | grep -c "\"state\":\"$1\""; }
# heard RUN ROLES: who was told of it, in order
heard() {
	[ "$(sed -n "s/^$1 //p" told | tr '\n' ' ')" = "$2" ] || { echo "told of $1:"; cat told; cat out ./*.log; return 1; }
}

failing() {
	waiting_book "$(people)
hooks: {waiting: [{id: tell, shell: \"echo try \${{ contact.role }} >> told; echo no-such-channel >&2; exit 7\"}]}"
	suspended 1 && left && turn && once && has "second" && has "the hook tell (waiting) failed for second (Ada)" && has "no-such-channel"
}
test_that 'a hook that fails fails nothing, is reported with what it printed, and is not called again' '
	in_time failing && id=$(ls state/runbook/runs) && [ "$(in_state suspended)" = 1 ] && once && lacks second && [ "$(grep -c "try second" told)" = 3 ] &&
	runbook show $id >out && has "no-such-channel" && has "tell (waiting) failed for second (Ada)" && runbook report $id >out && has "no-such-channel" && whole
'
both() {
	waiting_book "contacts: [{role: first}, {role: second, name: Ada, after: ${window}s}, {role: also, after: ${window}s}]
$tell"
	suspended 1 && left && turn && once && has "second (Ada), also are told"
}
test_that 'two whose turn it is at the same time are told together' 'in_time both'
broken() {
	waiting_book "$(people)
$tell" "secrets: {s: {file: secret}}"
	echo sesame-open >secret && chmod 600 secret && suspended 1 && left && turn && rm secret && worker one &&
		until_true "grep \"exit code 4\" one.log >/dev/null" && sleep 2.5 && stop_workers
}
test_that 'one that cannot be told of goes on waiting, and is not tried again at once' '
	in_time broken && [ "$(grep -c "second (Ada) is told" one.log)" = 1 ] && [ "$(in_state suspended)" = 1 ]
'
secretive() {
	waiting_book "$(people)
$tell" "inputs: {pw: {secret: true}}"
	sed -i "s/shell: echo a/env: {P: \"\${{ inputs.pw }}\"}, shell: echo a/" book.yaml && echo "pw: sesame-open" >in.yaml &&
		run 6 --detach --inputs in.yaml && left && turn && worker one &&
		until_true "grep -F \"its secret input\" one.log >/dev/null" && sleep 2.5 && stop_workers
}
test_that 'where a secret input is needed no worker can tell anybody, which it says once' '
	in_time secretive && [ "$(grep -c "secret input" one.log)" = 1 ] && left
'
test_that 'a drill tells nobody; what is no drill is told of beside it' '
	waiting_book "$(people)
$tell" "drill: {env: {X: y}}"
	run 6 --detach --drill && [ ! -e told ] && lacks "runbook worker" && drill=$(ls state/runbook/runs) && run 6 --detach && turn && once &&
	heard "$drill" "" && [ "$(cut -d" " -f2 told | tr "\n" " ")" = "first second " ]
'
test_that 'what a contact is called cannot speak for the worker' '
	waiting_book "contacts: [{role: first}, {role: \"se\u001b[31m\u000acond\", after: ${window}s}]
$tell" && suspended 1 && turn && once && ! grep "$(printf "\033")" out && ! grep "^cond" out && grep -c cond told | grep -x 1
'
test_that 'without a hook nothing is started, and nothing promised' '
	waiting_book "$(people)" && suspended 1 && lacks "runbook worker" && turn && once && lacks "second" && [ "$(in_state suspended)" = 1 ]
'
test_that 'with nobody left to tell nothing is promised' '
	waiting_book "contacts: [{role: first}]
$tell" && suspended 1 && lacks "runbook worker" && heard "$id" "first "
'
test_that 'as long as something of it runs beside the question, the run tells them itself' '
	rm -f told && book "  - id: g
    parallel: true
    steps:
      - {id: b, approve: {message: Go?, not_requester: false}, shell: echo b >> effects}
      - {id: c, timeout: 60s, shell: \"until grep second told; do sleep 0.02; done; echo c >> effects\"}" "$(people)
$tell" && suspended 1 && effects "c " && once && heard "$id" "first second "
'
test_that 'what is suspended says who is told later, and that a worker has to be there for it' '
	waiting_book && suspended 1 && has "by a worker" && has "runbook worker" && runbook show $id >out && has "runbook worker"
'
test_that 'who is answered is told of no more: it goes on' '
	waiting_book && suspended 1 && cp told before && turn && runbook approve $id b >out 2>&1 && once && has "is approved by" &&
	effects "a b " && cmp told before && [ "$(in_state final)" = 1 ]
'
test_that 'one that was aborted is told of no more' '
	waiting_book && suspended 1 && cp told before && turn && exits 0 runbook abort $id >out 2>&1 && once && cmp told before
'
test_that 'a run with labels is told of by a worker that serves them' '
	waiting_book "$(people)
$tell" "labels: {team: db}"
	suspended 1 && cp told before && turn && once && cmp told before && once --label team=db && heard "$id" "first second "
'
test_that 'nothing of the run goes on for it: no step, no session, no lock; and it can be gone on with' '
	waiting_book "$(people)
$tell" "lock: db
prepare: [{id: p, shell: echo p >> effects, on_resume: again}]" && suspended 1 && turn && once && heard "$id" "first second " && effects "p a " &&
	[ "$(in_state suspended)" = 1 ] && ! runbook show $id -o ndjson | grep run.resume && runbook locks -o ndjson | grep "\"db\"" >/dev/null &&
	runbook approve $id b >out 2>&1 && resume 0 && effects "p a p b " && heard "$id" "first second " && whole
'
test_that 'who was told by the run or by a worker is not told again, whoever goes on and however often' '
	waiting_book && suspended 1 && resume 6 --detach && turn && once && once && resume 6 --detach && once && heard "$id" "first second " &&
	[ "$(runbook show $id -o ndjson | grep -c "\"hook.end\"")" = 2 ] && runbook report $id >out && has "told second"
'
kinds() {
	rm -f told && book "  - {id: c, confirm: C?, shell: echo c >> effects}
  - {id: m, manual: M?}" "$(people)
$tell"
	suspended 1 && left && turn && once && heard "$id" "first second " && resume 6 --yes --detach && heard "$id" "first second first " && turn && once
}
test_that 'a question of every kind; the next question is another one' '
	in_time kinds && id=$(ls state/runbook/runs) && heard "$id" "first second first second " && effects "c "
'
test_that 'several workers, started again and again: each contact of each run is told once' '
	waiting_book && suspended 12 && for name in one two three; do worker $name --jobs 2; done
	until_true "grep second told >/dev/null" && stop_workers && for name in four five six; do worker $name --jobs 2; done
	until_true "[ \$(grep -c second told) -ge 12 ]" && stop_workers && once && sort told | uniq -c | grep -c "^ *1 " | grep -x 24 && ! grep third told &&
	for id in $ids; do whole || exit 1; done
'
test_that 'a worker that is killed while it tells: the run is as it was, and the next one tells' '
	waiting_book "$(people)
hooks: {waiting: [{id: tell, shell: \"echo \${{ run.id }} \${{ contact.role }} >> told; case \${{ contact.role }} in second) touch in; until [ -e go ]; do sleep 0.02; done;; esac\"}]}"
	rm -f in && touch go && suspended 1 && rm -f go && { heard "$id" "first " || exit 0; } && worker one && until_true "[ -e in ]" &&
	caller=$(cut -d" " -f1 state/runbook/runs/$id/lock) && kill -9 $last $caller && until_true "gone $caller" && workers= && : >"$work/all" && touch go &&
	[ "$(in_state suspended)" = 1 ] && until_true "once && grep -c second told | grep -x 2 >/dev/null" && once && heard "$id" "first second second " && whole
'

stopped() {
	waiting_book "$(people)
hooks: {waiting: [{id: tell, shell: \"echo \${{ run.id }} \${{ contact.role }} >> told; case \${{ contact.role }} in second) touch in; until [ -e go ]; do sleep 0.02; done;; esac\"}]}"
	rm -f in && touch go && suspended 1 && left && rm -f go && worker one && until_true "[ -e in ]" &&
		caller=$(cut -d" " -f1 state/runbook/runs/$id/lock) && kill $caller && until_true "grep \"let finish\" one.log >/dev/null" &&
		kill $caller && until_true "gone $caller" && touch go && until_true "[ \$(grep -c second told) = 2 ]" && stop_workers
}
test_that 'one that is stopped by signals while it tells has not told: it is done again' '
	in_time stopped && id=$(ls state/runbook/runs) && once && heard "$id" "first second second " && whole
'
test_that 'a question in an undo is told of, too' '
	rm -f told && book "  - {id: a, shell: echo a >> effects, undo: {steps: [{id: u, approve: {message: Back?, not_requester: false}, shell: echo ua >> effects}]}}" "$(people)
$tell"
	run 0 && id=$(ls state/runbook/runs) && exits 6 runbook undo $id --detach >out 2>&1 </dev/null && has "by a worker" && turn && once &&
	heard "$id" "first second " && effects "a " && runbook approve $id >out 2>&1 && once && effects "a ua " && whole
'

done_testing
