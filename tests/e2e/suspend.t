#!/bin/sh
# A machine that sleeps and wakes up, a clock that is set, and we ourselves stopped for a while:
# what was due is done once, what nobody saw is not taken for seen, and nothing is killed for it.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/book.sh"

is_sanitized && { echo '1..0 # SKIP the sanitizers come before the library that moves the clocks'; exit 0; }
[ -e "$B/clocks.so" ] || { echo '1..0 # SKIP not built'; exit 0; }
CLOCKS=$work/clocks
export CLOCKS

# begin [OPTION...]: runs the book beside us, on clocks that can be moved; $run is it.
begin() {
	slept=0 set_by=0
	move
	LD_PRELOAD=$B/clocks.so runbook run book.yaml "$@" >out 2>&1 </dev/null &
	run=$!
}
move() { echo "$slept $((slept + set_by))" >clocks.new && mv clocks.new clocks; }
# sleeps SECONDS: the machine; both clocks go on, the monotonic one does not.
sleeps() { slept=$((slept + $1 * 1000)) && move; }
# is_set SECONDS: the wall clock, by somebody
is_set() { set_by=$((set_by + $1 * 1000)) && move; }
# waits: it has begun to, for its end is on disk
waits() { until_true 'runbook show "$(ls state/runbook/runs)" -o ndjson 2>/dev/null | grep until_ms >/dev/null'; }
seen() { until_true "grep -q '$1' out"; }
lines() { grep -c "$1" effects 2>/dev/null; }
# ticks: of processor time that it took
ticks() { echo $(($(cut -d " " -f 14,15 /proc/$run/stat | tr " " +))); }
id() { id=$(ls state/runbook/runs); }

# ---- asleep

test_that 'a wait is over on waking up, and only once' '
	book "  - {id: w, wait: 10m}
  - {id: b, shell: echo b >>effects}"
	begin && waits && sleeps 900 && ends 0 && effects "b " && id && whole
'

test_that 'a rest before the next attempt is over on waking up: one attempt, not as many as there was time for' '
	book "  - {id: a, shell: \"echo a >>effects; test -e go\", retry: {attempts: 5, delay: 10m}}"
	begin && seen again && sleeps 36000 && until_true "[ \$(lines a) = 2 ]" && sleep 0.5 &&
	[ "$(lines a)" = 2 ] && touch go && sleeps 900 && ends 0 && [ "$(lines a)" = 3 ]
'

test_that 'what has to hold for a time has not held while nobody looked' '
	book "  - {id: a, shell: echo a >>effects}" "verify:
  - {id: v, shell: echo v >>effects, holds_for: 1h, every: 100ms}"
	begin && until_true "[ \$(lines v) -gt 2 ]" && sleeps 7200 && before=$(lines v) &&
	until_true "[ \$(lines v) -gt $((before + 3)) ]" && ! gone $run && kill -INT $run && ends 130
'

