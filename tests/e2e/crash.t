#!/bin/bash
# A part of `make crash`: some places of each kind, of a run and of one that is undone.

. "$(dirname "$0")/sweeps.sh"
sweep() {  # MODE WHO DO STEP
	kept "$1: $2: $3: every promise is kept" crash "$@"
}

sweep good interpreter kill 17
sweep undo interpreter kill-after 23
sweep undo interpreter both 23
sweep good keeper kill 11
sweep undo keeper both-after 17
sweep good interpreter ENOSPC 29
sweep undo interpreter EIO-ever 41
sweep good keeper EIO 5
sweep good interpreter INT 13
sweep undo interpreter TERM-2 29
sweep undo interpreter HUP-3 31
sweep good interpreter QUIT-1 23
echo "1..$number"
