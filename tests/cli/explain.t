#!/bin/sh
# The examples of rules that `runbook explain` prints do what it says.

. "$(dirname "$0")/../lib.sh"

part() { # RULE bad|good: the example, without its two columns
	runbook explain "$1" | sed -n "/^$2:\$/,/^[a-z]*:\$/{ s/^  //p; }"
}

# RULE bad|good: a whole runbook in book.yaml, made of the example
compose() {
	part "$1" "$2" >part
	{
		printf 'runbook: 1\nname: book\ntype: application\n'
		if grep -q '^- ' part; then
			echo steps: && sed 's/^/  /' part
		else
			grep -q '^steps:' part || echo 'steps: [{id: only, shell: date}]'
			cat part
		fi
	} >book.yaml
}

rules() { sed -n 's/^DIAG([A-Z_]*, *"\([a-z-]*\)".*/\1/p' "$repo/grammar/diagnostics.def"; }

test_that 'a bad example raises its rule and no other, a good one loads' '
	n=0
	for rule in $(rules); do
		[ -n "$(part $rule bad)" ] || continue
		n=$((n + 1))
		compose $rule bad && ! runbook graph book.yaml >out 2>err &&
			[ "$(sed -n "s/.*: error: .*\[\([a-z-]*\)\]$/\1/p" err | sort -u)" = $rule ] ||
			{ echo "bad example of $rule:"; cat book.yaml err; return 1; }
		compose $rule good && runbook graph book.yaml >out 2>err ||
			{ echo "good example of $rule:"; cat book.yaml err; return 1; }
	done
	[ $n -ge 35 ]
'

test_that 'the keys of the project file, by its name' '
	exits 0 runbook explain .runbook.yaml >out && grep -q "^  store " out && grep -q "^  approvers " out &&
	exits 0 runbook explain policy.approvers >out && grep -q "Groups of people" out
'

done_testing