test_that 'what is polled gets a look on waking up, also when its time is over' '
	book "  - {id: a, shell: echo a >>effects}" "verify:
  - {id: v, shell: \"echo v >>effects; test -e go\", within: 5m, every: 3m}"
	begin && until_true "[ \$(lines v) = 1 ]" && touch go && sleeps 900 && ends 0 &&
	[ "$(lines v)" = 2 ]
'

test_that 'the time of the run goes on: 124' '
	book "  - {id: a, shell: \"echo a >>effects; until [ -e go ]; do sleep 0.02; done\"}" "timeout: 1h"
	begin && until_true "[ -s effects ]" && sleeps 7200 && ends 124
'

test_that 'a question that nobody answered meanwhile is a no' '
	book "  - {id: a, shell: echo a >>effects}
  - {id: b, confirm: {message: Go on, timeout: 1h}, shell: echo b >>effects}" "on_failure: stop"
	slept=0 set_by=0
	move
	timeout 120 on-terminal env LD_PRELOAD=$B/clocks.so runbook run book.yaml >out 2>&1 </dev/null &
	run=$!
	until_true "runbook runs -o ndjson | grep \"waits\\\":\\\"b\" >/dev/null" && sleeps 7200 && ends 5 && effects "a "
'

goes='{id: a, shell: "echo a >>effects; until [ -e go ]; do sleep 0.02; done; echo end >>effects"'

test_that 'a step whose time ran out asleep has a little more, awake' '
	book "  - $goes, timeout: 1m}"
	begin && until_true "[ -s effects ]" && sleeps 600 && sleep 0.5 && touch go && ends 0 &&
	effects "a end " && lacks "timed out"
'

test_that '... and no more than that' '
	book "  - $goes, timeout: 300ms, kill_grace: 100ms}"
	begin && until_true "[ -s effects ]" && sleeps 600 && ends 1 && has "timed out" && effects "a "
'

test_that 'who was asked to end before the machine slept has a little more for it' '
	book "  - {id: a, kill_grace: 1m, shell: \"trap \\\"until [ -e go ]; do sleep 0.02; done; echo tidy >>effects; exit 3\\\" TERM; echo a >>effects; while :; do sleep 0.02; done\"}"
	begin && until_true "[ -s effects ]" && kill -QUIT $run && seen "is stopped" && sleeps 600 &&
	sleep 0.5 && touch go && ends 131 && effects "a tidy "
'

test_that 'after waking up, a new step has all of its time, and what it leaves is killed' '
	book "  - {id: w, wait: 10m}
  - {id: b, timeout: 500ms, kill_grace: 100ms, shell: \"echo b >>effects; sleep 100\"}"
	begin && waits && sleeps 900 && until_true "[ -s effects ]" &&
	step=$(pgrep -P $(pgrep -P "$run")) && ends 1 && has "timed out" && gone $step
'

test_that 'a machine that sleeps again and again wakes nobody for nothing' '
	book "  - $goes, timeout: 1m}
  - {id: b, shell: echo b >>effects}"
	begin && until_true "[ -s effects ]" || exit 1
	for i in 1 2 3 4 5 6 7 8 9 10; do sleeps 86400; sleep 0.05; done
	before=$(ticks)
	sleep 1
	after=$(ticks)
	touch go && ends 0 && effects "a end b " && [ $((after - before)) -lt 30 ]
'

# ---- the clock is set

for by in 259200 -259200; do
	test_that "the clock is set by $by s: nothing else is different" '
		book "  - {id: a, timeout: 20s, shell: \"echo a >>effects; until [ -e go ]; do sleep 0.02; done\"}
  - {id: w, wait: 300ms}
  - {id: b, timeout: 20s, shell: \"test -e go2 || { touch go2; exit 1; }; echo b >>effects\", retry: {attempts: 2, delay: 100ms}}" \
			"timeout: 1h
verify: [{id: v, shell: echo v >>effects, holds_for: 300ms, every: 100ms, within: 20s}]"
		rm -f go2
		begin && until_true "[ -s effects ]" && is_set $by && touch go && ends 0 && id && whole &&
		[ "$(lines a)$(lines b)" = 11 ] && [ "$(lines v)" -gt 2 ] &&
		runbook show $id -o ndjson | grep "run.end" | grep -E "\"took_ms\": ?[0-9]{3,6}," >shown &&
		runbook runs && runbook report $id >/dev/null && runbook show $id >/dev/null
	'
done

set_back() {
	book "  - {id: a, shell: echo a >>effects}
  - {id: w, wait: ${window}s}
  - {id: b, shell: echo b >>effects}"
	begin && is_set 259200 && seen "started *w" && id && kill -9 $run && until_true "gone $run" && effects "a " &&
	resume 0 && effects "a b "
}
test_that 'the clock was set back meanwhile: of a wait no more is waited than it is long' 'in_time set_back'

# ---- stopped

both() {
	book "  - {id: a, timeout: ${window}s, shell: \"echo a >>effects; until [ -e go ]; do sleep 0.02; done\"}
  - {id: b, shell: echo b >>effects}"
	start && keeper=$(pgrep -P "$run") && step=$(pgrep -P $keeper) &&
	kill -STOP $run $keeper && touch go && until_true "gone $step" && sleep $window.2 &&
	kill -CONT $run $keeper && ends 0 && effects "a b " && whole
}
test_that 'we and the keeper are stopped, and the step ends meanwhile: it ended in time' 'in_time both'

frozen() {
	book "  - {id: a, timeout: ${window}s, shell: \"echo a >>effects; until [ -e go ]; do sleep 0.02; done\"}"
	start && keeper=$(pgrep -P "$run") && step=$(pgrep -P $keeper) &&
	kill -STOP $run $keeper $step && sleep $((3 + window)) && kill -CONT $step $keeper $run &&
	sleep 0.2 && touch go && ends 0 && lacks "timed out"
}
test_that 'we, the keeper and the step are stopped, as a freezer does: its time goes on with it' 'in_time frozen'

alone() {
	book "  - {id: a, timeout: ${window}s, kill_grace: 100ms, shell: \"echo a >>effects; sleep 100\"}"
	start && step=$(pgrep -P $(pgrep -P "$run")) && kill -STOP $run && until_true "gone $step" &&
	kill -CONT $run && ends 1 && has "timed out"
}
test_that 'we are stopped while the keeper goes on: its timeouts hold' 'in_time alone'

rests() {
	book "  - {id: w, wait: ${window}s}
  - {id: b, shell: \"echo b >>effects; test -e go\", retry: {attempts: 5, delay: ${window}s}}"
	runbook run book.yaml >out 2>&1 </dev/null &
	run=$!
	seen "started *w" && kill -STOP $run && sleep $window.2 && kill -CONT $run && seen again &&
	kill -STOP $run && before=$(lines b) && touch go && sleep $window.2 && kill -CONT $run && ends 0 &&
	[ "$(lines b)" = $((before + 1)) ]
}
test_that 'we are stopped in a wait and in a rest: both are over at once, and once' 'in_time rests'

done_testing
