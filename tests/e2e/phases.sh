# Every signal in phases of a run, once, twice and three times: what is running ends as it must, the
# step sees what it must and nothing else, nothing of it is left, `always` runs where a step was
# started, the code says which signal it was, and the run can be resumed to its end. Sourced by
# scripts that have rows for `phases`:
#
#     PHASE | what is done with one signal | and by a resume | with two or three | and by a resume | without
#
# The signals take turns, so that each comes in some phases; with SIGNALS=all each in all; with
# ONLY=PHASE only there.

# Whatever who started us has ignored: a hang-up that is ignored at the start stays so.
[ -n "$signals_are_as_usual" ] || signals_are_as_usual=1 exec env --default-signal sh "$0"

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/book.sh"

# What runs when the signal comes: begins, says what it hears, ends when it may.
cat >hold <<-'END'
	#!/bin/sh
	for signal in HUP INT QUIT USR1 USR2 PIPE WINCH TSTP CONT; do
		trap "echo $1:$signal >>saw" $signal
	done
	trap "echo $1:TERM >>saw; [ -e deaf ] || exit 3" TERM
	setsid sh -c 'trap "" TERM; echo $$ >>pids; until [ -e go ]; do sleep 0.02; done' &
	until [ "$(wc -l <pids)" = "$(($(wc -l <held) + 1))" ]; do sleep 0.01; done 2>/dev/null
	echo $$ >>held
	echo $1 >>effects
	until [ -e go ]; do sleep 0.02; done
	echo $1. >>effects
	END
chmod +x hold
# A server that answers when it may.
cat >server.py <<-'END'
	import http.server, os, sys, time
	class Slow(http.server.BaseHTTPRequestHandler):
	    protocol_version = 'HTTP/1.1'
	    def do_GET(self):
	        open('effects', 'a').write('x\n')
	        while not os.path.exists('go'):
	            time.sleep(0.02)
	        self.send_response(200)
	        self.send_header('Content-Length', '0')
	        self.end_headers()
	    do_POST = do_GET
	    def log_message(self, *args):
	        pass
	server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Slow)
	print(server.server_address[1], flush=True)
	server.serve_forever()
	END
python3 server.py >port 2>/dev/null &
server=$!
trap 'kill $server; rm -rf "$work"' EXIT
until_true '[ -s port ]'
url=http://127.0.0.1:$(cat port)

block='{id: x, shell: ./hold x}'
check='{id: x, timeout: 1m, shell: ./hold x}'
a='{id: a, shell: echo a >>effects, undo: {shell: echo ua >>effects}}'
bad='{id: bad, shell: exit 1, undo: none}'
z='always: [{id: z, shell: echo z >>effects}]'

body() {
	case $1 in
	requires) echo "requires: {checks: [$check]}"; echo "steps: [$a]" ;;
	hooks.start) echo "hooks: {start: [$block]}"; echo "steps: [$a]" ;;
	hooks.end) echo "hooks: {success: [$block]}"; echo "steps: [$a]" ;;
	checklist) echo "checklist: [{item: so, check: $check}]"; echo "steps: [$a]" ;;
	prepare) echo "prepare: [$block]"; echo "steps: [$a]" ;;
	shell) echo "steps: [$block, $a]" ;;
	exec) echo "steps: [{id: x, exec: [./hold, x]}, $a]" ;;
	http) echo "steps: [{id: x, http: {url: $url/}}, $a]" ;;
	post) echo "steps: [{id: x, http: {method: POST, url: $url/}, undo: none}, $a]" ;;
	git) echo "steps: [{id: x, timeout: 1m, git: {clone: {url: $url/r.git, into: cloned}}, undo: auto}, $a]" ;;
	sql) echo "connections: {db: 'sqlite:shop.db'}"
		echo "steps: [{id: x, sql: INSERT INTO t VALUES (1), undo: none}, $a]" ;;
	wait) echo "steps: [{id: x, wait: ${window}s}, $a]" ;;
	rest) echo "steps: [{id: x, shell: \"echo x >>effects; test -e go\", undo: none, retry: {attempts: 3, delay: ${window}s}}, $a]" ;;
	within) echo "steps: [$a]"; echo "verify: [{id: x, shell: \"echo x >>effects; test -e go\", within: 1h, every: ${window}s}]" ;;
	holds_for) echo "steps: [$a]"; echo "verify: [{id: x, shell: echo x >>effects, holds_for: ${window}s, every: ${window}s}]" ;;
	done_if) echo "steps: [{id: b, done_if: $check, shell: echo b >>effects}]" ;;
	step.verify) echo "steps: [{id: b, shell: echo b >>effects, verify: [$check]}]" ;;
	for_each) echo "steps: [{id: e, for_each: [x, y], shell: \"./hold \${{ item }}\", undo: none}, $a]" ;;
	parallel) echo "steps: [{id: g, parallel: 2, steps: [$block, {id: y, shell: ./hold y}, {id: w, shell: echo w >>effects}]}, $a]" ;;
	used) echo "steps: [{id: u, use: used}, $a]" ;;
	rescue) echo "steps: [{id: b, shell: exit 1, undo: none, rescue: [$block]}, $a]" ;;
	group.always) echo "steps: [{id: g, steps: [$bad], always: [$block]}, $a]" ;;
	verify) echo "steps: [$a]"; echo "verify: [$check]" ;;
	undo) echo "steps: [$a, {id: c, shell: echo c >>effects, undo: $block}, $bad]" ;;
	undone) echo "steps: [$a, $bad]"; echo "undone: [$check]" ;;
	always) echo "steps: [$a]"; echo "always: [$block, {id: y, shell: echo y >>effects}]"; return ;;
	esac
	echo "$z"
}

