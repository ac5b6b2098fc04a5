#!/usr/bin/env bash
# What somebody waits for who reads what was: `runs` with many runs in the store, and `show`,
# `report`, `show --verify` and `resume` of a run of many events (faults.md F106: 1,000 runs are
# listed within a second, a run of 100,000 events goes on within two). The best of some rounds:
# how long, and the processor time of it.
#
#   RUNS=1000 STEPS=25000 ROUNDS=3 tests/bench/read.sh
#
# A step that says something is four events. What is resumed fails again at its last step.

set -eu
B=$(cd "${B:-build/release}" && pwd)
runs=${RUNS:-1000} steps=${STEPS:-25000} rounds=${ROUNDS:-3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export HOME=$work

printf 'runbook: 1\nname: small\ntype: application\nsteps:\n  - {id: a, shell: /bin/true}\n' >small.yaml
{
	printf 'runbook: 1\nname: long\ntype: application\nsteps:\n  - id: g\n    parallel: 2\n    steps:\n'
	for ((i = 1; i <= steps; i++)); do printf '    - {id: s%s, shell: echo x}\n' "$i"; done
	printf '  - {id: last, shell: test -e go}\n'
} >long.yaml

row() {  # WORDS COMMAND...
	python3 - "$rounds" "$@" <<'END'
import resource, subprocess, sys, time
rounds, words, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
took, used = [], []
for _ in range(rounds):
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    took.append(time.monotonic() - start)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
print('%-52s %8.3f s %8.3f s' % (words, min(took), min(used)))
END
}

export XDG_STATE_HOME=$work/many
for ((i = 0; i < runs; i++)); do "$B/runbook" run small.yaml -q 2>>out; done
printf '%-52s %10s %10s\n' '' best processor
row "runs, with $runs of them" "$B/runbook" runs
rm "$XDG_STATE_HOME/runbook/index.db"
row '  without its index, each time' "$B/runbook" runs

export XDG_STATE_HOME=$work/one
"$B/runbook" run long.yaml -q 2>>out || true
id=$(ls "$XDG_STATE_HOME/runbook/runs")
events=$("$B/runbook" show "$id" -o ndjson | wc -l)
row "show of a run of $events events" "$B/runbook" show "$id"
row '  its report' "$B/runbook" report "$id"
row '  show --verify' "$B/runbook" show "$id" --verify
row '  its resume' "$B/runbook" resume "$id" -q
