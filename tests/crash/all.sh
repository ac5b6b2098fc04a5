#!/usr/bin/env bash
# All of birth.sh, mend.sh, stopped.sh, crash.sh and parallel.sh, JOBS sweeps at a time (2): what is
# killed, held still, or gets a signal that ends the run, at every STEP-th place; what cannot be
# written, at every fifth of those; what is killed, and so are ten resumes; and that mistakes of a
# runbook are noticed.

here=$(cd "$(dirname "$0")" && pwd)
step=${1:-1}
export here

sweeps() {
	for what in kill kill-after; do
		echo "$what birth"
	done
	for way in run resume resumes; do
		echo "$way stopped $step"
	done
	for what in kill kill-after ENOSPC EIO ENOSPC-ever EIO-ever; do
		echo "$what mend $step"
	done
	for mode in good undo; do
		for what in kill kill-after both both-after; do
			echo "$mode interpreter $what $step"
			echo "$mode keeper $what $step"
		done
		for what in ENOSPC EIO ENOSPC-ever EIO-ever; do
			echo "$mode interpreter $what $((step * 5))"
			echo "$mode keeper $what $step"
		done
		for what in INT TERM-2 HUP-3 QUIT-1; do
			echo "$mode interpreter $what $step"
		done
	done
	for mode in good undo; do
		for who in interpreter keeper; do
			for what in kill kill-after both both-after ENOSPC EIO ENOSPC-ever EIO-ever; do
				echo "$mode $who $what $step parallel"
			done
		done
		for what in INT TERM-2 HUP-3 QUIT-1; do
			echo "$mode interpreter $what $step parallel"
		done
	done
	echo "good interpreter kill $((step * 3)) again"
	echo "undo interpreter kill-after $((step * 3)) again"
	echo "good interpreter both-after $((step * 3)) again"
	echo "undo interpreter both $((step * 3)) again"
	echo "good interpreter both $step early"
	echo "good interpreter both-after $step guess"
}

# shellcheck disable=SC2016
sweeps | xargs -P "${JOBS:-2}" -L 1 bash -c '
	[ "$1" != birth ] || exec "$here/birth.sh" "$0"
	[ "$1" != stopped ] || exec "$here/stopped.sh" "$0" "$2"
	[ "$1" != mend ] || exec "$here/mend.sh" "$0" "$2"
	[ "${4:-}" != again ] || AGAIN=10 exec "$here/crash.sh" "$0" "$1" "$2" "$3"
	[ "${4:-}" != parallel ] || exec "$here/parallel.sh" "$0" "$1" "$2" "$3"
	DEFECT=${4:-} exec "$here/crash.sh" "$0" "$1" "$2" "$3"'
