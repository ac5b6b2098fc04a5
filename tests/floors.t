#!/bin/sh
# Each folder of interp/ includes only itself and those listed before it in
# interp/FLOORS.

cd "$(dirname "$0")/.." || exit 2
grep -o '^#include "[a-z]*/' interp/*/*.[ch] | awk -F'[/"]' '
	BEGIN { while ((getline floor < "interp/FLOORS") > 0) height[floor] = ++n }
	{ from = $2; to = $4 }
	height[to] > height[from] { print "# " $0; bad = 1 }
	!(from in height) { print "# " from " is not in interp/FLOORS"; bad = 1 }
	END { print (bad ? "not " : "") "ok 1 - folders include only downwards"; print "1..1" }'
