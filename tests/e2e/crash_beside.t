#!/bin/bash
# A part of `make crash`: short steps side by side, and intents that were written ahead; and that
# mistakes of a runbook are noticed.

. "$(dirname "$0")/sweeps.sh"
parallel() {  # MODE WHO DO STEP
	kept "short steps side by side: $1: $2: $3: every promise is kept" parallel "$@"
}
noticed() {  # DEFECT MODE WHO DO STEP
	DEFECT=$1
	export DEFECT
	shift
	kept "noticed, a defect ($DEFECT): $1: $2: $3" crash "$@"
	unset DEFECT
}

command -v sqlite3 >/dev/null && {
	parallel good interpreter kill 3
	parallel undo interpreter both-after 5
	parallel good interpreter ENOSPC 9
	parallel undo keeper kill 7
	parallel undo interpreter INT 7
}
# At every place until it is noticed: not each of them shows it.
noticed early good interpreter both 1
noticed guess good interpreter both-after 1
if command -v strace >/dev/null; then
	kept 'killed while intents were written ahead, a run keeps its promises' ahead 4
fi
echo "1..$number"
