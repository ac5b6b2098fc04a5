#!/bin/sh
# Every question on a terminal, and everything that may happen while it is open: a row says
# what the terminal does and types, with what the run ends, and what was done until then.

. "$(dirname "$0")/../lib.sh"

SHELL=$work/shell
export SHELL
printf '#!/bin/sh\necho "here: $RUNBOOK_RUN"\nread word\necho "looked: $word"\n' >shell
chmod +x shell

# book NAME STEP-OR-KEYS: `first` is done before the question, `after` behind it.
book() {
	cat >"$1.yaml" <<-END
	runbook: 1
	name: $1
	type: application
	$2
	steps:
	  - {id: first, shell: "echo began; test ! -e slow || sleep 1; echo first >>trace", undo: {shell: "echo back >>trace"}}
	$3
	  - {id: after, shell: "echo after >>trace", undo: none}
	END
}
act='shell: "echo asked >>trace", undo: none'
stop='on_failure: stop'
book mild "$stop" "  - {id: b, confirm: {message: Really, danger: mild}, $act}"
book moderate "$stop" "  - {id: b, confirm: Really, $act}"
book severe "$stop" "  - {id: b, confirm: {message: Really, danger: severe, phrase: the shop}, $act}"
book checklist "checklist: [The team knows]" ""
book prompt "$stop" '  - {id: b, prompt: {message: Which one, choices: [blue, green]}}
  - {id: c, shell: "echo ${{ steps.b.value }} >>trace", undo: none}'
book manual "$stop" "  - {id: b, manual: {instructions: Pull the plug, checklist: [It is out]}}"
book failure "on_failure: ask" '  - {id: b, shell: "echo last-words; test -e good && echo asked >>trace", undo: none}'
book walk "" "  - {id: b, $act}"
book passed "on_failure: undo" '  - {id: b, shell: "echo asked >>trace", irreversible: it is sent}
  - {id: c, shell: "exit 3", undo: none}'
book approve "$stop" "  - {id: b, approve: {message: May it be}, $act}"
for q in mild moderate severe; do
	sed "s/name: $q/name: $q-brief/; s/confirm: Really/confirm: {message: Really}/; s/message: Really/message: Really, timeout: 1s/" $q.yaml >$q-brief.yaml
done
sed "s/name: approve/name: approve-brief/; s/message: May it be/message: May it be, timeout: 1s/" approve.yaml >approve-brief.yaml

# What each waits with.
sees() {
	case $1 in
	mild | moderate | severe | *-brief) echo "to decline:" ;;
	checklist) echo "or \`no\`:" ;;
	prompt) echo "Answer:" ;;
	manual) echo "\`y\`, \`failed\` or \`na\`:" ;;
	failure | walk) echo "What now?" ;;
	passed) echo "undo the earlier ones?" ;;
	approve) echo "runbook reject" ;;
	esac
}

# row QUESTION EVENT EXIT TRACE [TYPED]...: each of TYPED answers the question when it is asked
# (again); `hang up`, `resize` and `ahead` are no text. TRACE without spaces between its words.
row() {
	question=$1 event=$2 code=$3 trace=$4
	shift 4
	set -- "$@" end
	see=$(sees "$question") flags=
	case $question in walk) flags="--mode manual" ;; esac
	rm -f trace slow good
	while [ "$1" != end ]; do
		case $1 in
		"hang up") set -- "$@" -x "$see" ;;
		resize) set -- "$@" -w "$see" 30x10 -w "" 120x40 -e "" "" ;;
		ahead) touch slow && set -- "$@" -e began "$2" && shift ;;
		see) set -- "$@" -e "$2" "$3" && shift 2 ;;
		*) set -- "$@" -e "$see" "$1" ;;
		esac
		shift
	done
	shift
	# shellcheck disable=SC2086
	timeout 120 on-terminal "$@" runbook run "$question.yaml" $flags --color=never >"out" 2>&1
	got=$?
	did=$(cat trace 2>/dev/null | tr -d '\n')
	[ "$got $did" = "$code $trace" ] || { echo "$question, $event: $got ($did), not $code ($trace)"; cat out; return 1; }
}
# rows QUESTION: lines `EVENT | EXIT | TRACE | TYPED | ...` from standard input.
rows() {
	bad=0
	while IFS='|' read -r event code trace typed; do
		IFS='|'
		# shellcheck disable=SC2086
		set -- $typed
		unset IFS
		row "$question" "$event" "$code" "$trace" "$@" || bad=1
	done
	return $bad
}

for question in mild moderate severe; do
	case $question in mild) yes=y other=yess ;; moderate) yes=yes other=y ;; severe) yes="the shop" other=yes ;; esac
	test_that "confirm ($question)" "
		rows <<-'END'
		accept|0|firstaskedafter|$yes\n
		decline|5|first|no\n
		wrong words, then no|5|first|$other\n|The Shop\n|no\n
		Enter, then yes|0|firstaskedafter|\n|\n|$yes\n
		end of input|5|first|\004
		hang-up|129|first|hang up
		typed ahead|5|first|ahead|$yes\n|no\n
		Ctrl-C|130|first|\003
		resize|0|firstaskedafter|resize|see||$yes\n
		END
		question=$question-brief
		rows <<-'END'
		nobody in time|5|first
		END
	"
done
question=checklist
test_that 'checklist' '
	rows <<-"END"
	accept|0|firstafter|yes they were called\n
	decline|5||no\n
	wrong word, then no|5||y\n|no\n
	Enter, then yes|0|firstafter|\n|yes\n
	end of input|5||\004
	hang-up|129||hang up
	Ctrl-C|130||\003
	resize|0|firstafter|resize|see||yes\n
	END
