#!/bin/sh
# What an operator sees when something happened to where runs are kept.

. "$(dirname "$0")/../lib.sh"

runs=$work/state/runbook/runs

# A runbook that appends to `effects`, and waits in its second step for the file `go`.
cat >a.yaml <<-'END'
runbook: 1
name: a
type: application
title: Try
lock: prod
steps:
  - id: one
    shell: echo one >> effects
  - id: two
    shell: |
      echo two >> effects
      touch started
      while [ ! -e go ]; do sleep 0.05; done
  - id: three
    shell: echo three >> effects
END

# start: until the second step runs; $pid, $id
start() {
	rm -f started go effects
	runbook run a.yaml >run.out 2>&1 &
	pid=$!
	until [ -e started ]; do
		kill -0 $pid 2>/dev/null || { cat run.out; return 1; }
		sleep 0.05
	done
	id=$(cd "$runs" && ls -t | head -1)
}

# ended STATUS: the run that was started ends so
ended() {
	touch go
	wait $pid
	got=$?
	[ $got -eq "$1" ] || { echo "it ended with $got, not $1"; cat run.out; return 1; }
}

finished() {
	start && ended 0
}

# killed: the interpreter of a new run dies in its second step
killed() {
	start || return
	kill -9 $pid
	wait $pid
	true
}

# away: nothing of the runs before is left, nor anything that still writes
away() {
	touch go
	while ! mv "$work/state" "$work/old.$count" 2>/dev/null; do sleep 0.1; done
}

says() { grep -q "$1" out || { cat out; return 1; }; }
ran_once() { [ "$(tr '\n' ' ' <effects)" = 'one two three ' ] || { cat effects; return 1; }; }
not_after_two() { [ "$(tr '\n' ' ' <effects)" = 'one two ' ] || { cat effects; return 1; }; }

first_resume() {
	runbook resume $id >run.out 2>&1 &
	pid=$!
	until [ "$(cut -d' ' -f1 "$runs/$id/lock")" = $pid ]; do
		kill -0 $pid 2>/dev/null || { cat run.out; return 1; }
		sleep 0.05
	done
}

test_that 'two resumes of one run: the second says who has it' '
	killed && first_resume &&
	exits 7 runbook resume $id >out 2>&1 &&
	says "run \`$id\` is held by pid $pid on " && says "\`runbook logs -f $id\` shows what it does; \`kill -INT $pid\` stops it" &&
	ended 0 && ran_once
'

test_that 'without its lock file a run does not go on' '
	start && rm "$runs/$id/lock" && ended 12 &&
	grep "lock. was removed or replaced" run.out && not_after_two && away
'

# hold: another program keeps the journal for itself, longer than we wait
hold() {
	mkfifo hold && sqlite3 "$runs/$id/journal.db" <hold >held &
	foreign=$!
	until [ -p hold ]; do sleep 0.05; done
	exec 9>hold
	echo 'BEGIN IMMEDIATE; SELECT 1;' >&9
	until [ -s held ]; do sleep 0.05; done
}
let_go() {
	exec 9>&-
	wait $foreign
}

test_that 'a foreign lock on the journal is waited for, then said' '
	start && hold && ended 12 && let_go &&
	grep "locked by another program" run.out && not_after_two &&
	runbook resume $id >out 2>&1 && ran_once
'

test_that 'a damaged journal is shown as far as it goes, and not gone on with' '
	finished &&
	sqlite3 "$runs/$id/journal.db" "UPDATE events SET json = json || 32 WHERE seq = 6" &&
	exits 12 runbook show $id --verify >out 2>&1 &&
	says "journal.db. is damaged: event 6 is not what was written" && says one &&
	exits 12 runbook undo $id >out 2>&1 && says "journal.db. is damaged"
'

test_that 'a journal of a newer version is not touched' '
	finished &&
	sqlite3 "$runs/$id/journal.db" "PRAGMA user_version = 99" &&
	cksum <"$runs/$id/journal.db" >before &&
	exits 12 runbook undo $id >out 2>&1 && says "upgrade runbook" &&
	exits 12 runbook show $id >out 2>&1 && says "upgrade runbook" &&
	cksum <"$runs/$id/journal.db" | cmp - before
'

test_that 'a deleted log is missed' '
	killed && rm "$runs/$id/journal.db-wal" "$runs/$id/journal.db-shm" &&
	exits 12 runbook resume $id >out 2>&1 && says "went back" && away
'

test_that 'a copy of the folder is shown and does not go on' '
	killed && cp -a "$work/state" "$work/copy" &&
	XDG_STATE_HOME=$work/copy exits 12 runbook resume $id >out 2>&1 &&
	says "is a copy, or was restored from one" &&
	XDG_STATE_HOME=$work/copy runbook show $id >out 2>&1 && says two &&
	touch go && runbook resume $id >out 2>&1 && ran_once
'

test_that 'a folder that others can write is refused, and nothing runs' '
	rm -f effects && chmod 777 "$work/state/runbook" &&
	exits 4 runbook run a.yaml >out 2>&1 &&
	says "can be written by others" && [ ! -e effects ] && chmod 700 "$work/state/runbook"
'

test_that 'an index that was removed is made again' '
	away; rm -f effects go && finished && rm "$work/state/runbook/index.db" && runbook runs >out && says "$id" &&
	finished && runbook locks >out && says "No lock"
'

test_that 'an index of a newer version is not touched' '
	sqlite3 "$work/state/runbook/index.db" "PRAGMA user_version = 99" && cksum <"$work/state/runbook/index.db" >before &&
	rm -f effects && exits 12 runbook run a.yaml >out 2>&1 && says "upgrade runbook" && [ ! -e effects ] &&
	exits 12 runbook locks >out 2>&1 && runbook runs >out && says "$id" &&
	cksum <"$work/state/runbook/index.db" | cmp - before && away
'

test_that 'a plan leaves no file behind' '
	XDG_STATE_HOME=$work/none runbook plan a.yaml >out 2>&1 && says two && [ ! -e "$work/none" ]
'

done_testing
