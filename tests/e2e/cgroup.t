#!/bin/sh
# Where a control group is delegated to us, nothing that a step starts gets away, whatever it
# does; and nothing of ours is left of it.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/book.sh"
. "$repo/tests/e2e/cgroup.sh"

cgroup_make || { echo '1..0 # SKIP no control group (version 2) of our own can be made here'; exit 0; }
trap 'cgroup_remove; rm -rf "$work"' EXIT

# plays CODE [OPTION...]: runs the book in the group
plays() {
	want=$1
	shift
	exits "$want" timeout 120 sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$cgroup" \
		runbook run book.yaml "$@" >out 2>&1 </dev/null || { cat out; return 1; }
}
in_group() { cat "$cgroup/cgroup.procs" $(find "$cgroup" -mindepth 1 -name cgroup.procs); }

test_that 'steps live in boxes, one after the other in the same, and none is left' '
	book "  - {id: a, shell: \"sed -n s/^0:://p /proc/self/cgroup >>effects\"}
  - {id: b, exec: [sh, -c, \"sed -n s/^0:://p /proc/self/cgroup >>effects\"]}"
	plays 0 && grep -E "/test-[0-9]+/runbook-[0-9]+-[0-9]+/0\$" effects && [ "$(uniq effects | wc -l)" = 1 ] &&
	[ "$(find "$cgroup" -mindepth 1 -type d | wc -l)" = 0 ]
'

test_that 'what runs beside has a box of its own' '
	book "  - {id: g, parallel: 3, steps: [{id: a, shell: \"echo a >>effects; until [ -e go ]; do sleep 0.02; done\"}, {id: b, shell: \"echo b >>effects; until [ -e go ]; do sleep 0.02; done\"}]}"
	delegated runbook run book.yaml >out 2>&1 </dev/null &
	run=$!
	until_true "[ \$(wc -l <effects) = 2 ]" && [ "$(boxes)" = 2 ] && touch go && ends 0 && [ "$(boxes)" = 0 ]
'

# Each lives a moment and leaves one in its place, which has lost its parents, its session and its
# environment; there are never more than a few dozen, since the machine is not ours alone.
test_that 'what starts itself again and again is gone at once, wherever it went' '
	printf "#!/bin/sh\n[ -e $work/enough ] && exit\necho \$\$ >>$work/effects\n[ \$1 -ge 4 ] || setsid -f env -i $work/again \$((\$1 + 1))\nsleep 0.1\nsetsid -f env -i $work/again 9\n" >again
	chmod +x again
	book "  - {id: a, timeout: 800ms, kill_grace: 100ms, shell: ./again 0; sleep 50}"
	plays 1; failed=$?; left=$(in_group | wc -l); touch enough
	[ $failed = 0 ] && has "timed out" && [ "$left" = 0 ] && [ "$(boxes)" = 0 ] &&
	[ "$(wc -l <effects)" -gt 10 ]
'

test_that 'what has cleared its environment and gone away beside others is known whose it is' '
	book "  - id: g
    parallel: 2
    steps:
      - {id: a, shell: \"env -i setsid sleep 97 & echo \$! >>daemon; echo a >>effects; until [ -e go ]; do sleep 0.02; done; exit 1\", on_failure: continue}
      - {id: b, shell: \"env -i setsid sleep 98 & echo \$! >>other; echo b >>effects; until [ -e go ]; do sleep 0.02; done\"}"
	delegated runbook run book.yaml >out 2>&1 </dev/null &
	run=$!
	until_true "[ \$(wc -l <effects) = 2 ]" && touch go && ends 8 && gone $(cat daemon) &&
	kill -0 $(cat other) && has "$(cat other)" && lacks "$(cat daemon)" &&
	[ "$(boxes)" = 1 ] && kill $(cat other)
'

test_that 'a daemon of a success is left alone, and its box with it, until somebody finds it empty' '
	book "  - {id: a, shell: setsid sleep 99 & echo \$! > daemon}
  - {id: b, shell: sed -n s/^0:://p /proc/self/cgroup >>effects}"
	find "$cgroup" -mindepth 1 -depth -type d -exec rmdir {} + 2>/dev/null
	plays 0 && kill -0 "$(cat daemon)" && has "$(cat daemon)" && grep "/1\$" effects || exit 1
	[ "$(boxes)" = 1 ] || { find "$cgroup" -type d; exit 1; }
	kill "$(cat daemon)" && until_true "gone $(cat daemon)" || exit 1
	book "  - {id: a, shell: \"true\"}" && plays 0 && [ "$(boxes)" = 0 ]
'

# Interpreter, keeper and the step itself are killed: what is left has lost all else by which it could be known.
test_that 'after a crash of everything what lives in the box of a step is waited for' '
	book "  - {id: a, shell: \"env -i setsid sleep 95 & echo \$! >daemon; echo a >>effects; until [ -e go ]; do sleep 0.02; done\", undo: {shell: echo back >>effects}}"
	rm -f daemon; delegated runbook run book.yaml >out 2>&1 </dev/null &
	until_true "[ -s effects ]" && id=$(ls state/runbook/runs) && run=$(pgrep -P $!) && keeper=$(pgrep -P $run) && step=$(pgrep -P $keeper) &&
	kill -9 $run $keeper $step && until_true "gone $run && gone $keeper && gone $step" || exit 1
	runbook undo "$id" >out 2>&1 </dev/null & other=$!
	until_true "grep -q \"pid $(cat daemon)).*waiting for it\" out" && kill -0 $other && effects "a " && kill "$(cat daemon)" &&
	exits 0 wait $other && effects "a back " && find "$cgroup" -mindepth 1 -depth -type d -exec rmdir {} +
'

# A book of user 65534, whose step leaves a process of root, which that user may not signal.
as_another() {
	chmod 755 "$work" && find "$cgroup" -exec chown 65534 {} + && rm -rf home daemon && mkdir home &&
		touch daemon && chmod 666 daemon && chown 65534 home &&
		cp "$(command -v setpriv)" mine && chmod 4755 mine || return
	book "  - {id: a, kill_grace: 100ms, shell: \"./mine --reuid 0 sleep 96 & echo \$! >daemon; sleep 0.2; exit 1\", undo: none}"
	exits "$1" timeout 120 sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$2" \
		setpriv --reuid 65534 --regid 65534 --clear-groups env HOME="$work/home" XDG_STATE_HOME="$work/home" \
		runbook run book.yaml >out 2>&1 </dev/null || { cat out; return 1; }
}
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	test_that 'what another user runs in the box of a step that failed is gone too' '
		as_another 1 "$cgroup" && gone "$(cat daemon)" && [ "$(boxes)" = 0 ]
	'
	test_that 'without a box it cannot be stopped, and that is said' '
		as_another 11 "$(cgroup_here)" && has "$(cat daemon)"
		code=$?
		kill "$(cat daemon)" && [ $code = 0 ]
	'
fi

done_testing
