#!/bin/sh
# People at a terminal: what they see, and that nothing but an answer is one.

. "$(dirname "$0")/../lib.sh"

cat >q.yaml <<'END'
runbook: 1
name: q
type: application
on_failure: stop
steps:
  - {id: a, name: The first step, shell: "echo began; test ! -e slow || sleep 1"}
  - {id: b, confirm: Shall it really be done, shell: "echo b >> trace"}
END
cat >m.yaml <<'END'
runbook: 1
name: m
type: application
steps:
  - {id: close, name: Close the shop, shell: "echo close >> trace", undo: {shell: "echo open >> trace"}}
  - {id: deploy, shell: "echo last-words; exit 3", undo: none}
  - {id: open, shell: "echo after >> trace", undo: none}
END

test_that 'yes runs the step' '
	rm -f trace && exits 0 on-terminal -e "to decline:" "yes\n" runbook run q.yaml && [ -e trace ]
'
test_that 'a letter, another word and Enter are asked again; no is no' '
	rm -f trace && exits 5 on-terminal -e "to decline:" "y\n" -e "neither" "\n" -e "to decline:" "maybe\n" -e "neither" "no\n" \
		runbook run q.yaml && [ ! -e trace ]
'
test_that 'what was typed before the question does not count' '
	rm -f trace && touch slow && exits 5 on-terminal -e "began" "yes\n" -e "to decline:" "no\n" runbook run q.yaml
	got=$?
	rm -f slow
	[ $got = 0 ] && [ ! -e trace ]
'
test_that 'the end of input is no answer' '
	rm -f trace && exits 5 on-terminal -e "to decline:" "\004" runbook run q.yaml && [ ! -e trace ]
'
test_that 'a terminal that is hung up is no answer' '
	rm -f trace && { on-terminal -x "to decline:" runbook run q.yaml; [ $? = 129 ]; } && [ ! -e trace ]
'
# The signal then comes when the shell has ended, long after the end of the input.
test_that 'nor is it when a shell started the run' '
	rm -f trace codes && { on-terminal -x "to decline:" sh -c "runbook run q.yaml; echo" || :; } &&
	until_true "runbook runs -o ndjson | head -n 1 | grep -q ended" &&
	runbook runs -o ndjson | head -n 1 | grep -q "\"exit\":129," && [ ! -e trace ]
'
test_that 'an interrupt at the question is no answer, and the run can be resumed' '
	rm -f trace && exits 130 on-terminal -e "to decline:" "\003" runbook run q.yaml >out && [ ! -e trace ] &&
	grep -q "runbook resume" out
'
test_that 'a pipe of yes is nobody' '
	rm -f trace && yes | setsid -w runbook run q.yaml 2>err; [ $? = 5 ] && [ ! -e trace ] && grep -q -- "--confirm b=" err
'
test_that '--no-input is nobody, also on a terminal' '
	rm -f trace && exits 5 on-terminal runbook run q.yaml --no-input && [ ! -e trace ]
'
test_that 'in the background the question waits and says so' '
	rm -f trace && exits 0 on-terminal -e "to answer" "fg\n" -e "to decline:" "yes\n" \
		sh -mc "runbook run q.yaml & read x; fg" && [ -e trace ]
'
test_that 'a failure is shown and chosen about' '
	rm -f trace && exits 9 on-terminal -e "What now?" "u\n" -e "Undo everything" "yes\n" runbook run m.yaml --color=never >out &&
	grep -q "last-words" out && [ "$(cat trace | tr "\n" " ")" = "close open " ]
'
test_that 'a skip wants a reason, and the run is then unverified' '
	rm -f trace && exits 8 on-terminal -e "What now?" "s\n" -e "Why" "by hand\n" runbook run m.yaml --color=never >out &&
	grep -q "by hand" out && grep -qx after trace
'
test_that 'a walk runs what it is told to, step by step' '
	rm -f trace && { on-terminal -e "Next: close" "" -e "What now?" "r\n" -e "Next: deploy" "" -e "What now?" "q\n" runbook run m.yaml --mode manual >out; [ $? -ne 0 ]; } &&
	[ "$(cat trace)" = close ]