# begin PHASE TIMES: $run is the interpreter, in the middle of the phase. Who is told twice to end has
# a part that does not, for which is not waited long; who is told three times is not to be killed before.
begin() {
	head="type: application\ndefaults: {kill_grace: $([ "$2" = 2 ] && echo 1s || echo 1m)}\n"
	rm -rf state effects pids held saw go deaf out cloned shop.db
	: >held
	{ printf "runbook: 1\nname: book\n${head}on_failure: undo\n"; body "$1"; } >book.yaml
	printf "runbook: 1\nname: used\n${head}steps:\n  - %s\n  - %s\n" "$block" \
		'{id: v, shell: echo v >>effects, undo: none}' >used.yaml
	if [ "$1" = sql ]; then
		sqlite3 shop.db 'CREATE TABLE t (i INTEGER)'
		python3 -c '
import os, sqlite3, time
db = sqlite3.connect("shop.db", isolation_level=None)
db.execute("BEGIN EXCLUSIVE")
open("effects", "a").write("x\n")
while not os.path.exists("go"):
    time.sleep(0.02)' &
		until_true '[ -s effects ]'
	fi
	rm -f out
	runbook run book.yaml >out 2>&1 </dev/null &
	run=$!
	case $1 in
	sql) until_true 'grep -q "started *x" out' && sleep 0.1 ;;
	wait) until_true 'grep -q "started *x" out' ;;
	rest) until_true 'grep -q again out' ;;
	parallel) until_true '[ "$(cat effects 2>/dev/null | wc -l)" = 2 ]' ;;
	within | holds_for) until_true 'grep -qsx x effects && grep -q "verify" out' && sleep 0.1 ;;
	*) until_true 'grep -qsx x effects' ;;
	esac || { cat out; return 1; }
}
# is_check PHASE: what runs in it is stopped by the first signal, where a step is let finish
is_check() {
	case $1 in requires | checklist | done_if | verify | undone) ;; *) false ;; esac
}
# sends SIGNAL TIMES PHASE: each when the one before was heard; `all`: everything that is no end
# of it
sends() {
	if [ "$1" = all ]; then
		for signal in PIPE USR1 USR2 WINCH WINCH WINCH TSTP CONT; do kill -$signal $run; done
		touch go
		return
	fi
	kill -"$1" $run
	# Where there is no run yet, nothing is said before the end.
	[ "$1" = QUIT ] || until_true "gone $run || grep -q 'let finish\|stopping' out || [ $3:\$(cat saw 2>/dev/null) = requires:x:TERM ]" || return
	if [ "$1" != QUIT ] && [ "$2" -gt 1 ]; then
		kill -"$1" $run 2>/dev/null || :
	elif [ "$1" != QUIT ]; then
		# A check that may go on before it was told to end would end well.
		! is_check "$3" || until_true "gone $run || [ -e saw ]" || return
		touch go
		return
	fi
	[ "$2" -le 2 ] || { until_true "gone $run || grep -q TERM saw" && kill -"$1" $run 2>/dev/null || :; }
}
nothing_lives() {
	for pid in $(cat pids held 2>/dev/null); do
		until_true "gone $pid" || return
	done
}
# What the steps heard, each line once. Who is told to end is woken, too, in case it was stopped:
# a shell may come to hear that or not.
heard() {
	[ "$(sort -u saw 2>/dev/null | { [ -z "$1" ] && cat || grep -v CONT; } | tr '\n' ' ')" = "$1" ] || { echo "heard: $(cat saw), not $1"; cat out; return 1; }
}
# did PHASE EFFECTS: of looks one after the other only one counts
did() {
	[ "$1" != holds_for ] || { uniq effects >effects.new && mv effects.new effects; }
	effects "$2"
}
# plays PHASE SIGNAL TIMES CODE EFFECTS RESUMED AFTER
plays() {
	begin "$1" "$3" || return
	[ "$3" -le 2 ] || touch deaf
	sends "$2" "$3" "$1" && ends "$4" && did "$1" "$5" && nothing_lives || return
	if [ "$3" != 1 ]; then
		grep -q ":TERM" saw 2>/dev/null || [ ! -e saw ]
	elif ! is_check "$1"; then
		heard ""
	else
		[ "$2" = all ] || heard "x:TERM "
	fi || return
	id=$(ls state/runbook/runs 2>/dev/null)
	[ -z "$id" ] || whole || return
	touch go
	if [ "$6" = none ]; then
		[ -z "$id" ]
	elif [ "$6" != - ]; then
		resume "$6" --yes && did "$1" "$7" && nothing_lives && whole
	fi
}
# try PHASE SIGNAL TIMES CODE EFFECTS RESUMED AFTER: in what lasts as long as it does, a signal may come late
try() { test_that "$1, $2 $3 time(s): $4" "$(case $1 in wait | rest | within | holds_for) echo in_time ;; esac) plays $1 $2 $3 $4 '$5' $6 '$7'"; }

