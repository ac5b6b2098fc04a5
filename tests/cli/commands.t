#!/bin/sh
# The command line: what is refused, in which words, with which code.

. "$(dirname "$0")/../lib.sh"

cat >good.yaml <<'END'
runbook: 1
name: good
type: application
inputs: {n: {type: int, default: 3}}
steps:
  - {id: first, name: Say it, shell: "echo got $N", env: {N: "${{ inputs.n }}"}, undo: none}
END
cat >bad.yaml <<'END'
runbook: 1
name: bad
type: application
steps:
  - {id: first, name: Say it, shell: "echo some-words; exit 3", leaves: the gate is open}
  - {id: second, shell: "true"}
END

# refused WORDS COMMAND...: exit 2, and the words on standard error
refused() {
	words=$1
	shift
	exits 2 "$@" 2>err && grep -q -- "$words" err || { cat err; return 1; }
}

test_that 'a command that is none is refused, with a near one' '
	refused "did you mean .resume.?" runbook reusme x
'
test_that 'without a command the help is shown and nothing is done' '
	exits 2 runbook 2>err && grep -q "run FILE" err
'
test_that 'a flag of another command is refused' '
	refused "takes no flag .--yes." runbook list --yes
'
test_that 'nothing is shortened' '
	refused "no flag .--confir." runbook run good.yaml --confir a=b &&
	refused "no command .res." runbook res x
'
test_that 'a file that is not there is refused' '
	refused "nosuch" runbook run nosuch.yaml
'
test_that 'a run that is not there is refused' '
	for c in show logs report resume undo abort; do
		refused "no run .nosuch." runbook $c nosuch || return 1
	done
'
test_that 'what is not supported yet says so' '
	refused "not supported yet" runbook watch good.yaml
'
test_that 'a folder that is not there is refused' '
	refused "nosuchfolder" runbook -C nosuchfolder run good.yaml
'
test_that 'words that mean nothing are refused' '
	refused "has no use for .extra." runbook run good.yaml extra
'
test_that 'flags that want ID=TEXT say so' '
	refused "has to be ID=TEXT" runbook run good.yaml --confirm first &&
	refused "not NAME=VALUE" runbook run good.yaml -i n &&
	refused "given twice" runbook run good.yaml -i n=1 -i n=2
'
test_that 'a duration without a unit is refused' '
	refused "does not take .10." runbook run good.yaml --wait 10
'
test_that 'a report that cannot be written is refused before anything runs' '
	refused "cannot be written" runbook run good.yaml --report nosuchfolder/report.md &&
	[ -z "$(runbook runs -o ndjson)" ]
'
test_that 'with -o ndjson a wrong command line is one diagnostic' '
	exits 2 runbook run good.yaml --nosuch -o ndjson >out 2>err &&
	[ "$(wc -l <out)" = 1 ] && grep -q "\"type\":\"diagnostic\"" out
'
test_that 'inputs come from a flag, from YAML and from JSON' '
	printf "n: 5\n" >in.yaml && printf "{\n\t\"n\": 6\n}\n" >in.json &&
	runbook run good.yaml -i n=4 2>err && grep -q "got 4" err &&
	runbook run good.yaml --inputs in.yaml 2>err && grep -q "got 5" err &&
	runbook run good.yaml --inputs in.json 2>err && grep -q "got 6" err &&
	runbook run good.yaml --inputs in.json -i n=7 2>err && grep -q "got 7" err
'
test_that 'what an input file says is no expression' '
	printf "n: \"\${{ 1 + 1 }}\"\n" >in.yaml &&
	exits 3 runbook run good.yaml --inputs in.yaml 2>err
'
test_that 'a broken input file is shown at its place' '
	printf "{\"n\": }" >in.json && exits 3 runbook run good.yaml --inputs in.json 2>err && grep -q in.json:1: err &&
	printf "n: [\n" >in.yaml && exits 3 runbook run good.yaml --inputs in.yaml 2>err && grep -q in.yaml: err
'
test_that 'standard output stays empty when people are told' '
	runbook run good.yaml >out 2>err && [ ! -s out ] && [ -s err ]
'
test_that 'a run goes on when nobody reads its events' '
	runbook run good.yaml -o ndjson 2>err | head -c 1 >first &&
	id=$(runbook runs -o ndjson | head -1 | sed "s/.*\"id\":\"\([^\"]*\)\".*/\1/") &&
	runbook show $id | grep -q "is done"
