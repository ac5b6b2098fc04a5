#!/bin/sh
# Roles of PostgreSQL that did not make the store: each does its part with what docs/postgresql.md grants, and is
# refused the rest with the GRANT that is missing.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/postgres.sh"
. "$repo/tests/e2e/book.sh"

pg_start
pg_sql 'CREATE ROLE olga LOGIN; GRANT CREATE ON DATABASE postgres TO olga'
for role in nobody rita anna rolf worker petra bert; do
	pg_sql "CREATE ROLE $role LOGIN"
done
url_of() { echo "postgresql://$1@127.0.0.1:$pg_port/postgres"; }
# as ROLE CODE COMMAND...: ends so; what it said is in out
as() {
	who=$1 want=$2
	shift 2
	exits "$want" timeout 120 runbook --store "$(url_of "$who")" "$@" >out 2>&1 </dev/null || { cat out; return 1; }
}
sql_as() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$(url_of "$1")" -c "$2" >out 2>&1; }
# refused ROLE CODE PATTERN COMMAND...: for want of a GRANT, which is said
refused() {
	who=$1 code=$2 pattern=$3
	shift 3
	as "$who" "$code" "$@" && has "permission denied" && grep -e "lets .$who. .*: GRANT .*$pattern.* TO \"$who\"" out >/dev/null || { cat out; return 1; }
}
book '  - {id: a, shell: echo a >> effects}
  - {id: b, approve: {message: Go?, not_requester: true}, shell: echo b >> effects}' 'lock: db/x'
printf '%s\n' 'runbook: 1' 'name: quick' 'type: application' 'steps:' '  - {id: a, shell: echo quick >> effects}' >quick.yaml
last() { id=$(pg_sql 'SELECT id FROM runbook.run ORDER BY started DESC LIMIT 1'); }

test_that 'without a schema, who may not make one is told so' '
	refused rita 4 "CREATE ON DATABASE" run quick.yaml && ! [ -e effects ]
'
test_that 'who may make it owns it' '
	as olga 6 run book.yaml --detach && [ "$(pg_sql "SELECT nspowner::regrole FROM pg_namespace WHERE nspname = '"'runbook'"'")" = olga ]
'
as olga 0 run quick.yaml
pg_sql "$(sed -n '/^```sql/,/^```/{/^```/d;p}' "$repo/docs/postgresql.md")"
pg_sql 'GRANT runbook_read TO rita; GRANT runbook_answer TO anna; GRANT runbook_run TO rolf, worker; GRANT runbook_prune TO petra;
	GRANT runbook_run, runbook_answer TO bert'
last
waiting=$(pg_sql "SELECT id FROM runbook.run WHERE state = 'suspended'")

test_that 'who has nothing reads nothing' '
	refused nobody 4 "USAGE ON SCHEMA runbook" runs && refused nobody 4 "SELECT ON ALL TABLES" show $id &&
	refused nobody 4 "USAGE" approve $waiting && refused nobody 4 "USAGE" run quick.yaml
'
test_that 'with USAGE alone it is the tables' '
	pg_sql "GRANT USAGE ON SCHEMA runbook TO nobody" && refused nobody 4 "SELECT ON ALL TABLES" runs
'
test_that 'a reader reads everything' '
	as rita 0 runs && has "$id" && as rita 0 show $id --verify && as rita 0 logs $id && as rita 0 report $id && as rita 0 locks && has db/x &&
	as rita 0 waiting && has "$waiting"
'
test_that 'a reader does nothing else, and is told what it would take' '
	before=$(pg_sql "SELECT count(*) FROM runbook.event") && rm -f effects
	refused rita 12 "INSERT .run, step, digest, reason, at, yes., UPDATE .reason, at, yes. ON runbook.vote" approve $waiting &&
	refused rita 12 "ON runbook.vote" reject $waiting && refused rita 12 "INSERT, UPDATE ON runbook.run" run quick.yaml &&
	refused rita 12 "INSERT, UPDATE ON runbook.run" run book.yaml --detach && refused rita 12 "INSERT, UPDATE ON runbook.run" resume $waiting &&
	refused rita 12 "INSERT, UPDATE ON runbook.run" abort $waiting && refused rita 12 "DELETE ON runbook.run" prune --keep 0d &&
	! [ -e effects ] && [ "$(pg_sql "SELECT count(*) FROM runbook.event")" = "$before" ]
