# Expressions beside two JavaScript implementations, in one run on one machine: what
# each workload takes in nanoseconds, and how many times longer the others take.
#
# Needs node and npm; the packages go to a folder under build/. Exit 1 when we are not
# ahead of both everywhere.

here=$(cd "$(dirname "$0")" && pwd)
packages=$PWD/build/bench-js
ms=${BENCH_MS:-500}

command -v node >/dev/null && command -v npm >/dev/null || {
	echo "bench: node and npm are needed to compare expressions with other implementations" >&2
	exit 2
}
mkdir -p "$packages"
if [ ! -d "$packages/node_modules/@bufbuild/cel" ]; then
	echo '{"private": true}' >"$packages/package.json"
	(cd "$packages" && npm install --silent --no-audit --no-fund @marcbachmann/cel-js @bufbuild/cel) || exit 2
fi

ours=$("$B/expr-bench" "$ms") || exit 2
theirs=$(cd "$packages" && node "$here/bench.mjs" "$ms") || exit 2

{
	echo "$ours" | sed 's/^/ours /'
	echo "$theirs"
} | awk '
	{ ns[$1, $2] = $3; if ($1 == "ours") names[++count] = $2 }
	END {
		printf "%-10s %12s %28s %28s\n", "ns", "ours", "@marcbachmann/cel-js", "@bufbuild/cel"
		for (i = 1; i <= count; i++) {
			w = names[i]; us = ns["ours", w]
			a = ns["@marcbachmann/cel-js", w]; b = ns["@bufbuild/cel", w]
			printf "%-10s %12.1f %19.1f (%5.1fx) %19.1f (%5.1fx)\n", w, us, a, a / us, b, b / us
			if (a <= us || b <= us) behind = 1
		}
		printf "condition: %.1f million evaluations a second\n", 1000 / ns["ours", "condition"]
		exit behind
	}'
