#!/bin/sh
# The next command that helps, for a run in every state: whole, quoted, and it works as it is
# printed, also where the runs are kept in a folder of one's own with a blank in its name.

. "$(dirname "$0")/../lib.sh"

store="$work/my runs"
mkdir "$store" && chmod 700 "$store"
cat >slow.yaml <<'END'
runbook: 1
name: slow
type: application
lock: db/x
steps:
  - id: each
    for_each: [x, y]
    shell: "echo ${{ item }} $$ >>began; until test -e go; do sleep 0.05; done; echo ${{ item }} >>trace"
    undo: none
END
cat >gate.yaml <<'END'
runbook: 1
name: gate
type: application
steps:
  - {id: each, for_each: [x], approve: May it be, shell: "echo ${{ item }} >>trace", undo: none}
  - {id: sure, confirm: {message: Really, danger: severe, phrase: "it's"}, shell: "echo sure >>trace", undo: none}
END
# begin FILE: $run is its process, $id its id.
begin() {
	rm -f began go trace events
	runbook run "$1" --store "$store" -o ndjson >events 2>err </dev/null &
	run=$!
	until_true "grep -q run.start events" && id=$(sed -n 's/.*"run":"\([^"]*\)","type":"run.start".*/\1/p' events)
}
# suggested WORDS FILE: the command of the row that holds WORDS, up to its explanation.
suggested() { sed -n "/$1/s/^ *\(runbook .*[^ ]\)   *[^ ].*/\1/p" "$2" | head -1; }

test_that 'one that runs: its output can be followed' '
	begin slow.yaml && until_true "[ -s began ]" && runbook show $id --store "$store" >out &&
	follow=$(suggested "logs .* -f" out) && [ "$follow" = "runbook logs $id -f --store '"'\$store'"'" ] &&
	{ eval "timeout 120 $follow" >followed 2>&1 & } && touch go && wait $run && wait && runbook show $id --store "$store" | grep -q "exit code 0"
'
test_that 'one that crashed, then is not known: the marks are quoted and work' '
	begin slow.yaml && until_true "[ -s began ]" && keeper=$(pgrep -P $run) && step=$(cut -d" " -f2 began) &&
	kill -STOP $run $keeper; kill -9 $run $keeper $step; wait $run; until_true "! kill -0 $step 2>/dev/null" && until_true "! kill -0 $keeper 2>/dev/null" && runbook show $id --store "$store" >out && grep -q "crashed: its process" out &&
	resume=$(suggested "go on from where it stopped" out) && { eval "$resume" >out 2>&1 </dev/null; [ $? = 11 ]; } &&
	grep -qF -- "--mark '"'each[x]=done'"' --store '"'\$store'"'" out &&
	{ runbook run slow.yaml --store "$store" >held 2>&1; [ $? = 7 ]; } && grep -qF "\`runbook abort $id --store '"'\$store'"'\`" held &&
	mark=$(suggested "try it again" out) && touch go && eval "$mark" >out 2>&1 </dev/null && [ "$(cat trace | tr "\n" " ")" = "x y " ]
'
test_that 'one that waits: votes and answers are quoted and work, and a suspended one is asked again' '
	rm -f trace && { runbook run gate.yaml --store "$store" --detach >out 2>&1; [ $? = 6 ]; } &&
	yes=$(suggested "say yes" out) && eval "$yes" >voted && { eval "$(sed -n "s/^\(runbook resume.*[^ ]\)  .*/\1/p" voted) --detach" >out 2>&1 </dev/null; [ $? = 6 ]; } &&
	grep -q "go on: it is asked again, on a terminal" out && go_on=$(suggested "go on with this answer" out) &&
	eval "$go_on" >out 2>&1 </dev/null && [ "$(cat trace | tr "\n" " ")" = "x sure " ]
'

done_testing
