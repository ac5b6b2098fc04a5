#!/bin/sh
# A script on another machine, by the program itself. `ssh` is a stand-in that runs the far
# side here; tests/unit/remote_test.c has a real sshd.

. "$(dirname "$0")/../lib.sh"
PATH=$work/bin:$PATH
mkdir bin

# ssh_is: the rest of the stand-in, on standard input.
ssh_is() {
	{ echo '#!/bin/sh'; cat; } >bin/ssh
	chmod +x bin/ssh
}
book() {
	rm -rf state out effects
	{ printf 'runbook: 1\nname: book\ntype: application\nsteps:\n'; cat; } >book.yaml
}
# run CODE: what it says is in out.
run() {
	exits "$1" timeout 120 runbook run book.yaml >out 2>&1 </dev/null || { cat out; return 1; }
}
has() {
	grep -F -- "$1" out >/dev/null || { echo "not there: $1"; cat out; return 1; }
}

test_that 'a script there ends as one here does' '
	echo "exec bash -s" | ssh_is &&
	book <<-EOF &&
		  - {id: a, shell: {host: there, run: "echo on the other side; echo oops >&2"}}
		  - {id: b, shell: {host: there, run: "exit 3", ok_exit: 3}, env: {X: "a b"}}
		  - {id: c, shell: {host: there, run: cat, stdin: given}, expect: result.stdout == "given"}
		  - {id: d, shell: "echo \${{ steps.a.stdout }}, \${{ steps.b.exit }} >> effects"}
		  - {id: e, shell: {host: there, run: "exit 4"}}
	EOF
	run 1 && has "it exited with 4" && [ "$(cat effects)" = "on the other side, 3" ]
'

test_that 'a host that cannot be reached has done nothing, and may be tried again' '
	echo "[ -e up ] || { touch up; echo ssh: no route to host >&2; exit 255; }; exec bash -s" | ssh_is &&
	book <<-EOF &&
		  - {id: a, shell: {host: there, run: "echo >> effects"}, retry: {attempts: 2, delay: 1ms}}
	EOF
	rm -f up && run 0 && [ "$(wc -l <effects)" = 1 ] && rm -f up && sed -i "s/, retry.*/}/" book.yaml &&
	run 1 && has "cannot be reached: ssh: no route to host"
'

test_that 'a connection that is lost leaves it unknown' '
	echo "exec bash -s" | ssh_is &&
	book <<-EOF &&
		  - {id: a, shell: {host: there, run: "echo >> $work/effects; kill -KILL \$PPID"}, retry: {attempts: 3}}
	EOF
	run 11 && has "connection was lost" && [ "$(wc -l <effects)" = 1 ]
'

test_that 'a timeout that the other side does not confirm leaves it unknown' '
	echo "read -r hello; eval \"\$hello\"; exec sleep 100" | ssh_is &&
	book <<-EOF &&
		  - {id: a, timeout: 300ms, kill_grace: 500ms, shell: {host: there, run: "sleep 71.077"}}
	EOF
	run 11 && has "did not confirm"
'
# ---- a connection that scripts share, with a real sshd

sshd=
machine() {
	rm -f bin/ssh
	mkdir far && sshd=$(sh "$repo/tests/tools/sshd.sh" "$work/far") && cp far/bin/ssh bin/ssh
}
trap '[ -z "$sshd" ] || kill $sshd; rm -rf "$work"' EXIT
if machine 2>/dev/null; then
	logins() {
		n=$(grep -c "Accepted" far/sshd.log)
		[ $((n - before)) = "$1" ] || { echo "$((n - before)) logins, not $1"; cat out; return 1; }
	}

	test_that 'scripts on one machine share a connection, which ends with the run' '
		before=$(grep -c Accepted far/sshd.log)
		book <<-EOF &&
			  - {id: a, for_each: [1, 2, 3, 4], shell: {host: there, run: "echo \${{ item }}"}}
			  - {id: p, parallel: true, steps: [{id: b, shell: {host: there, run: "sleep 0.2; exit 3", ok_exit: 3}}, {id: c, shell: {host: there, run: "cat", stdin: "x y"}, expect: "result.stdout == \"x y\""}]}
		EOF
		run 0 && logins 2 && ! pgrep -f "@ssh-line there" && ls state/runbook/runs/* >left && ! grep -E "ssh|keeper" left
	'

	confirmed() {
		book <<-EOF
			  - {id: a, timeout: ${window}s, kill_grace: 60s, shell: {host: there, run: "sleep 71.077"}}
		EOF
		run 1 && has "timed out" && ! pgrep -f "sleep 71[.]077"
	}
	test_that 'one that it confirms is a failure' 'in_time confirmed'

	test_that 'a timeout of one of them does not touch the others' '
		before=$(grep -c Accepted far/sshd.log)
		book <<-EOF &&
			  - {id: a, shell: {host: there, run: "true"}}
			  - id: p
			    parallel: true
			    steps:
			      - {id: b, timeout: 3s, kill_grace: 60s, shell: {host: there, run: sleep 72.077}, on_failure: continue}
			      - {id: c, shell: {host: there, run: "sleep 4; echo >>$work/effects"}}
		EOF
		run 8 && logins 2 && [ "$(wc -l <effects)" = 1 ] && ! pgrep -f "sleep 72[.]077"
	'

	cat >cut <<-"EOS"
		#!/bin/sh
		line=$(pgrep -f "@ssh-line ther[e]") && kill -9 $(pgrep -P "$line") &&
		while kill -0 "$line" 2>/dev/null; do sleep 0.02; done
		sleep 0.2
	EOS
	chmod +x cut
	test_that 'when it is lost, the next script opens another' '
		before=$(grep -c Accepted far/sshd.log)
		book <<-EOF &&
			  - {id: a, for_each: [1, 2], shell: {host: there, run: "true"}}
			  - {id: kill, shell: "$work/cut"}
			  - {id: b, for_each: [1, 2], shell: {host: there, run: "echo >>$work/effects"}}
		EOF
		run 0 && logins 3 && [ "$(wc -l <effects)" = 2 ]
	'

	test_that 'it lives until the last script has ended when the interpreter dies' '
		book <<-EOF &&
			  - {id: a, shell: {host: there, run: "true"}}
			  - {id: b, shell: {host: there, run: "touch $work/begun; sleep 1; echo >>$work/effects"}}
		EOF
		rm -f begun; runbook run book.yaml >out 2>&1 </dev/null & pid=$!
		until [ -e begun ]; do sleep 0.02; done
		kill -9 $pid; wait $pid
		pgrep -f "@ssh-line there" && runbook resume "$(ls state/runbook/runs)" >out 2>&1 &&
		[ "$(wc -l <effects)" = 1 ] && sleep 0.5 && ! pgrep -f "@ssh-line there"
	'

	test_that 'where a socket has no room, each connects by itself' '
		before=$(grep -c Accepted far/sshd.log)
		long=$(printf "%090d" 0) && mkdir -p "$long" &&
		book <<-EOF &&
			  - {id: a, for_each: [1, 2, 3], shell: {host: there, run: "true"}}
		EOF
		XDG_STATE_HOME=$work/$long run 0 && logins 3
	'
fi
done_testing