'
test_that 'a run goes on when standard output and error are closed' '
	exits 0 runbook run good.yaml -o ndjson >&- 2>&- </dev/null &&
	exits 0 runbook run good.yaml >&- 2>&- <&- &&
	exits 0 runbook runs >&-
'
test_that 'that its events were lost stands in its journal, when they were' '
	kept() {
		id=$(runbook runs -o ndjson | head -1 | sed "s/.*\"id\":\"\([^\"]*\)\".*/\1/")
		[ "$(runbook show $id -o ndjson | grep -c "\"level\":\"warning\".*standard output took nothing")" = "$1" ]
	}
	exits 0 runbook run good.yaml -o ndjson >&- && kept 1 &&
	exits 0 runbook run good.yaml -o ndjson >/dev/full && kept 1 &&
	exits 0 runbook run good.yaml -o ndjson >out && kept 0 &&
	exits 0 runbook run good.yaml >&- && kept 0
'
test_that 'a full disk behind standard output does not end a run' '
	exits 0 runbook run good.yaml -o ndjson >/dev/full 2>err
'
test_that 'a full disk behind a list is told' '
	exits 4 runbook runs >/dev/full 2>err && grep -q "standard output" err
'
test_that 'quiet says only what went wrong' '
	runbook run good.yaml -q 2>err && ! grep -q "got 3" err &&
	exits 1 runbook run bad.yaml -q 2>err && grep -q "some-words" err
'
test_that 'the report of a run is written where it was wanted' '
	exits 1 runbook run bad.yaml --report r.html 2>err && grep -q "<h1>bad</h1>" r.html && grep -q some-words r.html &&
	exits 1 runbook run bad.yaml --report r.xml 2>err && grep -q "<testcase" r.xml
'
test_that 'colours are asked for, forbidden, and not for a pipe' '
	esc=$(printf "\033") &&
	runbook run good.yaml 2>err && ! grep -q "$esc" err &&
	runbook run good.yaml --color 2>err && grep -q "$esc" err &&
	NO_COLOR=1 FORCE_COLOR=1 runbook run good.yaml 2>err && ! grep -q "$esc" err &&
	FORCE_COLOR=1 runbook run good.yaml 2>err && grep -q "$esc" err
'
test_that 'a list of runs can be cut off without a word' '
	runbook runs 2>err | head -1 >/dev/null && [ ! -s err ]
'
test_that 'plan makes no folder for runs' '
	XDG_STATE_HOME=$work/other runbook plan good.yaml --commands >out && grep -q "echo got" out &&
	[ ! -e "$work/other" ]
'
test_that 'plan, view and graph take the same file' '
	runbook view good.yaml | grep -q "Say it" &&
	runbook view good.yaml --format html | grep -q "<h1>good</h1>" &&
	runbook graph good.yaml --format mermaid | grep -q first
'
test_that 'a printed runbook fits its paper: the undo column and long lines are wrapped' '
	runbook view good.yaml --format html >out && grep -q "table class=c6" out && grep -q "overflow-wrap:anywhere" out && grep -q "@page" out
'
test_that 'what a name says moves no cursor and turns no text round, whatever it is printed by' '
	mkdir -p evil && cat >evil/evil.yaml <<-"END"
	runbook: 1
	name: evil
	type: application
	steps:
	  - {id: a, name: "x \e[2J\e]0;t\a \u202eltr \u200b y", shell: "printf \"\\033[2J\\xe2\\x80\\xae\\x9b31m\\n\"", undo: none}
	END
	harmless_all() { ! LC_ALL=C grep -q "$(printf "\033\\|\342\200\256\\|\342\200\213\\|\233")" "$1" || { cat -v "$1"; return 1; }; }
	runbook run evil/evil.yaml >out 2>&1 && harmless_all out && id=$(grep -o "run [0-9a-z]* of" out | cut -d" " -f2) &&
	for c in "plan evil/evil.yaml --commands" "view evil/evil.yaml" "view evil/evil.yaml --format html" "graph evil/evil.yaml" \
		"graph evil/evil.yaml --format dot" "graph evil/evil.yaml --format mermaid" "graph evil/evil.yaml --format svg" \
		"show $id" "logs $id" "report $id" "report $id --format html" "report $id --format junit" runs; do
		runbook $c >out 2>&1 && harmless_all out || { echo "$c"; return 1; }
	done
