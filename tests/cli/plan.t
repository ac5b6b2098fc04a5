#!/bin/sh
# What `plan` and a dry run say beside the steps: secrets, hooks, and what runs side by side.

. "$(dirname "$0")/../lib.sh"

mkdir -p keys runbooks && echo 0123456789 >keys/bob
cat >.runbook.yaml <<-"END"
	hooks:
	  failure:
	    - {id: page, http: {method: POST, url: "http://127.0.0.1:1/page", json: {text: failed}}}
	    - {id: same, shell: echo the same}
END
cat >runbooks/part.yaml <<-"END"
	runbook: 1
	name: part
	type: action
	secrets: {inner: {env: INNER_PW}}
	steps: [{id: s, shell: "echo $PW", env: {PW: "${{ secrets.inner }}"}, undo: none}]
END
cat >runbooks/beside.yaml <<-"END"
	runbook: 1
	name: beside
	type: application
	inputs: {who: {default: bob}}
	secrets:
	  pw: {env: BESIDE_PW}
	  key: {file: "keys/${{ inputs.who }}"}
	  tok: {exec: [printf, "%s", topsecret]}
	hooks:
	  start: [{name: Tell the chat, shell: "touch told; echo for ${{ inputs.who }}"}]
	  failure: [{id: same, shell: echo the same}]
	  undone: [{id: back, shell: echo back again}]
	steps:
	  - {id: two, parallel: 2, steps: [{id: a, shell: echo a, undo: none}, {id: b, shell: echo b, undo: none}]}
	  - {id: all, parallel: true, steps: [{id: c, shell: echo c, undo: none}]}
	  - {id: order, parallel: 1, steps: [{id: d, shell: echo d, undo: none}]}
	  - {id: each, for_each: {in: [x, y], parallel: 3}, shell: "echo ${{ item }}", undo: none}
	  - {id: one, for_each: [x, y], shell: "echo ${{ item }}", undo: none}
	  - {id: beside, needs: [], shell: echo now, undo: none}
	  - {id: late, needs: [two, all], shell: echo late, undo: none}
	  - {id: part, use: part}
END
cat >runbooks/bare.yaml <<-"END"
	runbook: 1
	name: bare
	type: application
	steps: [{id: a, shell: echo a, undo: none}]
END
BESIDE_PW=sesame-open INNER_PW=inner-sesame
export BESIDE_PW INNER_PW

no_value() { ! grep -q "sesame\|0123456789\|topsecret" "$1" || { cat "$1"; return 1; }; }

test_that 'a plan names the secrets and where they come from, never what they are' '
	runbook plan beside >out && no_value out &&
	grep -qx "  secrets   pw: the variable .BESIDE_PW." out &&
	grep -qx "            key: the file .keys/bob." out &&
	grep -qx "            tok: what .printf [.][.][.]. prints" out &&
	grep -qx "            inner of part: the variable .INNER_PW." out
'
test_that 'a plan names the hooks, those of the project first and none twice' '
	runbook plan beside >out && sed -n "/^hooks$/,/^$/p" out >hooks && cat >want <<-"END" && same want hooks
	hooks
	  start     Tell the chat
	  failure   POST http://127.0.0.1:1/page (json {text: failed})
	  failure   echo the same
	  undone    echo back again

	END
	runbook plan beside --commands | grep -A1 "Tell the chat" | grep -qF "\$ touch told; echo for bob" &&
	[ ! -e told ]
'
test_that 'a plan says what runs side by side, and what does not wait for its turn' '
	runbook plan beside >out && awk "/ writes/ { step = \$(NF - 1) } / side by side| other|^     starts/ { print step \":\" \$0 }" out >rows &&
	cat >want <<-"END" && same want rows
	two:     side by side, at most 2 at a time
	all:     side by side
	each:     for each item, side by side, at most 3 at a time
	one:     for each item, one after the other
	beside:     starts at once, beside what stands above it
	late:     starts after two, all
	END
'
test_that 'a plan of what has none of them does not speak of them' '
	mkdir -p none && cp runbooks/bare.yaml none/ && : >none/.runbook.yaml &&
	runbook -C none plan bare.yaml >out && ! grep -q "secrets\|hooks\|side by side" out
'
test_that 'a dry run names the secrets and the hooks, and tells nobody' '
	runbook run beside --dry-run 2>out && no_value out && [ ! -e told ] &&
	grep -q "the secret .pw. comes from the variable .BESIDE_PW." out && grep -q "the secret .inner. of part comes from the variable .INNER_PW." out &&
	grep -q "hooks.start.tell_the_chat: would run: touch told; echo for bob" out &&
	grep -q "hooks.failure.page: would run: POST http://127.0.0.1:1/page" out &&
	[ "$(grep -c "hooks.failure.same" out)" = 1 ]
'
test_that 'a dry run says what would run side by side' '
	runbook run beside --dry-run 2>out && grep -q "two: would run side by side, at most 2 at a time" out &&
	grep -q "all: would run side by side$" out && grep -q "each: would run side by side, at most 3 at a time" out &&
	[ "$(grep -c "side by side" out)" = 3 ]
'

cat >runbooks/wide.yaml <<-"END"
	runbook: 1
	name: wide
	type: action
	steps:
	  - {id: a, shell: "true", undo: none}
	  - {id: the_used_one, use: part, undo: none}
	  - id: g
	    steps:
	      - {id: in_a_group, shell: "true", undo: none, rescue: [{id: helps_it, shell: "true", undo: none}]}
	      - {id: u, use: part}
END
test_that 'what steps do stands in one column, also in groups and used runbooks' '
	export INNER_PW=x && runbook plan runbooks/wide.yaml >out && awk "/ writes\$/ { print index(\$0, \" writes\") }" out >at && [ "$(wc -l <at)" = 8 ] && [ "$(sort -u at | wc -l)" = 1 ]
'
cat >runbooks/mixed.yaml <<-"END"
	runbook: 1
	name: mixed
	type: action
	on_failure: stop
	steps:
	  - {id: g, confirm: First?, steps: [{id: one, shell: "true", undo: {shell: "true"}}, {id: two, shell: "true", irreversible: it is gone}]}
	  - {id: h, confirm: Second?, steps: [{id: three, shell: "true", undo: {shell: "true"}}, {id: four, shell: "true", undo: none}]}
	  - {id: k, confirm: Third?, steps: [{id: five, shell: "true", undo: {shell: "true"}}, {id: six, shell: "true"}]}
END
test_that 'of a group that says no undo each step inside says its own: nothing is said of the whole that is not true of all' '
	runbook plan runbooks/mixed.yaml >out && grep -qx "   ---- the point of no return: two is irreversible ----" out && grep -qx "cannot be taken back: two, six" out &&
	grep -q "as .undo: none. says: four$" out && ! grep -A2 "^   [ghk] " out | grep "undo:\|taken back" && runbook view runbooks/mixed.yaml >out && ! grep "| .[ghk]. .*\(none needed\|TAKEN\)" out
'
test_that 'nor where a person is asked about it' '
	exits 0 on-terminal -s 120x40 -e "First" "yes\n" -e "Second" "yes\n" -e "Third" "yes\n" runbook run runbooks/mixed.yaml --color=never >out && tr -d "\r" <out | sed -n "s/^  undo  *//p" >is &&
	printf "%s\n" "not all of it can be undone: a step in it is irreversible" "each step in it has its undo, or is harmless to leave" "not all of it can be undone: a step in it has no undo" >want && same want is &&
	grep -q "cannot be taken back: two: it is gone; six" out && grep -q "stays after an undo, as .undo: none. says: four.\?$" out
'
done_testing
