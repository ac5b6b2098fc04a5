#!/usr/bin/env bash
# A damaged index is made again, and whoever does that dies, or cannot write, at every place of it.
# The next one finishes it: no lock is lost, and what was found damaged is kept.
#
#   mend.sh DO [STEP]      kill | kill-after | ENOSPC | EIO | ENOSPC-ever | EIO-ever

set -u
set -- good interpreter "$1" "${2:-1}"
here=$(cd "$(dirname "$0")" && pwd)
. "$here/faults.sh"
trap 'rm -rf "$work"' EXIT
export FAULT_PAGES=1
book=free.yaml unstarted=0

runbook() { timeout 60 "$runbook" "$@" >out 2>&1 </dev/null; }
one_step() { printf 'runbook: 1\nname: %s\ntype: application\nlock: %s\nsteps:\n  - {id: one, shell: "%s"}\n' "$@"; }

# A run that crashed holds `prod`.
template() {
	mkdir "$work/template" && cd "$work/template" || exit 2
	one_step held prod 'read -r _ _ _ interpreter _ </proc/$PPID/stat; kill -9 $interpreter; sleep 0.1' >held.yaml
	one_step other prod 'echo other >>trace' >other.yaml
	one_step free free 'echo free >>trace' >free.yaml
	one_step next next 'echo next >>trace' >next.yaml
	XDG_STATE_HOME=$work/template/state runbook run held.yaml -q 2>/dev/null
	echo 'this was the index once' >state/runbook/index.db
	holder=$(ls state/runbook/runs)
}

make_world() { cp -r "$work/template/." .; }

# is CODE COMMAND...
is() {
	local want=$1
	shift
	runbook "$@"
	code=$?
	[ $code = "$want" ] || fail_with "$* ends with $code"
}
says() { grep -q "$1" out || fail_with "it does not say: $1"; }

kept() { grep -qx 'this was the index once' state/runbook/index.db* || fail 'what was damaged is gone'; }

ask_all() {
	kept
	[ -e trace ] || unstarted=$((unstarted + 1))
	is 0 locks
	says "prod.*$holder"
	is 7 run other.yaml
	says "held by run $holder"
	rm -f trace
	is 0 run next.yaml
	[ "$(count next)" = 1 ] && [ "$(count other)" = 0 ] || fail 'a step ran that should not, or none did'
	kept
}

template
while [ "$bad" -lt "$enough" ]; do
	point=$((point + step))
	world
	faulty run $book
	[ -s fault ] || break
	# Who dies behind it dies in a run like any other.
	case $what in kill*) [ "$(ls state/runbook/runs)" = "$holder" ] || break ;; esac
	is_an_end || fail_with "the run ended with $first"
	faults=$((faults + 1))
	ask_all
	[ -z "$broken" ] || bad=$((bad + 1))
done
[ "$unstarted" -gt 0 ] || proves_nothing "$faults faults, and all runs started"
echo "# mend, $what: $faults faults, $unstarted of them before the run started; $bad broken promises"
verdict