'
test_that 'a dry run asks nobody, and what is not known yet is no failure' '
	cat >gates.yaml <<-END
	runbook: 1
	name: gates
	type: application
	steps:
	  - {id: look, shell: echo 1, effects: read}
	  - {id: vote, approve: May it be}
	  - {id: ready, expect: "steps.look.stdout == \"1\""}
	  - {id: never, expect: 1 == 2, on_failure: continue}
	END
	runbook run gates.yaml --dry-run </dev/null 2>out; grep -q "vote: would ask: May it be" out && grep -q "ready: would run; what exactly is not known" out &&
	grep -q "failed  *never" out && runbook run gates.yaml --probe </dev/null 2>out; grep -q "succeeded  *ready" out
'
test_that 'a runbook that cannot be read is listed as that' '
	mkdir -p shelf/runbooks && echo "" >shelf/.runbook.yaml &&
	printf "runbook: 1\nname: odd\ntype: nope\nsteps: [{id: a, shell: x}]\n" >shelf/runbooks/odd.yaml &&
	runbook -C shelf list | grep -A1 "cannot be read" | grep -q odd &&
	runbook -C shelf list -o ndjson | grep "\"odd\"" | grep -q "\"readable\":false,\"types\":\[\]"
'
test_that 'a plan says what is known: locks, questions, phrases, what people do' '
	cat >asks.yaml <<-"END"
	runbook: 1
	name: asks
	type: application
	inputs: {who: {}, n: {type: int, default: 3}}
	vars: {both: "${{ inputs.who }} x${{ inputs.n }}"}
	lock: "db/${{ inputs.who }}"
	labels: {team: "t-${{ inputs.who }}", tier: one}
	steps:
	  - {id: c, confirm: {message: "Really ${{ vars.both }}?", danger: severe, phrase: "drop ${{ inputs.who }}"}, shell: "echo ${{ inputs.who }}", undo: none}
	  - {id: m, manual: "Call ${{ inputs.who }} about ${{ steps.c.stdout }}", undo: none}
	  - {id: p, prompt: {message: "Which for ${{ inputs.who }}?"}}
	END
	runbook plan asks.yaml -i who=bob >out &&
	grep -q "locks  *db/bob" out && grep -q "team: t-bob, tier: one" out && grep -q "Really bob x3?" out && grep -qF -e "--confirm c='\''drop bob'\''" out &&
	grep -qF "Call bob about \${{ steps.c.stdout }}" out && grep -q "Which for bob?" out
'
test_that 'view is printed without inputs, with lines to fill in' '
	runbook view asks.yaml >out && grep -q "| .who. | .*_" out && grep -q "| .n. | .3. |" out &&
	runbook view asks.yaml -i who=bob | grep -q "Really bob x3?" &&
	exits 3 runbook view asks.yaml -i who=bob -i n=x 2>err && exits 3 runbook view asks.yaml -i n=x 2>err
'
test_that 'a probe says that it ran what reads; a check that fails is not done' '
	cat >look.yaml <<-"END"
	runbook: 1
	name: look
	type: check
	verify: [{id: v, shell: exit 1}]
	END
	runbook run look.yaml --dry-run 2>&1 | grep -q "nothing was run" &&
	runbook run look.yaml --dry-run --probe 2>&1 | grep -q "only checks" &&
	exits 8 runbook run look.yaml 2>err && grep -q "does not hold" err && ! grep -q "is done" err &&
	! grep -q "runbook undo" err
'
test_that 'one mistake in a command line is told once, for the command at hand' '
	exits 2 runbook -o ndjson rnu x >out 2>err && [ $(grep -c . out) = 1 ] &&
	exits 2 runbook run --fr x asks.yaml 2>err && grep -q "did you mean .--from." err &&
	runbook help run | awk "length > 79 { print; exit 1 }"
'
test_that 'JSON that is no object is told as that, and no flag is ignored' '
	echo "[1]" >list.json &&
	exits 2 runbook eval x --bind list.json 2>err && grep -q "is no JSON object \[usage\]" err &&
	exits 3 runbook plan asks.yaml --inputs list.json 2>err && grep -q "is a JSON object \[bad-input\]" err &&
	exits 2 runbook run good.yaml --skip-reason x 2>err && grep -q "nothing is skipped" err &&
	exits 2 runbook run good.yaml --quiet 2>err && grep -q "did you mean .-q." err
