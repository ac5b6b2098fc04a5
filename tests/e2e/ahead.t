#!/bin/sh
# Steps whose intents are written ahead start when it is their turn, and in no other case, whoever
# dies, stops or says so meanwhile.

[ -n "$signals_are_as_usual" ] || signals_are_as_usual=1 exec env --default-signal sh "$0"

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/book.sh"
command -v sqlite3 >/dev/null || { echo "1..0 # SKIP no sqlite3"; exit 0; }

# Two at a time: q is short; then a and b run until they are let go, while c and d are intended. [a] is
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
are_intended() { until_true "has_event step.intent c && has_event step.intent d"; }
started() {
	rm -f go-a go-b go-c effects
	"$@" runbook run book.yaml --yes >out 2>&1 </dev/null &
	run=$!
	until_true "grep -qsx a effects && grep -qsx b effects && has_event step.end q"
}
took_of_q() { db "SELECT substr(json, instr(json, '\"took_ms\":') + 10) + 0 FROM events WHERE type = 'step.end'"; }
# Nothing is intended beside steps that take long, as q does on a busy machine: then once more.
begin() {
	started "$@" || return 1
	for again in 1 2 3 4 5 6 7 8 9; do
		[ "$(took_of_q)" -ge 100 ] || break
		touch go-a go-b go-c; wait $run; rm -rf state; started "$@" || return 1
	done
	id=$(ls state/runbook/runs) && keeper=$(pgrep -P $run -f @keeper) && are_intended
}
ends_with() { wait "$run"; [ $? = "$1" ] || { cat out; return 1; }; }
all_once() { for i in q a b c d; do [ "$(runs_of $i)" = 1 ] || { echo "$i: $(runs_of $i)"; return 1; }; done; }
go_on() { touch go-a go-b go-c && exits "$1" runbook resume "$id" --yes >out 2>&1 || { cat out; return 1; }; }

test_that 'a failure keeps what was intended from starting' '
	five "" "exit 3" && begin && touch go-a && until_true "has_event step.end a" &&
	touch go-b go-c && ends_with 1 && is_idle && ! has_event step.start c && whole
'

test_that 'a failure that is let pass lets the next ones start' '
	five "        on_failure: continue" "exit 3" && begin && touch go-a &&
	until_true "grep -qx c effects" && touch go-b go-c && ends_with 8 && all_once && whole
'

test_that 'a first signal: what was intended is not started, and the next session starts it' '
	five && begin && kill -INT $run && until_true "grep -q \"let finish\" out" &&
	touch go-a go-b && ends_with 130 && is_idle && ! has_event step.start c && whole &&
	go_on 0 && all_once && whole
'

test_that 'a second signal stops what has taken the place of another, and nothing follows it' '
	five && begin && touch go-a && until_true "grep -qx c effects" && kill -TERM $run &&
	until_true "grep -q \"c is let finish\" out" && kill -TERM $run && ends_with 143 &&
	! grep -qx c-over effects && [ "$(runs_of d)" = 0 ] && whole
'

test_that 'the interpreter is killed while steps are intended: they were not started' '
	five && begin && kill -9 $run && touch go-a go-b && until_true "! kill -0 $keeper" && is_idle &&
	go_on 0 && all_once && whole
'

test_that 'the keeper is killed while steps are intended: they were not started' '
	five && begin && kill -9 $keeper && touch go-a go-b go-c && ends_with 11 && is_idle &&
	! has_event step.start c && exits 0 runbook resume "$id" --yes --mark a=done --mark b=done &&
	all_once && whole
'

test_that 'both are killed: what ran is unknown, what was intended was not started' '
	five && begin && kill -STOP $run && kill -9 $keeper && kill -9 $run && touch go-a go-b go-c &&
	exits 11 runbook resume "$id" --yes >out 2>&1 && grep -q -- "--mark a=" out && ! grep -q -- "--mark c=" out &&
	is_idle && exits 0 runbook resume "$id" --yes --mark a=done --mark b=done && all_once && whole
'

test_that 'undone is in the reverse order of the starts' '
	five && begin && touch go-a && until_true "grep -qx c effects" && touch go-b go-c && ends_with 0 &&
	exits 0 runbook undo "$id" --yes &&
	grep undo effects | tr "\n" " " | grep -qx "undo-d undo-c undo-b undo-a "
'

test_that 'what a person is to look at first is not intended ahead' '
	five && sed -i "s/- {id: d, /- {id: d, confirm: Shall it be?, /" book.yaml &&
	rm -f effects && touch go-a go-b go-c && exits 0 runbook run book.yaml --yes && ! has_event step.intent d &&
	all_once
'

done_testing
