#!/bin/sh
# What the place in which we are started gives us: too few descriptors, secrets that do not
# come, a log that is read for commands.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/book.sh"

test_that 'too few descriptors are told before anything is opened' '
	book "  - {id: a, shell: echo a >>effects, undo: none}"
	for n in 4 9 17 63; do
		(ulimit -n $n && exec runbook run book.yaml) >out 2>&1 </dev/null
		[ $? = 4 ] && has "too many open files: no more than $n are allowed here" &&
			has "ulimit -n" || exit 1
	done
	[ ! -e effects ] && [ ! -e state ]
'

test_that 'a low soft limit is raised to what is needed' '
	book "  - {id: a, shell: ulimit -n >>effects, undo: none}"
	(ulimit -Sn 17 && run 0) && effects "64 "
'

test_that 'the log of GitHub takes commands again after a good and after a bad run' '
	for step in true false; do
		book "  - {id: a, shell: $step, undo: none}"
		GITHUB_ACTIONS=true runbook run book.yaml >out 2>&1 </dev/null
		token=$(sed -n "s/^::stop-commands:://p" out | sort -u)
		[ ${#token} = 32 ] && [ "$(tail -n 1 out)" = "::$token::" ] || { cat out; exit 1; }
		[ "$(grep -c "^::stop-commands::" out)" = "$(grep -c "^::$token::\$" out)" ] || exit 1
	done
'

test_that 'nor from a report that is printed there; in a file it is as it is anywhere' '
	book "  - {id: a, shell: \"printf \\\"plain\\\\n::error::x\\\\n  ##[group]y\\\\n\\\"; exit 1\", undo: none}"
	run 1 && id=$(ls state/runbook/runs) && runbook report $id | cat >plain && grep -x "::error::x" plain &&
	GITHUB_ACTIONS=true runbook report $id >file && grep -x "::error::x" file && GITHUB_ACTIONS=true runbook report $id | cat >out &&
	! grep -E "^ *(::|##\[)" out && grep -x "| ::error::x" out
'
test_that 'nor does it take any from the logs of a step' '
	book "  - {id: a, shell: \"printf \\\"plain\\\\n::error::x\\\\n  ##[group]y\\\\n\\\"\", undo: none}"
	run 0 && id=$(ls state/runbook/runs) && runbook logs $id a >out && [ "$(head -n 2 out | tail -n 1)" = "::error::x" ] &&
	GITHUB_ACTIONS=true runbook logs $id a >out && [ "$(sed "s/ *\$//" out)" = "plain
a | ::error::x
a |   ##[group]y" ]
'

test_that 'nor from a command, in what is shown of a run or of a plan' '
	book "  - {id: a, shell: \"exit 1\\n::error::x\\n ##[group]y\", undo: none}"
	run 1 && id=$(ls state/runbook/runs) || exit 1
	for command in "show $id" "plan book.yaml --commands"; do
		runbook $command >out && grep -E "^ *(::error::x|##\[group\]y)$" out && GITHUB_ACTIONS=true runbook $command >out || exit 1
		! grep -E "^ *(::|##\[)" out && grep -E "^ *[|] ::error::x$" out && grep -E "^ *[|] +##\[group\]y$" out || { cat out; exit 1; }
	done
'

test_that 'a secret is read from a FIFO' '
	book "  - {id: a, env: {T: \"\${{ secrets.tok }}\"}, shell: echo \$T | tr a-z A-Z >>effects, undo: none}" \
		"secrets: {tok: {file: fifo}}"
	mkfifo fifo && { sh -c "exec 3>fifo; printf abc >&3; printf \"def\n\" >&3" & } &&
	run 0 && effects "ABCDEF "
'

test_that 'a secret that never comes to its end is given up, and nothing is done' '
	book "  - {id: a, shell: echo a >>effects, undo: none}" "secrets: {tok: {file: never}}"
	mkfifo never
	mkdir beside && sed "s/file: never/exec: [sleep, infinity]/" book.yaml >beside/book.yaml
	runbook run beside/book.yaml >other 2>&1 </dev/null & beside=$!
	exits 4 runbook run book.yaml >out 2>&1 </dev/null && has "book.yaml:6:" &&
		has "secret \`tok\`: file \`never\` does not end within 30 s" || exit 1
	exits 4 wait $beside && mv other out && has "beside/book.yaml:6:" &&
		has "secret \`tok\`: \`sleep\` has not ended within 30 s" && [ ! -e effects ]
'

done_testing
