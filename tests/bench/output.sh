#!/usr/bin/env bash
# How fast the output of a step is read, masked and kept, and in how much memory.
#
#   GIB=10 tests/bench/output.sh

set -eu
B=$(cd "${B:-build/release}" && pwd)
gib=${GIB:-10} repo=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export XDG_STATE_HOME=$work/state HOME=$work THE_TOKEN=qzxwvkjhgfdprtn

book() {  # NAME HEAD MIB
	printf 'runbook: 1\nname: %s\ntype: application\n%s\nsteps:\n  - {id: a, shell: "head -c %sM /dev/zero"}\n' \
		"$1" "$2" "$3" >"$1.yaml"
}
book little 'secrets: {token: {env: THE_TOKEN}}' 10
book plain '' $((gib * 1024))
book masked 'secrets: {token: {env: THE_TOKEN}}' $((gib * 1024))
for name in little plain masked; do
	from=$(date +%s%N)
	peak=$(python3 "$repo/tests/tools/peak-memory.py" 1 "$B/runbook" run $name.yaml -q 2>/dev/null | tail -n 1)
	echo "output, $name: $((($(date +%s%N) - from) / 1000000)) ms, $peak"
done
