#!/bin/sh
# Runs that wait for a person are gone on with by workers, each by one of them.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/book.sh"

# What a test that fails leaves running.
trap 'kill -9 $(cat "$work/all") 2>/dev/null; rm -rf "$work"' EXIT
: >"$work/all"

# waiting_book [STEP-KEYS]: one step before the question, one behind it
waiting_book() {
	book "  - {id: a, shell: echo a >> effects}
  - {id: b, approve: {message: Go?, not_requester: false${1:-}}, shell: 'echo b \${{ run.id }} >> effects'}" "${2:-}"
}
# suspended COUNT: so many runs that wait; $ids
suspended() {
	for i in $(seq "$1"); do run 6 --detach -q || return; done
	ids=$(ls state/runbook/runs)
}
approve_all() {
	for id in $ids; do runbook approve "$id" b >out 2>&1 || { cat out; return 1; }; done
}
# worker NAME [OPTION...]: beside us; its process id is added to $workers
worker() {
	name=$1
	shift
	runbook worker "$@" >"$name.log" 2>&1 </dev/null &
	last=$!
	workers="$workers $last"
	echo $last >>"$work/all"
}
stop_workers() {
	for one in $workers; do kill "$one" 2>/dev/null; done
	workers_end
}
# workers_end: all of them, with 0
workers_end() {
	for one in $workers; do wait "$one" || { echo "worker $one ended with $?"; cat ./*.log; return 1; }; done
	workers=
	: >"$work/all"
}
workers=
in_state() { runbook runs -o ndjson | grep -c "\"state\":\"$1\""; }
once() { exits 0 timeout 120 runbook worker --once "$@" >out 2>&1 </dev/null || { cat out; return 1; }; }

test_that 'without an answer nothing is taken' '
	waiting_book && suspended 1 && once && effects "a " && [ "$(in_state suspended)" = 1 ]
'
test_that 'an approved run is gone on with' '
	waiting_book && suspended 1 && approve_all && once && has "is approved by" && effects "a b $ids " &&
	[ "$(in_state final)" = 1 ] && runbook show "$ids" -o ndjson | grep "\"worker\":\"$(hostname)/[0-9]*\"" >/dev/null
'
test_that 'a refused run is ended' '
	waiting_book && suspended 1 && runbook reject "$ids" b --reason no >out 2>&1 &&
	once && has "is refused by" && effects "a " && runbook runs -o ndjson | grep "\"exit\":5"
'
test_that 'a run whose time is up is ended' '
	waiting_book ", timeout: 300ms" && suspended 1 && sleep 0.5 &&
	once && has "the time to approve" && effects "a " && runbook runs -o ndjson | grep "\"exit\":5"
'
test_that 'two approvals are needed, one is there' '
	waiting_book ", min: 2" && suspended 1 && approve_all && once && effects "a " &&
	[ "$(in_state suspended)" = 1 ]
'
test_that 'the vote of somebody who may not does not count' '
	waiting_book ", from: [somebody-else]" && suspended 1 &&
	exits 5 runbook approve "$ids" b >out 2>&1 && once && [ "$(in_state suspended)" = 1 ]
'
test_that 'a run with labels goes to a worker that serves all of them' '
	waiting_book "" "labels: {team: db, zone: eu}" && suspended 1 && approve_all &&
	once && effects "a " && once --label team=db && effects "a " &&
	once --label zone=eu --label team=db --label more=x && effects "a b $ids "
'
test_that 'one that was done by a person meanwhile is not done again' '
	waiting_book && suspended 1 && approve_all && id=$ids && resume 0 && once && effects "a b $id " &&
	[ "$(in_state final)" = 1 ]
'
test_that 'who saw a run before somebody else went on with it, does not' '
	waiting_book && suspended 1 && id=$ids && seen=$(runbook runs -o ndjson | sed "s/.*\"ended\":\"\([^\"]*\)\".*/\1/") &&
	[ -n "$seen" ] && resume 6 && approve_all &&
	RUNBOOK_WORKER="here/1 $seen" resume 7 --detach && has "somebody else" && effects "a " &&
	resume 0 && effects "a b $id "
'
test_that 'a hundred runs, four workers that take two at a time: each is claimed once' '
	waiting_book && suspended 100 && rm -f ./*.log && for name in one two three four; do worker $name --jobs 2; done
	approve_all && until_true "[ \$(in_state final) = 100 ]" && stop_workers &&
	grep -c . effects | grep -x 200 && [ "$(grep "^b" effects | sort -u | wc -l)" = 100 ] &&
	[ "$(cat ./*.log | grep -c " goes on: ")" = 100 ] && ! grep "somebody else" ./*.log &&
	for id in $ids; do whole || exit 1; done
'
test_that 'TERM: what runs is waited for, nothing more is taken' '
	waiting_book && printf "  - {id: c, shell: \"touch in; until [ -e go ]; do sleep 0.02; done; echo c >> effects\"}\n" >>book.yaml &&
	rm -f in && suspended 2 && approve_all && worker one && until_true "[ -e in ]" && kill $last &&
	until_true "grep \"takes no more runs; waits for 1\" one.log >/dev/null" && touch go && workers_end &&
	[ "$(in_state final)" = 1 ] && [ "$(in_state suspended)" = 1 ]
'
test_that 'a second TERM: the step is let finish, the run can be resumed' '
	waiting_book && printf "  - {id: c, shell: \"touch in; until [ -e go ]; do sleep 0.02; done; echo c >> effects\"}\n  - {id: d, shell: echo d >> effects}\n" >>book.yaml &&
	rm -f in && suspended 1 && id=$ids && approve_all && worker one && until_true "[ -e in ]" && kill $last &&
	until_true "grep \"takes no more runs\" one.log >/dev/null" && kill $last &&
	until_true "grep \"c is let finish\" one.log >/dev/null" && touch go && workers_end &&
	effects "a b $id c " && runbook runs -o ndjson | grep "\"exit\":143" && resume 0 && effects "a b $id c d "
'
# the_interpreter: of the run that a worker has, as its lock file says
the_interpreter() { cut -d" " -f1 "state/runbook/runs/$1/lock"; }
slow='  - {id: c, shell: "touch in; until [ -e go ]; do sleep 0.02; done; echo c >> effects"}'

test_that 'a run that crashed while a worker had it is taken up by another one here' '
	waiting_book && printf "%s\n" "$slow" >>book.yaml && rm -f in && suspended 1 && id=$ids && approve_all &&
	worker one && until_true "[ -e in ]" && kill -9 $last "$(the_interpreter $id)" && workers= &&
	until_true "[ \$(in_state crashed) = 1 ]" && touch go && once && has "its process is gone" &&
	effects "a b $id c " && [ "$(in_state final)" = 1 ]
'
test_that 'a run that crashed while a person had it is left to people' '
	waiting_book && printf "%s\n" "$slow" >>book.yaml && rm -f in && suspended 1 && id=$ids && approve_all || exit 1
	runbook resume $id >out 2>&1 </dev/null & run=$!
	until_true "[ -e in ]" && kill -9 $run && until_true "[ \$(in_state crashed) = 1 ]" && touch go && once &&
	[ "$(in_state crashed)" = 1 ] && until_true "runbook show $id | grep -F \"has ended since\" >/dev/null"
'
test_that 'a run that was started with --detach and crashed is taken up, on its own machine alone' '
	book "  - {id: a, shell: \"echo a >> effects; touch in; until [ -e go ]; do sleep 0.02; done; echo c >> effects\"}
  - {id: b, shell: echo b >> effects}" && rm -f in
	runbook run book.yaml --detach >out 2>&1 </dev/null & run=$!
	until_true "[ -e in ]" && kill -9 $run && until_true "[ \$(in_state crashed) = 1 ]" && touch go || exit 1
	if unshare -u true 2>/dev/null; then
		unshare -u sh -c "hostname elsewhere && timeout 120 runbook worker --once" >out 2>&1 </dev/null && ! has "goes on" && [ "$(in_state crashed)" = 1 ] || exit 1
	fi
	once && has "it was started with --detach" && effects "a c b " && [ "$(in_state final)" = 1 ]
'
test_that '... one that was not is left to people' '
	book "  - {id: a, shell: \"echo a >> effects; touch in; until [ -e go ]; do sleep 0.02; done\"}" && rm -f in
	runbook run book.yaml >out 2>&1 </dev/null & run=$!
	until_true "[ -e in ]" && kill -9 $run && until_true "[ \$(in_state crashed) = 1 ]" && touch go && once && [ "$(in_state crashed)" = 1 ] &&
	until_true "runbook show $(ls state/runbook/runs) | grep -F \"has ended since\" >/dev/null"
'
test_that 'of a run whose process is killed the worker says so, not that the run has ended' '
	waiting_book && printf "%s\n" "$slow" >>book.yaml && rm -f in && suspended 1 && id=$ids && approve_all &&
	worker one && until_true "[ -e in ]" && kill -9 "$(the_interpreter $id)" && until_true "grep \"run $id: its process was killed (signal 9)\" one.log >/dev/null" &&
	grep "the run has not ended.*in a minute.*runbook resume $id" one.log && ! grep "ended: internal\|exit code 137" one.log && touch go && until_true "grep c effects >/dev/null" && stop_workers
'
test_that 'a worker that is killed takes no run with it' '
	waiting_book && printf "%s\n" "$slow" >>book.yaml && rm -f in && suspended 1 && id=$ids && approve_all &&
	worker one && until_true "[ -e in ]" && kill -9 $last && workers= && touch go &&
	until_true "[ \$(in_state final) = 1 ]" && effects "a b $id c "
'
test_that 'a run that cannot be gone on with is said, and not tried again at once' '
	waiting_book "" "secrets: {s: {file: secret}}" && echo sesame-open >secret && chmod 600 secret && suspended 1 && approve_all && rm secret &&
	worker one && until_true "grep \"exit code 4\" one.log >/dev/null" && sleep 2.5 && stop_workers &&
	[ "$(grep -c "goes on:" one.log)" = 1 ] && [ "$(in_state suspended)" = 1 ]
'
# What its process finds is another store than ours; the clocks say that a minute is over. The older run
# would be tried again before the other one.
[ ! -e "$B/clocks.so" ] || is_sanitized ||
test_that 'a run that refuses to go on is left to a person, and not tried again and again' '
	waiting_book && suspended 1 && old=$ids && suspended 1 && new=$(echo $ids | tr " " "\n" | grep -vx $old) && rm -f ./*.log &&
	CLOCKS=$PWD/clocks && export CLOCKS && echo "0 0" >clocks && export LD_PRELOAD="$B/clocks.so" && worker one && unset LD_PRELOAD &&
	until_true "grep takes one.log >/dev/null" && echo "store: $PWD/elsewhere" >.runbook.yaml && here="--store $PWD/state/runbook" && runbook approve $old b $here >out 2>&1 &&
	until_true "grep \"run $old did not go on: usage (exit code 2); it is left to a person\" one.log >/dev/null" &&
	echo "120000 120000" >clocks.new && mv clocks.new clocks && runbook approve $new b $here >out 2>&1 &&
	until_true "grep \"run $new did not go on\" one.log >/dev/null" && stop_workers && rm .runbook.yaml &&
	[ "$(grep -c "run $old of .* goes on:" one.log)" = 1 ] && once && has "run $old ended: ok" && effects "a a b $old b $new "
'
rm -f .runbook.yaml
test_that 'a run with a secret input is left to people, who are told how' '
	waiting_book "" "inputs: {pw: {secret: true}}" && sed -i "s/shell: echo a/env: {P: \"\${{ inputs.pw }}\"}, shell: echo a/" book.yaml &&
	echo "pw: sesame-open" >in.yaml && run 6 --detach -q --inputs in.yaml && ids=$(ls state/runbook/runs) && approve_all &&
	once && has "runbook resume $ids --inputs FILE" && lacks "goes on:" && effects "a " && [ "$(in_state suspended)" = 1 ] &&
	worker one && sleep 2.5 && stop_workers && [ "$(grep -c "secret input" one.log)" = 1 ] &&
	exits 0 runbook resume "$ids" --inputs in.yaml </dev/null
'
test_that 'wrong words' '
	for words in "--jobs 0" "--jobs x" "--jobs 65" "--label x" "more" "-o ndjson"; do
		exits 2 timeout 120 runbook worker $words >out 2>&1 </dev/null || exit 1
	done
'

done_testing
