#!/bin/sh
# A second signal stops git: what was made by then is known, and is not made again.

[ -n "$signals_are_as_usual" ] || signals_are_as_usual=1 exec env --default-signal sh "$0"

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/book.sh"
export GIT_CONFIG_NOSYSTEM=1
git=$(command -v git)
printf '[user]\n name = T\n email = t@example.org\n' >.gitconfig
mkdir bin

# stands BEFORE AFTER: git, which stands still before or after it commits
stands() {
	printf '%s\n' '#!/bin/sh' 'case " $* " in *" commit "*) ;; *) exec '"$git"' "$@" ;; esac' \
		"$1" "$git"' "$@" || exit' "$2" >bin/git
	chmod +x bin/git
}
still='echo >>standing; sleep 100'
commits() { "$git" -C there rev-list --count HEAD; }
# stopped: by two signals, while git stands still; $id is the run
stopped() {
	rm -rf there standing && "$git" init -q there && "$git" -C there commit -q --allow-empty -m one && echo hello >there/note &&
	book "  - {id: kept, git: {commit: {message: two, paths: [note]}, repo: there}, undo: auto}
  - {id: last, shell: echo last >> effects, undo: none}" || return 1
	PATH=$work/bin:$PATH runbook run book.yaml >out 2>&1 </dev/null &
	run=$!
	until_true "[ -s standing ]" && kill -TERM $run && until_true "grep -q \"let finish\" out" && kill -TERM $run && exits 143 wait $run &&
	id=$(ls state/runbook/runs)
}

test_that 'before it committed: it is tried again' '
	stands "$still" "" && stopped && [ "$(commits)" = 1 ] && [ -z "$("$git" -C there diff --cached --name-only)" ] &&
	exits 0 runbook resume $id >out 2>&1 </dev/null && [ "$(commits)" = 2 ]
'
test_that 'when it had committed: it is done' '
	stands "" "$still" && stopped && [ "$(commits)" = 2 ] && grep -q "succeeded kept" out &&
	exits 0 runbook resume $id >out 2>&1 </dev/null && [ "$(commits)" = 2 ] && [ -z "$("$git" -C there status --porcelain)" ] &&
	exits 0 runbook undo $id >out 2>&1 </dev/null && [ "$(commits)" = 1 ] && [ "$(cat there/note)" = hello ]
'
test_that 'when somebody else had: it is not ours' '
	stands "$git -C there commit -q --allow-empty --only -m other; $still" "" && stopped && ! grep -q "succeeded kept" out &&
	exits 0 runbook resume $id >out 2>&1 </dev/null && [ "$(commits)" = 3 ]
'
done_testing
