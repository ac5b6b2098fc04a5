#!/bin/sh
# Signals, terminals that go away, and descriptors that nobody reads: the run keeps its word.

# Whatever who started us has ignored: a hang-up that is ignored at the start stays so.
[ -n "$signals_are_as_usual" ] || signals_are_as_usual=1 exec env --default-signal sh "$0"

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/book.sh"

# A step that says how it is ended, and waits to be. bash may run a trap also in a child that it has
# just forked.
waits='id: a
    kill_grace: 20s
    shell: |
      trap "[ \$BASHPID != $$ ] || echo term >> effects; exit 3" TERM
      echo a >> effects; echo here
      until [ -e go ]; do sleep 0.02; done
      echo done >> effects'
deaf='id: a
    kill_grace: 1h
    shell: |
      trap "[ \$BASHPID != $$ ] || echo term >> effects" TERM
      echo a >> effects
      while :; do sleep 0.02 || :; done'
then_b='
  - {id: b, shell: echo b >> effects}'
always='always: [{id: z, shell: echo z >> effects}]'

# ---- in a step

for one in HUP:129 INT:130 TERM:143; do
	signal=${one%:*} code=${one#*:}
	test_that "$signal once: the step is let finish, nothing new starts, always runs" '
		book "  - $waits$then_b" "$always"
		start && kill -$signal "$run" && until_true "grep -q \"let finish\" out" && touch go &&
		ends $code && effects "a done z " && whole && resume 0 && effects "a done z b z "
	'
	test_that "$signal twice: the step is stopped with TERM" '
		book "  - $waits$then_b" "$always"
		start && kill -$signal "$run" && until_true "grep -q \"let finish\" out" &&
		kill -$signal "$run" && ends $code && effects "a term z " && has cancelled && whole
	'
done

test_that 'three times: the step is killed at once' '
	book "  - $deaf$then_b" "$always"
	start && kill -INT "$run" && until_true "grep -q \"let finish\" out" &&
	kill -INT "$run" && until_true "grep -q term effects" &&
	kill -INT "$run" && ends 130 && [ "$(sed -n 2p effects)" = term ] &&
	has "signal KILL" && whole
'

test_that 'five times: nothing more than three times' '
	book "  - $deaf$then_b"
	start && for i in 1 2 3 4 5; do kill -INT "$run" 2>/dev/null || :; sleep 0.02; done
	ends 130 && whole
'

test_that 'QUIT is a first and a second in one' '
	book "  - $waits$then_b" "$always"
	start && kill -QUIT "$run" && ends 131 && effects "a term z " && has "is stopped" &&
	has "(run $id, exit code 131)" && whole && touch go && resume 0 && effects "a term z a done b z "
'

test_that 'QUIT twice: the step is killed at once' '
	book "  - $deaf$then_b" "$always"
	start && kill -QUIT "$run" && until_true "grep -q term effects" && kill -QUIT "$run" &&
	ends 131 && has "signal KILL" && whole
'

test_that 'INT, then QUIT: as INT twice' '
	book "  - $waits$then_b" "$always"
	start && kill -INT "$run" && until_true "grep -q \"let finish\" out" &&
	kill -QUIT "$run" && ends 130 && effects "a term z " && whole
'

test_that 'once, to the whole group, as a terminal does it: the step is not hit' '
	book "  - $waits$then_b"
	rm -f effects
	setsid runbook run book.yaml >out 2>&1 </dev/null &
	run=$!
	until_true "[ -s effects ]" && id=$(ls state/runbook/runs) && kill -s INT -- "-$run" &&
	until_true "grep -q \"let finish\" out" && touch go && ends 130 && effects "a done "
'

test_that 'of a git push it is said what a second signal may leave, and a step that says it itself is believed' '
	rm -rf far here && git init -q --bare far && git init -q here && git -C here remote add origin ../far &&
	change() { git -C here -c user.name=x -c user.email=x@x commit -q --allow-empty -m "$1"; } && change one &&
	printf "#!/bin/sh\necho push >>$work/effects\nuntil [ -e $work/go ]; do sleep 0.02; done\n" >here/.git/hooks/pre-push && chmod +x here/.git/hooks/pre-push
	push="{id: p, git: {push: {remote: origin, ref: master}, repo: here, hooks: true}, undo: none"
	book "  - $push}" && start && kill -INT "$run" &&
	until_true "grep -q \"let finish.*half done: the remote may have taken it or not\" out" && touch go && ends 130 && change two &&
	book "  - $push, leaves: the mirror is behind}" && start && kill -INT "$run" &&
	until_true "grep -q \"let finish.*half done: the mirror is behind\" out" && touch go && ends 130
'

# ---- of no meaning to a run

for signal in PIPE USR1 USR2 WINCH CHLD CONT URG; do
	test_that "$signal ends nothing" '
		book "  - $waits$then_b"
		start && for i in 1 2 3; do kill -$signal "$run"; sleep 0.01; done
		touch go && ends 0 && effects "a done b " && whole
	'
done

test_that 'a storm of WINCH ends nothing and is nothing to the step' '
	book "  - {id: a, shell: \"trap \\\"echo winch >>effects\\\" WINCH; echo a >>effects; until [ -e go ]; do sleep 0.02; done\"}"
	start && python3 -c "
import os, signal, sys, time
for i in range(1000):
    os.kill(int(sys.argv[1]), signal.SIGWINCH)
    time.sleep(0.0005)" "$run" && touch go && ends 0 && effects "a " && whole
'

test_that 'nohup: a hang-up is nothing to who asked for that' '
	book "  - $waits$then_b"
	rm -f effects
	nohup runbook run book.yaml >out 2>&1 </dev/null &
	run=$!
	until_true "[ -s effects ]" && id=$(ls state/runbook/runs) && kill -HUP "$run" && sleep 0.1 &&
	kill -HUP "$run" && touch go && ends 0 && effects "a done b " && whole
'

# The two that the C library keeps for itself are left out.
test_that 'ignored by who started us: children have defaults, and their ends are seen' '
	none="SigIgn:.0000000[01][08]0000000"
	book "  - {id: a, shell: \"grep -c $none /proc/self/status >>effects\", undo: none}
  - {id: e, exec: [grep, -c, \"$none\", /proc/self/status], undo: none}
  - {id: b, shell: \"echo \${{ steps.e.stdout }} \${{ size(secrets.s) }} >>effects\", undo: none}" \
		"secrets: {s: {exec: [echo, secret]}}"
	exits 0 timeout 120 env --ignore-signal runbook run book.yaml >out 2>&1 </dev/null || { cat out; exit 1; }
	effects "1 1 6 "
'

test_that 'blocked by who started us: they come through all the same' '
	book "  - $waits$then_b"
	rm -f effects
	env --block-signal runbook run book.yaml >out 2>&1 </dev/null &
	run=$!
	until_true "[ -s effects ]" && id=$(ls state/runbook/runs) && kill -TERM "$run" &&
	until_true "grep -q \"let finish\" out" && touch go && ends 143 && effects "a done " && whole
'

# ---- before the run

test_that 'while it waits for a lock, any ends the wait: nothing was begun, nothing is held' '
	book "  - $waits" "lock: db/x"
	start && cp book.yaml other.yaml && sed -i "s/name: book/name: other/" other.yaml || exit 1
	for one in INT:130 TERM:143 HUP:129 QUIT:131; do
		rm -f other
		runbook run other.yaml --wait 1h >other 2>&1 </dev/null &
		waiting=$!
		until_true "grep -q \"waiting for the lock\" other" && kill -${one%:*} $waiting &&
			exits ${one#*:} wait $waiting || { cat other; exit 1; }
	done
	[ "$(runbook locks | grep -c db/x)" = 1 ] && [ "$(ls state/runbook/runs)" = "$id" ] &&
	touch go && ends 0 && effects "a done "
'

# A program that prints a secret, with a child that holds its pipe; a FIFO into which nobody writes; a server
# that takes the connection and says nothing.
slow='[sh, -c, "echo $$ >>pids; sleep 1000 & echo $! >>pids; wait"]'
# stopped CODE SIGNAL COMMAND...: when there is a line in "pids"
stopped() {
	want=$1 signal=$2
	shift 2
	rm -f pids
	"$@" >out 2>&1 </dev/null &
	run=$!
	until_true "[ -s pids ]" && kill -"$signal" $run && ends "$want" && has "stopped by a signal; nothing was started" &&
	lacks error && for pid in $(cat pids); do until_true "gone $pid" || return 1; done
}
test_that 'while a secret is read: it is said that nothing was started, and nothing is left' '
	book "  - {id: a, shell: echo a >> effects}" "secrets: {s: {exec: $slow}, t: {exec: $slow}}"
	for one in INT:130 TERM:143 HUP:129 QUIT:131; do
		stopped ${one#*:} ${one%:*} runbook run book.yaml || exit 1
	done
	[ ! -e effects ] && [ -z "$(ls state/runbook/runs 2>/dev/null)" ]
'
# One with a session of its own, which has cleared its environment and holds the pipe.
test_that 'nor is anything left that has gone into a session of its own' '
	book "  - {id: a, shell: echo a >> effects}" "secrets: {s: {exec: [sh, ./secret]}}"
	echo "echo \$\$ >>pids; exec sleep 1000" >inner && echo "env -i setsid sh ./inner & wait" >secret
	for one in INT:130 TERM:143; do stopped ${one#*:} ${one%:*} runbook run book.yaml || exit 1; done
	[ ! -e effects ]
'
test_that '... when the program fails; of one that ends well it is let go on' '
	for status in 0 7; do
		book "  - {id: a, shell: echo a >> effects}" "secrets: {s: {exec: [sh, ./secret]}}" && rm -f pids go &&
		echo "setsid sh -c \"echo \\\$\\\$ >>pids; until [ -e go ]; do sleep 0.02; done\" >/dev/null 2>&1 & until [ -s pids ]; do sleep 0.02; done; echo sesame; exit $status" >secret
		if [ $status = 0 ]; then
			run 0 && ! gone "$(cat pids)" || exit 1
			: >go
			until_true "gone $(cat pids)" || exit 1
		else
			run 4 && gone "$(cat pids)" || exit 1
		fi
	done
'
test_that 'the same of a run that is gone on with, which stays as it was' '
	book "  - {id: a, shell: echo a >> effects; test -e go, undo: {shell: echo undo-a >> effects}}" "secrets: {s: {exec: [sh, ./secret]}}"
	echo "echo sesame-open" >secret && run 1 && id=$(ls state/runbook/runs) && echo "echo \$\$ >>pids; exec sleep 1000" >secret &&
	stopped 130 INT runbook resume $id && stopped 143 TERM runbook undo $id && effects "a " && whole &&
	echo "echo sesame-open" >secret && touch go && resume 0 && effects "a a "
'
test_that 'while a FIFO is read that nobody writes to, and while a tool does not say its version' '
	mkfifo fifo && exec 9<>fifo && book "  - {id: a, shell: echo a >> effects}" "secrets: {s: {exec: [sh, -c, \"echo \$\$ >pids; echo sesame\"]}, t: {file: fifo}}" &&
	stopped 130 INT runbook run book.yaml && rm fifo && mkdir -p bin && printf "#!/bin/sh\necho \$\$ >>$work/pids\nexec sleep 1000\n" >bin/slowtool && chmod +x bin/slowtool &&
	book "  - {id: a, shell: echo a >> effects}" "requires: {tools: [slowtool >= 3]}" && stopped 130 INT env PATH="$work/bin:$PATH" runbook run book.yaml && [ ! -e effects ]
'
test_that 'while the server of the store does not answer' '
	cat >server.py <<-EOF
		import socket
		s = socket.socket()
		s.bind(("127.0.0.1", 0))
		s.listen()
		open("port", "w").write(str(s.getsockname()[1]))
		while True:
		    one = s.accept()
		    open("pids", "w").write("1")
	EOF
	python3 server.py & server=$!
	until_true "[ -s port ]" && url="postgresql://x@127.0.0.1:$(cat port)/x" && book "  - {id: a, shell: echo a >> effects}"
	for one in "run book.yaml" "resume abc123" "undo abc123"; do
		rm -f pids; runbook $one --store "$url" >out 2>&1 </dev/null &
		run=$!
		until_true "[ -s pids ]" && kill -INT $run && ends 130 && has "stopped by a signal; nothing was started" || { kill $server; exit 1; }
	done
	kill $server && [ ! -e effects ]
'

# ---- where nothing runs

test_that 'a wait is ended by the first' '
	book "  - {id: a, shell: echo a >> effects}
  - {id: w, wait: 1h}$then_b" "$always"
	start && until_true "grep -q \"started *w\" out" && kill -TERM "$run" && ends 143 &&
	effects "a z " && lacks "let finish" && whole
'

# due: where the last wait of the run ends
due() { runbook show "$id" -o ndjson | sed -n 's/.*"until_ms":\([0-9]*\).*/\1/p' | tail -n 1; }
test_that 'its end stands: a resume waits the rest, and how long it took is said' '
	book "  - {id: a, shell: echo a >> effects}
  - {id: w, wait: 1h}$then_b"
	start && until_true "grep -q \"started *w\" out" && sleep 0.3 && kill -TERM "$run" && ends 143 &&
	runbook show "$id" -o ndjson | grep -E "\"step\":\"w\".*\"cancelled\",\"took_ms\":[0-9]{3}" >/dev/null && end=$(due) &&
	rm out && { runbook resume "$id" >out 2>&1 & } && run=$! && until_true "grep -q \"started *w\" out" &&
	kill -TERM "$run" && ends 143 && [ "$(due)" = "$end" ] && whole
'
test_that 'but a group that is tried again waits anew' '
	book "  - {id: a, shell: echo a >> effects}
  - id: g
    timeout: 300ms
    retry: {attempts: 2, delay: 1ms}
    steps: [{id: w, wait: 1h}]"
	run 1 && id=$(ls state/runbook/runs) && [ "$(runbook show "$id" -o ndjson | grep -o "until_ms\":[0-9]*" | sort -u | wc -l)" = 2 ]
'

test_that 'a rest before the next attempt is ended by the first' '
	book "  - {id: a, shell: echo a >> effects; exit 1, retry: {attempts: 3, delay: 1h}}$then_b" "$always"
	start && until_true "grep -q again out" &&
	kill -INT "$run" && ends 130 && effects "a z " && whole
'

test_that 'a poll is ended by the first' '
	book "  - {id: a, shell: echo a >> effects}" "verify:
  - {id: v, shell: exit 1, within: 1h}
$always"
	start && until_true "grep -q \"phase *verify\" out" && kill -INT "$run" && ends 130 &&
	effects "a z " && whole
'

# ---- in always and undo

test_that 'in always: the step is let finish, the next does not start' '
	book "  - {id: first, shell: echo first >> before}" "always:
  - $waits
  - {id: z, shell: echo z >> effects}"
	start && kill -INT "$run" && until_true "grep -q \"let finish\" out" && touch go &&
	ends 130 && effects "a done " && whole
'

test_that 'in always, twice: the step is stopped' '
	book "  - {id: first, shell: echo first >> before}" "always:
  - $waits"
	start && kill -INT "$run" && until_true "grep -q \"let finish\" out" && kill -INT "$run" &&
	ends 130 && effects "a term " && whole
'

undoes='  - {id: one, shell: true >> effects, undo: {shell: echo undo-one >> effects}}
  - id: two
    shell: true >> effects
    undo:
      kill_grace: 20s
      shell: |
        trap "[ \$BASHPID != $$ ] || echo term >> effects; exit 3" TERM
        echo undo-two >> effects
        until [ -e go ]; do sleep 0.02; done
  - {id: three, shell: exit 1, on_failure: undo, undo: none}'

test_that 'in an undo: it is let finish, and resume goes on with the others' '
	book "$undoes" "$always"
	start && kill -INT "$run" && until_true "grep -q \"let finish\" out" && touch go &&
	ends 130 && effects "undo-two z " && whole && resume 9 && effects "undo-two z undo-one z "
'

test_that 'in an undo, twice: it is stopped, and resume tries it again' '
	book "$undoes"
	start && kill -TERM "$run" && until_true "grep -q \"let finish\" out" && kill -TERM "$run" &&
	until_true "gone $run" && effects "undo-two term " && whole && touch go &&
	resume 9 && effects "undo-two term undo-two undo-one "
'

# ---- terminals and descriptors

test_that 'the terminal goes away in a step: it is let finish, 129, the record is whole' '
	book "  - $waits$then_b" "$always"
	timeout 120 on-terminal -x here runbook run book.yaml >out 2>&1 &
	terminal=$!
	until_true "[ -s effects ]" && id=$(ls state/runbook/runs) &&
	run=$(pgrep -P "$(pgrep -P $terminal)") &&
	until_true "[ \"\$(cut -d \" \" -f 7 /proc/$run/stat)\" = 0 ]" && sleep 0.2 && touch go &&
	exits 129 wait $terminal
	effects "a done z " && whole && resume 0
'

goes_on='  - {id: a, shell: echo a >> effects; echo said}
  - {id: b, shell: echo b >> effects}'

test_that 'a full standard output ends nothing' '
	book "$goes_on"
	exits 0 timeout 120 runbook run book.yaml -o ndjson >/dev/full 2>out </dev/null &&
	id=$(ls state/runbook/runs) && effects "a b " && whole && has "standard output took nothing from event 1 on: No space left" &&
	runbook show "$id" -o ndjson | grep "\"diagnostic\",\"level\":\"warning\",\"code\":\"output\"" >/dev/null
'

test_that 'a full standard error ends nothing' '
	book "$goes_on"
	exits 0 timeout 120 runbook run book.yaml >out 2>/dev/full </dev/null &&
	id=$(ls state/runbook/runs) && effects "a b " && whole
'

test_that 'a reader that goes away ends nothing' '
	book "$goes_on"
	{ timeout 120 runbook run book.yaml -o ndjson 2>&1 </dev/null; echo $? >code; } | head -n 1 >out
	id=$(ls state/runbook/runs) && [ "$(cat code)" = 0 ] && effects "a b " && whole
'

for closed in '<&-' '>&-' '2>&-' '<&- >&-' '>&- 2>&-' '<&- >&- 2>&-'; do
	test_that "closed at the start: $closed" '
		book "$goes_on"
		(eval "exec 3>&- $closed"; timeout 120 runbook run book.yaml)
		code=$? id=$(ls state/runbook/runs)
		[ $code = 0 ] || { echo "exit status $code"; exit 1; }
		effects "a b " && whole
	'
done

test_that 'a standard error that is open and that nobody reads does not hold up the run' '
	book "  - {id: a, shell: seq 1 100000, undo: none}
  - {id: b, shell: echo b >>effects, undo: none}"
	mkfifo unread && exec 3<>unread
	exits 0 timeout 120 runbook run book.yaml 2>unread >&2 </dev/null
	got=$?
	exec 3>&-
	id=$(ls state/runbook/runs) && [ $got = 0 ] && effects "b " && whole
'

# A step says more than anybody reads before it has ended.
much="  - {id: a, shell: \"seq 1 100000; sleep 2; seq 1 100000; touch said\", undo: none}
  - {id: b, shell: echo b >>effects, undo: none}"
test_that 'who does not read its events for a while has them all, and no step waits for that' '
	rm -f unread said events && mkfifo unread && book "$much"
	{ until [ -e said ]; do sleep 0.05; done; cat; } <unread >events &
	reader=$!
	timeout 120 runbook run book.yaml -o ndjson >unread 2>err </dev/null
	got=$?
	wait $reader
	[ $got = 0 ] && effects "b " && [ "$(sed "s/.*\"seq\":\([0-9]*\).*/\1/" events)" = "$(seq "$(wc -l <events)")" ] &&
	tail -n 1 events | grep -q "\"type\":\"run.end\"" && ! grep -q "took nothing" events
'
test_that 'a step does not wait for who reads slowly what it says: that is left out, and said' '
	rm -f unread said && mkfifo unread && book "$much"
	{ until [ -e said ]; do head -c 4096 >/dev/null; sleep 0.5; done; cat; } <unread >rest &
	reader=$!
	timeout 120 runbook run book.yaml >/dev/null 2>unread </dev/null
	got=$?
	wait $reader
	[ $got = 0 ] && effects "b " && grep -q "lines not shown here" rest && grep -q "is done" rest
'

# lagging: a run that is done, whose reader has most of its events still to take, and takes little at a time
lagging() {
	book "  - {id: a, for_each: {in: \"\${{ range(6) }}\", parallel: 6}, shell: \"seq 1 200000\", undo: none}" "lock: db"
	sed "s/name: book/name: other/; s/200000/2/" book.yaml >other.yaml
	rm -f unread over && mkfifo unread
	{ until [ -e over ]; do head -c 4096; sleep 0.1; done; cat; } <unread >events &
	reader=$!
	runbook run book.yaml -o ndjson >unread 2>out </dev/null &
	run=$!
	until_true "grep -q \"is done\" out"
}
test_that 'who reads the events of a run that is done holds no lock of it' '
	lagging && until_true "timeout 60 runbook run other.yaml >other.out 2>&1 </dev/null" && ! gone $run; got=$?
	touch over && ends 0 && wait $reader && [ $got = 0 ] &&
	[ "$(sed "s/.*\"seq\":\([0-9]*\).*/\1/" events)" = "$(seq "$(wc -l <events)")" ] &&
	tail -n 1 events | grep -q "\"type\":\"run.end\""
'

# interrupted OPTIONS: TERM comes again and again while what is said waits for its reader.
interrupted() {
	book "  - {id: a, shell: \"touch began; seq 1 100000\", undo: none}
  - {id: b, shell: echo b >>effects, undo: none}"
	rm -f unread && mkfifo unread && exec 3<>unread
	runbook run book.yaml "$@" >unread 2>unread </dev/null &
	run=$!
	until_true "[ -e began ]"
	for i in $(seq 600); do
		kill -TERM $run 2>/dev/null || break
		sleep 0.1
	done
	kill -KILL $run 2>/dev/null && { echo "it was held up"; exec 3>&-; return 1; }
	wait $run
	got=$?
	exec 3>&-
	[ $got = 143 ] || { echo "exit status $got"; return 1; }
	[ ! -e effects ]
}
test_that 'nor is it held up when a signal comes while nobody reads' 'interrupted'
test_that 'nor while nobody reads its events' 'interrupted -o ndjson'

# ---- while a resume waits for a step that outlived its interpreter

# outlived [KEYS]: a resume beside us, which waits for a step that ends when it may
outlived() {
	book "  - $waits$then_b" "$always
$1"
	start && kill -9 "$run" && until_true "gone $run" && rm -f out || return 1
	runbook resume "$id" >out 2>&1 </dev/null &
	run=$!
	until_true "grep -q \"still running\" out"
}
test_that 'once: it is let finish' '
	outlived && kill -INT "$run" && until_true "grep -q \"a is let finish\" out" && touch go && ends 130 &&
	effects "a done z " && whole && resume 0 && effects "a done z b z "
'
test_that 'twice: it is stopped' '
	outlived && kill -INT "$run" && until_true "grep -q \"a is let finish\" out" && kill -INT "$run" && ends 130 &&
	effects "a term z " && has cancelled && whole && touch go && resume 0
'
too_long() {
	outlived "timeout: ${window}s" && ends 124 && effects "a term z " && has cancelled && whole
}
test_that 'the time of the run is over: it is stopped' 'in_time too_long'

test_that 'a signal ends also an undo that the time of the run began' '
	book "  - {id: a, shell: \"true\", undo: {shell: echo ua >>effects}}
  - {id: b, kill_grace: 100ms, shell: sleep 600, undo: {shell: \"echo ub >>effects; until test -e go; do sleep 0.02; done\"}}" \
		"on_failure: undo
timeout: 2s
undone: [{id: u, shell: echo u >>effects}]
$always"
	start && kill -INT "$run" && until_true "grep -q \"let finish\" out" && touch go &&
	ends 130 && effects "ub z " && whole && resume 9 && effects "ub z ua u z "
'

done_testing
