#!/bin/sh
# A run that stops: nothing starts any more, and nobody is asked whether it should.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/book.sh"

both='  - id: g
    parallel: true
    steps:
      - {id: bad, shell: "until test -e go || grep -qs confirm.ask events; do sleep 0.02; done; exit 1", undo: none}
      - {id: asked, confirm: Shall it really be done, shell: echo asked >>effects, undo: none}'

test_that 'a question about a step that may not start any more is taken back' '
	book "$both" "on_failure: stop"
	exits 1 timeout 120 on-terminal -e "to decline:" "" sh -c "runbook run book.yaml -o ndjson >events" >out 2>&1 &&
	[ ! -e effects ] && id=$(ls state/runbook/runs) && whole
'

test_that 'a run that failed does not wait for people who are not there' '
	book "$both" "on_failure: stop"
	touch go && run 1 --detach && [ ! -e effects ]
'

test_that 'what was done in a transaction before a crash counts for nothing when it begins anew' '
	rm -f shop.db && sqlite3 shop.db "CREATE TABLE t (i INTEGER)"
	book "  - id: g
    transaction: db
    undo: none
    steps:
      - {id: first, sql: \"SELECT \${{ int(env.N) }} AS n\"}
      - {id: asked, confirm: Go on?, sql: \"INSERT INTO t VALUES (\${{ steps.first.value }})\"}
  - {id: after, shell: \"echo \${{ steps.first.value }} >>effects; test -e go2\", undo: none}
  - {id: last, shell: \"echo \${{ steps.first.value }} >>effects\", undo: none}" "connections: {db: \"sqlite:shop.db\"}"
	N=1 run 6 --detach && id=$(ls state/runbook/runs) &&
	N=2 resume 1 --yes && touch go2 && N=3 resume 0 && effects "2 2 2 " &&
	[ "$(sqlite3 shop.db "SELECT i FROM t")" = 2 ]
'

done_testing
