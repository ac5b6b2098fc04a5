#!/bin/sh
# The place where runs are kept is full, or is not what it was: nothing further is started,
# that is said, and what happened is not lost.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/book.sh"

# A disk of our own, which is gone with us.
if [ -z "$OWN_DISKS" ]; then
	as=-m
	[ "$(id -u)" = 0 ] || as=-rm
	if ! unshare $as true 2>/dev/null; then
		echo "1..0 # SKIP no disk of our own can be mounted here"
		exit 0
	fi
	exec env OWN_DISKS=1 unshare $as sh "$repo/tests/e2e/store_down.t"
fi

trap 'umount -l "$work/state"; rm -rf "$work"' EXIT

# disk SIZE: an empty one below state
disk() {
	umount -l "$work/state" 2>/dev/null
	rm -rf state && mkdir state && mount -t tmpfs -o "size=$1,mode=700" tmpfs "$work/state"
}
fill() {
	cat /dev/zero >state/filler 2>/dev/null
	[ -s state/filler ]
}
book_here() {
	rm -rf effects go full out
	printf 'runbook: 1\nname: book\ntitle: Book\ntype: database\nowners: [x]\nsteps:\n%s\n' "$1" >book.yaml
}
# run_any CODE...: one of these
run_any() {
	timeout 120 runbook run book.yaml >out 2>&1 </dev/null
	got=$?
	for one; do [ $got != "$one" ] || return 0; done
	echo "exit status $got, not one of $*"; cat out; return 1
}
the_run() {
	id=$(ls state/runbook/runs)
}

# ended_12: the end is recorded, so that nobody takes the run for one that crashed
ended_12() {
	runbook runs -o ndjson >listed && grep -F '"state":"ended"' listed | grep -F '"exit":12' >/dev/null ||
		{ cat listed; return 1; }
	runbook show "$id" -o ndjson | tail -n 1 | grep -F '"type":"run.end"' >/dev/null && whole
}
two='  - {id: a, shell: "echo a >> effects"}
  - {id: b, shell: "echo b >> effects"}'
fills='  - {id: a, shell: "echo a >> effects; cat /dev/zero > state/filler || :"}
  - {id: b, shell: "echo b >> effects"}'

test_that 'full before the run: nothing is started' '
	disk 2m && fill && book_here "$two" && run_any 12 && ! [ -e effects ]
'

test_that '... with whatever room is left: it is the store that fails, and is told so' '
	for kib in 1 8 16 24 32 48 64 80 96 128 160 200; do
		disk 2m && fill && truncate -s -${kib}K state/filler && book_here "$two" && run_any 12 &&
			! [ -e effects ] || return
	done
'

test_that 'full after a step took effect: it is recorded, nothing more is started' '
	disk 4m && book_here "$fills" && run_any 12 && effects "a " &&
	has "nothing further is started" && the_run && ended_12 && rm state/filler && whole &&
	resume 0 && effects "a b "
'

test_that 'full: what was told is what is kept, event by event' '
	disk 4m && book_here "$fills"
	exits 12 timeout 120 runbook run book.yaml -o ndjson >events 2>out </dev/null &&
	[ "$(sed "s/.*\"seq\":\([0-9]*\).*/\1/" events)" = "$(seq "$(wc -l <events)")" ] &&
	tail -n 1 events | grep -F "\"exit\":12" && the_run &&
	runbook show "$id" -o ndjson >kept && same kept events
'

test_that 'full: always is owed until somebody ends the run' '
	disk 4m && book_here "$fills
always:
  - {id: z, shell: echo z >> effects}"
	run_any 12 && the_run && ended_12 && effects "a " && rm state/filler &&
	exits 0 runbook abort "$id" >out 2>&1 && effects "a z "
'

# step_fills KIB: the first step leaves that much room
step_fills() {
	disk 2m && book_here "  - {id: a, shell: \"echo a >> effects; cat /dev/zero > state/filler || :; truncate -s -$1K state/filler\"}
  - {id: b, shell: \"echo b >> effects\"}"
	run_any 0 12 && the_run || return
	code=$got
	[ $code = 0 ] || { ended_12 && effects "a " && rm state/filler && resume 0; } || return
	codes="$codes$code "
	effects "a b "
}
test_that 'however little room is left: the end is recorded, and every step runs once' '
	codes=
	for left in $(seq 0 8 120); do
		step_fills $left || { echo "with $left KiB"; exit 1; }
	done
	case $codes in *12*0*) ;; *) echo "not both: $codes"; exit 1 ;; esac
'

test_that 'still full at resume: nothing is started' '
	disk 4m && book_here "$fills" && run_any 12 && the_run && fill &&
	timeout 120 runbook resume "$id" >out 2>&1
	code=$?
	{ [ $code = 12 ] || [ $code = 4 ] || { echo "exit status $code"; cat out; false; }; } &&
	effects "a " && rm state/filler && resume 0 && effects "a b "
'

