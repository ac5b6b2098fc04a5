#!/bin/sh
# What stands on the screen of a real terminal program, while things go on and afterwards.

. "$(dirname "$0")/../lib.sh"

command -v tmux >/dev/null || { echo '1..0 # SKIP there is no tmux (make deps installs it)'; exit 0; }
unset TMUX
mux() { tmux -S "$work/mux" -f /dev/null "$@"; }
trap 'mux kill-server 2>/dev/null; rm -rf "$work"' EXIT

# The server ends with its last session.
mux new-session -d -s keep cat

# open COLUMNS: a shell on a terminal of its own
open() {
	mux kill-session -t shown 2>/dev/null
	rm -f ended
	LC_ALL=C.UTF-8 mux -u new-session -d -s shown -x "$1" -y 24 "PS1='$ ' TERM=screen LC_ALL=C.UTF-8 sh"
	mux set -w -t shown window-size manual
	see "^[$]"
}
type() { mux send-keys -t shown "$@"; }
screen() { mux capture-pane -t shown -p | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'; }
# Waits until the screen has a row like this.
see() {
	until_true "screen | grep -q -- '$1'" || { screen; return 1; }
}
ended() {
	until_true '[ -e ended ]' || { screen; return 1; }
}
run() { type "clear; runbook run $* --color=never; echo \$? >ended" Enter; }

cat >slow.yaml <<'END'
runbook: 1
name: slow
type: application
budget: {execute: 10m}
steps:
  - {id: one, name: The first, shell: echo said}
  - {id: two, name: The second, shell: "while ! [ -e go ]; do sleep 0.1; done"}
END
cat >ask.yaml <<'END'
runbook: 1
name: ask
type: application
steps:
  - {id: one, shell: echo said, undo: none}
  - {id: two, confirm: Shall it be done, shell: echo two >>trace, undo: none}
END
cat >editor.yaml <<'END'
runbook: 1
name: editor
type: application
on_failure: stop
steps:
  - id: edit
    shell: {run: "trap '' TERM; stty raw -echo; tput smcup; tput civis; echo inside; sleep 30", tty: true}
    timeout: 1s
    kill_grace: 100ms
END

test_that 'the last row changes, what is above it stays, and it is gone in the end' '
	rm -f go && open 80 && run slow.yaml && see "^▸ two [0-9]* s .*steps: 9m [45][0-9]* *s left of 10m" &&
	screen >middle && tail -n 1 middle | grep -q "^▸ two" && [ "$(grep -c "▸" middle)" = 1 ] &&
	grep -q "one │ said" middle && grep -q "✓ one" middle &&
	touch go && ended && screen >end && ! grep -q "▸" end && grep -q "✓ two" end && grep -q "^✓ slow is done" end
'
test_that 'a terminal that becomes narrow and wide again keeps what was said, once' '
	rm -f go && open 100 && run slow.yaml && see "^▸ two [1-9] s" &&
	mux resize-window -t shown -x 30 && sleep 1.5 && until_true "screen >narrow; [ \$(grep -c ▸ narrow) = 1 ] && [ \$(grep -c \"✓ one\" narrow) = 1 ]" &&
	mux resize-window -t shown -x 100 && sleep 1.5 && until_true "screen >wide; [ \$(grep -c ▸ wide) = 1 ]" &&
	touch go && ended && screen >end && ! grep -q "▸" end && [ "$(grep -c "✓ one" end)" = 1 ]
'
test_that 'a question stays where it is asked while the terminal changes' '
	rm -f trace && open 80 && run ask.yaml && see "to decline:" && mux resize-window -t shown -x 50 && sleep 0.5 && mux resize-window -t shown -x 120 &&
	type yes Enter && ended && [ "$(cat ended)" = 0 ] && [ -e trace ] && screen | grep -q "^✓ ask is done"
'
test_that 'Ctrl-C at a question, and the shell has its terminal' '
	rm -f trace && open 80 && run ask.yaml && see "to decline:" && type C-c && ended && [ "$(cat ended)" = 130 ] && [ ! -e trace ] &&
	type "echo it is \$((40 + 2))" Enter && see "^it is 42"
'
test_that 'a window that is closed is a hang-up, and nothing more is done' '
	rm -f trace && open 80 && run ask.yaml && see "to decline:" && mux kill-session -t shown &&
	until_true "runbook runs | grep -q \"signal\|hang\|129\"" && [ ! -e trace ]
'
test_that 'a step that is stopped (^Z) and brought back goes on, and so does the line below it' '
	rm -f go && open 80 && type "bash --norc" Enter && run slow.yaml && see "^▸ two [1-9] s" && type C-z && see "Stopped" &&
	type "echo in between" Enter && see "^in between" && type fg Enter && see "^▸ two" && touch go &&
	see "^✓ slow is done" && screen | grep -q "^in between"
'
test_that 'an editor that was killed leaves its screen, and the cursor is there' '
	open 80 && type "echo before" Enter && see "^before" && type "runbook run editor.yaml --color=never; echo \$? >ended" Enter &&
	see "^inside" && [ "$(mux display -t shown -p "#{alternate_on} #{cursor_flag}")" = "1 0" ] && ended && see "timed out" &&
	[ "$(mux display -t shown -p "#{alternate_on} #{cursor_flag}")" = "0 1" ] && mux capture-pane -t shown -p -S -100 | grep -q "^before" &&
	type "echo it is \$((40 + 2))" Enter && see "^it is 42"
'

done_testing
