#!/bin/sh
# A secret, and what is computed from it, is nowhere: not in the journal, the kept files, the
# terminal, the events, a report, or an argv of any process.

. "$(dirname "$0")/../lib.sh"
# Something for every encoding; nothing of it is a word of ours.
SECRET="Zq7'X&k/9\"w+Vb é~4Jx<T"
export SECRET
server=
trap '[ -z "$server" ] || kill $server; rm -rf "$work"' EXIT
spellings="python3 $repo/tests/tools/spellings.py"

printf '%s\n' '#!/usr/bin/perl' '$| = 1; print while read STDIN, $_, 1' >dribble
chmod +x dribble

# book: the rest of a runbook, on standard input. Nothing of an earlier test is left.
book() {
	rm -rf state said seen out err
	mkdir said seen
	{ printf 'runbook: 1\nname: book\ntype: application\nsecrets: {token: {env: SECRET}}\n'; cat; } >book.yaml
}
# play CODE [OPTION...]: plain lines, events, a GitHub log; then all that is told of the run.
play() {
	want=$1
	shift
	exits "$want" timeout 120 runbook run book.yaml "$@" </dev/null >said/out 2>said/err || { cat said/err; return 1; }
	exits "$want" timeout 120 runbook run book.yaml -o ndjson "$@" </dev/null >said/events 2>said/err2
	GITHUB_ACTIONS=true exits "$want" timeout 120 runbook run book.yaml -v "$@" </dev/null >said/github 2>&1
	for id in $(ls state/runbook/runs); do
		for format in md html json junit; do
			runbook report "$id" --format $format >"said/report.$id.$format" 2>&1
		done
		runbook show "$id" >"said/show.$id" 2>&1
		runbook show "$id" --verify >"said/verify.$id" 2>&1
		runbook logs "$id" >"said/logs.$id" 2>&1
	done
	runbook plan book.yaml --commands >said/plan 2>&1
	true
}
nowhere() {
	[ "$(find state -type f | wc -l)" -gt 3 ] && $spellings search state said
}

test_that 'the search finds what it is to find' '
	mkdir -p found && $spellings write >found/all && ! $spellings search found >out &&
	for name in plain percent quote_plus "base64 at 0" "base64 for URLs" hexadecimal JSON HTML sh; do
		grep -q ": $name: " out || { echo "no $name"; exit 1; }
	done
'

test_that 'a program may print it in every spelling, whole or byte by byte' '
	book <<-EOF &&
		steps:
		  - {id: whole, env: {SECRET: "\${{ secrets.token }}"}, shell: $spellings write; echo fine}
		  - id: bytes
		    env: {SECRET: "\${{ secrets.token }}"}
		    shell: |
		      $spellings write | ./dribble | cat >&2
		      echo fine
		  - {id: again, shell: "printf %s \${{ steps.whole.stdout }}"}
	EOF
	play 0 && grep -q "fine" said/out said/err && nowhere
'

test_that 'what an expression computes from it is masked wherever it is used' '
	book <<-EOF &&
		vars:
		  upper: "\${{ secrets.token.upperAscii() }}"
		  lower: "\${{ secrets.token.lowerAscii() }}"
		  backwards: "\${{ secrets.token.reverse() }}"
		  encoded: "\${{ base64.encode(bytes(secrets.token)) }}"
		  parts: "\${{ (secrets.token + \"~\" + secrets.token).split(\"+\") }}"
		  object: "\${{ json(toJson({\"a\": {\"b\": secrets.token + \"!\"}})) }}"
		  pin: "\${{ secrets.token.size() * 98765432109 }}"
		connections: {db: "sqlite:\${{ inputs.db }}"}
		inputs: {db: {default: x.db}}
		steps:
		  - {id: table, sql: CREATE TABLE IF NOT EXISTS t (x)}
		  - {id: script, shell: "echo \${{ vars.upper }} \"\${{ vars.lower }}\" \${{ vars.backwards }}"}
		  - {id: environment, env: {V: "\${{ vars.upper }}", W: "x\${{ vars.encoded }}y"}, shell: "env"}
		  - {id: input, shell: {run: cat, stdin: "\${{ secrets.token.reverse() }} \${{ vars.pin }}"}}
		  - {id: words, shell: "for x in \${{ vars.parts }}; do echo \"\$x\"; done"}
		  - {id: inside, shell: "echo \${{ vars.object.a.b }} \${{ secrets.token.upperAscii().substring(2) }}"}
		  - {id: file, file: {write: {path: kept.txt, content: "\${{ vars.upper }}"}}, undo: auto}
		  - {id: content, file: {read: kept.txt}}
		  - {id: sql, sql: "SELECT \${{ vars.backwards }} AS x"}
		  - {id: row, shell: "echo \${{ steps.sql.row.x }} \${{ steps.content.content }}"}
		  - {id: error, shell: "echo \${{ vars.lower }} >&2; exit 3", on_failure: continue}
		  - {id: expected, expect: vars.upper == "x" || vars.parts.size() == 0, on_failure: continue}
		  - id: given
		    shell: echo
		    outputs: {o: {value: "\${{ secrets.token.lowerAscii() }}", secret: true}}
		  - {id: output, shell: "echo \${{ steps.given.outputs.o.upperAscii() }}"}
		verify: [{id: check, shell: "echo \${{ vars.backwards }}", expect: result.stdout == vars.upper}]
	EOF
	play 8 && pin=$(perl -Mutf8 -e "print length(qq{\$ENV{SECRET}})") && nowhere &&
	! grep -rqE "[0-9]{13,}" said/out said/err