'
question=prompt
test_that 'prompt' '
	rows <<-"END"
	accept|0|firstgreenafter|2\n
	wrong word|0|firstblueafter|red\n|blue\n
	Enter|0|firstblueafter|\n|1\n
	end of input|5|first|\004
	hang-up|129|first|hang up
	typed ahead|0|firstgreenafter|ahead|blue\n|green\n
	Ctrl-C|130|first|\003
	Ctrl-C five times|130|first|\003\003\003\003\003
	Ctrl-\|131|first|\034
	resize|0|firstblueafter|resize|see||blue\n
	END
'
question=manual
test_that 'manual work' '
	rows <<-"END"
	accept|0|firstafter|y\n|see|not applicable|done\n
	failed|1|first|failed: the fuse blew\n
	not applicable|0|firstafter|na\n|see|happened|there is none\n
	wrong word|0|firstafter|perhaps\n|y\n|see|not applicable|maybe\n|see|Type|done\n
	Enter|0|firstafter|\n|y\n|see|not applicable|\n|see|not applicable|done\n
	end of input|5|first|\004
	hang-up|129|first|hang up
	typed ahead|0|firstafter|ahead|y\ndone\n|y\n|see|not applicable|done\n
	Ctrl-C|130|first|\003
	Ctrl-C five times|130|first|\003\003\003\003\003
	Ctrl-\|131|first|\034
	resize|0|firstafter|resize|see||y\n|see|not applicable|done\n
	END
'
question=failure
test_that 'a failure' '
	rows <<-"END"
	stop|1|first|q\n
	retry, then stop|1|first|r\n|stop\n
	skip|8|firstafter|s\n|see|Why|not needed\n
	skip without a reason, then stop|1|first|skip\n|see|Why|\n|q\n
	shell, then stop|1|first|h\n|see|here:|word\n|see|looked: word||q\n
	undo|9|firstback|u\n|see|Undo everything|yes\n
	undo, thought better of, then stop|1|first|u\n|see|Undo everything|no\n|q\n
	undo, a wrong word and then the right one|9|firstback|u\n|see|Undo everything|y\n|see|That is neither|yes\n
	wrong word, then stop|1|first|yes\n|q\n
	Enter, then stop|1|first|\n|q\n
	end of input|1|first|\004
	hang-up|129|first|hang up
	typed ahead|1|first|ahead|s\nnot needed\n|q\n
	Ctrl-C|130|first|\003
	Ctrl-C five times|130|first|\003\003\003\003\003
	Ctrl-\|131|first|\034
	resize|1|first|resize|see||q\n
	END
'
question=walk
test_that 'a walk' '
	rows <<-"END"
	run each|0|firstaskedafter|r\n|run\n|r\n
	run all|0|firstaskedafter|a\n
	skip|8|firstafter|r\n|s\n|see|Why|not needed\n|r\n
	skip without a reason|0|firstaskedafter|s\n|see|Why|\n|a\n
	details, output and shell|0|firstaskedafter|r\n|d\n|o\n|h\n|see|here:|word\n|see|looked||a\n
	undo|9|firstback|r\n|u\n|see|Undo everything|yes\n
	undo, thought better of|0|firstaskedafter|r\n|u\n|see|Undo everything|\n|a\n
	stop|5|first|r\n|q\n
	stop before anything|5||q\n
	wrong word|0|firstaskedafter|yes\n|a\n
	Enter|5||\n|q\n
	end of input|5|first|r\n|\004
	hang-up|129|first|r\n|hang up
	typed ahead|5|first|r\n|ahead|r\nr\n|q\n
	Ctrl-C|130|first|r\n|\003
	resize|0|firstaskedafter|resize|see||a\n
	END
'
question=passed
test_that 'undo has come to what cannot be taken back' '
	rows <<-"END"
	accept|10|firstaskedback|yes\n
	decline|10|firstasked|no\n
	wrong word, then no|10|firstasked|y\n|no\n
	Enter, then yes|10|firstaskedback|\n|yes\n
	end of input|10|firstasked|\004
	resize|10|firstaskedback|resize|see||yes\n
	END
'
question=approve
test_that 'approval: answered from elsewhere, not on this terminal' '
	rows <<-"END"
	Ctrl-\|131|first|\034
	typed, then hang-up|129|first|yes\ny\n|see|||hang up
	Ctrl-C|130|first|\003
	END
	question=approve-brief
	rows <<-"END"
	nobody in time|5|first
	END
'

# The terminal is left as it was found, and nothing was begun.
for key in 003:130 034:131; do
	test_that "a secret input: a signal (\\${key%:*}) ends the question, and what is typed is seen again" '
		sed "s/name: mild/name: secret/; s/^steps:/inputs: {pw: {prompt: Password, secret: true}}\nsteps:/" mild.yaml >secret.yaml
		rm -rf state trace
		timeout 120 on-terminal -e "Password" "\\${key%:*}" sh -c "trap : INT QUIT; runbook run secret.yaml; echo code \$?; stty -a" >out 2>&1
		grep "code ${key#*:}" out && grep " echo " out && [ ! -e trace ] && ! ls state/runbook/runs/* 2>/dev/null || { cat out; exit 1; }
	'
done
test_that '^Z at a question, then fg: it is asked again' '
	rm -f trace
	timeout 120 on-terminal -e "to decline:" "\032" -e STOPPED "fg\n" -e "to decline:" "yes\n" \
		sh -mc "runbook run moderate.yaml; echo STOPPED; read x; fg; echo code \$?" >out 2>&1
	grep "code 0" out && [ "$(cat trace | tr -d "\n")" = firstaskedafter ] || { cat out; exit 1; }
'

done_testing
