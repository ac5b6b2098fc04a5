#!/bin/sh
# What is for one is never had by two, however close together they ask.

. "$(dirname "$0")/../lib.sh"

test_that 'two processes race for the same locks 200 times' 'store-race lock "$PWD/locks" 200 2'
test_that 'four race for one run' 'store-race run "$PWD/runs" 100 4'
test_that 'four race for the fires of one trigger' 'store-race fire "$PWD/fires" 100 4'
test_that 'four make a store that is not there yet, 60 times' '
	for i in $(seq 60); do
		store-race fire "$PWD/new$i" 1 4 >out 2>&1 || { cat out; exit 1; }
	done
'

done_testing
