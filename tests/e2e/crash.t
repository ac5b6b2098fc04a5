#!/bin/bash
# A part of `make crash`: every third point of a run, and of one that is undone.

here=$(cd "$(dirname "$0")/../crash" && pwd)
command -v strace >/dev/null || { echo "1..0 # SKIP no strace"; exit 0; }
number=0
for mode in good undo; do
	number=$((number + 1))
	"$here/crash.sh" 3 $mode || printf 'not '
	echo "ok $number - killed at a write of the journal, a run ($mode) keeps its promises"
done
number=$((number + 1))
"$here/ahead.sh" 4 || printf 'not '
echo "ok $number - killed while intents were written ahead, a run keeps its promises"
echo "1..$number"
