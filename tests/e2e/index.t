#!/bin/sh
# index.db is a cache: whatever happens to it, an operator goes on, no run and no lock is lost, and
# what was found is kept beside.

. "$(dirname "$0")/../lib.sh"

home=$work/state/runbook
index=$home/index.db

# book NAME LOCK SCRIPT
book() {
	{
		printf 'runbook: 1\nname: %s\ntype: application\ntitle: Try %s\n' "$1" "$1"
		[ -z "$2" ] || printf 'lock: %s\n' "$2"
		printf 'steps:\n  - {id: one, shell: "%s"}\n' "$3"
	} >"$1.yaml"
}

book good '' 'true'
book other prod 'echo other >>trace'
book quick fast 'true'
# Its interpreter dies where the file `die` is.
cat >dies.yaml <<-'END'
	runbook: 1
	name: dies
	type: application
	lock: prod
	steps:
	  - {id: one, shell: echo one >>trace}
	  - id: two
	    idempotent: true
	    shell: |
	      [ -e die ] || exit 0
	      rm die
	      read -r _ _ _ interpreter _ </proc/$PPID/stat
	      kill -9 $interpreter
	END
cat >asks.yaml <<-'END'
	runbook: 1
	name: asks
	type: application
	lock: asked
	steps:
	  - {id: ok, approve: {message: May I?}}
	END

# left STATE: the id of the run of that state
left() { runbook runs -o ndjson 2>/dev/null | sed -n "/\"state\":\"$1\"/s/.*\"id\":\"\([0-9a-z]*\)\".*/\1/p"; }
says() { grep -q -- "$1" out || { echo "it does not say: $1"; cat out; return 1; }; }
silent() { ! grep "$1" out; }

# ---- what may happen to it

page=4096
garbage() { echo 'this was the index once, before the dog ate it' >"$index"; }
zeros() { head -c $((4 * page)) /dev/zero >"$index"; }
cut() { truncate -s $((page + 100)) "$index"; }
headless() { truncate -s 100 "$index"; }
flipped() {
	for at in $page $((2 * page)); do
		printf 'not a page any more' | dd of="$index" bs=1 seek=$at conv=notrunc status=none
	done
}
tail_gone() { head -c $((2 * page)) /dev/urandom | dd of="$index" bs=$page seek=1 conv=notrunc status=none; }
folder() { rm "$index" && mkdir "$index" && touch "$index/something"; }
pipe() { rm "$index" && mkfifo "$index"; }
foreign() { rm "$index" && sqlite3 "$index" 'CREATE TABLE song(name)'; }
no_tables() { sqlite3 "$index" 'DROP TABLE lock; DROP TABLE run'; }
no_column() { sqlite3 "$index" 'ALTER TABLE lock DROP COLUMN mark; ALTER TABLE run DROP COLUMN labels'; }
# Nobody is shut out who is root.
shut() { chmod 000 "$index"; }
half_done() { zeros && cp "$index" "$index-journal" && cp "$index" "$index-wal"; }

# Of these nothing is left to be kept, and nothing to be warned of.
empty() { : >"$index"; }
gone() { rm "$index"; }

damages='garbage zeros cut headless flipped tail_gone folder pipe foreign no_tables no_column half_done'
[ "$(id -u)" = 0 ] || damages="$damages shut"

# after DAMAGE: the index as it was, and it has happened
after() {
	rm -rf "$index"* trace && cp "$work/kept.db" "$index" && "$1"
}

# Nobody is warned any more, and the locks are held by who held them.
is_mended() {
	runbook locks >out 2>&1 && says prod && says asked && silent warning &&
		exits 7 runbook run other.yaml >out 2>&1 && says "held by run $crashed" && silent warning &&
		[ ! -e trace ] && [ ! -e "$index.damaged-2" ]
}

# mends CODE WORDS COMMAND...: so it ends and that it says, whatever happened, and the index is right
mends() {
	code=$1 words=$2
	shift 2
	for damage in $damages; do
		after $damage && exits "$code" timeout 60 runbook "$@" >out 2>&1 </dev/null && says "$words" &&
			says 'warning: .*index.db.*; the index of the runs is made again from them' &&
			says 'kept as .*/index.db.damaged' && [ -e "$index.damaged" ] && is_mended ||
			{ echo "the damage: $damage"; return 1; }
	done
	for damage in empty gone; do
		after $damage && exits "$code" timeout 60 runbook "$@" >out 2>&1 </dev/null && says "$words" &&
			is_mended && [ ! -e "$index.damaged" ] || { echo "the damage: $damage"; return 1; }
	done
}

