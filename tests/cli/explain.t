#!/bin/sh
# The examples of rules that `runbook explain` prints do what it says.

. "$(dirname "$0")/../lib.sh"

part() { # RULE bad|good: the example, without its two columns
	runbook explain "$1" | sed -n "/^$2:\$/,/^[a-z]*:\$/{ s/^  //p; }"
}

# RULE bad|good: a whole runbook in book.yaml, made of the example
compose() {
	part "$1" "$2" >part
	grep -q '^runbook:\|^#' part && cp part book.yaml && return
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

test_that 'every rule is explained: what it is about, an example that is wrong, one that is right' '
	for rule in $(rules); do
		runbook explain $rule | sed -n "/^$rule\$/,/^bad:/p" | grep -q "^  [A-Z].*[.;)]" &&
		[ -n "$(part $rule bad)" ] && [ -n "$(part $rule good)" ] && [ "$(part $rule bad)" != "$(part $rule good)" ] ||
			{ runbook explain $rule; return 1; }
	done
'

# Commands are not run; what only `lint` will find does not keep a file from being loaded.
by_lint=' template-with-newline missing-file maybe-skipped '
test_that 'a bad example raises its rule and no other, a good one loads' '
	n=0
	for rule in $(rules); do
		part $rule bad | grep -q "^\\$ " && continue
		n=$((n + 1))
		compose $rule good && runbook graph book.yaml >out 2>err ||
			{ echo "good example of $rule:"; cat book.yaml err; return 1; }
		case $by_lint in *" $rule "*) continue ;; esac
		compose $rule bad && ! runbook graph book.yaml >out 2>err &&
			[ "$(sed -n "s/.*: error: .*\[\([a-z-]*\)\]$/\1/p" err | sort -u)" = $rule ] ||
			{ echo "bad example of $rule:"; cat book.yaml err; return 1; }
	done
	[ $n -ge 40 ] || { echo "only $n"; return 1; }
'

test_that 'the keys of the project file, by its name' '
	exits 0 runbook explain .runbook.yaml >out && grep -q "^  store " out && grep -q "^  approvers " out &&
	exits 0 runbook explain policy.approvers >out && grep -q "Groups of people" out
'

test_that 'a contact: its keys, and who can read them' '
	runbook explain contact >out && grep -q "hooks.waiting" out && grep -q "^  phone  *A phone number" out &&
	runbook explain waiting | grep -q "contact.email"
'
done_testing
