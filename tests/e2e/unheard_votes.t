#!/bin/sh
# A vote that was recorded and that no run went on to hear: whoever takes the run another way tells
# it first. SQLite here; unheard_votes_postgresql.t has the same of a server.

. "$(dirname "$0")/../lib.sh"

me=$(id -un)
cast() { word=$1; shift; exits 0 runbook "$word" "$@"; }

. "$repo/tests/e2e/unheard.sh"

done_testing
