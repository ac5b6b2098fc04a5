#!/bin/sh
# What becomes of a transaction whose COMMIT is not answered.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/postgres.sh"
. "$repo/tests/e2e/play.sh"
pg_start
q="'"

pg_sql 'CREATE TABLE t (id int PRIMARY KEY)'

test_that 'lost before it reached the server: known to have failed' '
	pg_behind before
	! play "  - {id: a, sql: INSERT INTO t VALUES (1)}" && pg_behind_over &&
	has "\"verdict\":\"failed\"" && has "has rolled back" && asks "SELECT count(*) FROM t WHERE id = 1" 0
'

test_that 'lost behind the server: known to have succeeded' '
	pg_behind after
	play "  - {id: a, sql: INSERT INTO t VALUES (2) RETURNING id}" && pg_behind_over &&
	has "\"verdict\":\"done\"" && has "\"value\":2" && asks "SELECT count(*) FROM t WHERE id = 2" 1
'

test_that 'the same for a group' '
	pg_behind before
	! play "  - {id: g, transaction: db, steps: [{id: a, sql: INSERT INTO t VALUES (3)}]}" && pg_behind_over &&
	has "\"step\":\"g\",\"verdict\":\"failed\"" && asks "SELECT count(*) FROM t WHERE id = 3" 0 &&
	pg_behind after
	play "  - {id: g, transaction: db, steps: [{id: a, sql: INSERT INTO t VALUES (3)}]}" && pg_behind_over &&
	has "\"step\":\"g\",\"verdict\":\"done\"" && asks "SELECT count(*) FROM t WHERE id = 3" 1
'

test_that 'nobody there to ask: unknown, with what to ask' '
	pg_behind gone
	! play "  - {id: a, sql: INSERT INTO t VALUES (4)}" timeout=1000 && pg_behind_over &&
	has "\"verdict\":\"unknown\"" && has "SELECT pg_xact_status(" && asks "SELECT count(*) FROM t WHERE id = 4" 1
'

test_that 'what has written nothing cannot lose anything' '
	pg_behind gone
	play "  - {id: a, sql: UPDATE t SET id = id WHERE false}" && pg_behind_over && has "\"count\":0"
'

test_that 'what reads and is not answered has failed, and no more' '
	pg_behind gone
	! play "  - {id: a, sql: SELECT 5 AS five}" && pg_behind_over && has "\"verdict\":\"failed\""
'

test_that 'no standby that confirms: committed, and a warning' '
	pg_standby nobody &&
	url=$pg_url && { play "  - {id: a, sql: INSERT INTO t VALUES (7)}" timeout=2000 || { cat out err; false; }; } &&
	has "\"verdict\":\"done\"" && grep "WARNING: canceling wait for synchronous replication" err &&
	grep "DETAIL: The transaction has already committed locally" err &&
	pg_standby && asks "SELECT count(*) FROM t WHERE id = 7" 1
'

done_testing
