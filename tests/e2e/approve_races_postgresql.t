#!/bin/sh
# approve and reject at the same moment while the run is alive, with the runs in PostgreSQL: one outcome, and
# everybody is told what it was.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/postgres.sh"
. "$repo/tests/e2e/book.sh"
. "$repo/tests/e2e/races.sh"

pg_start
for role in ada bob cleo; do
	pg_sql "CREATE ROLE $role LOGIN SUPERUSER"
done
as() {
	who=$1
	shift
	runbook --store "postgresql://$who@127.0.0.1:$pg_port/postgres" "$@"
}

test_that 'an approval against a refusal of two people' 'approve_or_reject bob cleo'
test_that '... and of the same person' 'approve_or_reject bob bob'
test_that 'an approval against another of the same person' 'approve_twice bob cleo'
test_that 'an approval against the end of the time' 'approve_or_timeout bob'

done_testing
