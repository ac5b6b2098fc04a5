#!/bin/sh
# No way of not answering is a yes: the step behind a question stays undone.

. "$(dirname "$0")/../lib.sh"

# book NAME QUESTION: a step before it, and the one that it guards
book() {
	cat >"$1.yaml" <<-END
	runbook: 1
	name: $1
	type: application
	on_failure: stop
	steps:
	  - {id: a, shell: echo before >> trace}
	  - {id: b, $2, shell: echo guarded >> trace}
	END
}
# gate NAME QUESTION: the question is a step of its own, and another one needs it
gate() {
	cat >"$1.yaml" <<-END
	runbook: 1
	name: $1
	type: application
	on_failure: stop
	steps:
	  - {id: a, shell: echo before >> trace}
	  - {id: b, $2}
	  - {id: c, shell: echo guarded >> trace}
	END
}
book mild 'confirm: {message: Really, danger: mild}'
book plain 'confirm: Really'
book severe 'confirm: {message: Really, danger: severe, phrase: app}'
book short 'confirm: {message: Really, timeout: 300ms}'
book vote 'approve: {message: Really}'
book shortvote 'approve: {message: Really, timeout: 300ms}'
gate work 'manual: Do it'
gate value 'prompt: {message: Which}'
gate shortwork 'manual: Do it, timeout: 300ms'
cat >first.yaml <<'END'
runbook: 1
name: first
type: application
checklist: [Looked]
confirm: Really
steps:
  - {id: b, shell: echo guarded >> trace}
END
book asked 'done_if: {manual: Is it done}'
cat >byhand.yaml <<'END'
runbook: 1
name: byhand
type: application
checklist: [{item: Lamp, check: {manual: Look}}]
steps:
  - {id: b, shell: echo guarded >> trace}
END
id() { runbook runs -o ndjson | head -1 | sed 's/.*"id":"\([^"]*\)".*/\1/'; }
quietly() { "$@" >>out 2>&1; }
# on BOOK SEE TYPE...: at a terminal
on() {
	name=$1
	shift
	set -- "$@" runbook run "$name.yaml" --color=never
	timeout -s KILL 120 on-terminal "$@"
}
away() { setsid -w timeout -s KILL 120 runbook run "$@"; }
detached() { quietly away "$@" --detach; [ $? = 6 ] || echo "not suspended" >>trace; }

# EXIT what is done|what it is
while read -r want how <&3; do
	what=${how##*|}
	how=${how%|*}
	test_that "$what" "
		rm -f trace out; $how; got=\$?
		! grep -q guarded trace 2>/dev/null && [ \$got = $want ] || { echo \"exit status \$got, not $want\"; cat trace out; false; }
	"
done 3<<'END'
5 on mild -e "decline:" "\004"|end of input
5 on plain -e "decline:" "\004"|end of input, moderate
5 on severe -e "decline:" "\004"|end of input, severe
5 on work -e "na" "\004"|end of input at manual work
5 on value -e "Answer:" "\004"|end of input at a prompt
5 on first -e "or" "\004"|end of input at the checklist
5 on first -e "or" "yes\n" -e "decline:" "\004"|end of input at the confirm of the runbook
129 on plain -x "decline:"|hang-up
129 on severe -x "decline:"|hang-up, severe
129 on work -x "na"|hang-up at manual work
129 on vote -x "runbook reject"|hang-up at an approval
5 on short -e "decline:" ""|a time that runs out
5 on shortwork -e "na" ""|the time of manual work that runs out
5 on shortvote -e "runbook reject" ""|the time of an approval that runs out
130 on plain -e "decline:" "\003"|an interrupt
130 on work -e "na" "\003"|an interrupt at manual work
130 on value -e "Answer:" "\003"|an interrupt at a prompt
130 on vote -e "runbook reject" "\003"|an interrupt at an approval
130 on first -e "or" "\003"|an interrupt at the checklist
5 on asked -e "na" "\004"|end of input where it is asked whether it is done
5 on byhand -e "na" "\004"|end of input at a checklist that a person checks
4 on byhand -e "na" "failed dark\n"|a checklist that a person says does not hold
5 away asked.yaml|no terminal, and it is asked whether it is done
5 away byhand.yaml|no terminal, a checklist that a person checks
5 on plain -e "decline:" "no\n"|no
5 on mild -e "decline:" "n\n"|n
5 on severe -e "decline:" "yes\n" -e "neither" "App\n" -e "neither" "app1\n" -e "neither" "no\n"|three wrong phrases and a no
5 on severe -e "decline:" "yes\n" -e "neither" "App\n" -e "neither" "app1\n" -e "neither" "\004"|three wrong phrases and the end of input
5 on plain -e "decline:" "\n" -e "decline:" "\n" -e "decline:" "\004"|Enter alone
5 away mild.yaml|no terminal
5 away plain.yaml|no terminal, moderate
5 away severe.yaml|no terminal, severe
5 away vote.yaml|no terminal, an approval
5 away work.yaml|no terminal, manual work
5 away value.yaml|no terminal, a prompt
5 away first.yaml|no terminal, a checklist
5 away severe.yaml --yes|--yes to what is severe
5 away vote.yaml --yes|--yes to an approval
5 away first.yaml --yes|--yes to a checklist
5 away severe.yaml --confirm b=App|the wrong phrase by a flag
5 away plain.yaml --confirm b=y|a letter by a flag
5 away plain.yaml --confirm b=|nothing by a flag
2 away work.yaml --answer b=yes|a word that is no answer
2 away work.yaml --answer b=failed|a failure without a note
1 away work.yaml --answer "b=failed:it sparked"|work that failed
5 yes | away plain.yaml|a pipe of yes
5 away plain.yaml </dev/null|an empty input
5 away plain.yaml <&-|a closed input
5 away plain.yaml <&- >&- 2>&-|all closed
5 yes app | on-terminal runbook run severe.yaml --no-input|--no-input at a terminal
5 RUNBOOK_YES=1 RUNBOOK_CONFIRM=yes CI=true away plain.yaml|variables that look like a yes
5 detached vote.yaml; quietly runbook reject $(id); quietly away --version; setsid -w runbook resume $(id)|a refusal
5 detached shortvote.yaml; sleep 0.5; setsid -w runbook resume $(id)|detached, and the time runs out
2 detached shortvote.yaml; sleep 0.5; runbook approve $(id) b|detached, and the approval comes too late
6 detached plain.yaml; setsid -w runbook resume $(id)|detached, and resumed without an answer
5 detached severe.yaml; setsid -w runbook resume $(id) --confirm b=App|detached, and resumed with a wrong one
6 detached severe.yaml; setsid -w runbook resume $(id) --yes|detached, and resumed with --yes
0 detached plain.yaml; quietly runbook abort $(id)|detached, and ended for good
END

test_that 'a word that is an answer does run it: the table can fail' '
	rm -f trace && exits 0 on severe -e "decline:" "app\n" && grep -q guarded trace &&
	rm -f trace && exits 0 on plain -e "decline:" "yes\n" && grep -q guarded trace &&
	rm -f trace && exits 0 on work -e "na" "done\n" && grep -q guarded trace &&
	rm -f trace && exits 0 on value -e "Answer:" "x\n" && grep -q guarded trace &&
	rm -f trace && exits 0 on first -e "or" "yes\n" -e "decline:" "yes\n" && grep -q guarded trace &&
	rm -f trace && exits 0 away severe.yaml --confirm b=app && grep -q guarded trace
'

done_testing