'

test_that 'a number that was one is none in JSON, in rows and in names, and a resume can read what was kept' '
	SECRET=4815162342108 && export SECRET && rm -f good &&
	book <<-EOF &&
		connections: {db: "sqlite:n.db"}
		steps:
		  - {id: table, sql: CREATE TABLE IF NOT EXISTS n (x)}
		  - {id: row, sql: "SELECT CAST(\${{ secrets.token }} AS INT) AS x"}
		  - id: json
		    env: {T: "\${{ secrets.token }}"}
		    shell: |
		      printf "{\"a\": \$T, \"l\": [\$T], \"long\": \"%04000d\"}" 1
		  - {id: each, for_each: "\${{ steps.json.json.l }}", shell: "echo \${{ item }}"}
		  - {id: fails, shell: "[ -e good ]"}
	EOF
	play 1 && nowhere && touch good && for id in $(ls state/runbook/runs); do
		exits 0 runbook resume $id </dev/null >said/resumed.$id 2>&1 || { cat said/resumed.$id; exit 1; }
	done && nowhere
'

test_that 'what a file spells out of it is hidden in a plan, in a document and beside an error' '
	SECRET="Zq7-Xk9wVb4Jx_T" && export SECRET
	book <<-EOF &&
		inputs: {pw: {secret: true, default: Mr5-Pq8LnWc3_Hd}, need: {required: true}}
		drill: {inputs: {pw: Mr5-Pq8LnWc3_Hd}}
		checklist: ["is $SECRET there?"]
		confirm: "with $SECRET?"
		steps:
		  - {id: a, name: of $SECRET, shell: echo $SECRET Mr5-Pq8LnWc3_Hd, confirm: $SECRET?, leaves: $SECRET Mr5-Pq8LnWc3_Hd, undo: none}
	EOF
	for command in "plan book.yaml" "view book.yaml" "view --format html book.yaml" "run book.yaml" "run --drill book.yaml" "run -o ndjson book.yaml"; do
		runbook $command </dev/null >>said/all 2>&1
		runbook $command -i need=x </dev/null >>said/all 2>&1
	done
	[ "$(grep -c "\*\*\*" said/all)" -gt 20 ] || { cat said/all; exit 1; }
	$spellings search said && SECRET=Mr5-Pq8LnWc3_Hd $spellings search said
'

test_that 'what a step read of it goes into no argv' '
	book <<-EOF &&
		steps:
		  - {id: a, env: {T: "\${{ secrets.token }}"}, shell: "printf %s \"\$T\"; printf \"user=%s\" \"\$T\" >&2"}
		  - {id: b, exec: [touch, "\${{ steps.a.stdout }}"], on_failure: continue}
		  - {id: c, exec: [touch, "x\${{ steps.a.stderr }}"], on_failure: continue}
		  - {id: d, exec: [touch, "\${{ steps.a.lines }}"], on_failure: continue}
		  - {id: e, shell: "echo \${{ steps.a.stdout.upperAscii() }}"}
	EOF
	play 8 && nowhere && [ "$(ls | grep -c "Zq7")" = 0 ] &&
	[ "$(grep -c "a secret would be seen by others" said/err)" -ge 3 ]
'