'
test_that 'what anybody may write is not run: the runbook, the project file' '
	mkdir -p open && cp good.yaml open/good.yaml && echo "env: {A: b}" >open/.runbook.yaml &&
	runbook run open/good.yaml -q 2>err && chmod o+w open/good.yaml &&
	exits 4 runbook run open/good.yaml 2>err && grep -q "good.yaml may be written by anybody" err &&
	chmod o-w open/good.yaml && chmod o+w open/.runbook.yaml &&
	exits 4 runbook run open/good.yaml 2>err && grep -q "runbook.yaml may be written by anybody" err
'
test_that 'every check of requires is waited for, also by plan and a dry run' '
	cat >needs.yaml <<-"END"
	runbook: 1
	name: needs
	type: application
	requires: {checks: [{id: c, shell: "true"}, {id: d, shell: exit 1}]}
	steps: [{id: s, shell: touch ran-early}]
	END
	exits 4 runbook plan needs.yaml >out 2>err && exits 4 runbook run needs.yaml --dry-run 2>err &&
	! grep -q "would run" err && exits 4 runbook run needs.yaml 2>err && [ ! -e ran-early ]
'
test_that 'start hooks of the project, then of the runbook, then the first step' '
	mkdir -p told && cd told && echo "hooks: {start: [{id: p, shell: echo project >>told}], progress: [{id: q, shell: echo at-project >>told}]}" >.runbook.yaml &&
	cat >told.yaml <<-"END" &&
	runbook: 1
	name: told
	type: application
	hooks: {start: [{id: o, shell: "sleep 0.2; echo own >>told"}], progress: [{id: r, shell: echo at-own >>told}]}
	steps: [{id: s, shell: echo step >>told}]
	drill: {}
	END
	runbook run told.yaml -q 2>err && [ "$(head -3 told | tr "\n" " ")" = "project own step " ] &&
	[ "$(tail -n +4 told | sort | tr "\n" " ")" = "at-own at-project " ] && rm told &&
	runbook run told.yaml --dry-run -q 2>err && [ ! -e told ] &&
	runbook run told.yaml --drill -q 2>err && [ "$(cat told)" = step ]
'
test_that 'logs are those of a step, and harmless' '
	cat >noise.yaml <<-END
	runbook: 1
	name: noise
	type: application
	steps:
	  - {id: a, shell: "printf \"\\\\033[2Jred\\\\n\""}
	END
	runbook run noise.yaml -o ndjson >out 2>err &&
	id=$(head -1 out | sed "s/.*\"run\":\"\([^\"]*\)\".*/\1/") &&
	runbook logs $id a >log && grep -qF "\\x1b[2Jred" log &&
	refused "no step .b." runbook logs $id b
'
test_that 'an expression is evaluated, and a wrong one shown' '
	[ "$(runbook eval "1 + 2")" = 3 ] &&
	printf "{\"xs\": [1, 2]}" >b.json && [ "$(runbook eval "xs.map(x, x * 2)" --bind b.json)" = "[2,4]" ] &&
	exits 3 runbook eval "1 +" 2>err && grep -q "\\^" err &&
	exits 2 runbook eval 1 --bind nosuch.json 2>err
'
test_that 'every command has help, and the man page has them all' '
	runbook help --man >man &&
	for c in $(runbook help | sed -n "s/^  \([a-z][a-z]*\) .*/\1/p"); do
		runbook help $c | grep -q "usage: runbook $c" || return 1
		runbook $c --help | grep -q "usage: runbook $c" || return 1
		grep -q "^.SS $c" man || return 1
	done
'
test_that 'bash takes the completion and completes' '
	runbook completion bash >complete.bash && bash -n complete.bash &&
	bash -c ". ./complete.bash; COMP_WORDS=(runbook rep); COMP_CWORD=1; _runbook; echo \${COMPREPLY[*]}" >out &&
	grep -qx report out &&
	bash -c ". ./complete.bash; COMP_WORDS=(runbook run --on-failure \"\"); COMP_CWORD=3; _runbook; echo \${COMPREPLY[*]}" >out &&
	grep -qx "stop undo ask" out
'
test_that 'the man page is read without a complaint' '
	if command -v man >/dev/null; then runbook help --man >runbook.1 && LC_ALL=C.UTF-8 man --warnings -l runbook.1 >/dev/null 2>err; [ ! -s err ]; fi
'

