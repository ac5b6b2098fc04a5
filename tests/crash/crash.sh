#!/usr/bin/env bash
# Kills the interpreter at the n-th write of its journal, for every n, resumes, and counts
# what happened in the world: no step that is not idempotent ran twice, and what the run
# promises to have done was done once. A kill that did not happen ends the sweep; one that
# never happened is a failure of the test.
#
#   crash.sh [STEP] [MODE]     every STEP-th point; MODE good | undo

set -u
B=$(cd "${B:-build/debug}" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
step=${1:-1} mode=${2:-good}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kills=0 bad=0 point=0

fail() { echo "# point $point ($mode): $*"; bad=$((bad + 1)); }
count() { grep -cx "$1" trace 2>/dev/null; }

judge() {  # EXIT
	for one in one left right asked last; do
		n=$(count $one)
		[ "${n:-0}" -le 1 ] || fail "$one ran $n times"
		[ "$1" != 0 ] || [ "${n:-0}" = 1 ] || fail "the run is good, and $one ran ${n:-0} times"
	done
	rows=$(sqlite3 shop.db 'SELECT count(*) FROM t')
	[ "$rows" -le 1 ] || fail "the row was inserted $rows times"
	case $1 in
	0) [ "$rows" = 1 ] && [ "$(cat written)" = once ] || fail "good, but not everything is there" ;;
	9)
		for one in one left right asked; do
			[ "$(count undo-$one)" = "$(count $one)" ] || fail "$one was not undone as often as done"
		done
		[ "$rows" = 0 ] && [ ! -e written ] || fail "undone, but something is still there"
		;;
	esac
	"$B/runbook" show "$run" --verify >verified 2>&1 || fail "the chain: $(tail -n 1 verified)"
}

while :; do
	point=$((point + step))
	rm -rf "$work/w"
	mkdir -p "$work/w" && cd "$work/w" || exit 2
	export XDG_STATE_HOME=$work/w/state HOME=$work/w
	cp "$here/r6.yaml" .
	sqlite3 shop.db 'CREATE TABLE t (id INTEGER)'
	flags=(--yes)
	[ "$mode" != undo ] || flags+=(-i break_it=true --on-failure undo)
	{ strace -f -qq -o trace.strace -e trace=fdatasync,fsync -e "inject=fdatasync,fsync:signal=KILL:when=$point" \
		"$B/runbook" run r6.yaml "${flags[@]}" -q >out 2>&1; } 2>/dev/null
	# When nothing was killed, there are no more points.
	grep -q 'killed by SIGKILL' trace.strace || break
	kills=$((kills + 1))
	run=$(ls state/runbook/runs 2>/dev/null | head -n 1)
	[ -n "$run" ] || { [ ! -e trace ] || fail "there is no run, and something happened"; continue; }
	for _ in 1 2 3 4 5; do
		"$B/runbook" resume "$run" --yes -q >>out 2>&1
		code=$?
		case $code in
		2)  # it never began, or had ended
			if grep -q 'never began' out; then code=none; else code=0; fi
			break ;;
		0 | 1 | 9 | 10 | 11) break ;;
		esac
	done
	if [ "$code" = none ]; then
		[ ! -e trace ] || fail "the run never began, and something happened"
		continue
	fi
	case $code in
	0 | 9 | 11) ;;
	*) fail "resume ended with $code"; sed 's/^/#   /' out | tail -n 25 ;;
	esac
	[ "$mode" = undo ] && [ "$code" = 0 ] && code=9
	judge $code
done

[ "$kills" -gt 3 ] || { echo "# only $kills kills happened: this proves nothing"; bad=1; }
echo "# $mode: $kills kills, $bad broken promises"
[ "$bad" = 0 ]
