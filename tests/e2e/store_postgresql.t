#!/bin/sh
# The PostgreSQL store, on a server of its own.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/postgres.sh"

pg_start
XDG_STATE_HOME=$work/state
export XDG_STATE_HOME

# contract NAME: every test of it that is about PostgreSQL passes, and there are some
contract() {
	STORE_TEST_URL=$pg_url "$B/tests/unit/$1" >out 2>&1
	grep -v '^ok' out
	[ "$(grep -c '^ok .* postgresql_' out)" -ge "$2" ] && ! grep '^not ok' out
}

test_that 'it does what every store must do' 'contract store_test 25'
test_that 'two processes race for the same locks 200 times' 'store-race lock "$pg_url" 200 2'
test_that 'four race for one run' 'store-race run "$pg_url" 100 4'
test_that 'four race for the fires of one trigger' 'store-race fire "$pg_url" 100 4'

done_testing
