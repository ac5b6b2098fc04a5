#!/bin/sh
# Each folder of interp/ includes only itself and those listed before it in interp/FLOORS.
# Rooms of a floor (interp/action/sql) include their own room, their floor and those below,
# but not each other. The core of a run (interp/exec/core) is pure: of its floor it includes
# itself alone, and nothing that reads, waits or writes.

cd "$(dirname "$0")/.." || exit 2
grep -o '^#include "[a-z]*/.*\.h"' interp/*/*.[ch] interp/*/*/*.[ch] | awk -F'[/":]' '
	BEGIN { while ((getline floor < "interp/FLOORS") > 0) height[floor] = ++n }
	{
		split($0, side, ":#include \"")
		parts = split(side[1], at, "/")
		wants = split(side[2], to, "/")
		from = at[2]; room = parts == 4 ? at[3] : ""; other = wants == 3 ? to[2] : ""
	}
	height[to[1]] > height[from] { print "# " $0; bad = 1 }
	from == to[1] && room && other && room != other { print "# another room: " $0; bad = 1 }
	from == "exec" && room == "core" && (to[1] == from ? other != "core" : to[1] ~ "^(loop|store|yaml)$") {
		print "# not pure: " $0; bad = 1
	}
	!(from in height) { print "# " from " is not in interp/FLOORS"; bad = 1 }
	END { print (bad ? "not " : "") "ok 1 - folders include only downwards"; print "1..1" }'
