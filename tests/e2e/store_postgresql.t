#!/bin/sh
# The PostgreSQL store, on a server of its own.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/postgres.sh"

pg_start
XDG_STATE_HOME=$work/state
export XDG_STATE_HOME

# unit PROGRAM COUNT [PREFIX]: its tests pass, at least COUNT of those that begin so
unit() {
	STORE_TEST_URL=$pg_url "$B/$1" >out 2>&1
	grep -v '^ok' out
	[ "$(grep -c "^ok .* $3" out)" -ge "$2" ] && ! grep '^not ok' out
}

test_that 'it does what every store must do' 'unit tests/unit/store_test 25 postgresql_'
test_that 'connections and answers may be lost, leases too' 'unit store-server 20'
test_that 'two processes race for the same locks 200 times' 'store-race lock "$pg_url" 200 2'
test_that 'four race for one run' 'store-race run "$pg_url" 100 4'
test_that 'four race for the fires of one trigger' 'store-race fire "$pg_url" 100 4'

done_testing
