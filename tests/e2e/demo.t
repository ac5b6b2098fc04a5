#!/bin/sh
# The demo, in a copy of it: what it says where there is no terminal is plain text.

. "$(dirname "$0")/../lib.sh"

mkdir -p build/here && ln -s "$(command -v runbook)" build/here/runbook && cp -R "$repo/runbooks" .

test_that 'in a file it is plain text' '
	B=build/here timeout 120 bash runbooks/demo/demo.sh >out 2>&1 </dev/null || { cat out; return 1; }
	grep -q "^Is it good now?$" out && ! grep -q "$(printf "\033")" out
'
test_that 'the commands that it prints take the restore back, and stop the shop that this starts' '
	line=$(grep " undo .*--confirm" out) && eval "$line" >back 2>&1 </dev/null && grep -q "database-restore was undone" back &&
	[ -e build/demo-sqlite/shop.pid ] && line=$(grep "shop stop$" out) && eval "$line" && [ ! -e build/demo-sqlite/shop.pid ]
'
done_testing
