#!/bin/sh
# What is handed to the keeper ahead starts in the place of a step that ended well: and in no other
# case, whoever dies, stops or says so meanwhile.

[ -n "$signals_are_as_usual" ] || signals_are_as_usual=1 exec env --default-signal sh "$0"

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/book.sh"
command -v sqlite3 >/dev/null || { echo "1..0 # SKIP no sqlite3"; exit 0; }

# Two at a time: q is short; then a and b run until they are let go, while c and d are held. [a] is
# more of a's fields, [end] how its script ends.
five() {
	a=${1:-} end=${2:-exit 0}
	book "  - id: g
    parallel: 2
    steps:
      - {id: q, effects: read, shell: echo q >> effects}
      - id: a
        undo: {shell: echo undo-a >> effects}
$a
        shell: |
          echo a >> effects
          until [ -e go-a ]; do sleep 0.01; done
          $end
      - id: b
        undo: {shell: echo undo-b >> effects}
        shell: |
          echo b >> effects
          until [ -e go-b ]; do sleep 0.01; done
      - id: c
        undo: {shell: echo undo-c >> effects}
        shell: |
          echo c >> effects
          until [ -e go-c ]; do sleep 0.01; done
          echo c-over >> effects
      - {id: d, shell: echo d >> effects, undo: {shell: echo undo-d >> effects}}"
}
runs_of() { cat effects 2>/dev/null | grep -cx "$1"; }
is_idle() { [ "$(runs_of c)" = 0 ] && [ "$(runs_of d)" = 0 ]; }
db() { sqlite3 "$XDG_STATE_HOME"/runbook/runs/*/journal.db "$1"; }
has_event() { db "SELECT json FROM events WHERE type = '$1'" | grep -q "\"step\":\"$2\""; }
file_of() { db "SELECT json_extract(json, '\$.file') FROM events WHERE type = 'step.intent' AND json LIKE '%\"step\":\"$1\"%'"; }
# [c] and [d] are with the keeper: it has all of their requests in its memory. Their intents are on
# disk, and the interpreter is waiting; what it has asked for then was sent.
are_held() {
	until_true "has_event step.intent c && has_event step.intent d" &&
	until_true "grep -q '^State:.*sleeping' /proc/$run/status" && until_true 'quiet'
}
# Nothing is written or read on its sockets between two looks.
quiet() { one=$(counts) && sleep 0.05 && two=$(counts) && [ "$one" = "$two" ]; }
counts() { cat "/proc/$run/io" "/proc/$keeper/io"; }
begin() {
	rm -f go-a go-b go-c effects
	"$@" runbook run book.yaml --yes >out 2>&1 </dev/null &
	run=$!
	until_true "grep -qsx a effects && grep -qsx b effects" || return 1
	id=$(ls state/runbook/runs) && keeper=$(pgrep -P $run -f @keeper) && are_held
}
ends_with() { wait "$run"; [ $? = "$1" ] || { cat out; return 1; }; }
frozen() { until_true "grep -q '^State:.*stopped' /proc/$run/status"; }
all_once() { for i in q a b c d; do [ "$(runs_of $i)" = 1 ] || { echo "$i: $(runs_of $i)"; return 1; }; done; }
go_on() { touch go-a go-b go-c && exits "$1" runbook resume "$id" --yes >out 2>&1 || { cat out; return 1; }; }

test_that 'while the interpreter stands still the next one starts in the place of a good end' '
	five && begin && kill -STOP $run && frozen && touch go-a &&
	until_true "grep -qx c effects" && ! has_event step.start c && kill -CONT $run &&
	until_true "has_event step.start c" && touch go-b go-c && ends_with 0 && all_once && whole
'

test_that 'a failure keeps all that is held from starting' '
	five "" "exit 3" && begin && touch go-a && until_true "has_event step.end a" &&
	touch go-b go-c && ends_with 1 && is_idle && ! has_event step.start c && whole
'

test_that '... also when nobody could be asked what it means' '
	five "" "exit 3" && begin && kill -STOP $run && frozen && touch go-a &&
	until_true "! pgrep -P $keeper -f go-a" && touch go-b go-c &&
	until_true "! pgrep -P $keeper" && kill -CONT $run && ends_with 1 && is_idle && whole
'

test_that 'behind a step of which more than its exit counts nothing starts before that is judged' '
	five "        expect: result.stdout == \"no\"" && begin && kill -STOP $run && frozen &&
	touch go-a && until_true "! pgrep -P $keeper -f go-a" && touch go-b go-c &&
	until_true "! pgrep -P $keeper" && kill -CONT $run && ends_with 1 && is_idle && whole
'

test_that 'a failure that is let pass lets the next ones start' '
	five "        on_failure: continue" "exit 3" && begin && touch go-a &&
	until_true "grep -qx c effects" && touch go-b go-c && ends_with 8 && all_once && whole
'

test_that 'a first signal: what is held is not started, and the next session starts it' '
	five && begin && kill -INT $run && until_true "grep -q \"let finish\" out" && until_true quiet &&
	touch go-a go-b && ends_with 130 && is_idle && ! has_event step.start c && whole &&
	go_on 0 && all_once && whole
'

test_that 'a first signal that came after the keeper had started one: that is let finish' '
	five && begin && kill -STOP $run && frozen && touch go-a go-b &&
	until_true "grep -qx c effects && grep -qx d effects" && until_true "! pgrep -P $keeper -f go-b" &&
	kill -INT $run && kill -CONT $run && until_true "grep -q \"c is let finish\" out" &&
	touch go-c && ends_with 130 && grep -qx c-over effects && all_once &&
	has_event step.start c && has_event step.end d && whole && go_on 0 && all_once
'

test_that 'a second signal stops what the keeper had started too' '
	five && begin && kill -STOP $run && frozen && touch go-a &&
	until_true "grep -qx c effects" && kill -TERM $run && kill -CONT $run &&
	until_true "grep -q \"c is let finish\" out" && kill -TERM $run && ends_with 143 &&
	! grep -qx c-over effects && [ "$(runs_of d)" = 0 ] && whole
'

test_that 'the interpreter is killed while steps are held: they were not started' '
	five && begin && kill -9 $run && touch go-a go-b && until_true "! kill -0 $keeper" && is_idle &&
	go_on 0 && all_once && whole
'

test_that 'the interpreter is killed when one was started without its knowledge: that is adopted' '
	five && begin && kill -STOP $run && frozen && touch go-a && until_true "grep -qx c effects" &&
	kill -9 $run && touch go-b go-c && until_true "! kill -0 $keeper" && ! has_event step.start c &&
	go_on 0 && all_once && has_event step.start c && whole
'

test_that 'the keeper is killed while steps are held: they were not started' '
	five && begin && kill -9 $keeper && touch go-a go-b go-c && ends_with 11 && is_idle &&
	! has_event step.start c && exits 0 runbook resume "$id" --yes --mark a=done --mark b=done &&
	all_once && whole
'

test_that 'the keeper is killed when one was just started by it: that is unknown, and not repeated' '
	five && begin && kill -STOP $run && frozen && touch go-a && until_true "grep -qx c effects" &&
	kill -9 $keeper && touch go-b go-c && kill -CONT $run && ends_with 11 && grep -q "c.*unknown" out &&
	[ "$(runs_of d)" = 0 ] && until_true "grep -qx c-over effects" &&
	exits 0 runbook resume "$id" --yes --mark b=done --mark c=done && all_once && whole
'

test_that 'both are killed when one was just started: that is unknown, the others are not' '
	five && begin && kill -STOP $run && frozen && touch go-a && until_true "grep -qx c effects" &&
	kill -9 $keeper && kill -9 $run && touch go-b go-c && until_true "grep -qx c-over effects" &&
	exits 11 runbook resume "$id" --yes >out 2>&1 && grep -q -- "--mark c=" out &&
	[ "$(runs_of d)" = 0 ] && exits 0 runbook resume "$id" --yes --mark a=done --mark b=done --mark c=done &&
	all_once && whole
'

test_that 'undone is in the reverse order of the starts, whoever started' '
	five && begin && kill -STOP $run && frozen && touch go-a && until_true "grep -qx c effects" &&
	kill -CONT $run && touch go-b go-c && ends_with 0 && exits 0 runbook undo "$id" --yes &&
	grep undo effects | tr "\n" " " | grep -qx "undo-d undo-c undo-b undo-a "
'

test_that 'nobody starts by itself what a person is to look at first' '
	five && sed -i "s/- {id: d, /- {id: d, confirm: Shall it be?, /" book.yaml &&
	rm -f effects && touch go-a go-b go-c && exits 0 runbook run book.yaml --yes && ! has_event step.intent d &&
	all_once
'

done_testing
