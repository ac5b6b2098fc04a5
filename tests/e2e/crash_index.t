#!/bin/bash
# A part of `make crash`: at the places where a run begins, and where the index of a store that was
# damaged is made again.

. "$(dirname "$0")/sweeps.sh"

kept 'killed at every place before its run began, it is in nobody'"'"'s way' birth kill
for do in kill EIO; do
	kept "$do at the places where a damaged index is made again: no lock is lost" mend $do 2
done
for way in run resumes; do
	kept "the index is lost while one stands still at a place of its start ($way): never do two have the lock" stopped $way 3
done
echo "1..$number"
