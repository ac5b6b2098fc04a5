#!/bin/sh
# Votes that no run went on to hear, with the runs in PostgreSQL, where they are rows.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/postgres.sh"

pg_start
store_of() { echo "postgresql://$1@127.0.0.1:$pg_port/postgres"; }
for role in ada bob; do
	pg_sql "CREATE ROLE $role LOGIN SUPERUSER"
done
me=bob
runbook() { command runbook "$@" --store "$(store_of ada)"; }
cast() { exits 0 command runbook "$@" --store "$(store_of bob)"; }

. "$repo/tests/e2e/unheard.sh"

test_that 'votes that cannot be read hold up no undo, and that is said' '
	begin plain && cast reject $run --reason "$why" && pg_sql "ALTER TABLE runbook.vote RENAME TO elsewhere" &&
	exits 0 runbook undo $run >out 2>&1
	cat out
	grep -q "the votes on .gate. cannot be read" out && trace "before back "
'

done_testing
