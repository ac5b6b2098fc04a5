#!/bin/sh
# Hooks: who is told what, once, and that they are nothing but told.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/book.sh"
. "$repo/tests/e2e/scripted.sh"

# told WORDS: these, once each; `start` is waited for, the others go on beside each other.
told() {
	[ "$(sorted <told)" = "$(echo "$1" | sorted)" ] && [ "$(head -n 1 told)" = "${1%% *}" ] ||
		{ echo "told: $(cat told)"; cat out; return 1; }
}
sorted() { tr ' ' '\n' | grep . | sort | tr '\n' ' '; }
good='  - {id: a, shell: echo a >>effects, undo: none}'
all='hooks:
  start: [{id: h1, shell: echo start >>told}]
  progress: [{id: h2, shell: "echo ${{ run.phase }} >>told"}]
  success: [{id: h3, shell: echo success >>told}]
  failure: [{id: h4, shell: "echo failure ${{ run.result }} >>told"}]
  undone: [{id: h5, shell: echo undone >>told}]'

test_that 'a good run: start, each phase, success; then undone, when it is taken back' '
	rm -f told && book "  - {id: a, shell: echo a >>effects, undo: {shell: echo ua >>effects}}" "$all"
	run 0 && told "start steps success " && id=$(ls state/runbook/runs) &&
	exits 0 runbook undo "$id" -q && [ "$(sort told | tr "\n" " ")" = "start steps success undo undone " ]
'

test_that 'a failed one: failure; a resume does not start again' '
	rm -f told && book "  - {id: a, shell: test -e go, undo: none}" "$all"
	run 1 && told "start steps failure failed " && touch go && id=$(ls state/runbook/runs) &&
	resume 0 && told "start steps failure failed steps success "
	rm -f go
'

test_that 'one step taken back is not the run undone' '
	rm -f told && book "  - {id: a, shell: echo a, undo: {shell: echo ua >>effects}}
  - {id: b, shell: echo b, undo: none}" "hooks: {undone: [{id: h, shell: echo undone >>told}]}"
	run 0 && id=$(ls state/runbook/runs) && exits 0 runbook undo "$id" --step a -q &&
	effects "ua " && [ ! -e told ]
'

test_that 'in a drill and in a dry run nobody is told' '
	rm -f told && book "$good" "$all
drill: {env: {X: y}}"
	run 0 --drill && run 0 --dry-run && [ ! -e told ]
'

test_that 'the project and the runbook say the same: it is told once; the project is first' '
	printf "hooks:\n  success:\n    - {id: h3, shell: echo success >>told}\n    - {id: p, shell: echo project >>told}\n" >.runbook.yaml
	rm -f told && book "$good" "hooks: {success: [{id: h3, shell: echo success >>told}]}"
	run 0 && [ "$(sort told | tr "\n" " ")" = "project success " ]
	rm -f .runbook.yaml
'

test_that 'one that fails is tried again, and fails nothing' '
	rm -f told && book "$good" "hooks:
  start: [{id: h, shell: \"echo try >>told; test -e fixed || { touch fixed; exit 1; }\"}]
  success: [{id: never, shell: exit 7}]"
	run 0 && told "try try " && has "the hook never (success) failed" && effects "a "
'

test_that 'a hook is no step: when nothing was started there is nothing for always to clean up' '
	rm -f told && book "$good" "$all
checklist: [{item: so, check: {shell: exit 1}}]
always: [{id: z, shell: echo z >>effects}]"
	run 4 && [ ! -e effects ] && grep -qx start told
'

test_that 'one that is stopped by signals: that is the reason that is told' '
	rm -f told && book "$good" "hooks: {start: [{id: h, shell: \"echo try >>told; exec sleep 100\"}]}"
	runbook run book.yaml >out 2>&1 </dev/null &
	run=$!
	until_true "[ -s told ]" && kill -INT "$run" && until_true "grep -q \"let finish\" out" &&
	kill -INT "$run" && exits 130 wait "$run" && has "the hook h (start) failed: stopped by a signal" && has "hooks.start.h is let finish"
'

# hook_end: the event of the only hook that failed
hook_end() { runbook show "$(ls state/runbook/runs)" -o ndjson | grep "\"type\":\"hook.end\"" | grep failed; }

test_that 'what a failed hook printed last is kept, and is in show and in every report' '
	book "$good" "hooks: {success: [{id: h, shell: \"echo told-nobody; echo because >&2; exit 7\"}]}"
	run 0 && has "the hook h (success) failed: it exited with 7" && has "told-nobody" && id=$(ls state/runbook/runs) &&
	hook_end | grep "told-nobody" | grep "because" && whole &&
	runbook show "$id" >out && has "told-nobody" && has "because" && has "h (success)" &&
	runbook report "$id" >out && has "told-nobody" && runbook report "$id" --format html >out && has "told-nobody" &&
	runbook report "$id" --format json >out && grep "\"text\": \".*told-nobody" out
'

test_that '... of its last try alone, and only the end of much' '
	rm -f again && book "$good" "hooks: {success: [{id: h, shell: \"test -e again || { touch again; echo first-try; exit 1; }; seq 1 100000; echo last-words; exit 7\"}]}"
	run 0 && hook_end >out && has "last-words" && lacks "first-try" && has "\"truncated\":true" && [ "$(wc -c <out)" -lt 4096 ] &&
	grep -E "\"text\":\"[0-9]{5}.n" out
'

test_that '... of what it uses; bytes that are no text as bytes' '
	printf "runbook: 1\nname: tell\ntype: action\nsteps: [{id: i, shell: \"echo inner-words >&2; exit 3\"}]\n" >tell.yaml
	book "$good" "hooks: {success: [{id: h, use: tell}]}"
	run 0 && hook_end | grep "inner-words" || exit 1
	book "$good" "hooks: {success: [{id: h, shell: \"printf \\\\\\\\377; exit 7\"}]}"
	run 0 && hook_end | grep "\"b64\":\"/w==\"" && id=$(ls state/runbook/runs) && whole &&
	runbook show "$id" >out && has "\\xff" && runbook report "$id" >out && has "\\xff"
'

test_that '... the answer of a server, where it is a request' '
	serve "{\"/hook\": {\"status\": 403, \"body\": \"the token is too old\"}}"
	book "$good" "hooks: {success: [{id: h, http: {url: \"http://127.0.0.1:$port/hook\", method: POST, body: x}}]}"
	run 0 && hook_end | grep "the token is too old" && has "the token is too old"
'

test_that '... and never a secret, also not in pieces' '
	echo sesame-open-please >secret && chmod 600 secret
	book "$good" "secrets: {s: {file: secret}}
hooks: {success: [{id: h, env: {T: \"\${{ secrets.s }}\"}, shell: \"seq 1 600; printf sesame-; sleep 0.05; echo open-please; seq 1 440; exit 7\"}]}"
	run 0 && ! grep -r "sesame\|open-please" state out && hook_end | grep "440" && [ "$(runbook show "$(ls state/runbook/runs)" | grep -c "sesame")" = 0 ]
	rm -f secret
'

test_that 'of a hook that went well nothing is kept' '
	book "$good" "hooks: {success: [{id: h, shell: echo told-all}]}"
	run 0 && ! runbook show "$(ls state/runbook/runs)" -o ndjson | grep "told-all" && runbook show "$(ls state/runbook/runs)" >out && lacks "h (success)"
'

stop_servers
done_testing
