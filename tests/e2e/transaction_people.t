#!/bin/sh
# A person looks at the result of a transaction before its COMMIT, with a real PostgreSQL:
# whatever happens meanwhile, all of it is done once, or nothing.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/postgres.sh"
. "$repo/tests/e2e/book.sh"

pg_start
url="connections: {db: \"$pg_url\"}"
rows() { pg_sql "SELECT string_agg(v, ' ' ORDER BY id) FROM t"; }
fresh() { pg_sql 'DROP TABLE IF EXISTS t; CREATE TABLE t (id serial, v text)' >/dev/null; }

group='  - id: g
    transaction: db
    undo: {sql: DELETE FROM t}
    steps:
      - {id: first, sql: "INSERT INTO t (v) VALUES (${{ env.N }}) RETURNING id"}
      - {id: look, confirm: "Row ${{ steps.first.value }}?"}
      - {id: second, sql: "INSERT INTO t (v) VALUES (${{ env.N }})"}
  - {id: after, shell: "echo ${{ steps.first.value }} >>effects", undo: none}'

test_that 'suspended before COMMIT: nothing is there; resumed with an answer: all of it, once' '
	fresh; book "$group" "$url"
	N=one run 6 --detach && id=$(ls state/runbook/runs) && [ -z "$(rows)" ] &&
	N=two resume 6 && [ -z "$(rows)" ] && has "Row 2" &&
	N=three resume 0 --confirm look=yes && [ "$(rows)" = "three three" ] && effects "3 " && whole &&
	exits 0 runbook undo "$id" -q && [ -z "$(rows)" ]
'

test_that 'a no rolls it back, and nothing is to be undone' '
	fresh; book "$group" "$url"
	N=one exits 5 timeout 120 on-terminal -e "to decline:" "no\n" runbook run book.yaml --on-failure undo >out 2>&1
	[ -z "$(rows)" ] && id=$(ls state/runbook/runs) && runbook show "$id" >out 2>&1 && has cancelled && lacks undoing
'

approved='  - id: g
    transaction: db
    undo: none
    steps:
      - {id: first, sql: "INSERT INTO t (v) VALUES (${{ env.N }})"}
      - {id: ok, approve: {message: Is it right, not_requester: false}}
      - {id: second, sql: "INSERT INTO t (v) VALUES (${{ env.N }})"}'

test_that 'approved from elsewhere while the run is suspended: the resume commits' '
	fresh; book "$approved" "$url"
	N=one run 6 --detach && id=$(ls state/runbook/runs) && [ -z "$(rows)" ] &&
	exits 0 runbook approve "$id" ok --reason seen && N=one resume 0 && [ "$(rows)" = "one one" ] && whole
'

sleeping() {
	[ "$(pg_sql "SELECT count(*) FROM pg_stat_activity
		WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'")" -ge 1 ]
}
slow=$(printf %s "$group" | sed 's|second, sql: .*|second, sql: "SELECT pg_sleep(60)"}|')

test_that 'killed between an answer and COMMIT: nothing is there, and it is asked again' '
	fresh; book "$slow" "$url"
	N=one runbook run book.yaml --yes >out 2>&1 </dev/null &
	run=$!
	until_true sleeping && id=$(ls state/runbook/runs) && kill -9 $run && until_true "gone $run" &&
	[ -z "$(rows)" ] && N=one resume 5 && has "--confirm look=yes" && [ -z "$(rows)" ] && whole
'

done_testing