# A run that is over, one that crashed and holds `prod`, one that waits and holds `asked`.
runbook run good.yaml -q >out 2>&1
touch die && runbook run dies.yaml -q >out 2>&1
runbook run asks.yaml -q --detach >out 2>&1
over=$(left final) crashed=$(left crashed) waits=$(left suspended)
cp "$index" "$work/kept.db"

test_that 'there are three runs to begin with' '
	[ -n "$over" ] && [ -n "$crashed" ] && [ -n "$waits" ] || { runbook runs; cat out; false; }
'
test_that 'a damaged index: runs lists them all' 'mends 0 "$over" runs && runbook runs >out && says $crashed && says $waits'
test_that 'a damaged index: locks knows who holds what' 'mends 0 "prod.*$crashed" locks'
test_that 'a damaged index: waiting has the question' 'mends 0 "$waits" waiting'
test_that 'a damaged index: run starts what may start' 'mends 0 "is done" run quick.yaml'
test_that 'a damaged index: run does not start what is locked' 'mends 7 "held by run $crashed" run other.yaml'
test_that 'a damaged index: what waits still waits' 'mends 6 "" resume $waits'
test_that 'a damaged index: prune removes nothing that is young' 'mends 0 "" prune --keep 1d'

test_that 'a damaged index: show needs none' '
	for damage in $damages gone; do
		after $damage && runbook show $crashed >out 2>&1 && says two && silent warning || { echo "the damage: $damage"; return 1; }
	done
'

test_that 'a damaged index: plan, doctor and a worker say what they did, too' '
	for one in "plan quick.yaml" doctor "worker --once"; do
		after garbage && { timeout 60 runbook $one >out 2>&1 </dev/null || true; } && says "made again from them" && is_mended ||
			{ echo "the command: $one"; return 1; }
	done
'

test_that 'a damaged index: run and undo say it before a step, once, and it stands in the journal and the report' '
	after garbage && exits 0 runbook run good.yaml -o ndjson >events 2>err </dev/null && [ "$(grep -c "made again from them" err)" = 1 ] &&
	sed "/started /q" err | grep -q "warning: .*made again from them" && [ "$(grep -c "\"type\":\"diagnostic\",\"level\":\"warning\",\"code\":\"store\".*made again from them" events)" = 1 ] &&
	sed "/step.start/q" events | grep -q "made again from them" && new=$(sed -n "1s/.*\"run\":\"\([^\"]*\)\".*/\1/p" events) && runbook report $new | grep -q "^- warning: .*made again from them" &&
	after garbage && exits 10 runbook undo $new >out 2>&1 </dev/null && sed "/phase /q" out | grep -q "warning: .*made again from them" && [ "$(grep -c "made again from them" out)" = 1 ]
'

# In a store of its own: what is old is removed.
apart=$work/apart
lists() { LC_ALL=C ls "$apart" | tr "\n" " " >is && echo "$* " | tr -d "\n" >want && same want is; }
test_that 'prune removes what was put aside, when it is older than what is kept, and says so; and nothing else' '
	runbook --store "$apart" run good.yaml 2>err && echo no index >"$apart/index.db" && runbook --store "$apart" runs >out 2>&1 && says "kept as .*index.db.damaged" &&
	echo no index >"$apart/index.db" && runbook --store "$apart" runs >out 2>&1 && says "index.db.damaged-2" && rm -f "$apart/index.db.damaged-journal" "$apart/index.db-journal" &&
	echo half >"$apart/index.db.damaged-2-journal" && touch "$apart/index.db.damaged.mine" "$apart/index.db.damaged-x" && mkdir "$apart/index.db.damaged-3" &&
	exits 0 runbook --store "$apart" prune --keep 1d >out 2>&1 && [ "$(cat out)" = "0 runs removed" ] && [ -e "$apart/index.db.damaged" ] && [ -e "$apart/index.db.damaged-2" ] &&
	exits 0 runbook --store "$apart" prune --keep 0d >out 2>&1 && says "^1 run removed$" && says "^3 files of damaged indexes removed$" && rm -f "$apart/index.db-journal" &&
	lists index.db index.db.damaged-3 index.db.damaged-x index.db.damaged.mine runs
'

test_that 'a second damage is kept beside the first' '
	after garbage && runbook runs >out 2>&1 && garbage && runbook runs >out 2>&1 && says index.db.damaged-2 &&
	[ -e "$index.damaged-2" ] && runbook locks >out 2>&1 && says prod && silent warning
'

test_that 'a half-done write goes aside with the file it belongs to' '
	after half_done && runbook locks >out 2>&1 && says prod &&
	[ -e "$index.damaged-journal" ] && [ -e "$index.damaged-wal" ] && [ ! -e "$index-wal" ] && [ ! -s "$index-journal" ]
