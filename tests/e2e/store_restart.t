#!/bin/sh
# The server of the PostgreSQL store stops and comes back in each phase of a run: the step that runs goes on,
# nothing is done twice and nothing is left out.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/postgres.sh"
. "$repo/tests/e2e/book.sh"

pg_start
trap 'kill -9 $(cat "$work/all") 2>/dev/null; pg_stop immediate; rm -rf "$pg_dir" "$work"' EXIT
: >"$work/all"

# held NAME: a script that does its effect and goes on when go.NAME is there
held() { echo "\"echo $1 >> effects; until [ -e go.$1 ]; do sleep 0.02; done\""; }
# begin COMMAND...: beside us; $run
begin() {
	rm -f effects go.*
	: >effects
	timeout 120 runbook --store "$pg_url" "$@" >out 2>&1 </dev/null &
	run=$!
	echo $run >>all
}
# restart_in NAME: while NAME runs; it ends while the server is away
restart_in() {
	until_true "grep -x $1 effects >/dev/null" && pg_stop immediate && touch "go.$1" && sleep 0.5 && pg_again || { cat out; return 1; }
}
ended() {
	exits "$1" wait $run || { cat out; return 1; }
	id=$(pg_sql 'SELECT id FROM runbook.run ORDER BY started DESC LIMIT 1')
	runbook --store "$pg_url" show "$id" --verify >shown 2>&1 || { cat shown; return 1; }
}
once_each() {
	effects "$1" && [ "$(pg_sql "SELECT count(*) - count(DISTINCT json::json ->> 'step') FROM runbook.event
		WHERE run = '$id' AND type = 'step.end'")" = 0 ]
}

cat >phases.yaml <<END
runbook: 1
name: phases
type: application
lock: app/x
prepare:
  - {id: p, shell: $(held p)}
steps:
  - {id: a, shell: $(held a), undo: {shell: $(held ua)}}
  - {id: w, wait: 1s}
  - id: both
    parallel: true
    steps:
      - {id: b, shell: $(held b), undo: none}
      - {id: c, shell: $(held c), undo: none}
verify:
  - {id: v, shell: $(held v)}
always:
  - {id: z, shell: $(held z)}
END

test_that 'in prepare, in a step, in steps beside each other, in verify and in always' '
	begin run phases.yaml && restart_in p && restart_in a && until_true "grep -x b effects" && touch go.b && restart_in c && restart_in v && restart_in z &&
	ended 0 && [ "$(sort effects | tr "\n" " ")" = "a b c p v z " ] && runbook --store "$pg_url" locks >out && ! has app/x
'
test_that 'in an undo' '
	begin undo $(pg_sql "SELECT id FROM runbook.run") && restart_in ua && touch go.z && wait $run; [ $? = 10 ] && effects "ua z "
'
test_that 'in a wait' '
	printf "%s\n" "runbook: 1" "name: waits" "type: application" "steps:" "  - {id: a, shell: echo a >> effects}" "  - {id: w, wait: 3s}" "  - {id: b, shell: echo b >> effects}" >waits.yaml
	begin run waits.yaml && until_true "grep -x a effects >/dev/null" && until_true "grep \"started *w\" out" && pg_stop immediate && pg_again && ended 0 && once_each "a b "
'
test_that 'while a question is open: the answer is heard afterwards' '
	printf "%s\n" "runbook: 1" "name: asks" "type: application" "steps:" "  - {id: h, needs: [], shell: $(held h)}" \
		"  - {id: g, needs: [], approve: {message: Go?, not_requester: false}, shell: echo g >> effects}" >asks.yaml
	begin run asks.yaml --detach && until_true "grep -x h effects >/dev/null" && until_true "runbook --store $pg_url waiting | grep Go >/dev/null" &&
	pg_stop immediate && sleep 1.2 && pg_again &&
	id=$(pg_sql "SELECT id FROM runbook.run ORDER BY started DESC LIMIT 1") && runbook --store "$pg_url" approve $id g >told 2>&1 &&
	until_true "grep -x g effects >/dev/null" && touch go.h && ended 0
'
test_that 'while a run waits for a lock' '
	printf "%s\n" "runbook: 1" "name: first" "type: application" "lock: app/y" "steps:" "  - {id: f, shell: $(held f)}" >first.yaml
	printf "%s\n" "runbook: 1" "name: second" "type: application" "lock: app/y" "steps:" "  - {id: s, shell: echo s >> effects}" >second.yaml
	begin run first.yaml && until_true "grep -x f effects >/dev/null" || exit 1
	timeout 120 runbook --store "$pg_url" run second.yaml --wait 50s >second 2>&1 </dev/null & second=$!
	echo $second >>all
	until_true "grep -F app/y second >/dev/null" && restart_in f && ended 0 &&
	{ exits 0 wait $second || { cat second; false; }; } && effects "f s " &&
	grep "asked again and again" second >/dev/null
'
test_that 'between the sessions: what was suspended goes on' '
	printf "%s\n" "runbook: 1" "name: later" "type: application" "steps:" "  - {id: a, shell: echo a >> effects}" \
		"  - {id: g, approve: {message: Go?, not_requester: false}, shell: echo g >> effects}" >later.yaml
	begin run later.yaml --detach && ended 6 && pg_stop fast && pg_again && runbook --store "$pg_url" approve $id >told && exits 0 runbook --store "$pg_url" resume $id >out 2>&1 && effects "a g "
'

done_testing
