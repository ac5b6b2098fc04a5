#!/usr/bin/env bash
# A run is held still (SIGSTOP) at every place until its step begins, and meanwhile the index is lost
# and another run asks for the same lock. Then it goes on. Whoever gets the lock: never do both run.
#
#   stopped.sh WAY [STEP]      WAY run: two new runs | resume: one that had ended, whose lock was free,
#                                  and a new one | resumes: two that had ended

set -u
way=$1
set -- good interpreter stop "${2:-1}"
here=$(cd "$(dirname "$0")" && pwd)
. "$here/faults.sh"
pids=
# shellcheck disable=SC2086
finish() { [ -z "$pids" ] || kill -9 $pids; rm -rf "$work"; } 2>/dev/null
trap finish EXIT
first=0 second=0

# book NAME SCRIPT: who finds the other one there says so; at first the run ends before that
book() {
	printf 'runbook: 1\nname: %s\ntype: application\nlock: prod\nsteps:\n' "$1"
	printf '  - {id: early, shell: "[ -e again ]", idempotent: true}\n'
	printf '  - {id: one, shell: "mkdir inside || echo both >>trace; echo %s >>trace; %s; rmdir inside"}\n' "$1" "$2"
} >"$1.yaml"

make_world() {
	book a true
	book b 'touch in_b; until [ -e go ] || ! [ -e b.yaml ]; do sleep 0.02; done'
	a_words='run a.yaml' b_words='run b.yaml'
	[ "$way" = run ] || { "$runbook" run a.yaml -q >out 2>&1; a_words="resume $(ls state/runbook/runs)"; }
	[ "$way" != resumes ] || {
		"$runbook" run b.yaml -q >out 2>&1
		b_words="resume $(ls state/runbook/runs | grep -vx "${a_words#resume }")"
	}
	touch again
}

is_stopped() { grep -q '^State:.*T' "/proc/$1/status" 2>/dev/null; }
is_over() { ! kill -0 "$1" 2>/dev/null; }

# Who was refused has changed nothing: a new run was not made, another goes on.
goes_on() {
	if [ "$way" = run ]; then
		[ "$(ls state/runbook/runs | wc -l)" = 1 ] || fail 'there is a run that did not begin'
		return
	fi
	# shellcheck disable=SC2086
	"$runbook" $a_words -q >out 2>&1 </dev/null && grep -qx a trace || fail_with 'it does not go on'
}

while [ "$bad" -lt "$enough" ]; do
	point=$((point + step))
	world
	# shellcheck disable=SC2086
	LD_PRELOAD=$B/faultline.so FAULT_LOG=$work/w/fault FAULT_WHO=interpreter FAULT_AT=$point FAULT_DO=signal \
		FAULT_SIGNAL=19 FAULT_TIMES=1 "$runbook" $a_words -q >out 2>&1 </dev/null &
	a=$!
	until is_stopped $a || is_over $a; do sleep 0.01; done
	# It is in its step, or over: from there on all is as ever.
	is_stopped $a && [ ! -e trace ] || { kill -CONT $a; wait $a; break; } 2>/dev/null
	faults=$((faults + 1))
	rm -f state/runbook/index.db*
	# shellcheck disable=SC2086
	"$runbook" $b_words -q >out.b 2>&1 </dev/null &
	b=$!
	pids="$a $b"
	until [ -e in_b ] || is_over $b; do sleep 0.01; done
	kill -CONT $a
	wait $a
	code=$?
	touch go
	wait $b
	other=$?
	pids=
	first=$((first + (code == 0))) second=$((second + (other == 0)))
	! grep -q both trace || fail_with 'both had the lock'
	case $code:$other in
	0:[07]) ;;
	7:0) goes_on ;;
	0:12) grep -q 'locked by another program' out.b || fail_with 'the other one cannot read' ;;
	*) fail_with "the one ends with $code, the other with $other"; sed 's/^/#   /' out.b ;;
	esac
	[ -z "$broken" ] || bad=$((bad + 1))
done
[ "$first" -gt 0 ] && { [ "$second" -gt 0 ] || [ "$way" = resume ]; } || proves_nothing "$faults stops, $first times the one ran, $second the other"
echo "# stopped, $way: $faults places, at $first of them the one that was stopped ran, at $second the other; $bad broken promises"
verdict
