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
done_testing