'

test_that 'a link is refused, and not followed' '
	after garbage && mv "$index" elsewhere && ln -s "$work/elsewhere" "$index" &&
	exits 12 runbook run quick.yaml >out 2>&1 && says "is a symbolic link" && runbook runs >out && says $over &&
	grep -q "the dog ate it" elsewhere && [ -L "$index" ]
'

test_that 'what cannot be put aside stops what would start, and nothing that reads' '
	after garbage && for n in $(seq 1000); do : >"$index.damaged-$n"; done; touch "$index.damaged" &&
	exits 12 runbook run quick.yaml >out 2>&1 && says "cannot be put aside" && says "it is only an index: remove it" &&
	exits 12 runbook locks >out 2>&1 && runbook runs >out 2>&1 && says $over && runbook show $over >out 2>&1
'

test_that 'a run that goes on keeps its lock, and frees it' '
	printf "runbook: 1\nname: long\ntype: application\nlock: late\nsteps:\n  - {id: one, shell: \"touch started; until [ -e go ]; do sleep 0.05; done\"}\n" >long.yaml &&
	book after late true && after empty && { runbook run long.yaml -q >long.out 2>&1 & } &&
	until [ -e started ]; do sleep 0.05; done && garbage &&
	exits 7 runbook run after.yaml >out 2>&1 && says "the lock .late. is held by run" && says warning &&
	garbage && touch go && wait &&
	runbook locks >out 2>&1 && silent late && runbook run after.yaml >out 2>&1 &&
	runbook runs -o ndjson >out && [ "$(grep -c "\"runbook\":\"long\".*final\|final.*\"runbook\":\"long\"" out)" = 1 ]
'

test_that 'several who come upon it at once do not harm each other' '
	for n in 1 2 3 4 5; do book same$n lock$n "echo $n >>trace"; done
	for damage in $damages; do
		after $damage && for n in 1 2 3 4 5; do runbook run same$n.yaml >out.$n 2>&1 & done
		wait
		[ "$(sort trace | tr -d "\n")" = 12345 ] && [ ! -e "$index.damaged-2" ] && [ -e "$index.damaged" ] &&
		[ "$(cat out.? | grep -c "made again")" = 1 ] &&
		[ "$(sqlite3 "$index" "PRAGMA quick_check")" = ok ] &&
		exits 7 runbook run other.yaml >out 2>&1 && says "held by run $crashed" || { cat out.?; echo "the damage: $damage"; return 1; }
	done
'

test_that 'of several who want one lock then, one runs at a time' '
	book same one "mkdir held; rmdir held; echo x >>trace"
	for damage in garbage cut no_tables; do
		after $damage && for n in 1 2 3 4; do runbook run same.yaml --wait 60s >out.$n 2>&1 & done
		wait
		[ "$(grep -c x trace)" = 4 ] || { cat out.?; echo "the damage: $damage"; return 1; }
	done
'

spoil() { head -c 4096 /dev/zero | dd of="$home/runs/$1/journal.db" conv=notrunc status=none; }

test_that 'what a damaged run had locked counts as free, and that is said' '
	cp "$home/runs/$crashed/journal.db"* "$work" && after garbage && spoil $crashed && runbook locks >out 2>&1 &&
	says "what run .$crashed. had locked is not known any more, and counts as free" && says asked && silent "prod *run" &&
	runbook run other.yaml >out 2>&1 && silent warning
	# The same files, or the run would be a copy.
	for file in journal.db journal.db-wal; do cat "$work/$file" >"$home/runs/$crashed/$file"; done
'

test_that 'where a damaged run goes on, nothing is started before it is over' '
	rm -f go started && after empty && { runbook run long.yaml -q >long.out 2>&1 & pid=$!; } && until [ -e started ]; do sleep 0.05; done &&
	id=$(runbook runs -o ndjson | sed -n "/\"state\":\"running\"/s/.*\"id\":\"\([0-9a-z]*\)\".*/\1/p") && spoil $id && garbage &&
	exits 12 runbook run quick.yaml >out 2>&1 && says "run .$id. goes on, and what it has locked is not known" && runbook runs >out 2>&1 && says $over
	touch go; wait $pid
	rm -rf "$home/runs/$id"
'

test_that 'what crashed is resumed, and its lock is free then' '
	after garbage && runbook resume $crashed >out 2>&1 && says "made again" &&
	runbook locks >out 2>&1 && silent prod && runbook run other.yaml >out 2>&1
'

done_testing