'
test_that 'who answers runs nothing' '
	refused anna 12 "INSERT, UPDATE ON runbook.run" resume $waiting && refused anna 12 "INSERT, UPDATE ON runbook.run" run quick.yaml
'
test_that 'who runs answers nothing' '
	refused rolf 12 "ON runbook.vote" approve $waiting
'
test_that 'one answers in its own name, another goes on' '
	rm -f effects; as anna 0 approve $waiting --reason fine && as rolf 0 resume $waiting && effects "b " &&
	as rita 0 show $waiting -o ndjson && grep "\"answer\":\"yes\",\"by\":\"anna\"" out >/dev/null && as rita 0 locks && ! has db/x
'
test_that 'who runs: everything from the lock to the undo, abort and a worker' '
	rm -f effects; as rolf 6 run book.yaml --detach && last && as rolf 0 abort $id && as rolf 6 run book.yaml --detach && last &&
	as anna 0 approve $id && as worker 0 worker --once && effects "a a b " && as bert 6 run book.yaml --detach && last &&
	as bert 5 approve $id && as anna 0 reject $id && as bert 5 resume $id && as rita 0 show $id --verify && has "the chain holds"
'
test_that 'who answers cannot do it for somebody else, nor take back a refusal, by hand either' '
	as rolf 6 run book.yaml --detach && last && as anna 0 reject $id &&
	! sql_as bert "INSERT INTO runbook.vote(run, step, role, digest, reason, at, yes) VALUES ('"'\$id', 'b', 'anna', '', '', '2026', true"')" &&
	sql_as bert "UPDATE runbook.vote SET yes = true" && sql_as anna "UPDATE runbook.vote SET yes = true WHERE NOT yes" &&
	[ "$(pg_sql "SELECT yes FROM runbook.vote WHERE run = '"'\$id'"'")" = f ] && ! sql_as anna "DELETE FROM runbook.vote"
'
test_that 'who runs changes nothing that is written' '
	! sql_as rolf "UPDATE runbook.event SET json = json" && ! sql_as rolf "DELETE FROM runbook.event" &&
	! sql_as rolf "UPDATE runbook.kept SET bytes = bytes" && ! sql_as rolf "DELETE FROM runbook.run" && ! sql_as rolf "TRUNCATE runbook.vote"
'
test_that 'who prunes' '
	as petra 0 prune --keep 0d && [ "$(pg_sql "SELECT count(*) FROM runbook.run WHERE state IN ('"'final', 'aborted'"')")" = 0 ] &&
	refused petra 12 "INSERT, UPDATE" run quick.yaml
'
test_that 'a right that is taken away in the middle: nothing further starts, and that is said' '
	printf "%s\n" "runbook: 1" "name: slow" "type: application" "steps:" \
		"  - {id: a, shell: \"echo a >> effects; until [ -e go ]; do sleep 0.02; done\"}" "  - {id: b, shell: echo b >> effects}" >slow.yaml
	rm -f effects go
	timeout 120 runbook --store "$(url_of rolf)" run slow.yaml >out 2>&1 </dev/null & run=$!
	until_true "[ -s effects ]" && pg_sql "REVOKE INSERT ON runbook.event FROM runbook_run" && touch go
	wait $run; [ $? = 12 ] && has "permission denied for table event" && effects "a " || { cat out; exit 1; }
	pg_sql "GRANT INSERT ON runbook.event TO runbook_run" && last && as rolf 0 resume $id && effects "a b "
'

done_testing
