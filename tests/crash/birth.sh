#!/usr/bin/env bash
# The interpreter dies at every write and every sync from its start until the first event of its run
# is on disk. Nobody is stopped by what it left: every command answers, such a run never began, and
# the next one gets its lock.
#
#   birth.sh DO      kill | kill-after

set -u
set -- good interpreter "$1" 1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/faults.sh"
trap 'rm -rf "$work"' EXIT
export FAULT_PAGES=1
book=born.yaml folders=0 bare=0

make_world() {
	printf 'runbook: 1\nname: born\ntype: application\nlock: prod\nsteps:\n  - {id: one, shell: echo one >>trace}\n' >born.yaml
}

# answers CODES COMMAND...: it ends with one of them
answers() {
	local codes=$1
	shift
	timeout 60 "$runbook" "$@" >out 2>&1 </dev/null
	code=$?
	case " $codes " in *" $code "*) ;; *) fail_with "$* ends with $code" ;; esac
}

says() { grep -q "$1" out || fail_with "it does not say: $1"; }

has_begun() { [ -n "$run" ] && "$runbook" show "$run" -o ndjson 2>/dev/null | grep -q '"run.start"'; }

ask_about_it() {
	answers '0 2' show "$run"
	says 'never began\|there is no run'
	bare=$((bare + (code == 0)))
	for one in resume undo; do
		answers 2 "$one" "$run" --yes
		says 'never began\|there is no run'
	done
	answers '0 2' abort "$run"
	says 'never began\|there is no run'
}

ask_all() {
	for one in runs locks waiting 'prune --keep 1d'; do
		# shellcheck disable=SC2086
		answers 0 $one
		! grep -q 'error\|warning' out || fail_with "$one complains"
	done
	[ -z "$run" ] || ask_about_it
	answers 0 run "$book"
	[ "$(count one)" = 1 ] || fail "the next run did its step $(count one) times"
	answers 0 locks
	says 'No lock'
}

while [ "$bad" -lt "$enough" ]; do
	point=$((point + 1))
	world
	faulty run $book
	[ -s fault ] || break
	[ ! -e trace ] || fail 'a step ran before the run began'
	run=$(ls state/runbook/runs 2>/dev/null)
	! has_begun || break
	faults=$((faults + 1)) folders=$((folders + (${#run} > 0)))
	ask_all
	[ -z "$broken" ] || bad=$((bad + 1))
done
[ "$bare" -gt 0 ] && [ "$folders" -gt "$bare" ] || proves_nothing "no run was cut while it was made"
echo "# birth, $what: $faults places, at $folders of them there was a folder, at $bare a journal; $bad broken promises"
verdict
