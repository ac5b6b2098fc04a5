# For scripts that play actions without a run (tests/tools/action-play.c). Sourced after lib.sh.

# play STEPS [OPTION...]: the steps, with $connections, or the one connection `db` to $url; the
# outcomes are in out.
play() {
	steps=$1
	shift
	printf 'runbook: 1\nname: book\ntype: database\nconnections: {%s}\nsteps:\n%s\n' \
		"${connections-${url+db: "\"$url\""}}" "$steps" >book.yaml
	timeout 180 action-play book.yaml "$@" >out 2>err
	status=$?
	[ $status -ne 124 ] || echo '{"hangs":true}' >out
	return $status
}
# has TEXT: in the outcomes
has() {
	grep -F -- "$1" out >/dev/null || { echo "not there: $1"; cat out err; return 1; }
}
lacks() {
	! grep -F -- "$1" out || { cat out err; return 1; }
}
