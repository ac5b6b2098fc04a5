#!/bin/sh
# `undo: auto` of files and repositories, by a later command: what it needs is in the run's
# folder.

. "$(dirname "$0")/../lib.sh"
export HOME="$work" GIT_CONFIG_NOSYSTEM=1
printf '[user]\n name = T\n email = t@example.org\n[init]\n defaultBranch = main\n' > .gitconfig

git init -q repo
(cd repo && echo one > f && git add f && git commit -qm one && git tag v1 && echo two > f && git commit -qam two)
(cd repo && echo staged > s && git add s && echo dirty >> f && echo untracked > u)
echo old > conf
mkdir folder && echo kept > folder/inside
cat > rb.yaml <<'EOF'
runbook: 1
name: rb
type: application
on_failure: stop
steps:
  - {id: a, file: {write: {path: conf, content: new}}, undo: auto}
  - {id: b, file: {remove: {path: folder, recursive: true}}, undo: auto}
  - {id: c, git: {reset: {to: v1, mode: hard}, repo: repo}, undo: auto}
  - {id: d, file: {copy: {from: conf, to: made}}, undo: auto}
  - {id: e, shell: exit 1, undo: none}
EOF
picture() {
	(cd repo && git status --porcelain && git diff HEAD && git rev-parse HEAD && git symbolic-ref HEAD)
	cat conf folder/inside
	[ ! -e made ]
}
picture > before

test_that 'the steps do what they say' '
	exits 1 runbook run rb.yaml -o ndjson > out &&
	run=$(sed -n "s/.*\"run\":\"\([^\"]*\)\".*/\1/p" out | head -n 1) && echo $run > run &&
	[ "$(cat conf)" = new ] && [ ! -e folder ] && [ -e made ] && [ "$(cat repo/f)" = one ] && [ ! -e repo/s ]
'

test_that 'undo brings all of it back, in another process' '
	runbook undo $(cat run) && picture > after && same before after
'

printf 'runbook: 1\nname: late\ntype: application\non_failure: stop\nsteps:\n  - {id: a, file: {write: {path: late.conf, content: new}}, undo: auto}\n  - {id: g, git: {reset: {to: v1, mode: hard}, repo: repo}, undo: auto}\n  - {id: z, shell: "true", undo: {shell: "true"}}\n' >late.yaml
test_that 'what was changed by hand after the step is put aside, and the run names it and where, also after later commands' '
	echo old >late.conf && exits 0 runbook run late.yaml >out 2>&1 </dev/null && run=$(runbook runs | head -1 | cut -d" " -f1) && echo by hand >late.conf && echo by hand >repo/f &&
	exits 0 runbook undo $run --step g >out 2>&1 </dev/null && exits 0 runbook undo $run --step a >end 2>&1 </dev/null && [ "$(cat late.conf)" = old ] &&
	exits 0 runbook undo $run >last 2>&1 </dev/null && runbook show $run >shown && runbook report $run >md && runbook report $run --format json >json &&
	for f in end last shown; do
		grep -A2 "^Changed after its step, and put aside by the undo:" $f >section; sed -n "/^Changed after/,/^\$/s/.* is kept as //p" $f >copies
		[ "$(wc -l <copies)" = 2 ] && grep -q "^  $work/late.conf  *is kept as" $f && grep -q "^  $work/repo/f  *is kept as" $f && grep -q "Compare it with what is there now" $f &&
		while read -r copy; do [ "$(cat "$copy")" = "by hand" ] || return 1; done <copies || return 1
	done &&
	grep -q "^- \[ \] $work/late.conf is kept as .*later-1: is it still wanted?" md && grep -q "\"path\": \"$work/late.conf\"" json
'
test_that 'where nobody changed anything nothing is put aside' '
	! runbook show $(cat run) | grep "put aside"
'
done_testing
