#!/bin/bash
# A part of `make crash`: at the places where a run begins, where the index of a store that was damaged
# is made again, and of resumes.

. "$(dirname "$0")/sweeps.sh"

kept 'killed at every place before its run began, it is in nobody'"'"'s way' birth kill
for do in kill EIO; do
	kept "$do at the places where a damaged index is made again: no lock is lost" mend $do 2
done
for way in run resumes; do
	kept "the index is lost while one stands still at a place of its start ($way): never do two have the lock" stopped $way 3
done
AGAIN=10
export AGAIN
kept 'killed, and so are ten resumes, each at the same place of its own' crash undo interpreter kill 37
echo "1..$number"
