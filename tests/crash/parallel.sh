#!/usr/bin/env bash
# As crash.sh, of a run of ten short steps, two at a time: the intents of the next ones are on disk
# while others run, and a step starts before its start is on disk. Whatever dies, cannot be written
# or comes in between at the n-th place, no step happens twice, none that the run calls done is
# missing, and what is undone is undone in the reverse order of the starts.
#
# A sweep of enough places in which nobody died while an intent was on disk and its start was not
# proves nothing, and fails.
#
#   parallel.sh MODE WHO DO [STEP]    MODE good | undo; the rest as for crash.sh

set -u
B=$(cd "${B:-build/debug}" && pwd)
mode=$1 who=$2 what=$3 step=${4:-1} steps=10
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
faults=0 bad=0 ahead=0 untold=0 point=$((step / 2))

fail() { echo "# $mode, $who, $what, place $point ($(cat fault 2>/dev/null)): $*"; broken=1; }
count() { cat trace 2>/dev/null | grep -cx "$1"; }
db() { sqlite3 "state/runbook/runs/$run/journal.db" "$1" 2>/dev/null; }
steps_of() { db "SELECT json_extract(json, '\$.step') FROM events WHERE type = '$1' ORDER BY seq"; }

book() {
	printf 'runbook: 1\nname: many\ntype: application\nsteps:\n  - id: g\n    parallel: 2\n    steps:\n'
	for i in $(seq $steps); do
		printf '      - {id: s%s, shell: echo s%s >>trace, undo: {shell: echo undo-s%s >>trace}}\n' \
			"$i" "$i" "$i"
	done
	[ "$mode" = good ] || printf '  - {id: breaks, needs: [g], shell: "false", undo: none}\n'
}

# A step that was stopped half done, by a second signal, is tried again.
most=1
case $what in *-2 | *-3 | QUIT*) most=2 ;; esac

world() {
	rm -rf "$work/w" && mkdir "$work/w" && cd "$work/w" || exit 2
	export XDG_STATE_HOME=$work/w/state HOME=$work/w
	book >many.yaml
	broken=
}

faulty() {
	local env="LD_PRELOAD=$B/faultline.so FAULT_LOG=$work/w/fault FAULT_WHO=$who FAULT_AT=$point"
	local flags=
	case $what in
	*-after) env="$env FAULT_DO=${what%-after} FAULT_AFTER=1" ;;
	*-ever) env="$env FAULT_DO=${what%-ever} FAULT_EVER=1" ;;
	INT* | TERM* | HUP* | QUIT*)
		times=${what#"${what%%[0-9]}"}
		env="$env FAULT_DO=signal FAULT_SIGNAL=$(kill -l "${what%-*}") FAULT_TIMES=${times:-1}" ;;
	*) env="$env FAULT_DO=$what" ;;
	esac
	[ "$mode" = good ] || flags='--on-failure undo'
	# shellcheck disable=SC2086
	{ env $env timeout 60 "$B/runbook" run many.yaml $flags -q >out 2>&1 </dev/null; } 2>/dev/null
	first=$?
}

# What the fault found: intents without a start, and starts that only the keeper has noted.
look() {
	local started intended
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

marks() {
	for one in $(sed -n 's/.*--mark \([^ =]*\)=done.*/\1/p' out | sort -u); do
		case $one in
		*~undo) cat trace 2>/dev/null | grep -qx "undo-${one%~undo}" ;;
		*) cat trace 2>/dev/null | grep -qx "$one" ;;
		esac && echo "--mark $one=done" || echo "--mark $one=failed"
	done
}

go_on() {
	local said=
	for try in 1 2 3 4 5 6 7 8; do
		# shellcheck disable=SC2086
		timeout 60 "$B/runbook" resume "$run" --yes -q $said >out 2>&1 </dev/null
		code=$?
		said=
		case $code in
		2)
			grep -q 'never began\|there is no run' out && code=none
			grep -q 'is done' out && code=0
			grep -q 'is undone' out && code=9
			return ;;
		0 | 9) return ;;
		11) said=$(marks) ;;
		12)  # it died while the journal was made
			grep -q 'is not a journal' out && [ ! -e trace ] && { code=none; return; } ;;
		1 | 8 | 10) ;;
		*) return ;;
		esac
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

judge() {
	for i in $(seq $steps); do
		n=$(count "s$i") u=$(count "undo-s$i")
		[ "${n:-0}" -le $most ] || fail "s$i ran $n times"
		case $code in
		none) [ "${n:-0}" = 0 ] || fail "there is no run, and s$i ran" ;;
		0) [ "${n:-0}" -ge 1 ] || fail "the run is good, and s$i did not run" ;;
		9) [ "${u:-0}" -ge $((${n:-0} > 0)) ] || fail "s$i was done, and not undone" ;;
		esac
	done
	case $code in none) return ;; 0 | 9) ;; *) fail "it ends with $code"; sed 's/^/#   /' out | tail -n 25 ;; esac
	[ "$(in_order)" = 0 ] || fail 'undone in another order than the reverse of the starts'
	"$B/runbook" show "$run" --verify >verified 2>&1 || fail "the chain: $(tail -n 1 verified)"
}

while :; do
	point=$((point + step))
	world
	faulty
	[ -s fault ] || break
	faults=$((faults + 1))
	run=$(ls state/runbook/runs 2>/dev/null | head -n 1)
	if [ -n "$run" ]; then
		look
		go_on
		judge
	fi
	[ -z "$broken" ] || bad=$((bad + 1))
	[ "$bad" -lt 5 ] || break
done
[ "$faults" -ge 2 ] || { echo "# only $faults faults happened: this proves nothing"; exit 1; }
# Some places are hit in any sweep of so many.
case $who:$what in interpreter:kill* | interpreter:both*)
	[ "$faults" -lt 10 ] || [ $((ahead + untold)) -gt 0 ] ||
		{ echo "# no intent was there before its start: this proves nothing"; exit 1; } ;;
esac
echo "# parallel: $mode, $who, $what: $faults faults, $ahead times a step was intended and not started," \
	"$untold times its start was not on disk; $bad broken promises"
[ "$bad" = 0 ]
