#!/bin/sh
# Which steps --skip leaves out: the one that is named, and what of it a for_each makes.

. "$(dirname "$0")/../lib.sh"

cat >inner.yaml <<'END'
runbook: 1
name: inner
type: action
inputs: {k: {}}
steps:
  - {id: a, shell: "echo s.a-${{ inputs.k }} >>trace"}
  - {id: b, shell: "echo s.b-${{ inputs.k }} >>trace"}
END
cat >book.yaml <<'END'
runbook: 1
name: book
type: application
steps:
  - {id: a, shell: echo a >>trace}
  - {id: s, for_each: [x, z], use: inner, with: {k: "${{ item }}"}}
  - {id: g, for_each: [p, q], steps: [{id: i, shell: "echo i-${{ item }} >>trace"}]}
  - {id: h, steps: [{id: c, shell: echo c >>trace}]}
END
# skip ID TRACE
skip() {
	rm -f trace
	exits 8 runbook run book.yaml --skip "$1" --skip-reason why </dev/null >out 2>&1 &&
	[ "$(tr '\n' ' ' <trace)" = "$2 " ] || { cat out trace; return 1; }
}
# refused ID WORDS
refused() {
	rm -f trace
	exits 2 runbook run book.yaml --skip "$1" --skip-reason why </dev/null >out 2>&1 && [ ! -e trace ] &&
	grep -qF -e "$2" out || { cat out; return 1; }
}
all='s.a-x s.b-x s.a-z s.b-z i-p i-q c'

test_that 'a step, and not one of the same id in a used runbook' '
	skip a "$all"
'
test_that 'a step of a used runbook, by the step that uses it' '
	skip s.a "a s.b-x s.b-z i-p i-q c" && skip "s[x].a" "a s.b-x s.a-z s.b-z i-p i-q c"
'
test_that 'an instance, and what is in one' '
	skip "g[p]" "a ${all%% i-p*} i-q c" && skip "g[q].i" "a ${all%% i-q*} c" && skip i "a ${all%% i-p*} c" && skip g.i "a ${all%% i-p*} c"
'
test_that 'a group, and a step in it' '
	skip h "a ${all% c}" && skip c "a ${all% c}"
'
test_that 'what is not there is no name, nor is the bare id of what is used' '
	refused b "did you mean \`s.b\`?" && refused s.bb "did you mean \`s.b\`?" && refused "a[x]" "not in this runbook" && refused h.c "not in this runbook"
'

cat >asked.yaml <<'END'
runbook: 1
name: asked
type: application
steps:
  - {id: one, steps: [{id: c, confirm: {message: Go on?}, shell: echo c >>trace}]}
  - {id: e, for_each: [x, y], steps: [{id: i, confirm: {message: Go on?}, shell: echo i >>trace}, {id: j, shell: echo j >>trace}]}
  - {id: s, for_each: [x], use: ask}
END
cat >ask.yaml <<'END'
runbook: 1
name: ask
type: action
steps:
  - {id: k, steps: [{id: l, confirm: {message: Go on?}, shell: echo l >>trace}]}
END
# asked CODE ANSWERS OPTION...: how many answers it says it needs, where there is no terminal
asked() {
	code=$1 n=$2
	shift 2
	rm -f trace
	exits "$code" runbook run asked.yaml "$@" --skip-reason why </dev/null >out 2>&1 &&
	[ "$(grep -c -- "--confirm" out)" = "$n" ] || { cat out; return 1; }
}
test_that 'no answer is needed for what is left out, by whichever of its names' '
	exits 5 runbook run asked.yaml </dev/null >out 2>&1 && [ "$(grep -c -- --confirm out)" = 3 ] &&
	asked 8 0 --skip c --skip e.i --skip s.l && grep -q j trace && ! grep -q "[cil]" trace &&
	asked 8 0 --skip one --skip i --skip s && asked 8 0 --skip c --skip e --skip s.k && asked 5 1 --skip c --skip e.i
'
test_that 'no answer is needed for what --from leaves out' '
	asked 8 0 --from s --skip s.l && asked 8 0 --from e --skip i --skip s && asked 5 2 --from e && asked 5 1 --from s
'
done_testing
