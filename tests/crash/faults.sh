# What the sweeps of faults share, for a script to source. For every n: lets something happen to the
# interpreter or its keeper at the n-th place where they write, talk or start something, before or
# after it, then resumes until it is over, and has the script judge what happened in the world. What
# is not known is looked up, as a person would, and said with --mark.
#
# A fault that did not happen ends the sweep; a sweep without faults is a failure.
#
#   SCRIPT MODE WHO DO [STEP]      MODE good | undo      WHO interpreter | keeper
#                                  DO kill | kill-after | both | both-after | ENOSPC | EIO |
#                                     ENOSPC-ever | EIO-ever | INT | TERM-2 | QUIT-1 ...
#                                  every STEP-th place
#   DEFECT=early|guess             with build/.../runbook-defect: exit 0 when it was noticed
#   AGAIN=N                        it happens to the next N resumes, too, at the same place of theirs
#
# The script sets `book`, the words behind `run`, and says what its world is, all in the folder of it:
#
#   make_world         makes the folder ready
#   at_most_once       nothing happened more often than may be: asked after every command
#   all_is_there       the run is good     (both: `fail` says what is wrong)
#   all_is_gone        it is undone
#   nothing_happened   there never was a run
#   is_done ADDRESS    whether the effect of a step, or of an undo, is there
#   look               may be replaced: what the fault left, before anybody goes on
#   shellcheck shell=bash

B=$(cd "${B:-build/debug}" && pwd)
mode=$1 who=$2 what=$3 step=${4:-1}
runbook=$B/runbook
[ -z "${DEFECT:-}" ] || runbook=$B/runbook-defect
work=$(mktemp -d)
book=
enough=5
[ -z "${DEFECT:-}" ] || enough=1
faults=0 bad=0 stopped=0 point=$((step / 2))
first='' run='' code=''

# Who is stopped half done is tried again, so it may happen twice; nothing else may.
most=1
case $what in *-2 | *-3 | QUIT*) most=2 ;; esac

fail() { echo "# $mode, $who, $what, place $point ($(cat fault 2>/dev/null)): $*"; broken=1; }
fail_with() { fail "$@"; sed 's/^/#   /' out | tail -n 25; }
count() { cat trace 2>/dev/null | grep -cx "$1"; }
# Read only: else it would make a journal where there is none.
db() { sqlite3 -readonly "state/runbook/runs/$run/journal.db" "$1" 2>/dev/null; }
look() { :; }

world() {
	rm -rf "$work/w" && mkdir "$work/w" && cd "$work/w" || exit 2
	export XDG_STATE_HOME=$work/w/state HOME=$work/w
	make_world
	broken=
}

# faulty COMMAND...: runbook does it, and it happens
faulty() {
	local env="LD_PRELOAD=$B/faultline.so FAULT_LOG=$work/w/fault FAULT_WHO=$who FAULT_AT=$point"
	local times
	case $what in
	*-after) env="$env FAULT_DO=${what%-after} FAULT_AFTER=1" ;;
	*-ever) env="$env FAULT_DO=${what%-ever} FAULT_EVER=1" ;;
	INT* | TERM* | HUP* | QUIT*)
		times=${what#"${what%%[0-9]}"}
		env="$env FAULT_DO=signal FAULT_SIGNAL=$(kill -l "${what%-*}") FAULT_TIMES=${times:-1}" ;;
	*) env="$env FAULT_DO=$what" ;;
	esac
	# shellcheck disable=SC2086
	{ env $env timeout 60 "$runbook" "$@" -q >out 2>&1 </dev/null; } 2>/dev/null
	first=$?
}

is_an_end() {
	case $what:$first in
	INT*:130 | TERM*:143 | HUP*:129 | QUIT*:131) stopped=$((stopped + 1)) ;;
	[ITHQ]*:11 | [ITHQ]*:10) ;;
	kill*:137 | both*:137 | kill*:11 | kill*:12 | *:0 | *:9 | *:10 | *:1 | *:4 | *:8 | E*:11 | E*:12) ;;
	*) false ;;
	esac
}

marks() {
	local one
	for one in $(sed -n 's/.*--mark \([^ =]*\)=done.*/\1/p' out | sort -u); do
		if is_done "$one" 2>/dev/null; then echo "--mark $one=done"; else echo "--mark $one=failed"; fi
	done
}

die_again() {
	local i
	for i in $(seq "${AGAIN:-0}"); do
		faulty resume "$run" --yes
		at_most_once
	done
}

# Until it is over: $code, or `none` when there never was a run.
go_on() {
	local said='' try
	for try in 1 2 3 4 5 6 7 8; do
		# shellcheck disable=SC2086
		timeout 60 "$runbook" resume "$run" --yes -q $said >out 2>&1 </dev/null
		code=$?
		at_most_once
		said=
		case $code in
		2)
			grep -q 'never began\|there is no run' out && code=none
			grep -q 'is done' out && code=0
			grep -q 'is undone' out && code=9
			return ;;
		0 | 9) return ;;
		11) said=$(marks) ;;
		1 | 8 | 10 | 12) ;;
		*) return ;;
		esac
	done
}

# An attempt that did not start takes no number from the next one.
numbers_are_whole() {
	[ "$(db "SELECT count(*) FROM (SELECT json_extract(json, '\$.step') AS step,
		max(json_extract(json, '\$.attempt')) AS last, count(DISTINCT json_extract(json, '\$.attempt')) AS n
		FROM events WHERE type = 'step.start' GROUP BY 1 HAVING last <> n)")" = 0 ] ||
		fail 'the number of an attempt was left out'
}

judge() {
	case $code in
	none) nothing_happened; return ;;
	0) all_is_there ;;  # in the other mode: the last step was killed, and a person said "done"
	9) all_is_gone ;;
	*) fail_with "it ends with $code" ;;
	esac
	numbers_are_whole
	"$B/runbook" show "$run" --verify >verified 2>&1 || fail "the chain: $(tail -n 1 verified)"
}

# A fault at one place after the other, until there is none any more, or enough is broken.
sweep() {
	while [ "$bad" -lt "$enough" ]; do
		point=$((point + step))
		world
		# shellcheck disable=SC2086
		faulty run $book
		[ -s fault ] || break
		faults=$((faults + 1))
		is_an_end || fail_with "the run ended with $first"
		at_most_once
		run=$(ls state/runbook/runs 2>/dev/null | head -n 1)
		if [ -n "$run" ]; then
			look
			die_again
			go_on
			judge
		else
			nothing_happened
		fi
		[ -z "$broken" ] || bad=$((bad + 1))
	done
	[ "$faults" -ge 2 ] || proves_nothing "only $faults faults happened"
	case $what in
	[ITHQ]*) [ "$stopped" -gt 0 ] || proves_nothing "none of $faults runs was stopped" ;;
	esac
}

proves_nothing() { echo "# $*: this proves nothing"; exit 1; }

# The exit code of the script.
verdict() {
	if [ -n "${DEFECT:-}" ]; then [ "$bad" -gt 0 ]; else [ "$bad" = 0 ]; fi
}
