#!/bin/sh
# Processes of steps: how they end, what they leave, and who dies first.
# Effects are counted in a file that steps append to.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/book.sh"

# The same, and $keeper.
start_kept() {
	start && keeper=$(pgrep -P "$run")
}
# dead PID...: kills them at one instant and waits until they are gone
dead() {
	kill -9 "$@"
	for pid; do
		until_true "gone $pid" || return 1
	done
	wait 2>/dev/null
	true
}

# ---- ends

test_that 'a program that is not there was not started' '
	book "  - {id: a, exec: [no-such-program]}"
	run 1 && has "no-such-program" && ! [ -e effects ]
'

test_that 'a folder that is not there is named' '
	book "  - {id: a, dir: /no/such/folder, shell: echo >> effects}"
	! runbook run book.yaml >out 2>&1 && has "/no/such/folder" && ! [ -e effects ]
'

test_that 'every status is recorded exactly' '
	book "  - {id: a, shell: {run: exit 42, ok_exit: [42]}}
  - {id: b, shell: {run: kill -9 \$\$}, expect: result.signal == \"KILL\" && result.exit == 137}
  - {id: c, shell: {run: exit 137}, expect: result.signal == \"\" && result.exit == 137}
  - {id: r, exec: [bash, -c, kill -40 \$\$], expect: result.signal == \"RTMIN+6\" && result.exit == 168}
  - {id: d, shell: \"echo \${{ steps.a.exit }} > effects\"}"
	run 0 && effects "42 "
'

test_that 'a pipeline fails with any of its parts' '
	book "  - {id: a, shell: false | cat}"
	run 1
'

test_that 'what ignores TERM is killed at its grace' '
	book "  - id: a
    shell: |
      trap \"\" TERM INT HUP
      echo \$\$ > effects
      while :; do sleep 0.1; done
    timeout: 300ms
    kill_grace: 200ms"
	run 1 && has "timed out" && gone "$(cat effects)"
'

test_that 'what was stopped is continued to end it' '
	book "  - id: a
    shell: |
      trap \"echo term >> effects; exit 3\" TERM
      kill -STOP \$\$
      sleep 10
    timeout: 300ms
    kill_grace: 5s"
	run 1 && effects "term "
'

# ---- output

test_that 'a long line without an end does not break the step' '
	book "  - {id: a, shell: head -c 30000000 /dev/zero | tr \"\\\\0\" x; echo; echo end}
  - id: b
    shell: echo \${{ steps.a.truncated && size(steps.a.stdout) > 1000000 }} > effects"
	run 0 && effects "true "
'

test_that 'the last bytes before the end are there' '
	book "  - {id: a, shell: printf \"one\\\\ntwo\"}
  - id: b
    shell: echo \${{ steps.a.lines[1] }} > effects"
	run 0 && effects "two "
'

test_that 'a step has the limits that we were started with' '
	book "  - {id: a, shell: ulimit -Sn > effects; ulimit -Sc >> effects}"
	(ulimit -Sn 321 && run 0) && effects "321 0 "
'

# ---- what is left running

test_that 'a step that got no more processes is told so' '
	book "  - {id: a, shell: \"echo \\\"bash: fork: retry: Resource temporarily unavailable\\\" >&2; exit 254\"}"
	run 1 && has "ulimit -u"
'

ended() {
	book "  - {id: a, timeout: ${window}s, shell: \"echo \\\"bash: fork: retry: Resource temporarily unavailable\\\" >&2; sleep 100\"}"
	run 1 && has "timed out" && has "ulimit -u"
}
test_that '... also when it had to be ended for that' 'in_time ended'

test_that 'a step that wanted a terminal is told how it gets one' '
	for words in "the input device is not a TTY" "stty: standard input: Inappropriate ioctl for device" \
		"/dev/tty: No such device or address"; do
		book "  - {id: a, shell: \"echo \\\"$words\\\" >&2; exit 1\"}"
		run 1 && has "tty: true" || return 1
	done
	book "  - {id: a, shell: echo words >&2; exit 1}"
	run 1 && ! has "tty: true"
'

test_that 'what starts itself again and again is gone after a timeout' '
	printf "#!/bin/sh\necho >>$work/effects\n[ -e $work/enough ] || setsid -f $work/again >/dev/null 2>&1 </dev/null\n" >again
	chmod +x again
	book "  - {id: a, timeout: 500ms, kill_grace: 200ms, shell: \"./again; ./again; ./again; sleep 100\"}"
	run 1 && has "timed out" && ! pgrep -f "$work/again"; touch enough
'

test_that 'a daemon of a success is left alone and named' '
	book "  - {id: a, shell: setsid sleep 20 & echo \$! > daemon}"
	run 0 && kill -0 "$(cat daemon)" && has "$(cat daemon)" && kill "$(cat daemon)"
'

test_that 'unless it is not to be one' '
	book "  - {id: a, shell: {run: setsid sleep 20 & echo \$! > daemon, daemon: false}}"
	run 0 && gone "$(cat daemon)"
'

test_that 'a daemon of a failure is killed, wherever it went' '
	printf "#!/bin/sh\necho \$\$ >$work/daemon\nexec sleep 20\n" >away && chmod +x away && rm -f daemon
	book "  - {id: a, shell: \"(env -i setsid ./away &); until [ -s daemon ]; do sleep 0.02; done; exit 1\"}"
	run 1 && [ -s daemon ] && gone "$(cat daemon)"
'

test_that 'a success that is judged to be none leaves nothing either' '
	book "  - {id: a, shell: setsid sleep 20 & echo \$! > daemon, expect: \"false\"}
  - {id: never, shell: echo >> effects}"
	run 1 && gone "$(cat daemon)"
'

# ---- who dies first

steps='  - id: a
    shell: |
      echo a >> effects
      until [ -e go ]; do sleep 0.02; done
      echo said
  - {id: b, shell: "echo ${{ steps.a.stdout }} >> effects"}'

test_that 'the interpreter: the step goes on, and resume takes over what it said' '
	book "$steps"
	start_kept && dead "$run" && kill -0 "$keeper" && touch go &&
	resume 0 && effects "a said " && until_true "gone $keeper"
'

test_that 'the interpreter, in the last step: resume runs the always that was left out' '
	book "  - {id: a, shell: \"echo a >> effects; until [ -e go ]; do sleep 0.02; done\"}
always: [{id: z, shell: echo z >> effects}]"
	start_kept && dead "$run" && touch go && resume 0 && effects "a z "
'

test_that 'the interpreter, in an always: the step goes on and is not started again' '
	book "  - {id: first, shell: \"true\"}
always:
  - {id: a, shell: \"echo a >> effects; until [ -e go ]; do sleep 0.02; done; echo said >> effects\"}
  - {id: z, shell: echo z >> effects}"
	start_kept && dead "$run" && touch go && resume 0 && effects "a said z "
'

test_that 'the interpreter: resume waits for the step' '
	book "$steps"
	start_kept && dead "$run" && (sleep 0.3; touch go) &&
	resume 0 && effects "a said "
'

test_that 'the interpreter and the keeper: nothing is started while the step lives' '
	book "$steps"
	start_kept && dead "$run" "$keeper" && { (sleep 0.5; touch go) & }
	resume 11 && effects "a " && resume 0 --mark a=failed && effects "a a said "
'

orphaned() {
	book "  - id: a
    shell: |
      exec 2>/dev/null  # whose reader will be gone
      trap \"echo term >> effects\" TERM
      echo a >> effects
      while :; do sleep 0.02 || :; done
    timeout: ${window}s
    kill_grace: 200ms"
	start_kept && step=$(pgrep -P "$keeper") && dead "$run" "$keeper" && effects "a " && resume 11 &&
	has "(pid $step" && gone "$step" && effects "a term "
}
test_that 'the timeout of a step holds when both are gone' 'in_time orphaned'

# The step lives under its keeper and never ends by itself; the time of the group starts over in each session.
in_group() {
	book "  - id: g
    timeout: 2s
    $1
    steps:
      - {id: a, shell: \"echo a >>effects; until [ -e go ]; do sleep 0.02; done\", kill_grace: 200ms, undo: {shell: echo undo-a >>effects}}
      - {id: b, shell: echo b >>effects, undo: none}
  - {id: c, shell: echo c >>effects, undo: none}" "${2:-}"
	start_kept && step=$(pgrep -P "$keeper") && dead "$run"
}
test_that 'the interpreter: the time of the group around the step holds while resume waits for it' '
	in_group "undo: none" && resume 1 && has "waiting for it" && gone $step && effects "a " && whole &&
	runbook show $id >out && grep -q " g .*failed.*its time was up" out && touch go && resume 0 && effects "a a b c "
'
test_that '... with what the group says of a failure' '
	in_group "on_failure: continue" && resume 8 && effects "a c " && whole
'
test_that '... and one that ends in time leaves the rest to the others' '
	in_group "undo: none" && touch go && resume 0 && effects "a b c " && whole
'
test_that '... and before an undo' '
	in_group "undo: {shell: echo undo-g >>effects}" && exits 0 timeout 120 runbook undo $id >out 2>&1 </dev/null && gone $step &&
	effects "a undo-g " && whole
'

test_that 'the keeper: not known, and what lives is named' '
	book "$steps"
	start_kept && step=$(pgrep -P "$keeper") && kill -9 "$keeper" && exits 11 wait "$run" &&
	has "$step" && effects "a " && touch go && until_true "gone $step" &&
	resume 0 --mark a=failed && effects "a a said "
'

between() {
	book "  - {id: a, shell: echo a >> effects, undo: {shell: echo ua >> effects}}
  - {id: w, wait: ${window}s}
  - {id: b, shell: \"echo b >> effects; exit 7\", undo: none}
on_failure: undo"
	runbook run book.yaml >out 2>&1 </dev/null &
	run=$!
	until_true "grep -q \"started *w\" out" && kill -9 $(pgrep -P "$run") &&
	exits 9 wait "$run" && effects "a b ua " && has "it exited with 7" && lacks "Broken pipe"
}
test_that 'the keeper, between two steps: nothing is lost, and the next one starts the rest' 'in_time between'

# kept: the keepers that the journal names, in order
kept() { runbook show "$id" -o ndjson | sed -n 's/.*"keeper":\([0-9]*\).*/\1/p' | tr '\n' ' '; }
another() {
	rm -f second
	book "  - {id: a, shell: echo a >> effects}
  - {id: w, wait: ${window}s}
  - {id: b, shell: \"echo \$PPID > second; echo b >> effects; until [ -e go ]; do sleep 0.02; done\"}"
	start && until_true "grep -q \"started *w\" out" && first=$(pgrep -P "$run") && kill -9 "$first" && [ ! -e second ] &&
	until_true "[ -s second ]" && second=$(pgrep -P "$run") && [ "$second" != "$first" ] && until_true "[ \"\$(kept)\" = \"$first $second \" ]" && touch go && ends 0 &&
	has "warning: the process that kept the steps (pid $first) is gone; the next step gets another one" &&
	has "warning: pid $second keeps the steps now" && runbook report "$id" >out && has "pid $second keeps the steps now" && whole
}
test_that 'a keeper that is lost between two steps: it is said, and which one keeps the steps now is in the journal' 'in_time another'
test_that '... while a step runs: none takes its place until one is needed' '
	book "  - {id: a, idempotent: true, retry: {attempts: 2}, shell: \"echo a >> effects; until [ -e go ]; do sleep 0.02; done\"}"
	start_kept && step=$(pgrep -P "$keeper") && kill -9 "$keeper" "$step" && touch go && wait "$run"
	has "(pid $keeper) is gone" && set -- $(kept) && [ "$1" = "$keeper" ] && [ $# -le 2 ] && whole
'
test_that 'who goes on says which keeper is theirs' '
	book "$steps"
	start_kept && dead "$run" && touch go && resume 0 && set -- $(kept) && [ $# = 2 ] && [ "$1" = "$keeper" ] && [ "$2" != "$keeper" ]
'

stopped() {
	book "  - {id: a, timeout: ${window}s, shell: \"echo a >> effects; until [ -e go ]; do sleep 0.02; done\"}"
	start_kept && step=$(pgrep -P "$keeper") && kill -STOP "$run" && kill -STOP "$keeper" && touch go &&
	until_true "gone $step" && sleep $window.2 && kill -CONT "$keeper" "$run" && ends 0 &&
	lacks "timed out"
}
test_that 'a keeper that was stopped: a step that ended in time is judged by its exit' 'in_time stopped'

test_that 'all three: not known' '
	book "$steps"
	start_kept && dead "$run" "$keeper" $(pgrep -P "$keeper") && resume 11 && effects "a "
'

left='  - id: a
    shell: |
      setsid sh -c "exec 2>/dev/null; until [ -e go ]; do sleep 0.02; done" &
      echo $! > daemon
      echo a >> effects
      wait
    undo: {shell: echo undo-a >> effects}
  - {id: b, shell: echo b >> effects}'

test_that 'all three, and a child in a session of its own lives: it is waited for' '
	book "$left"
	start_kept && dead "$run" "$keeper" $(pgrep -P "$keeper") && kill -0 "$(cat daemon)" && {
		rm -f out
		runbook resume "$id" >out 2>&1 </dev/null &
		resumed=$!
	} && until_true "grep -q \"still running.*$(cat daemon)\" out" && effects "a " &&
	touch go && exits 11 wait $resumed && effects "a "
'

test_that 'the keeper, and a child lives: nothing is undone over it' '
	book "$left"
	runbook run book.yaml --on-failure undo >out 2>&1 </dev/null &
	run=$!
	until_true "[ -s effects ]" && keeper=$(pgrep -P "$run") && kill -9 "$keeper" &&
	exits 11 wait "$run" && has "keeper" && has "$(cat daemon)" && effects "a " && touch go
'

test_that 'nothing is left in the folder of a run but its record' '
	book "$steps"
	start_kept && dead "$run" && touch go && resume 0 &&
	! ls state/runbook/runs/*/*.result state/runbook/runs/*/keeper.* 2>/dev/null
'

# lost: its keeper was killed while a step runs, and the run has ended with 11.
lost() {
	book "  - {id: a, shell: \"echo a >> effects; until [ -e go ]; do sleep 0.02; done; echo done >> effects\", undo: {shell: echo back >> effects}${1:-}}"
	start_kept && step=$(pgrep -P "$keeper") && kill -9 "$keeper" && exits 11 wait "$run" && kill -0 "$step"
}
# meanwhile COMMAND...: is started, says that it waits, and then the step may end
meanwhile() {
	rm -f out
	"$@" >out 2>&1 </dev/null &
	other=$!
	until_true "grep -q \"still running (pid $step); waiting for it\" out" && effects "a " && touch go &&
	until_true "gone $other"
}
test_that 'of a lost keeper: nothing is undone over what still runs' '
	lost && meanwhile runbook undo $id && exits 0 wait $other && effects "a done back "
'
test_that 'of a lost keeper: nothing is started beside it, whatever a person says' '
	lost && resume 11 --mark a=failed && has "still runs (pid $step)" && effects "a " && touch go && until_true "gone $step" &&
	resume 0 --mark a=failed && effects "a done a done "
'
test_that 'of a lost keeper: resume waits, and then a person must say' '
	lost && meanwhile runbook resume $id && exits 11 wait $other && effects "a done " && has "--mark a=done"
'
test_that 'of a lost keeper: a signal ends the waiting, and nothing is changed' '
	lost && rm -f out && { runbook undo $id >out 2>&1 </dev/null & other=$!; } &&
	until_true "grep -q \"waiting for it\" out" && kill -INT $other && exits 130 wait $other && effects "a " &&
	touch go && until_true "gone $step" && runbook undo $id >out 2>&1 && effects "a done back "
'
overdue() {
	lost ", timeout: ${window}s, kill_grace: 100ms" && exits 0 timeout 120 runbook undo $id >out 2>&1 </dev/null &&
	has "waiting for it" && effects "a back " && until_true "gone $step"
}
test_that 'of a lost keeper: the timeout of the step holds all the same' 'in_time overdue'

test_that 'what --mark cannot mean is said, and changes nothing' '
	lost && touch go && until_true "gone $step" &&
	resume 2 --mark aa=done && grep -q "names the step .aa., which is not in" out &&
	resume 2 --mark a=gone && has "say a=done or a=failed" &&
	resume 2 --mark a=failed --mark a=done && grep -q "both done and failed of .a." out &&
	effects "a done " && resume 0 --mark a=done --mark a=done && effects "a done " &&
	runbook report $id >md && sed -n "/^## Decisions/,/^## T/p" md | grep "^| .* | .a. | did it take effect? | done (it took effect) | .* (--mark) | *|$" &&
	runbook show $id | grep "^  a  *mark: done (it took effect), by "
'

twice() {
	book "  - {id: a, shell: \"echo a >>effects; until test -e go; do sleep 0.02; done\"}
  - {id: b, shell: echo b >>effects}"
	start_kept && step=$(pgrep -P "$keeper") && kill -9 "$keeper" && exits 11 wait "$run" && kill -0 "$step"
}
test_that 'a wrong --mark beside a right one is named whatever the order, before anything is waited for, and nothing is marked' '
	twice && for marks in "aa=done a=done" "a=done aa=done" "a=done b=done" "b=failed a=done" "aa=done b=done" "b=done aa=done" "a=done b=gone"; do
		set -- $marks && resume 2 --mark $1 --mark $2 </dev/null && grep -q "[ \`]\(aa\|b\|b=gone\)[\`:]" out && ! grep "waiting for it\|still runs" out || return 1
	done; kill -0 "$step" && touch go && until_true "gone $step" && ! runbook show $id -o ndjson | grep marked &&
	resume 2 --mark a=done --mark aa=done && ! runbook show $id -o ndjson | grep marked && resume 0 --mark a=done && effects "a b "
'

# Descriptors are what can be taken from a keeper from outside; a want of processes goes the same way.
test_that 'a step for which no process can be made says why it stands, once, and starts when one can' '
	book "  - {id: a, shell: \"echo a >>effects; until test -e go; do sleep 0.02; done\"}
  - {id: b, shell: echo b >>effects}" && start && keeper=$(pgrep -P $run) &&
	before=$(prlimit --pid "$keeper" --nofile --output SOFT --noheadings | tr -d " ") &&
	prlimit --pid "$keeper" --nofile=8: && touch go && until_true "grep -q \"b cannot be started now: \" out" && effects "a " &&
	has "it is tried again until its time is up" && has "help: raise the limit of open files" &&
	prlimit --pid "$keeper" --nofile="$before": && ends 0 && effects "a b " &&
	[ "$(grep -c "cannot be started now" out)" = 1 ] && runbook report "$id" >out && has "b cannot be started now" && whole
'

done_testing
