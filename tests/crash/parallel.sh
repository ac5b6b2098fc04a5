#!/usr/bin/env bash
# Faults in a run of ten short steps, two at a time: the intents of the next ones are on disk while
# others run, and a step starts before its start is on disk. No step happens twice, none that the run
# calls done is missing, and what is undone is undone in the reverse order of the starts. faults.sh
# says what the words mean:
#
#   parallel.sh MODE WHO DO [STEP]
#
# A sweep of enough places in which nobody died while an intent was on disk and its start was not
# proves nothing, and fails.

set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/faults.sh"
trap 'rm -rf "$work"' EXIT
steps=10 ahead=0 untold=0

steps_of() { db "SELECT json_extract(json, '\$.step') FROM events WHERE type = '$1' ORDER BY seq"; }

make_world() {
	{
		printf 'runbook: 1\nname: many\ntype: application\nsteps:\n  - id: g\n    parallel: 2\n    steps:\n'
		for i in $(seq $steps); do
			printf '      - {id: s%s, shell: echo s%s >>trace, undo: {shell: echo undo-s%s >>trace}}\n' \
				"$i" "$i" "$i"
		done
		[ "$mode" = good ] || printf '  - {id: breaks, needs: [g], shell: "false", undo: none}\n'
	} >many.yaml
}

is_done() {
	case $1 in
	*~undo) grep -qx "undo-${1%~undo}" trace ;;
	*) grep -qx "$1" trace ;;
	esac
}

# What the fault found: intents without a start, and starts that only the keeper has noted.
look() {
	local started intended file i
	started=$(steps_of step.start)
	intended=$(steps_of step.intent)
	for i in $intended; do
		grep -qx "$i" <<<"$started" && continue
		file=$(db "SELECT json_extract(json, '\$.file') FROM events WHERE type = 'step.intent' AND
			json_extract(json, '\$.step') = '$i'")
		if grep -q " start $file\$" "state/runbook/runs/$run"/keeper.* 2>/dev/null; then
			untold=$((untold + 1))
		else
			ahead=$((ahead + 1))
		fi
	done
}

in_order() {
	db "WITH first AS (SELECT json_extract(json, '\$.step') AS step, min(seq) AS at FROM events
	      WHERE type = 'step.start' GROUP BY 1),
	    undos AS (SELECT json_extract(json, '\$.step') AS step, min(seq) AS undone FROM events
	      WHERE type = 'undo.start' GROUP BY 1)
	    SELECT count(*) FROM undos a JOIN first x ON x.step = a.step
	      JOIN undos b JOIN first y ON y.step = b.step
	      WHERE x.at < y.at AND a.undone < b.undone"
}

at_most_once() {
	for i in $(seq $steps); do
		n=$(count "s$i")
		[ "$n" -le $most ] || fail "s$i ran $n times"
	done
}

all_is_there() {
	for i in $(seq $steps); do
		[ "$(count "s$i")" -ge 1 ] || fail "the run is good, and s$i did not run"
	done
}

all_is_gone() {
	for i in $(seq $steps); do
		n=$(count "s$i")
		[ "$(count "undo-s$i")" -ge $((n > 0)) ] || fail "s$i was done, and not undone"
	done
	[ "$(in_order)" = 0 ] || fail 'undone in another order than the reverse of the starts'
}

nothing_happened() {
	[ ! -e trace ] || fail 'there is no run, and something happened'
}

book=many.yaml
[ "$mode" = good ] || book="$book --on-failure undo"
sweep
# Some places are hit in any sweep of so many.
case $who:$what in interpreter:kill* | interpreter:both*)
	[ "$faults" -lt 10 ] || [ $((ahead + untold)) -gt 0 ] ||
		proves_nothing 'no intent was there before its start' ;;
esac
echo "# parallel: $mode, $who, $what: $faults faults, $ahead times a step was intended and not started," \
	"$untold times its start was not on disk; $bad broken promises"
verdict
