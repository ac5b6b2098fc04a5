#!/bin/sh
# What is for one is never had by two, however close together they ask.

. "$(dirname "$0")/../lib.sh"

test_that 'two processes race for the same locks 200 times' 'store-race lock "$PWD/locks" 200 2'
test_that 'four race for one run' 'store-race run "$PWD/runs" 100 4'
test_that 'four race for the fires of one trigger' 'store-race fire "$PWD/fires" 100 4'

done_testing
