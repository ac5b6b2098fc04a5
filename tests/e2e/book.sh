# For scripts that run a book for real, beside the test. Sourced after lib.sh.

HOME=$work
export HOME

# book STEPS [KEYS]: book.yaml with these steps, and nothing of an earlier test.
book() {
	# What still writes there would be taken for a second run.
	until_true 'rm -rf state effects go stop out book.yaml'
	printf 'runbook: 1\nname: book\ntitle: Book\ntype: database\nowners: [x]\n%s\nsteps:\n%s\n' \
		"${2:-}" "$1" >book.yaml
}
# run CODE [OPTION...]
run() {
	want=$1
	shift
	exits "$want" timeout 120 runbook run book.yaml "$@" >out 2>&1 </dev/null || { cat out; return 1; }
}
# start [OPTION...]: runs it beside us; $run is the interpreter, once a step has said so.
start() {
	runbook run book.yaml "$@" >out 2>&1 </dev/null &
	run=$!
	until_true '[ -s effects ]' || { cat out; return 1; }
	id=$(ls state/runbook/runs)
}
# ends CODE: what was started
ends() {
	until_true "gone $run" || { kill -9 "$run"; cat out; return 1; }
	exits "$1" wait "$run" || { cat out; return 1; }
}
# resume CODE [OPTION...]
resume() {
	want=$1
	shift
	exits "$want" timeout 120 runbook resume "$id" "$@" >out 2>&1 </dev/null || { cat out; return 1; }
}
# gone PID: or a zombie that nobody has reaped yet
gone() {  # with its last thread, which has the locks until then
	! grep -q '^State:.[^Z]' "/proc/$1/status" 2>/dev/null &&
		[ "$(ls "/proc/$1/task" 2>/dev/null | wc -l)" -le 1 ]
}
has() {
	grep -F -e "$1" out >/dev/null || { echo "not there: $1"; cat out; return 1; }
}
lacks() {
	! grep -F -e "$1" out || { cat out; return 1; }
}
effects() {
	[ "$(tr '\n' ' ' <effects 2>/dev/null)" = "$1" ] || {
		echo "effects: $(tr '\n' ' ' <effects)"
		cat out
		return 1
	}
}
whole() {
	runbook show "$id" --verify >shown 2>&1 || { cat shown; return 1; }
}