test_that 'the guide names every command and every exit code' '
	for c in $(runbook help | sed -n "s/^  \([a-z][a-z]*\) .*/\1/p"); do
		case $c in schema|reference|version|help) continue ;; esac
		grep -q "\`\(runbook \)\?$c\b\|runbook $c\b" "$repo/docs/cli.md" || { echo "docs/cli.md: no $c"; return 1; }
	done &&
	for code in 0 1 2 3 4 5 6 7 8 9 10 11 12 70 124; do
		name=$(runbook explain $code | sed -n "s/^exit code $code (\(.*\))/\1/p")
		grep -q "^| $code | $name |" "$repo/docs/cli.md" || { echo "docs/cli.md: no $code $name"; return 1; }
	done
'

test_that 'plan tells what an undo leaves from what it takes back, and destruction that is not declared' '
	printf "runbook: 1\nname: stays\ntype: application\nsteps:\n" >stays.yaml &&
	printf "  - {id: a, shell: \"rm -rf data\", undo: none}\n  - {id: b, shell: \"echo x\", undo: {shell: echo}}\n" >>stays.yaml &&
	printf "  - {id: c, shell: \"ls\", effects: read, undo: none}\n" >>stays.yaml &&
	runbook plan stays.yaml >out && ! grep -q "everything can be taken back" out &&
	grep -qx "every step has an undo, or says that none is needed" out && grep -qx "stays after an undo, as .undo: none. says: a" out &&
	grep -q "destroys: .rm.*though it says no .effects: destroy" out && grep -qx "destroys too, and does not say so: a" out &&
	sed "/id: b/d; /id: c/d; s/undo: none/effects: destroy, undo: none/; s/name: stays/name: said/" stays.yaml >said.yaml && runbook plan said.yaml >out &&
	grep -q "0 write, 1 destroy" out && ! grep -q "does not say so" out && grep -qx "no step has an undo: each says that none is needed" out &&
	sed "/id: a/d; /id: c/d; s/name: stays/name: back/" stays.yaml >back.yaml && runbook plan back.yaml >out &&
	grep -qx "everything can be taken back" out && ! grep -q "stays after" out
'

cat >said.yaml <<'END'
runbook: 1
name: said
type: application
inputs: {tag: {default: v1}, who: {default: "O'Brien"}}
connections: {db: "sqlite:x.db"}
checklist: [{item: The disk has room, check: {shell: df .}}]
confirm: {message: Do the lot now?, danger: severe, phrase: lot}
steps:
  - {id: a, exec: {argv: [echo, "${{ inputs.tag }}"], daemon: true}, undo: {exec: [echo, "start it", "${{ inputs.tag }}"]}}
  - {id: b, shell: "true", undo: [{file: {copy: {from: a.conf, to: "${{ inputs.tag }}.conf"}}}, {shell: "echo ${{ inputs.who }} ${{ inputs.tag }}"}]}
  - {id: m, manual: {instructions: Pull the plug, checklist: [The lamp is dark], evidence: text}}
  - id: g
    steps:
      - {id: c, approve: May it be}
      - {id: d, sql: {query: "DELETE FROM t WHERE a = ${{ inputs.tag }}", connection: db}, undo: {sql: {query: "INSERT INTO t VALUES (${{ inputs.tag }})", connection: db}}, verify: [{name: It is gone, shell: test -e x}]}
  - {id: e, wait: 1ms}
  - {id: f, confirm: {message: Is it so now?, danger: severe, phrase: "go ${{ inputs.tag }}"}, use: inner, with: {tag: "${{ inputs.tag }}"}}
verify:
  - {id: v, name: Rows, sql: {query: SELECT 1, connection: db}, expect: result.value == 1}
  - {id: w, name: Web, use: http/healthy, with: {url: "http://127.0.0.1:1/"}}
END
cat >inner.yaml <<'END'
runbook: 1
name: inner
type: action
inputs: {tag: {}}
steps: [{id: x, shell: "echo ${{ inputs.tag }}", undo: none}]
END
test_that 'the numbers of a plan are those of its sum, and what a person does is not called reading' '
	runbook plan said.yaml >out && grep -qx "7 steps: 0 read, 4 write, 0 destroy, 1 by hand, 1 asking, 1 waiting; 4 questions" out &&
	[ "$(grep -c "^ *[0-9][0-9]* [a-z.]* *\(writes\|by hand\|asks\|waits\)" out)" = 7 ] && grep -q "^ *7 f.x *writes" out &&
	grep -q "^ 3 m  *by hand" out && grep -q "\[ \] The lamp is dark" out && grep -qx "what is done by hand has no undo: m" out &&
	grep -q "^ *g  *writes" out && grep -q "^ *f  *writes" out
