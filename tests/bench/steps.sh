#!/usr/bin/env bash
# Trivial steps with the durable journal, beside a bare posix_spawn loop, ninja and make, in
# one run: independent ones, two at a time, and a chain; with a shell, and without one where
# the script is one plain command; on this disk, and on one whose every sync takes 5 ms
# longer. Ratios to the loop, the best of some rounds that take turns. Then the memory of a
# long run, and what a resume of it takes.
#
#   N=10000 CHAIN=1000 SLOW=500 ROUNDS=3 tests/bench/steps.sh

set -eu
here=$(cd "$(dirname "$0")" && pwd)
B=$(cd "${B:-build/release}" && pwd)
n=${N:-10000} chain=${CHAIN:-1000} slow=${SLOW:-500} rounds=${ROUNDS:-3}
make -s B="${B#"$PWD"/}" "${B#"$PWD"/}/spawn-loop" >&2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export XDG_STATE_HOME=$work/state HOME=$work
${CC:-cc} -shared -fPIC -o slow_disk.so "$here/slow_disk.c"

with='true && true' without=/bin/true  # a shell
lines() { for ((i = 1; i <= $1; i++)); do printf "$2" "$i"; done; }  # COUNT FORMAT
book() {  # NAME COUNT parallel|chain SCRIPT
	printf 'runbook: 1\nname: %s\ntype: application\n' "$1"
	[ "$4" = $without ] || echo 'defaults: {shell: sh}'  # what ninja and make use
	echo steps:
	[ "$3" = chain ] || printf '  - id: g\n    parallel: 2\n    steps:\n'
	lines "$2" "$([ "$3" = chain ] || echo '    ')  - {id: s%s, shell: $4}\n"
}
book independent "$n" parallel "$with" >independent.yaml
book direct "$n" parallel $without >direct.yaml
book chain "$chain" chain "$with" >chain.yaml
book chain-direct "$chain" chain $without >chain-direct.yaml
book slow "$slow" parallel "$with" >slow.yaml
book slow-chain "$slow" chain "$with" >slow-chain.yaml
{ book resumed "$n" parallel $without; echo '  - {id: last, shell: test -e go}'; } >resumed.yaml
for which in with without; do
	mkdir $which
	{ printf 'rule t\n  command = %s\n' "${!which}"; lines "$n" 'build o%s: t\n'; } >$which/build.ninja
	{ printf '.PHONY: all\nall:'; lines "$n" ' t%s'; printf '\n'; lines "$n" "t%s: ; @${!which}\n"; } >$which/Makefile
done

now() { date +%s%N; }
best=()
measure() {  # INDEX COMMAND...
	local i=$1 from to
	shift
	from=$(now)
	"$@" >/dev/null 2>&1 || true
	to=$(now)
	local took=$(((to - from) / 1000))
	[ -n "${best[$i]:-}" ] && [ "${best[$i]}" -le "$took" ] || best[$i]=$took
}
run() { "$B/runbook" run "$1.yaml" -q; }
slowly() { LD_PRELOAD=$work/slow_disk.so SLOW_SYNC_MS=5 "$B/runbook" run "$1.yaml" -q; }
loop() { "$B/spawn-loop" "$@"; }
for _ in $(seq "$rounds"); do
	measure 0 loop "$n" 2 sh -eu -c "$with"
	measure 1 run independent
	measure 2 ninja -C with -j 2
	measure 3 make -C with -j 2
	measure 4 loop "$n" 2 $without
	measure 5 run direct
	measure 6 ninja -C without -j 2
	measure 7 make -C without -j 2
	measure 8 loop "$chain" 1 sh -eu -c "$with"
	measure 9 run chain
	measure 10 loop "$chain" 1 $without
	measure 11 run chain-direct
	measure 12 loop "$slow" 2 sh -eu -c "$with"
	measure 13 slowly slow
	measure 14 loop "$slow" 1 sh -eu -c "$with"
	measure 15 slowly slow-chain
done
row() {  # WORDS INDEX OF
	awk -v a="${best[$2]}" -v b="${best[$3]}" -v w="$1" 'BEGIN { printf "%-52s %8.2f s %7.2f\n", w, a / 1e6, a / b }'
}
printf '%-52s %10s %7s\n' '' best ratio
row "$n x sh -c '$with', two at a time: spawn loop" 0 0
row "  runbook" 1 0
row "  ninja" 2 0
row "  make" 3 0
row "$n x $without, two at a time: spawn loop" 4 4
row "  runbook, which starts no shell for it" 5 4
row "  ninja (sh -c)" 6 4
row "  make" 7 4
row "a chain of $chain x sh -c '$with': spawn loop" 8 8
row "  runbook" 9 8
row "a chain of $chain x $without: spawn loop" 10 10
row "  runbook" 11 10
row "$slow x sh, two at a time: spawn loop" 12 12
row "  runbook, every sync 5 ms slower" 13 12
row "a chain of $slow x sh: spawn loop" 14 14
row "  runbook, every sync 5 ms slower" 15 14

# ---- memory, resume

peak() {  # COMMAND...: MiB of its largest process
	python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)' "$@"
}
printf '%-52s %6s MiB\n' "memory of a run of $n steps" "$(peak "$B/runbook" run resumed.yaml -q)"
id=$(ls -t "$XDG_STATE_HOME/runbook/runs" | head -n 1)
printf '%-52s %6s MiB\n' "  of its resume" "$(peak "$B/runbook" resume "$id" -q)"
best=()
for _ in $(seq "$rounds"); do
	measure 0 "$B/runbook" resume "$id" -q
done
printf '%-52s %8.2f s\n' "  that resume, of which one step is left" "$(awk -v a="${best[0]}" 'BEGIN { print a / 1e6 }')"
