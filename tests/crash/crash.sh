#!/usr/bin/env bash
# Faults in a run of steps of all kinds (r6.yaml). Whatever dies, cannot be written or comes in
# between: nothing that is not idempotent happened twice, and what the run says that was done was
# done once. faults.sh says what the words mean:
#
#   crash.sh MODE WHO DO [STEP]

set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/faults.sh"
server=
finish() { [ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null; rm -rf "$work"; }
trap finish EXIT

requests() { grep -c "\"method\": \"$1\"" "$work/requests" 2>/dev/null; }
rows() { sqlite3 shop.db "SELECT count(*) FROM t WHERE i = $1"; }
commits() { git -C repo rev-list --count HEAD; }

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

make_world() {
	cp -r "$work/template/." .
	: >"$work/requests"
}

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
	esac
}

at_most_once() {
	for one in one left right asked last undo-one undo-left undo-right undo-asked; do
		n=$(count $one)
		[ "$n" -le $most ] || fail "$one ran $n times"
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
		[ "$(count $one)" -ge 1 ] || fail "the run is good, and $one did not run"
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

serve
template
book="r6.yaml --yes -i server=http://127.0.0.1:$(cat "$work/port")"
[ "$mode" != undo ] || book="$book -i break_it=true --on-failure undo"
sweep
echo "# $mode, $who, $what${DEFECT:+, defect $DEFECT}${AGAIN:+, and to $AGAIN resumes}: $faults faults, $bad broken promises"
verdict
