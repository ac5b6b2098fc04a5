#!/bin/sh
# However much a step writes, memory stays as it is.

. "$(dirname "$0")/../lib.sh"
# Their quarantine is memory too, and grows with what is written.
is_sanitized && { echo '1..0 # SKIP the memory of the sanitizers is not that of the program'; exit 0; }
THE_TOKEN=qzxwvkjhgfdprtn
export THE_TOKEN

# peak MIB BYTE [OPTION...]: the most memory that the program or its keeper took, in MiB,
# while a step wrote so much of one byte.
peak() {
	cat >book.yaml <<-EOF
		runbook: 1
		name: book
		type: application
		secrets: {token: {env: THE_TOKEN}}
		steps:
		  - {id: a, shell: "head -c $1M /dev/zero | tr '\\\\0' '$2'"}
		  - {id: b, expect: "steps.a.stdout.size() > 1000"}
	EOF
	shift 2
	python3 "$repo/tests/tools/peak-memory.py" 1 runbook run book.yaml "$@" 2>err >out </dev/null &&
	sed -n 's/^peak is \([0-9]*\) MiB$/\1/p' out
}
# flat BYTE [OPTION...]
flat() {
	little=$(peak 10 "$@") && much=$(peak 150 "$@") || { tail -n 5 err; return 1; }
	echo "$little MiB of memory for 10 MiB of output, $much MiB for 150 MiB"
	[ "$little" -gt 0 ] && [ "$much" -le $((little + 8)) ]
}

test_that 'an endless line takes no more memory than a long one' 'flat x -q'
test_that 'many lines take no more memory than few' 'flat "\\\\n" -q'
test_that 'what may begin a secret all the time takes no more' 'flat q'
test_that 'events take no more, either' 'flat x -o ndjson'
done_testing
