#!/usr/bin/env bash
# Kills the interpreter, its keeper or both of them at the n-th place where they write, talk
# or start something, for every n, before and after it; or lets the n-th write fail; or has a
# signal come there, which ends the run in order. Then
# resumes until it is over, and counts what happened in the world: nothing that is not
# idempotent happened twice, and what the run says that was done was done once. What is not
# known is looked up, as a person would, and said with --mark.
#
# A fault that did not happen ends the sweep; a sweep without faults is a failure.
#
#   crash.sh MODE WHO DO [STEP]    MODE good | undo      WHO interpreter | keeper
#                                  DO kill | kill-after | both | both-after | ENOSPC | EIO |
#                                     ENOSPC-ever | EIO-ever | INT | TERM-2 | QUIT-1 ...
#                                  every STEP-th place
#   DEFECT=early|guess             with build/.../runbook-defect: exit 0 when it was noticed

set -u
B=$(cd "${B:-build/debug}" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
mode=$1 who=$2 what=$3 step=${4:-1}
runbook=$B/runbook
[ -z "${DEFECT:-}" ] || runbook=$B/runbook-defect
work=$(mktemp -d)
server=
enough=5
[ -z "${DEFECT:-}" ] || enough=1
finish() { [ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null; rm -rf "$work"; }
trap finish EXIT
faults=0 bad=0 stopped=0 point=$((step / 2))

fail() { echo "# $mode, $who, $what, place $point ($(cat fault 2>/dev/null)): $*"; broken=1; }
count() { grep -cx "$1" trace 2>/dev/null; }
requests() { grep -c "\"method\": \"$1\"" "$work/requests" 2>/dev/null; }

serve() {
	echo '{"/orders": 200}' >"$work/routes"
	python3 "$here/../tools/http-scripted.py" "$work/routes" "$work/requests" >"$work/port" &
	server=$!
	until [ -s "$work/port" ]; do sleep 0.02; done
}

template() {
	mkdir "$work/template" && cd "$work/template" || exit 2
	export HOME=$work/template GIT_CONFIG_NOSYSTEM=1
	printf '[user]\n name = T\n email = t@example.org\n[init]\n defaultBranch = main\n' >.gitconfig
	git init -q repo && git -C repo commit -q --allow-empty -m one && echo hello >repo/note
	sqlite3 shop.db 'CREATE TABLE t (i INTEGER)'
	cp "$here/r6.yaml" .
}

world() {
	rm -rf "$work/w" && cp -r "$work/template" "$work/w" && cd "$work/w" || exit 2
	export XDG_STATE_HOME=$work/w/state HOME=$work/w
	: >"$work/requests"
	broken=
}

# Who is stopped half done is tried again, so it may happen twice; nothing else may.
most=1
case $what in *-2 | *-3 | QUIT*) most=2 ;; esac
once() { [ "$1" -ge 1 ] && [ "$1" -le $most ]; }

# What the world says about a step: is its effect there?
is_done() {
	case $1 in
	row) [ "$(rows 1)" = 1 ] ;;
	pair) [ "$(rows 2)" = 1 ] ;;
	post) [ "$(requests POST)" -ge 1 ] ;;
	post~undo) [ "$(requests DELETE)" -ge 1 ] ;;
	row~undo) [ "$(rows 1)" = 0 ] ;;
	pair~undo) [ "$(rows 2)" = 0 ] ;;
	kept) [ "$(commits)" = 2 ] ;;
	kept~undo) [ "$(commits)" = 1 ] ;;
	written) [ -e written ] ;;
	written~undo) [ ! -e written ] ;;
	*~undo) grep -qx "undo-${1%~undo}" trace ;;
	*) grep -qx "$1" trace ;;
	esac 2>/dev/null
}
rows() { sqlite3 shop.db "SELECT count(*) FROM t WHERE i = $1"; }
commits() { git -C repo rev-list --count HEAD; }

at_most_once() {
	for one in one left right asked last undo-one undo-left undo-right undo-asked; do
		n=$(count $one)
		[ "${n:-0}" -le $most ] || fail "$one ran $n times"
	done
	for i in 1 2 3; do
		[ "$(rows $i)" -le 1 ] || fail "row $i was inserted $(rows $i) times"
	done
	[ "$(rows 2)" = "$(rows 3)" ] || fail 'half a transaction was committed'
	[ "$(requests POST)" -le 1 ] && [ "$(requests DELETE)" -le 1 ] ||
		fail "it was posted $(requests POST) times, deleted $(requests DELETE) times"
	[ "$(commits)" -le 2 ] || fail "there are $(commits) commits"
}