turn=0
# next SIGNALS: the signal whose turn it is, or all
next() {
	if [ "$SIGNALS" = all ]; then echo "$@"; return; fi
	shift $((turn % $#))
	echo "$1"
}
# code SIGNAL EXPECTED: what the run ends with
code() {
	case $2:$1 in
	sig:HUP) echo 129 ;;
	sig:INT) echo 130 ;;
	sig:QUIT) echo 131 ;;
	sig:TERM) echo 143 ;;
	*) echo "$2" ;;
	esac
}

# phases: the rows from standard input
phases() {
	while IFS='|' read -r phase once after stopped again rest; do
		phase=$(echo $phase)
		[ -z "$ONLY" ] || [ "$ONLY" = "$phase" ] || continue
		set -- $once; once_code=$1; shift; once_did=${*:+$* }
		set -- $after; after_code=$1; shift; after_did=${*:+$* }
		set -- $stopped; stop_code=$1; shift; stop_did=${*:+$* }
		set -- $again; again_code=$1; shift; again_did=${*:+$* }
		set -- $rest; calm_code=$1; shift; calm_did=${*:+$* }
		for s in $(next INT TERM HUP); do try $phase $s 1 $(code $s $once_code) "$once_did" $after_code "$after_did"; done
		[ $((turn % 2)) = 1 ] && [ "$SIGNALS" != all ] || for s in $(next TERM HUP INT); do try $phase $s 2 $(code $s $stop_code) "$stop_did" $again_code "$again_did"; done
		[ $((turn % 2)) = 0 ] && [ "$SIGNALS" != all ] || for s in $(next HUP INT TERM); do try $phase $s 3 $(code $s $stop_code) "$stop_did" $again_code "$again_did"; done
		for s in QUIT; do try $phase $s $((3 - turn % 2)) $(code $s $stop_code) "$stop_did" $again_code "$again_did"; done
		try $phase all 1 $calm_code "$calm_did" - ""
		turn=$((turn + 1))
	done
}
