#!/bin/sh
# A journal survives its writer being killed, and the power going, at every single write.

. "$(dirname "$0")/../lib.sh"

# crashes HOW SEED: at least 50 crashes must have happened, or nothing was tested.
crashes() {
	store-crash "$1" "$PWD/$1-$2" "$2" >out || { cat out; return 1; }
	read -r kills rest <out && [ "$kills" -ge 50 ] || { cat out; return 1; }
}

test_that 'what was committed is there after SIGKILL at every write' 'crashes kill 1'
test_that 'what was committed is there after the power went at every write' 'crashes power 1'
test_that 'other writes arrive on the disk another time' 'crashes power 1000'

done_testing
