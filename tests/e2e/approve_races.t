#!/bin/sh
# approve and reject at the same moment while the run is alive: one outcome, and everybody is told what it was.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/book.sh"
. "$repo/tests/e2e/races.sh"

# The person is the user of the operating system, whoever they say they are.
as() {
	shift
	runbook "$@"
}
me=$(id -un)

test_that 'a vote is heard while other steps go on, also by a run that would wait for it without a person' '
	rounds=2 && many "{message: Go?, not_requester: false}" && vote 0 "$me" approve && [ "$(told 0.$me.approve)" = 0 ] &&
	until_true "[ \$(did 0) = 1 ]" && ! [ -e go ] && vote 1 "$me" approve && the_end && [ "$(did 1)" = 1 ]
'
test_that 'an approval against a refusal of the same person' 'approve_or_reject "$me" "$me"'
test_that 'an approval against another of the same person' 'approve_twice "$me" "$me"'
test_that 'an approval against the end of the time' 'approve_or_timeout "$me"'

done_testing
