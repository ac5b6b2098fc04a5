#!/bin/sh
# What was told is committed soon, also what nobody waits for.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/book.sh"

if is_sanitized; then
	echo '1..0 # SKIP the slow disk cannot come before the sanitizers'
	exit 0
fi
${CC:-cc} -shared -fPIC -o slow_disk.so "$repo/tests/bench/slow_disk.c" || exit 2

# in_journal TYPE STEP: within 10 s
in_journal() {
	for _ in $(seq 100); do
		sqlite3 "$(ls state/runbook/runs/*/journal.db)" "SELECT json FROM events WHERE type = '$1'" 2>/dev/null |
			grep -q "\"step\":\"$2\"" && return 0
		sleep 0.1
	done
	return 1
}

test_that 'the end of a step that comes while a commit is under way goes into the next' '
	cat >book.yaml <<-EOF &&
		runbook: 1
		name: book
		type: application
		steps:
		  - id: g
		    parallel: true
		    steps:
		      - {id: a, wait: 100ms}
		      - {id: b, wait: 200ms}
		      - {id: c, wait: 60s}
	EOF
	{ LD_PRELOAD=$work/slow_disk.so SLOW_SYNC_MS=500 runbook run book.yaml -q & }
	run=$!
	in_journal step.start c && in_journal step.end a && in_journal step.end b
	found=$?
	kill -INT $run && wait $run
	[ $found = 0 ]
'
test_that 'what nothing waits for is committed when nothing more happens, too' '
	rm -rf state &&
	cat >book.yaml <<-EOF &&
		runbook: 1
		name: book
		type: application
		steps:
		  - id: g
		    parallel: 2
		    steps:
		      - {id: long, shell: sleep 60}
		      - {id: a, shell: /bin/true}
		      - {id: b, shell: /bin/true}
		      - {id: longer, shell: sleep 60}
		      - {id: c, shell: /bin/true}
		      - {id: d, shell: /bin/true}
	EOF
	{ runbook run book.yaml -q & }
	run=$!
	in_journal step.end b && in_journal step.start longer && in_journal step.intent d
	found=$?
	kill -QUIT $run && wait $run
	[ $found = 0 ]
'

chain='  - {id: a, shell: "echo a >>effects; touch hang"}
  - {id: b, shell: echo b >>effects}'
# hangs [VARIABLE...]: a run of the chain whose disk stops to answer when its first step is over
hangs() {
	book "$chain" && rm -f hang hang.on
	env LD_PRELOAD="$work/slow_disk.so" SLOW_SYNC_WHILE="$work/hang" "$@" runbook run book.yaml >out 2>&1 </dev/null &
	run=$!
	until_true "[ -e hang.on ]" && id=$(ls state/runbook/runs)
}
answers() { rm -f hang hang.on; }

test_that 'a signal that comes while a disk hangs counts when it answers: nothing starts any more' '
	hangs && kill -INT "$run" && sleep 0.1 && answers && ends 130 && effects "a " && whole && resume 0 && effects "a b "
'
test_that 'where it was slow before, the signal is heard and answered meanwhile' '
	hangs SLOW_SYNC_MS=60 && kill -INT "$run" && until_true "grep -q \"stopping, when the disk has answered\" out" &&
	[ -e hang ] && answers && ends 130 && effects "a " && whole && resume 0 && effects "a b "
'
test_that 'that it does not answer is said, also where the loop itself waits for it' '
	hangs && until_true "grep -q \"store has not answered for 3 s; nothing is started until it does, and a signal is heard then\" out" && effects "a " && answers && ends 0 &&
	has "the store has answered, after" && hangs SLOW_SYNC_MS=60 && until_true "grep -q \"store has not answered for 3 s; nothing\" out" && effects "a " && answers && ends 0 &&
	has "the store has answered, after" && effects "a b " && whole
'
test_that 'without a signal it goes on when it answers' '
	hangs && answers && ends 0 && effects "a b " && hangs SLOW_SYNC_MS=60 && answers && ends 0 && effects "a b " && whole
'

test_that 'of a full disk it is said where, how much is left, and that room comes first' '
	book "  - {id: a, shell: \"echo a >>effects; touch full\"}
  - {id: b, shell: echo b >>effects}" && rm -f full &&
	exits 12 env LD_PRELOAD="$work/slow_disk.so" FULL_WHILE="$work/full" runbook run book.yaml >out 2>&1 </dev/null
	id=$(ls state/runbook/runs) && effects "a " && grep -E "journal.db.: the disk is full, [0-9]+ [KMGT]?i?B?(ytes)? ?are left; nothing further is started" out &&
	grep -A1 "What you can do" out | grep "first free space where .*state/runbook/runs/$id. is, which is full" && rm full && resume 0 && effects "a b " && whole
'
test_that 'under a limit of the size of files the limit is said, and no disk is called full' '
	book "$(for i in $(seq 40); do echo "  - {id: s$i, effects: read, shell: head -c 3000 /dev/urandom | base64}"; done)" &&
	(ulimit -f 200; exits 12 runbook run book.yaml >out 2>&1 </dev/null) && grep -E "no file may be larger than [0-9]+ bytes \(.ulimit -f.\); nothing further is started" out &&
	! grep "disk is full\|which is full" out
'
test_that 'and where it was full from the beginning' '
	book "$chain" && touch full && exits 12 env LD_PRELOAD="$work/slow_disk.so" FULL_WHILE="$work/full" runbook run book.yaml >out 2>&1 </dev/null
	[ ! -e effects ] && grep -E "the disk is full, [0-9]+ [A-Za-z]+ are left" out
	code=$?; rm -f full; (exit $code)
'

done_testing
