#!/bin/sh
# Who undoes a run is warned, before anything is asked or taken back, of a newer run of the same runbook
# that did something. It is a warning: a script goes on.

. "$(dirname "$0")/../lib.sh"

cat >book.yaml <<'END'
runbook: 1
name: book
type: application
on_failure: stop
inputs: {db: {default: a}, read: {type: bool, default: false}}
lock: "db/${{ inputs.db }}"
drill: {env: {X: y}}
steps:
  - {id: look, effects: read, shell: "true"}
  - {id: bad, effects: read, if: inputs.read, shell: "false"}
  - {id: change, shell: "echo change >>trace", undo: {shell: "echo undo >>trace", confirm: Really?}}
END
# begun CODE [FLAGS]: the id of a new run
begun() {
	code=$1 && shift
	runbook run book.yaml "$@" >out 2>&1 </dev/null
	[ $? = "$code" ] || { cat out >&2; return 1; }
	runbook runs | head -1 | cut -d" " -f1
}
warns() { grep -q "warning: .book. ran again after this run," "$1"; }
# quiet RUN: its undo warns of nothing
quiet() { exits 0 runbook undo "$1" --yes >out 2>&1 </dev/null && ! warns out; }

test_that 'a script is told which run it is and how that one is undone, before anything is taken back, and goes on' '
	old=$(begun 0) && new=$(begun 0) && exits 0 runbook undo $old --yes -o ndjson >events 2>err </dev/null &&
	warns err && grep -q "this run, as $new (ok, started 2.* by $(id -un)): what this undo puts back is from before that" err && grep -q "help: .*.runbook undo $new." err &&
	sed -n "s/.*\"type\":\"\([a-z.]*\)\".*/\1/p" events | sed -n "1,/phase.start/p" | grep -v "^lock" | tr "\n" " " >is && echo "run.resume diagnostic phase.start " | tr -d "\n" >want && same want is &&
	grep "\"type\":\"diagnostic\"" events | grep -q "\"level\":\"warning\",\"code\":\"newer\".*\"newer\":\"$new\"" && runbook report $old | grep -q "warning: .*ran again after this run" &&
	quiet $new
'
test_that 'on a terminal it stands before the question' '
	old=$(begun 0) && new=$(begun 0) && exits 0 on-terminal -e "Really?" "yes\n" runbook undo $old --color=never >seen && sed "/Really?/q" seen >before && grep -q "ran again after this run" before && quiet $new
'
test_that 'several are counted, and the last is named' '
	old=$(begun 0) && middle=$(begun 0) && new=$(begun 0) && exits 0 runbook undo $old --yes 2>err </dev/null && grep -q "this run, 2 times, the last as $new (ok" err &&
	exits 0 runbook undo $middle --yes 2>err </dev/null && grep -q "this run, as $new (ok" err && quiet $new
'
test_that 'of the newest, of one whose newer ones were undone, and of one that only has older ones nothing is said' '
	old=$(begun 0) && new=$(begun 0) && quiet $new && quiet $old
'
test_that 'nor of a newer one that only read, that works on something else, or that was a drill' '
	old=$(begun 0) && begun 1 -i read=true && other=$(begun 0 -i db=b) && drill=$(begun 0 --drill) && quiet $old && quiet $other && quiet $drill
'
# What has a folder and a row is a run: 600 of another runbook, newer than all others.
crowd() {
	index=$(find . -name index.db) && (cd "${index%/*}/runs" && mkdir $(seq -f crowd%.0f 600)) &&
	sqlite3 "$index" "CREATE TEMP TABLE one AS SELECT * FROM run WHERE runbook = 'book' LIMIT 1;
		UPDATE one SET runbook = 'crowd', started = '2199-01-01T00:00:00.000Z';
		$(seq -f "UPDATE one SET id = 'crowd%.0f'; INSERT INTO run SELECT * FROM one;" 600)"
}
test_that 'however many runs of others came since, it is found' '
	old=$(begun 0) && new=$(begun 0) && crowd && [ "$(runbook runs | grep -c crowd)" -ge 600 ] && exits 0 runbook undo $old --yes 2>err </dev/null && grep -q "this run, as $new (ok" err
'
done_testing