'
test_that 'a walk says before the step that it cannot be undone, and only of such a step' '
	cat >w.yaml <<-END
	runbook: 1
	name: w
	type: application
	steps:
	  - {id: sent, shell: "echo a >>trace", irreversible: the mail is sent}
	  - {id: bare, shell: "echo b >>trace"}
	  - {id: back, shell: "echo c >>trace", undo: {shell: echo back}}
	  - {id: stays, shell: "echo d >>trace", undo: none}
	  - {id: look, shell: "echo e >>trace", effects: read}
	END
	rm -f trace && exits 0 on-terminal -e "will run" "" -e "cannot be undone: the mail is sent" "" -e "What now?" "r\n" \
		-e "Next: bare" "" -e "cannot be undone: it has no undo" "" -e "What now?" "r\n" \
		-e "Next: back" "" -e "What now?" "r\n" -e "Next: stays" "" -e "What now?" "r\n" -e "Next: look" "" -e "What now?" "r\n" \
		runbook run w.yaml --mode manual --color=never >out && [ "$(grep -c "undone" out)" = 2 ]
'
test_that 'who is asked about a file that is written sees what will be in it, but no secret' '
	cat >f.yaml <<-"END"
	runbook: 1
	name: f
	type: application
	secrets: {pw: {env: F_PW}}
	steps:
	  - id: conf
	    confirm: Write it
	    file: {write: {path: app.conf, content: "port = 80\npassword = ${{ secrets.pw }}\n"}}
	    undo: auto
	END
	F_PW=sesame-open exits 5 on-terminal -e "to decline:" "no\n" runbook run f.yaml --color=never >out && [ ! -e app.conf ] &&
	grep -A2 "will run   file: write app.conf (.* bytes)" out | sed 1d | tr -d "\r" >shown &&
	printf "               port = 80\n               password = ***\n" >want && same want shown && ! grep -q sesame out
'
test_that 'nothing is painted again for who reads aloud, nor on a dumb terminal' '
	esc=$(printf "\033") &&
	ACCESSIBLE=1 on-terminal -r -e "to decline:" "yes\n" runbook run q.yaml --color=never >out && ! grep -q "$esc" out &&
	on-terminal -r -e "to decline:" "yes\n" env TERM=dumb runbook run q.yaml >out && ! grep -q "$esc" out
'
test_that 'without UTF-8 all signs are ASCII' '
	on-terminal -e "to decline:" "yes\n" env LANG=C LC_ALL=C runbook run q.yaml >out && ! LC_ALL=C grep -q "[^ -~[:cntrl:]]" out
'
test_that 'a narrow terminal is not overrun' '
	on-terminal -s 40x20 -e "to decline:" "yes\n" runbook run q.yaml --color=never >out &&
	[ "$(LC_ALL=C.UTF-8 wc -L <out)" -le 42 ] || { LC_ALL=C.UTF-8 wc -L out; cat out; false; }
'
cat >wide.yaml <<'END'
runbook: 1
name: wide
type: application
steps:
  - {id: a, shell: "echo '${{ inputs.x }}' and then a line that goes on and on and is wider than any terminal of sixty columns", undo: nonsense}