'
test_that 'a printed runbook has the commands of its undos and checks, and what is to be typed' '
	runbook view said.yaml >out && grep -qF "(severe, to be typed: lot)" out && grep -qF "(severe, to be typed: go v1)" out &&
	grep -qF "The disk has room (df .)" out && grep -qF "\`echo '\''start it'\'' v1\`" out && grep -qF "Then check: It is gone: test -e x" out &&
	grep -qF "file: copy from a.conf to v1.conf" out && grep -qF "| Rows | \`SELECT 1 (connection db)\` | \`result.value == 1\` |" out &&
	grep -qF "| It answers | \`http://127.0.0.1:1/\` |" out && ! grep -q "exec:\|sql:\|{copy" out
'
test_that 'a value that would have to be quoted is not pasted into a script, nor any into SQL' '
	runbook view said.yaml >out && grep -qF "echo \${{ inputs.who }} v1" out && grep -qF "INSERT INTO t VALUES (\${{ inputs.tag }})" out
'
test_that 'inside of a used runbook a name is that of its own inputs' '
	sed -i "s/with: {tag: .*}}$/with: {tag: \"\${{ steps.b.stdout }}\"}}/" said.yaml &&
	runbook view said.yaml >out && grep -F "| \`f.x\` |" out | grep -qF "\`echo \${{ inputs.tag }}\`"
'
test_that 'a dry run has no number that leads to nothing' '
	runbook run good.yaml --dry-run --report dry.md 2>err && grep -q "dry run of good starts" err && ! grep -q "run [0-9a-z]* of" err &&
	grep -q "Run:.*a dry run" dry.md
'
test_that 'a hook without a name or an id is refused with what to write' '
	printf "runbook: 1\nname: hk\ntype: action\nhooks: {success: [{shell: echo hi}]}\nsteps: [{id: a, shell: \"true\"}]\n" >hk.yaml &&
	exits 3 runbook plan hk.yaml 2>err && grep -q "a hook needs .name. or .id." err && grep -q "^help: add .id: " err
'
test_that 'an input without a prompt is refused, and not asked for' '
	printf "runbook: 1\nname: ask\ntype: action\ninputs: {who: {required: true}}\nsteps: [{id: a, shell: \"true\"}]\n" >ask.yaml &&
	exits 3 script -qec "runbook run ask.yaml" /dev/null >err && grep -q "help: give it: -i who=VALUE" err
'
test_that 'runs fit an 80 column terminal, and a name that is too long for it is cut' '
	printf "runbook: 1\nname: a-runbook-with-a-long-name-x\ntype: application\nsteps:\n  - {id: a, shell: \"true\", undo: none}\n" >a-runbook-with-a-long-name-x.yaml &&
	rm -rf state && runbook run a-runbook-with-a-long-name-x.yaml -q >/dev/null 2>&1 </dev/null
	on-terminal -s 80x24 runbook runs --color=never >out && [ "$(wc -l <out)" = 1 ] && [ "$(LC_ALL=C.UTF-8 wc -L <out)" -le 80 ] &&
	grep -q "a-runbook-.* $(id -un)\$" out && ! grep -q "long-name-x" out && runbook runs | grep -q "a-runbook-with-a-long-name-x  $(id -un)\$"
'
test_that 'on a narrow terminal a run has one row too, and a command is never cut' '
	on-terminal -s 60x24 runbook runs --color=never >out && [ "$(wc -l <out)" = 1 ] && [ "$(LC_ALL=C.UTF-8 wc -L <out)" -le 60 ] &&
	id=$(cut -c 1-6 out) && mkdir -p store-in-a-folder-with-a-long-name && chmod 700 store-in-a-folder-with-a-long-name &&
	exits 1 runbook run bad.yaml -q --store store-in-a-folder-with-a-long-name 2>err </dev/null
	id=$(sed -n "s/.*(run \([0-9a-z]*\), exit.*/\1/p" err) && on-terminal -s 60x24 runbook show $id --store store-in-a-folder-with-a-long-name --color=never | tr -d "\r" >out
	grep -q "^  runbook resume $id --store .*store-in-a-folder-with-a-long-name$" out && grep -q "^      go on from where it stopped$" out
'
done_testing