test_that 'full, and the interpreter dies: what the step came to is known afterwards' '
	disk 4m
	book_here "  - {id: a, shell: \"echo a >> effects; cat /dev/zero > state/filler || :; touch full; until [ -e go ]; do sleep 0.02; done\"}
  - {id: b, shell: \"echo b >> effects\"}"
	start && until_true "[ -e full ]" && kill -9 "$run" && until_true "gone $run" &&
	rm state/filler && touch go && resume 0 && effects "a b "
'

test_that 'a result that cannot be kept is not told short: a resume has it whole' '
	disk 16m
	cat >spoil.sh <<-"EOF" &&
		echo a >>effects
		cd state/runbook/runs/* && seq -f result-%g.json 300 | xargs mkdir
		head -c 200000 /dev/zero | tr "\\0" x
	EOF
	book_here "  - {id: a, shell: sh spoil.sh}
  - {id: b, shell: \"echo b \${{ size(steps.a.stdout) }} >> effects\"}"
	run_any 12 && effects "a " && has "the result of step \`a\` cannot be kept; nothing further is started" &&
	has "a is over, and its result could not be kept: a resume takes it up" &&
	the_run && ended_12 && runbook show "$id" -o ndjson | tail -n 1 | grep -F "\"not_run\":[\"b\"]" &&
	rmdir state/runbook/runs/*/result-*.json && resume 0 && effects "a b 200000 " && whole
'

test_that 'a result that cannot be kept, and the run is taken back instead' '
	disk 16m
	cat >spoil.sh <<-"EOF" &&
		echo a >>effects
		cd state/runbook/runs/* && seq -f result-%g.json 300 | xargs mkdir
		head -c 200000 /dev/zero | tr "\\0" x
	EOF
	book_here "  - {id: a, shell: sh spoil.sh, undo: {shell: echo undo-a >> effects}}
  - {id: b, shell: \"echo b >> effects\", undo: none}"
	run_any 12 && the_run && ended_12 && rmdir state/runbook/runs/*/result-*.json &&
	runbook undo "$id" --yes >out 2>&1 && effects "a undo-a " && whole
'

test_that 'full in an undo: resume goes on undoing' '
	disk 4m
	book_here "  - {id: a, shell: echo a >> effects, undo: {shell: echo undo-a >> effects}}
  - {id: b, shell: echo b >> effects, undo: {shell: \"echo undo-b >> effects; cat /dev/zero > state/filler || :\"}}
  - {id: c, shell: exit 1, on_failure: undo, undo: none}"
	run_any 12 && effects "a b undo-b " && the_run && rm state/filler &&
	resume 9 && effects "a b undo-b undo-a "
'

# much KIB: the first step says more than there is room for, the second one reads it
much() {
	disk 4m && fill && truncate -s -"$1"K state/filler
	book_here "  - {id: a, shell: \"echo a >> effects; head -c 3000000 /dev/zero | tr \\\"\\\\\\\\0\\\" x; echo words >&2\"}
  - {id: b, shell: \"echo b \${{ steps.a.exit }} \${{ size(steps.a.stdout) > 1000000 }} >> effects; ls go\"}"
}
test_that 'room for all but output: that is lost, and said, the step is what it was, and the run goes on' '
	much 600 && run_any 1 && effects "a b 0 true " && the_run && whole &&
	has "a: the disk is too full for what it said, which is lost; its result stands" &&
	runbook show "$id" -o ndjson >kept && grep -F "\"type\":\"step.output\"" kept | grep -qF "\"lost\":true" &&
	grep -F "\"type\":\"step.end\"" kept | head -n 1 | grep -F "\"state\":\"succeeded\"" | grep -F "\"lost\":true" &&
	runbook logs "$id" a >out && has "the rest was not kept" &&
	rm state/filler && resume 1 && has "\`stdout\` of step \`a\` was too long for a full disk and was not kept" && effects "a b 0 true "
'

test_that 'more output than there is room for does not fail a step' '
	disk 4m
	book_here "  - {id: a, shell: \"cat /dev/zero > state/filler || truncate -s -200K state/filler; head -c 4000000 /dev/urandom | base64 -w 0; rm state/filler; echo a >> effects\"}
  - {id: b, shell: \"echo b >> effects\"}"
	run_any 0 12 && the_run && { [ $got = 0 ] ||
		{ effects "a " && mount -o remount,size=32m "$work/state" && resume 0; }; } &&
	effects "a b " && whole
'

test_that 'read-only before the run: nothing is started' '
	disk 2m && book_here "$two" && run_any 0 && rm -f effects && mount -o remount,ro "$work/state" &&
	run_any 4 && ! [ -e effects ] && runbook runs >out 2>&1 && has ok
	mount -o remount,rw "$work/state"
'

# ---- not what it was

spoiled() {
	disk 8m && book_here "  - {id: a, shell: echo a >> effects; exit 1}
  - {id: b, shell: echo b >> effects}" && run_any 1 && the_run && journal=state/runbook/runs/$id/journal.db &&
	rm -f "$journal-wal" "$journal-shm"
}
refused() {
	resume 12 && has journal.db && effects "a " &&
	{ runbook undo "$id" >out 2>&1; [ $? = 12 ]; } && effects "a "
}

test_that 'a journal of no length' '
	spoiled && : >"$journal" && refused
'
test_that 'a journal that is cut off' '
	spoiled && truncate -s 4096 "$journal" && refused
'
test_that 'something else in its place' '
	spoiled && seq 100000 | head -c "$(stat -c %s "$journal")" >other && cat other >"$journal" && refused
'
test_that 'a page of zeros in it' '
	spoiled && dd if=/dev/zero of="$journal" bs=4096 seek=1 count=1 conv=notrunc && refused
'
test_that 'a journal of another run' '
	spoiled && cp "$journal" other && runbook run book.yaml >out 2>&1
	id=$(ls state/runbook/runs | grep -v "$id") && rm -f effects && echo a >effects &&
	cat other >"state/runbook/runs/$id/journal.db" && refused
'

done_testing