test_that '... by whatever name an item has, nor as the message of what failed' '
	SECRET="Zq7-Xk9wVb4Jx_T" && export SECRET && rm -f told &&
	book <<-EOF &&
		connections: {db: "sqlite:n.db"}
		hooks: {failure: [{id: h, shell: "echo \${{ run.failed[0].message }} | tr a-z A-Z >>told"}]}
		steps:
		  - {id: t, sql: CREATE TABLE IF NOT EXISTS n (x)}
		  - {id: a, env: {T: "\${{ secrets.token }}"}, shell: "echo user=\$T"}
		  - {id: b, for_each: {in: "\${{ steps.a.lines }}", as: row}, exec: [touch, "x-\${{ row }}"], on_failure: continue}
		  - {id: u, http: {url: "http://127.0.0.1:1/\${{ steps.a.stdout }}"}, on_failure: continue}
		  - {id: v, http: {url: "http://127.0.0.1:1/", query: {a: b, c: ["\${{ steps.a.stdout }}"]}}, on_failure: continue}
		  - {id: c, sql: {query: "SELECT * FROM \${{ ident(steps.a.stdout) }}"}, on_failure: stop}
		always:
		  - {id: d, exec: [touch, "x-\${{ run.failed[3].message }}", "x-\${{ run.failed[4].message }}"]}
	EOF
	play 1 && nowhere && [ "$(grep -c "failed .*a secret in a URL would be seen" said/err)" = 2 ] && ls | grep -q "^x-no such table: user=\*\*\*" && ! ls | grep "Zq7" && ! grep -i zq7 told
'

test_that '... nor by way of a runbook that is used' '
	mkdir -p runbooks && : >.runbook.yaml &&
	printf "%s\n" "runbook: 1" "name: inner" "type: action" "inputs: {p: {required: true}}" "vars: {v: \"v \${{ inputs.p }}\"}" "steps:" \
		"  - {id: e, exec: [touch, \"y-\${{ inputs.p }}\"], on_failure: continue}" "  - {id: f, exec: [touch, \"y-\${{ vars.v }}\"]}" >runbooks/inner.yaml &&
	sed "s/inner/outer/; s/^steps.*/steps: [{id: u, use: inner, with: {p: \"\${{ inputs.p }}\"}}]/; /^vars/d; /^  -/d" runbooks/inner.yaml >runbooks/outer.yaml &&
	book <<-EOF &&
		steps:
		  - {id: a, env: {T: "\${{ secrets.token }}"}, shell: "echo user=\$T"}
		  - {id: u, use: inner, with: {p: "\${{ steps.a.stdout }}"}, on_failure: continue}
		  - {id: o, use: outer, with: {p: "\${{ steps.a.stdout }}"}, on_failure: continue}
		  - {id: w, use: inner, with: {p: postgres}}
	EOF
	play 8 && nowhere && [ "$(ls | grep -c "^y-")" = 2 ] && [ "$(grep -c "failed .*a secret would be seen" said/err)" = 4 ]
	SECRET=postgres play 8 && [ "$(ls | grep -c "^y-")" = 2 ]
'

test_that 'what only looks like a weak one may stand in an argv' '
	book <<-EOF &&
		inputs: {user: {default: postgres}}
		steps:
		  - {id: a, exec: [echo, "-U", "\${{ inputs.user }}", "postgres"]}
	EOF
	SECRET=postgres exits 0 runbook run book.yaml
'

test_that 'a half of it is not left where a long output is cut' '
	book <<-EOF &&
		steps:
		  - id: a
		    env: {T: "\${{ secrets.token }}"}
		    shell: |
		      fill() { head -c \$1 /dev/zero | tr "\\\\0" \$2; }
		      fill 1048566 x; printf %s "\$T"; fill 3000000 y; printf %s "\$T"; fill 1048566 z
		  - {id: b, shell: "echo \${{ steps.a.stdout.size() }}"}
	EOF
	play 0 && nowhere
'

test_that 'a crash and a resume tell nothing, either' '
	book <<-EOF &&
		vars: {upper: "\${{ secrets.token.upperAscii() }}"}
		steps:
		  - id: a
		    shell: |
		      echo \$PPID >keeper; touch begun; until [ -e go ]; do sleep 0.02; done
		      echo \${{ vars.upper }} \${{ secrets.token.reverse() }}; $spellings write
		    env: {SECRET: "\${{ secrets.token }}"}
		  - {id: b, shell: "echo \${{ steps.a.stdout }}"}
	EOF
	runbook run book.yaml >said/first 2>&1 </dev/null & pid=$!
	until [ -e begun ]; do sleep 0.02; done
	kill -9 $pid; wait $pid; touch go
	id=$(ls state/runbook/runs)
	runbook resume $id >said/second 2>&1 </dev/null; code=$?
	[ $code = 1 ] && grep -q "held a secret and was not kept" said/second &&
	runbook show $id >said/show && runbook logs $id >said/logs && nowhere
