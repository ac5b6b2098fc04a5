#!/bin/sh
# A signal in each phase: what is running ends as it must, nothing of it is left, `always`
# runs where a step was started, and the code says which signal it was.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/book.sh"

# What runs when the signal comes: begins, waits to be let go, ends.
blocks="shell: \"echo B >>effects; touch $work/here; until test -e go; do sleep 0.02; done; echo E >>effects\""
block="{id: x, $blocks}"
check="{id: x, timeout: 1m, $blocks}"
a='{id: a, shell: echo a >>effects, undo: {shell: echo ua >>effects}}'
bad='{id: bad, shell: exit 1, undo: none}'
z='always: [{id: z, shell: echo z >>effects}]'

body() {
	case $1 in
	requires) echo "requires: {checks: [$check]}"; echo "steps: [$a]" ;;
	hooks.start) echo "hooks: {start: [$block]}"; echo "steps: [$a]" ;;
	hooks.end) echo "hooks: {success: [$block]}"; echo "steps: [$a]" ;;
	checklist) echo "checklist: [{item: so, check: $check}]"; echo "steps: [$a]" ;;
	steps) echo "steps: [$block, $a]" ;;
	done_if) echo "steps: [{id: b, done_if: $check, shell: echo b >>effects}]" ;;
	step.verify) echo "steps: [{id: b, shell: echo b >>effects, verify: [$check]}]" ;;
	rescue) echo "steps: [{id: b, shell: exit 1, undo: none, rescue: [$block]}, $a]" ;;
	group.always) echo "steps: [{id: g, steps: [$bad], always: [$block]}, $a]" ;;
	verify) echo "steps: [$a]"; echo "verify: [$check]" ;;
	undo) echo "steps: [$a, {id: c, shell: echo c >>effects, undo: $block}, $bad]" ;;
	undone) echo "steps: [$a, $bad]"; echo "undone: [$check]" ;;
	always) echo "steps: [$a]"; echo "always: [$block, {id: y, shell: echo y >>effects}]"; return ;;
	esac
	echo "$z"
}

# plays PHASE SIGNAL TIMES CODE EFFECTS: once: what runs is let go, if it is not ended.
plays() {
	rm -rf state effects here go out
	{ printf 'runbook: 1\nname: book\ntype: application\non_failure: undo\n'; body "$1"; } >book.yaml
	runbook run book.yaml >out 2>&1 </dev/null &
	run=$!
	until_true '[ -e here ]' || { cat out; return 1; }
	kill -"$2" $run
	if [ "$3" = 1 ]; then
		until_true "gone $run || grep -q 'let finish' out" && touch go
	else
		until_true "gone $run || grep -q 'let finish' out" && kill -"$2" $run 2>/dev/null
	fi
	ends "$4" && effects "$5" && ! pgrep -f "touch $work/here" || return 1
	id=$(ls state/runbook/runs 2>/dev/null)
	[ -z "$id" ] || whole
}

while read -r phase signal times code effects; do
	test_that "$phase, $signal $times time(s): $code" "plays $phase $signal $times $code '$effects '"
done <<-'END'
	requires      TERM 1 143 B
	hooks.start   TERM 1 143 B E
	hooks.start   TERM 2 143 B
	checklist     TERM 1 143 B
	steps         HUP  1 129 B E z
	steps         TERM 2 143 B z
	done_if       TERM 1 143 B
	step.verify   TERM 1 143 b B z
	rescue        TERM 1 143 B E z
	rescue        HUP  2 129 B z
	group.always  TERM 1 143 B E z
	group.always  TERM 2 143 B z
	verify        TERM 1 143 a B z
	undo          TERM 1 143 a c B E z
	undo          TERM 2 10  a c B z
	undone        TERM 1 143 a ua B z
	always        TERM 1 143 a B E
	always        TERM 2 143 a B
	hooks.end     TERM 1 0   a z B E
	hooks.end     TERM 2 0   a z B
END

test_that 'an undo whose last checks were interrupted is finished by a resume' '
	plays undone TERM 1 143 "a ua B z " && touch go && resume 9 && has "holds"
'

done_testing