all_is_there() {
	for one in one left right asked last; do
		once "$(count $one)" || fail "the run is good, and $one ran $(count $one) times"
	done
	[ "$(rows 1)$(rows 2)$(rows 3)" = 111 ] && [ "$(requests POST)" = 1 ] && [ "$(commits)" = 2 ] &&
		[ "$(cat written)" = once ] || fail 'good, but not everything is there'
}

all_is_gone() {
	for one in one left right asked; do
		# Once, whatever the number of attempts.
		n=$(count $one)
		[ "$(count undo-$one)" -ge $((n > 0)) ] || fail "$one was done, and not undone"
	done
	[ "$(rows 1)$(rows 2)$(rows 3)" = 000 ] && [ ! -e written ] && [ "$(commits)" = 1 ] &&
		[ "$(requests DELETE)" = "$(requests POST)" ] || fail 'undone, but something is still there'
}

nothing_happened() {
	[ ! -e trace ] && [ "$(rows 1)$(requests POST)" = 00 ] || fail 'there is no run, and something happened'
}

marks() {
	for one in $(sed -n 's/.*--mark \([^ =]*\)=done.*/\1/p' out | sort -u); do
		if is_done "$one"; then echo "--mark $one=done"; else echo "--mark $one=failed"; fi
	done
}

# Until it is over: $code, or `none` when there never was a run.
go_on() {
	local said=
	for try in 1 2 3 4 5 6 7 8; do
		# shellcheck disable=SC2086
		timeout 60 "$runbook" resume "$run" --yes -q $said >out 2>&1 </dev/null
		code=$?
		at_most_once
		said=
		case $code in
		2)
			grep -q 'never began\|there is no run' out && code=none
			grep -q 'is done' out && code=0
			grep -q 'is undone' out && code=9
			return ;;
		0 | 9) return ;;
		11) said=$(marks) ;;
		1 | 8 | 10 | 12) ;;
		*) return ;;
		esac
	done
}

judge() {
	case $code in
	none) nothing_happened; return ;;
	0) all_is_there ;;  # in the other mode: the last step was killed, and a person said "done"
	9) all_is_gone ;;
	*) fail "it ends with $code"; sed 's/^/#   /' out | tail -n 25 ;;
	esac
	"$B/runbook" show "$run" --verify >verified 2>&1 || fail "the chain: $(tail -n 1 verified)"
}

faulty() {
	local env="LD_PRELOAD=$B/faultline.so FAULT_LOG=$work/w/fault FAULT_WHO=$who FAULT_AT=$point"
	case $what in
	*-after) env="$env FAULT_DO=${what%-after} FAULT_AFTER=1" ;;
	*-ever) env="$env FAULT_DO=${what%-ever} FAULT_EVER=1" ;;
	INT* | TERM* | HUP* | QUIT*)
		times=${what#"${what%%[0-9]}"}
		env="$env FAULT_DO=signal FAULT_SIGNAL=$(kill -l "${what%-*}") FAULT_TIMES=${times:-1}" ;;
	*) env="$env FAULT_DO=$what" ;;
	esac
	flags="--yes -i server=http://127.0.0.1:$(cat "$work/port")"
	[ "$mode" != undo ] || flags="$flags -i break_it=true --on-failure undo"
	# shellcheck disable=SC2086
	{ env $env timeout 60 "$runbook" run r6.yaml $flags -q >out 2>&1 </dev/null; } 2>/dev/null
	first=$?
}

serve
template
while :; do
	point=$((point + step))
	world
	faulty
	[ -s fault ] || break
	faults=$((faults + 1))
	case $what:$first in
	INT*:130 | TERM*:143 | HUP*:129 | QUIT*:131) stopped=$((stopped + 1)) ;;
	[ITHQ]*:11 | [ITHQ]*:10) ;;
	kill*:137 | both*:137 | kill*:11 | kill*:12 | *:0 | *:9 | *:10 | *:1 | *:4 | *:8 | E*:11 | E*:12) ;;
	*) fail "the run ended with $first"; sed 's/^/#   /' out | tail -n 25 ;;
	esac
	at_most_once
	run=$(ls state/runbook/runs 2>/dev/null | head -n 1)
	if [ -n "$run" ]; then
		go_on
		judge
	else
		nothing_happened
	fi
	[ -z "$broken" ] || bad=$((bad + 1))
	[ "$bad" -lt "$enough" ] || break
done

if [ "$faults" -lt 2 ]; then
	echo "# only $faults faults happened: this proves nothing"
	exit 1
fi
case $what in
[ITHQ]*)
	[ "$stopped" -gt 0 ] || { echo "# none of $faults runs was stopped: this proves nothing"; exit 1; } ;;
esac
echo "# $mode, $who, $what${DEFECT:+, defect $DEFECT}: $faults faults, $bad broken promises"
if [ -n "${DEFECT:-}" ]; then [ "$bad" -gt 0 ]; else [ "$bad" = 0 ]; fi