'

# Whoever is started looks at the command lines of all.
cat >look <<'EOS'
#!/bin/sh
cat /proc/[0-9]*/cmdline >>seen/$1 2>/dev/null
exit 0
EOS
cat >ssh <<'EOS'
#!/bin/sh
"$LOOK" ssh
exec bash -s
EOS
cat >sudo <<'EOS'
#!/bin/sh
"$LOOK" sudo
shift 4
exec env -i PATH="$PATH" LOOK="$LOOK" "$@"
EOS
chmod +x look ssh sudo
cat >server.py <<'EOS'
import glob, http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with open("seen/http", "ab") as seen:
            for path in glob.glob("/proc/[0-9]*/cmdline"):
                try:
                    seen.write(open(path, "rb").read())
                except OSError:
                    pass
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"fine " + self.headers["X-Token"].encode("latin-1"))
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
EOS

test_that 'a URL that is one is not shown by what is left of it without who logs in' '
	SECRET="http://Usr:Tk9-xW.q8Lz@LocalHost:1/hook-Zq7Xk9wV?tok=Pw4Jm6nB" && export SECRET
	book <<-EOF &&
		connections: {hook: "\${{ secrets.token }}"}
		steps:
		  - {id: a, http: {url: "\${{ secrets.token }}"}, on_failure: continue}
		  - {id: b, http: {method: POST, url: /more, connection: hook}, on_failure: continue}
	EOF
	play 8 && nowhere && ! grep -r -e Zq7Xk9wV -e Pw4Jm6nB state said && grep -q "POST \*\*\*/more" said/plan
'

test_that 'no process has it in its command line' '
	SECRET="Zq7-Xk9wVb4Jx_T" && export SECRET
	python3 server.py >port & server=$!
	until [ -s port ]; do sleep 0.02; done
	git init -q repo && (cd repo && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m first) &&
	book <<-EOF &&
		connections: {api: {url: "http://127.0.0.1:$(cat port)/", headers: {X-Token: "\${{ secrets.token }}"}}}
		env: {LOOK: $work/look, T: "\${{ secrets.token }}", GIT_AUTHOR_NAME: a, GIT_AUTHOR_EMAIL: a@b, GIT_COMMITTER_NAME: a, GIT_COMMITTER_EMAIL: a@b}
		steps:
		  - {id: shell, shell: "x=\${{ secrets.token }}; $work/look shell; echo \$x \${{ secrets.token.upperAscii() }}"}
		  - {id: sh, shell: {shell: sh, run: "$work/look sh; echo \${{ secrets.token }}", stdin: "\${{ secrets.token }}"}}
		  - {id: plain, shell: "$work/look plain"}
		  - {id: exec, exec: {argv: ["$work/look", exec], stdin: "\${{ secrets.token }}"}}
		  - {id: as, as: $(id -un), shell: "\$LOOK as; echo \${{ secrets.token }}"}
		  - {id: host, shell: {host: there, run: "\$LOOK host; echo \${{ secrets.token }} \$T"}}
		  - {id: http, http: {method: POST, url: /x, connection: api, headers: {A: "\${{ secrets.token.upperAscii() }}"}, json: {a: "\${{ secrets.token }}"}}}
		  - {id: write, file: {write: {path: repo/f, content: "\${{ secrets.token }}"}}}
		  - {id: git, git: {commit: {message: look, paths: [f]}, repo: repo, hooks: true}}
	EOF
	printf "#!/bin/sh\ncd $work && ./look git\n" >repo/.git/hooks/pre-commit && chmod +x repo/.git/hooks/pre-commit &&
	export LOOK="$work/look" && PATH="$work:$PATH" timeout 120 runbook run book.yaml >said/out 2>said/err </dev/null
	cat said/err
	kill $server; server=
	for name in shell sh plain exec sudo as ssh host http git; do
		[ -s seen/$name ] || { echo "nobody looked: $name"; exit 1; }
	done
	nowhere && $spellings search seen && grep -aq "@keeper" seen/shell
'
done_testing
