#!/usr/bin/env bash
# Plays every runbook of this folder in an empty directory of its own. Its first lines say
# what must come of it:
#
#   # exit: 9                     the exit code
#   # trace: a b undo-b           the lines of the file `trace`, in order
#   # states: a=succeeded b=failed   the last step.end of each step
#   # undone: a=undone            the last undo.end of each step
#   # events: step.attempt=1      how many of these there are
#   # args: --skip a              flags of `run`
#   # env: NAME=value             one variable
#   # then: resume | undo ...     a second command on the run; exit2:, trace2: judge it
#   # between: touch repaired     a shell command between the two
#   # says: words                 must stand in what is said on standard error (each, where there are several)

set -u
here=$(cd "$(dirname "$0")" && pwd)
runbook=$B/runbook
count=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

header() { sed -n "s/^# $1: //p" "$file"; }

last() {  # EVENT FIELD=value...: what the stream says last of a step
	for want in $2; do
		step=${want%%=*} state=${want#*=}
		got=$(grep "\"type\":\"$1\",\"step\":\"$(printf %s "$step" | sed 's/[].[]/\\&/g')\"" out |
			sed -n 's/.*"state":"\([a-z_]*\)".*/\1/p' | tail -n 1)
		[ "${got:-absent}" = "$state" ] || { echo "# $step is ${got:-absent}, not $state"; bad=1; }
	done
}

events() {  # TYPE=count...
	for want in $1; do
		got=$(grep -c "\"type\":\"${want%=*}\"" out)
		[ "$got" = "${want#*=}" ] || { echo "# $got of ${want%=*}, not ${want#*=}"; bad=1; }
	done
}

judge() {  # EXIT TRACE
	[ "$code" = "${1:-0}" ] || { echo "# exit code $code, not ${1:-0}"; bad=1; }
	if [ -n "${2+x}" ] && [ "$2" != - ]; then
		got=$(tr '\n' ' ' <trace 2>/dev/null)
		[ "${got% }" = "$2" ] || { echo "# trace is '${got% }', not '$2'"; bad=1; }
	fi
}

play() {
	file=$1 name=$(basename "$1" .yaml) bad=
	mkdir -p "$work/$name" && cd "$work/$name" || exit 2
	export XDG_STATE_HOME=$PWD/state HOME=$PWD
	cp "$file" .
	# shellcheck disable=SC2046
	eval "set -- $(header args)"
	env $(header env) timeout 120 "$runbook" run "$name.yaml" -o ndjson "$@" >out 2>err </dev/null
	code=$?
	trace=$(header trace)
	judge "$(header exit)" "${trace:--}"
	last step.end "$(header states)"
	last undo.end "$(header undone)"
	events "$(header events)"
	then=$(header then)
	if [ -n "$then" ]; then
		run=$(sed -n 's/.*"run":"\([a-z0-9]*\)".*/\1/p' out | head -n 1)
		eval "$(header between)"
		set -- $then
		command=$1
		shift
		env $(header env) timeout 120 "$runbook" "$command" "$run" -o ndjson "$@" >out 2>>err </dev/null
		code=$?
		trace=$(header trace2)
		judge "$(header exit2)" "${trace:--}"
		last step.end "$(header states2)"
		last undo.end "$(header undone2)"
	fi
	says=$(header says)
	while IFS= read -r line; do
		grep -qF -e "$line" err || { echo "# nothing says '$line'"; bad=1; }
	done <<-END
		$says
	END
	count=$((count + 1))
	[ -z "$bad" ] || { sed 's/^/# /' err | tail -n 15; printf 'not '; }
	echo "ok $count - $name"
}

for file in "$here"/*.yaml; do
	play "$file"
done
echo "1..$count"
