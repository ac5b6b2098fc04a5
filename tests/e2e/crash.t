#!/bin/bash
# A part of `make crash`: some places of each kind, of a run and of one that is undone.

here=$(cd "$(dirname "$0")/../crash" && pwd)
[ -e "$B/faultline.so" ] && [ -e "$B/runbook-defect" ] || { echo "1..0 # SKIP not built"; exit 0; }
# What the sanitizers intercept does not come to faultline.so: there would be no faults.
ldd "$B/runbook" | grep -q libasan && { echo "1..0 # SKIP the sanitizers take the calls that are to fail"; exit 0; }
number=0
sweep() {  # MODE WHO DO STEP
	number=$((number + 1))
	"$here/crash.sh" "$@" || printf 'not '
	echo "ok $number - ${DEFECT:+noticed, a defect ($DEFECT): }$1: $2: $3: every promise is kept"
}

sweep good interpreter kill 17
sweep undo interpreter kill-after 23
sweep undo interpreter both 23
sweep good keeper kill 11
sweep undo keeper both-after 17
sweep good interpreter ENOSPC 29
sweep undo interpreter EIO-ever 41
sweep good keeper EIO 5
sweep good interpreter INT 13
sweep undo interpreter TERM-2 29
sweep undo interpreter HUP-3 31
sweep good interpreter QUIT-1 23
parallel() {  # MODE WHO DO STEP
	number=$((number + 1))
	"$here/parallel.sh" "$@" || printf 'not '
	echo "ok $number - short steps side by side: $1: $2: $3: every promise is kept"
}
number=$((number + 1))
"$here/birth.sh" kill || printf 'not '
echo "ok $number - killed at every place before its run began, it is in nobody's way"
for what in kill EIO; do
	number=$((number + 1))
	"$here/mend.sh" $what 2 || printf 'not '
	echo "ok $number - $what at the places where a damaged index is made again: no lock is lost"
done
for way in run resumes; do
	number=$((number + 1))
	"$here/stopped.sh" $way 3 || printf 'not '
	echo "ok $number - the index is lost while one stands still at a place of its start ($way): never do two have the lock"
done
command -v sqlite3 >/dev/null && {
	parallel good interpreter kill 3
	parallel undo interpreter both-after 5
	parallel good interpreter ENOSPC 9
	parallel undo keeper kill 7
	parallel undo interpreter INT 7
}
# At every place until it is noticed: not each of them shows it.
DEFECT=early sweep good interpreter both 1
DEFECT=guess sweep good interpreter both-after 1
if command -v strace >/dev/null; then
	number=$((number + 1))
	"$here/ahead.sh" 4 || printf 'not '
	echo "ok $number - killed while intents were written ahead, a run keeps its promises"
fi
echo "1..$number"
