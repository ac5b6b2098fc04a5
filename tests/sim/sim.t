#!/bin/sh
# A part of `make sim`, and that it would notice if a promise were broken.

. "$(dirname "$0")/../lib.sh"

test_that 'every promise is kept in 30,000 events with failures, signals and crashes' '
	sim events=30000 seed=1 >out || { tail -n 40 out; false; }
'

# A transaction cut while its children were told to be good, and satisfied when it was resumed.
test_that 'what was found by chance stays mended' '
	for seed in 1795312856 4256; do sim events=1 seed=$seed >out || { tail -n 40 out; exit 1; }; done
'

number=0
for what in 'an effect before its intent is durable' 'an undo in another order' \
	'a resume that forgets the last event' 'a resume from memory' 'a guess at what is unknown' \
	'an interpreter that lost the run and writes' 'a kill of the process group only'; do
	number=$((number + 1))
	test_that "noticed: $what" '
		exits 1 sim events=30000 seed=1 defect=$number >out
		tail -n 1 out && tail -n 1 out | grep "^broken promise"
	'
done

done_testing
