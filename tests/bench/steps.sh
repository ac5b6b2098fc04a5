#!/usr/bin/env bash
# Trivial steps with the durable journal, beside a bare posix_spawn loop, ninja and make,
# in one run: ratios to the loop, the best of three rounds that take turns.
#
#   N=10000 CHAIN=1000 tests/bench/steps.sh

set -eu
B=$(cd "${B:-build/release}" && pwd)
n=${N:-10000} chain=${CHAIN:-1000} rounds=${ROUNDS:-3}
make -s B="${B#"$PWD"/}" "${B#"$PWD"/}/spawn-loop" >&2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export XDG_STATE_HOME=$work/state HOME=$work

book() { printf 'runbook: 1\nname: %s\ntype: application\nsteps:\n' "$1"; }
{ book independent; printf '  - id: g\n    parallel: 2\n    steps:\n'
	seq "$n" | sed 's/.*/      - {id: s&, shell: "true"}/'; } >independent.yaml
{ book direct; printf '  - id: g\n    parallel: 2\n    steps:\n'
	seq "$n" | sed 's/.*/      - {id: s&, exec: [\/bin\/true]}/'; } >direct.yaml
{ book chain; seq "$chain" | sed 's/.*/  - {id: s&, shell: "true"}/'; } >chain.yaml
{ book chain-direct; seq "$chain" | sed 's/.*/  - {id: s&, exec: [\/bin\/true]}/'; } >chain-direct.yaml
{ printf 'rule t\n  command = bash -euo pipefail -c true\n'
	seq "$n" | sed 's/.*/build o&: t/'; } >build.ninja
{ printf 'all:'; seq "$n" | sed 's/.*/ t&/' | tr -d '\n'; printf '\n'
	seq "$n" | sed 's/.*/t&: ; @bash -euo pipefail -c true/'; printf '.PHONY: all\n'; } >Makefile

now() { date +%s%N; }
best=()
measure() {  # INDEX COMMAND...
	local i=$1 from to
	shift
	from=$(now)
	"$@" >/dev/null 2>&1
	to=$(now)
	local took=$(((to - from) / 1000))
	[ -n "${best[$i]:-}" ] && [ "${best[$i]}" -le "$took" ] || best[$i]=$took
}
for _ in $(seq "$rounds"); do
	measure 0 "$B/spawn-loop" "$n" 2 bash -euo pipefail -c true
	measure 1 "$B/runbook" run independent.yaml -q
	measure 2 ninja -j 2
	measure 3 make -j 2
	measure 4 "$B/spawn-loop" "$n" 2 /bin/true
	measure 5 "$B/runbook" run direct.yaml -q
	measure 6 "$B/spawn-loop" "$chain" 1 bash -euo pipefail -c true
	measure 7 "$B/runbook" run chain.yaml -q
	measure 8 "$B/spawn-loop" "$chain" 1 /bin/true
	measure 9 "$B/runbook" run chain-direct.yaml -q
done
row() { awk -v a="${best[$2]}" -v b="${best[$3]}" -v w="$1" 'BEGIN { printf "%-44s %9.2f s %8.2f\n", w, a / 1e6, a / b }'; }
printf '%-44s %11s %8s\n' '' 'best' 'ratio'
row "$n x bash -c true, spawn loop" 0 0
row "  runbook" 1 0
row "  ninja" 2 0
row "  make" 3 0
row "$n x /bin/true, spawn loop" 4 4
row "  runbook, exec" 5 4
row "a chain of $chain x bash -c true, spawn loop" 6 6
row "  runbook" 7 6
row "a chain of $chain x /bin/true, spawn loop" 8 8
row "  runbook, exec" 9 8
