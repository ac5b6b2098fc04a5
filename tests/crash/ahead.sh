#!/usr/bin/env bash
# In a parallel group of short steps intents are written ahead, and a step starts before its
# start is on disk. Each step in turn kills the interpreter as its first deed, while every
# write is slow. After the resume no step ran twice, and every start is journalled.
#
#   ahead.sh [STEP]     every STEP-th step kills

set -u
B=$(cd "${B:-build/debug}" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
every=${1:-1} steps=12
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0 late=0
${CC:-cc} -shared -fPIC -o "$work/slow_disk.so" "$here/../bench/slow_disk.c" || exit 2

fail() { echo "# killed by s$killer: $*"; bad=$((bad + 1)); }
events() { sqlite3 "state/runbook/runs/$run/journal.db" "SELECT json FROM events WHERE type = '$1'"; }
has() { events "$1" | grep -q "\"step\":\"$2\""; }

book() {
	printf 'runbook: 1\nname: many\ntype: application\nsteps:\n  - id: g\n    parallel: 2\n    steps:\n'
	for i in $(seq $steps); do
		printf '      - id: s%s\n        shell: |\n          echo s%s >>trace\n' "$i" "$i"
		[ "$i" != "$killer" ] ||
			printf '          read -r _ _ _ interpreter _ </proc/$PPID/stat\n          kill -9 $interpreter\n'
		printf '          sleep 0.03\n'
	done
}

for killer in $(seq 1 "$every" $steps); do
	rm -rf "$work/w"
	mkdir -p "$work/w" && cd "$work/w" || exit 2
	export XDG_STATE_HOME=$work/w/state HOME=$work/w
	book >many.yaml
	{ LD_PRELOAD=$work/slow_disk.so SLOW_WRITE_MS=5 "$B/runbook" run many.yaml -q >out 2>&1; } 2>/dev/null
	run=$(ls state/runbook/runs)
	has step.start "s$killer" || late=$((late + 1))
	"$B/runbook" resume "$run" -q >>out 2>&1 || fail "resume ended with $?"
	for i in $(seq $steps); do
		n=$(grep -cx "s$i" trace)
		[ "$n" = 1 ] || fail "s$i ran $n times"
		has step.start "s$i" || fail "no start of s$i"
	done
	"$B/runbook" show "$run" --verify >verified 2>&1 || fail "the chain: $(tail -n 1 verified)"
done

[ "$late" -gt 0 ] || { echo "# every start was on disk before its step: this proves nothing"; bad=1; }
echo "# $late of these starts were not yet on disk, $bad broken promises"
[ "$bad" = 0 ]