END
cat >want <<'END'
wide.yaml:5:27: error: inside single quotes the shell would
  not see a value [expr-in-quotes]
   5 |   - {id: a, shell: "echo '${{ inputs.x }}' and the...
     |                           ^^^^^^^^^^^^^^^
help: end the quotes before it:
      'before'${{ inputs.x }}'after'
wide.yaml:5:38: error: `inputs` has no `x` [unknown-name]
   5 |   - {id: a, shell: "echo '${{ inputs.x }}' and the...
     |                                      ^
wide.yaml:5:136: error: `nonsense` is not a way to undo
  [bad-enum]
   5 | ...an any terminal of sixty columns", undo: nonsense}
     |                                             ^^^^^^^^
help: write `none` or `auto`
END
test_that 'on a terminal a mistake is told in rows that fit, broken at words and not in what is quoted' '
	exits 3 on-terminal -s 60x20 runbook run wide.yaml >out && tr -d "\r" <out >rows && same want rows
'
test_that 'in a pipe and in a file rows are as long as they are' '
	exits 3 runbook run wide.yaml 2>err && grep -q "^wide.yaml:5:27: error: inside single quotes the shell would not see a value .expr-in-quotes.$" err &&
	exits 3 on-terminal -s 60x20 sh -c "runbook run wide.yaml 2>err2" && same err err2
'
test_that 'a question comes to the terminal when standard error is a file' '
	rm -f trace && exits 0 on-terminal -e "to decline:" "yes\n" sh -c "runbook run q.yaml 2>err" && [ -e trace ] &&
	grep -q "began" err && ! grep -q "to decline" err
'
test_that 'nothing is painted over a step that has the terminal' '
	cat >t.yaml <<-END
	runbook: 1
	name: t
	type: application
	steps:
	  - {id: a, shell: {run: "echo begin; read x; sleep 1.2; echo got \$x end", tty: true}}
	END
	exits 0 on-terminal -r -e "begin" "word\n" runbook run t.yaml --color=never >out &&
	awk "/begin/ { inside = 1 } inside" out | sed "/got word end/q" | grep -v "got word end" >between &&
	! grep -q "$(printf "\033")" between
'

# A step that leaves the terminal as it likes: raw, on a second screen, without a cursor.
cat >rude.yaml <<'END'
runbook: 1
name: rude
type: application
on_failure: stop
steps:
  - id: a
    shell: {run: "trap '' TERM; stty raw -echo; printf '\\033[?1049h\\033[?25l'; echo began >began; echo begin; sleep 30", tty: true}
    timeout: 30s
    kill_grace: 100ms
END
brief() {
	rm -f began && sed "s/timeout: 30s/timeout: $1/; s/name: rude/name: short/" rude.yaml >short.yaml
}
waiting='
	until_began() { for i in $(seq 900); do [ -s began ] && return; sleep 0.1; done; }
	until_alone() { for i in $(seq 900); do ps -o args= -t "$(tty)" | grep -q "[@]keeper" || return; sleep 0.1; done; }
'
around() {
	cat <<-END
	$waiting
	stty -a >before; $1; stty -a >after; cmp before after && echo as before
	END
}
cleaned() {  # the cursor, and our own screen, come after what hid them
	tr -d "\r" <out | awk '/\033\[\?1049h/ { lost = 1 } /\033\[\?1049l/ { lost = 0; main = 1 } /\033\[\?25h/ { seen = main }
		END { exit lost || !seen }'
}

test_that 'a step that has the terminal and is killed at its timeout leaves it as it was' '
	brief 500ms &&
	on-terminal -r sh -c "$(around "runbook run short.yaml")" >out && cleaned &&
	grep -q "as before" out && grep -q "timed out" out
'
test_that 'a run that is interrupted three times in such a step gives the screen back' '
	rm -f began && on-terminal -r sh -c "$(around "runbook run rude.yaml & p=\$!; until_began; kill \$p; kill \$p; kill \$p; wait")" >out && cleaned &&
	grep -q "as before" out && grep -q "was terminated" out
'
test_that 'a step that has the terminal leaves it as it was when the interpreter is killed' '
	brief 2s &&
	on-terminal -r sh -c "$(around "runbook run short.yaml & p=\$!; until_began; kill -9 \$p; wait; until_alone")" >out && cleaned &&
	grep -q "as before" out
'
test_that 'a terminal that a shell has taken since is its own' '
	brief 2s &&
	cat >job.sh <<-END
	$waiting
	set -m
	runbook run short.yaml & p=\$!
	(until_began; kill -9 \$p) &
	fg %1
	stty -echo -icanon
	until_alone
	stty -a | grep -o "[-]echo " && stty -a | grep -o "[-]icanon"
	END
	on-terminal -r bash job.sh >out && [ -s began ] && grep -q "^-icanon" out
'
test_that 'a step that needs the terminal waits in the background until it is in front' '
	exits 0 on-terminal -e "needs the terminal" "fg\n" -e "begin" "word\n" \
		sh -mc "runbook run t.yaml --color=never & read x; fg" >out && grep -q "got word end" out
'
test_that 'two steps that need the terminal have it in turn' '
	cat >two.yaml <<-END
	runbook: 1
	name: two
	type: application
	steps:
	  - id: both
	    parallel: true
	    steps:
	      - {id: a, shell: {run: "echo begin a; read x; echo \$x for a", tty: true}}
	      - {id: b, shell: {run: "echo begin b; read x; echo \$x for b", tty: true}}
	END
	exits 0 on-terminal -r -e begin "one\n" -e begin "two\n" runbook run two.yaml --color=never >out &&
	tr -d "\r" <out | grep -o "begin .\|[a-z]* for .\|. b  " >got && grep -q "one for" got && grep -q "two for" got &&
	[ "$(sed -n "/^one/,\$p" got | grep -c begin)" = 1 ]
'

done_testing
